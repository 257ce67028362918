//! Why an act on an alert was refused: a stable code for programs, one sentence with the cure for people.

use jiff::Timestamp;

use super::{Actor, AlertNumber};
use dogwatch_model::TeamId;

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
    /// It is over.
    #[error(
        "{number} is done; it comes back by itself if the condition returns, and a comment is still possible"
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
}
