//! Why an act on an alert was refused: a stable code for programs, one sentence with the cure for people.

use jiff::Timestamp;

use super::{Actor, AlertNumber, Relation};
use dogwatch_model::{PersonId, TeamId};

/// Why an act was refused. Nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody else was first.
    #[error("{number} is claimed by {by}; ask them to release it")]
    AlreadyClaimed {
        /// Which alert.
        number: AlertNumber,
        /// Who has it.
        by: Actor,
    },
    /// They have it themselves.
    #[error("{number} is yours already; go on")]
    AlreadyYours {
        /// Which alert.
        number: AlertNumber,
    },
    /// The owner's side still has its time.
    #[error("{number} is for {team} alone until {until}; wait, or claim it with a reason for the override")]
    FirstResponder {
        /// Which alert.
        number: AlertNumber,
        /// Until when.
        until: Timestamp,
        /// Whose it is.
        team: TeamId,
    },
    /// Somebody else has it, and the act would take it from them.
    #[error("{number} is claimed by {by}; give a reason for the override to {act} it all the same")]
    HeldByAnother {
        /// Which alert.
        number: AlertNumber,
        /// Who has it.
        by: Actor,
        /// What was tried.
        act: &'static str,
    },
    /// It belongs to the other side, and nobody has claimed it.
    #[error(
        "{number} belongs to {team} of the other side; give a reason for the override to {act} it all the same"
    )]
    OtherSide {
        /// Which alert.
        number: AlertNumber,
        /// Whose it is.
        team: TeamId,
        /// What was tried.
        act: &'static str,
    },
    /// Nobody has it.
    #[error("{number} is not claimed, so there is nothing to release")]
    NotClaimed {
        /// Which alert.
        number: AlertNumber,
    },
    /// Nobody has it, and the act is for who does.
    #[error("{number} is not claimed; claim it first, then {act} it")]
    ClaimFirst {
        /// Which alert.
        number: AlertNumber,
        /// What was tried.
        act: &'static str,
    },
    /// A hand-off of it waits for its answer.
    #[error(
        "{number} is offered to {to} by {by}; let them accept or decline it, or withdraw the offer first"
    )]
    Offered {
        /// Which alert.
        number: AlertNumber,
        /// To which team.
        to: TeamId,
        /// By whom.
        by: Actor,
    },
    /// There is no offer to answer.
    #[error("{number} is not offered to anybody, so there is nothing to {act}; look at its timeline")]
    NotOffered {
        /// Which alert.
        number: AlertNumber,
        /// What was tried.
        act: &'static str,
    },
    /// The offer is for others.
    #[error("the offer of {number} is for {to}; a person of that side can {act} it")]
    NotForYou {
        /// Which alert.
        number: AlertNumber,
        /// For which team.
        to: TeamId,
        /// What was tried.
        act: &'static str,
    },
    /// They made the offer themselves.
    #[error("you offered {number} to {to} yourself; withdraw the offer to go on with it")]
    OwnOffer {
        /// Which alert.
        number: AlertNumber,
        /// For which team.
        to: TeamId,
    },
    /// The team has it.
    #[error("{number} is with {team} already; assign it to a person of it, or name another team")]
    SameTeam {
        /// Which alert.
        number: AlertNumber,
        /// Which team.
        team: TeamId,
    },
    /// Nobody is named for the other side.
    #[error(
        "the matrix names no team of the other side for {number}; say to which team it goes, or add one to its row"
    )]
    NoOtherTeam {
        /// Which alert.
        number: AlertNumber,
    },
    /// There is no such team.
    #[error("there is no team `{team}` in the matrix; it has: {known}")]
    NoSuchTeam {
        /// The name.
        team: TeamId,
        /// Those there are.
        known: String,
    },
    /// There is no such person.
    #[error(
        "there is no person `{person}` in the matrix; add them under [[person]], or hand it off to a team"
    )]
    NoSuchPerson {
        /// The name.
        person: PersonId,
    },
    /// They are not to be called.
    #[error("`{person}` is disabled in the matrix; assign somebody who is there")]
    PersonDisabled {
        /// Who.
        person: PersonId,
    },
    /// They are of the other side.
    #[error("`{person}` is of the other side; hand {number} off to their team, with what they must know")]
    OtherSidesPerson {
        /// Which alert.
        number: AlertNumber,
        /// Who.
        person: PersonId,
    },
    /// It is so already.
    #[error("{number} {how} already; nothing was changed")]
    NoChange {
        /// Which alert.
        number: AlertNumber,
        /// How: `is P2`.
        how: String,
    },
    /// It does not wait.
    #[error("{number} does not wait for anything; go on with it")]
    NotWaiting {
        /// Which alert.
        number: AlertNumber,
    },
    /// It is awake.
    #[error("{number} is not snoozed; it is shown, unless a window or another item hides it")]
    NotSnoozed {
        /// Which alert.
        number: AlertNumber,
    },
    /// It is not over.
    #[error("{number} is not done, so it need not be reopened; claim it")]
    NotDone {
        /// Which alert.
        number: AlertNumber,
    },
    /// Another item took its place.
    #[error("{number} came again as {by}, which is open; work on that one")]
    Superseded {
        /// Which alert.
        number: AlertNumber,
        /// Which one.
        by: AlertNumber,
    },
    /// An instant is not ahead.
    #[error("the {what} is not ahead: {until}; give a time after {now}")]
    NotAhead {
        /// Of what.
        what: &'static str,
        /// The instant.
        until: Timestamp,
        /// Now.
        now: Timestamp,
    },
    /// An instant is too far ahead.
    #[error("the {what} is too far ahead: {until}; the latest is {latest}, and it can be set anew then")]
    TooFar {
        /// Of what.
        what: &'static str,
        /// The instant.
        until: Timestamp,
        /// The latest that would do.
        latest: Timestamp,
    },
    /// Something that is no link.
    #[error("`{link}` is not a link; write https://… or http://…, without blanks")]
    BadLink {
        /// It.
        link: String,
    },
    /// Too many of something.
    #[error("there are {count} {what} and the limit is {limit}; write a page and link to that")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// People have written so much that nobody reads it.
    #[error(
        "people have made {count} entries on the timeline of {number} and the limit is {limit}; write on a page and \
         put its link into the resolution or a hand-off, or open a new item and link it to this one"
    )]
    Crowded {
        /// Which alert.
        number: AlertNumber,
        /// How many entries there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// An item and itself.
    #[error("{number} cannot be tied to itself; name the other one")]
    Itself {
        /// Which alert.
        number: AlertNumber,
    },
    /// A tie that is made in another way.
    #[error("`{relation}` is not made by a link; link as `related`, or merge duplicates")]
    NotALink {
        /// Which.
        relation: Relation,
    },
    /// It is over.
    #[error(
        "{number} is done; reopen it with a reason to go on with it (it comes back by itself if the condition returns)"
    )]
    Done {
        /// Which alert.
        number: AlertNumber,
    },
    /// Somebody said so already.
    #[error("{number} was acknowledged by {by} already; claim it to work on it")]
    AlreadyAcknowledged {
        /// Which alert.
        number: AlertNumber,
        /// By whom.
        by: Actor,
    },
    /// A text that people must be able to read later is empty.
    #[error("the {what} is empty; write a sentence that a colleague of the other side understands")]
    Empty {
        /// Which text.
        what: &'static str,
    },
    /// A text is too long.
    #[error("the {what} has {bytes} bytes and the limit is {limit}; keep the gist and link to the rest")]
    TooLong {
        /// Which text.
        what: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        limit: usize,
    },
    /// Only people act.
    #[error("only a person of a side can do this; sign in as one")]
    NotAPerson,
}

impl Refusal {
    /// The stable code, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AlreadyClaimed { .. } => "already_claimed",
            Self::AlreadyYours { .. } => "already_yours",
            Self::FirstResponder { .. } => "first_responder",
            Self::HeldByAnother { .. } => "held_by_another",
            Self::OtherSide { .. } => "other_side",
            Self::NotClaimed { .. } => "not_claimed",
            Self::ClaimFirst { .. } => "claim_first",
            Self::Offered { .. } => "offered",
            Self::NotOffered { .. } => "not_offered",
            Self::NotForYou { .. } => "not_for_you",
            Self::OwnOffer { .. } => "own_offer",
            Self::SameTeam { .. } => "same_team",
            Self::NoOtherTeam { .. } => "no_other_team",
            Self::NoSuchTeam { .. } => "no_such_team",
            Self::NoSuchPerson { .. } => "no_such_person",
            Self::PersonDisabled { .. } => "person_disabled",
            Self::OtherSidesPerson { .. } => "other_sides_person",
            Self::NoChange { .. } => "no_change",
            Self::NotWaiting { .. } => "not_waiting",
            Self::NotSnoozed { .. } => "not_snoozed",
            Self::NotDone { .. } => "not_done",
            Self::Superseded { .. } => "superseded",
            Self::NotAhead { .. } => "not_ahead",
            Self::TooFar { .. } => "too_far",
            Self::BadLink { .. } => "bad_link",
            Self::TooMany { .. } => "too_many",
            Self::Crowded { .. } => "crowded",
            Self::Itself { .. } => "itself",
            Self::NotALink { .. } => "not_a_link",
            Self::Done { .. } => "done",
            Self::AlreadyAcknowledged { .. } => "already_acknowledged",
            Self::Empty { .. } => "empty",
            Self::TooLong { .. } => "too_long",
            Self::NotAPerson => "not_a_person",
        }
    }

    /// Whether the same act with a reason for the override would be let through.
    pub const fn override_would_do(&self) -> bool {
        matches!(self, Self::FirstResponder { .. } | Self::HeldByAnother { .. } | Self::OtherSide { .. })
    }

    /// Whether what was written is at fault, whatever state the alert is in: mend it and ask again.
    pub const fn is_about_what_was_written(&self) -> bool {
        matches!(
            self,
            Self::Empty { .. }
                | Self::TooLong { .. }
                | Self::NoSuchTeam { .. }
                | Self::NoOtherTeam { .. }
                | Self::NoSuchPerson { .. }
                | Self::PersonDisabled { .. }
                | Self::OtherSidesPerson { .. }
                | Self::NotAhead { .. }
                | Self::TooFar { .. }
                | Self::BadLink { .. }
                | Self::TooMany { .. }
                | Self::Itself { .. }
                | Self::NotALink { .. }
        )
    }
}
