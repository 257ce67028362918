//! What people do to an alert, through one table.
//!
//! | act | unclaimed | claimed | offered | waiting | done |
//! |---|---|---|---|---|---|
//! | claim | claimed | – | – | – | – |
//! | release | – | unclaimed | unclaimed | unclaimed | – |
//! | assign | claimed | claimed | – | waiting | – |
//! | handoff | offered | offered | – | offered | – |
//! | accept, decline, withdraw | – | – | claimed | – | – |
//! | wait | – | waiting | – | waiting | – |
//! | resume | – | – | – | claimed | – |
//! | snooze, wake, prioritise, acknowledge | unclaimed | claimed | offered | waiting | – |
//! | close, merge | done | done | done | done | – |
//! | reopen | – | – | – | – | unclaimed |
//! | comment, link, feedback | unclaimed | claimed | offered | waiting | done |
//!
//! A dash is a refusal, with its cure. The table stands as code in `table`, and every act goes by it.
//!
//! *Whose toes.* Where an act would take something from somebody it passes only with a reason (`override`), and the
//! reason is recorded before the act: claiming inside the other side's first-responder window (handing off and
//! assigning what nobody has claim it first); and whatever disposes of the item (release, assign, hand-off, withdraw,
//! wait, resume, snooze, prioritise, merge, close) when another person has it, or when nobody has it and it belongs to
//! the other side. Claiming is exclusive even so: what somebody has can be released with a reason, in the open, and
//! then be claimed.
//!
//! *Hand-off.* An offer needs its packet. It is answered by a person of the side it is for. Accepted, the team it was
//! offered to becomes the owner, and the matrix takes it back only when it says something new ([`life`](super::life)).
//! Until then it is with who offered it.
//!
//! *Human work counts.* Whoever does one of these has touched the item, and the machine does not end it any more.
//! Feedback alone is not work: who says "noise" does not want to keep it.
//!
//! Whether this person may see or touch this org at all is not asked here; that is access, and comes before.

use dogwatch_model::{PersonId, Side, TeamId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Actor, Alert, AlertNumber, Change, Desk, EventKind, Packet, Priority, Refusal, Relation, TimelineEvent,
    WaitOn, Work,
};

mod answer;
mod crowd;
mod hold;
mod opinion;
mod rest;
mod table;
mod ties;
mod toes;
mod written;

pub use crowd::MAX_PEOPLES_ENTRIES;
#[cfg(test)]
pub(super) use table::leads_to;
pub(super) use written::written;
pub use written::{MAX_LINK_BYTES, MAX_TEXT_BYTES};

/// Something a person does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// "I have it."
    Claim {
        /// Why, inside the other side's first-responder window.
        #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
        override_reason: Option<String>,
    },
    /// "Somebody else may have it."
    Release {
        /// Why, when another person has it.
        #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
        override_reason: Option<String>,
    },
    /// "This colleague has it": a person of one's own side; its team stays.
    Assign {
        /// Who.
        person: PersonId,
        /// Why, when another person or the other side has it.
        #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
        override_reason: Option<String>,
    },
    /// "Know this."
    Comment {
        /// What.
        text: String,
    },
    /// "It is for you."
    Handoff {
        /// To which team; that of the other side which the matrix names when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<TeamId>,
        /// What they must know.
        packet: Packet,
        /// It never belonged here.
        #[serde(default)]
        not_ours: bool,
        /// Why, when another person or the other side has it.
        #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
        override_reason: Option<String>,
    },
    /// "I take what you offer."
    Accept,
    /// "I do not take what you offer."
    Decline {
        /// Why.
        reason: String,
        /// It never belonged there.
        #[serde(default)]
        not_ours: bool,
    },
    /// "I keep what I offered."
    Withdraw {
        /// Why, when another person offered it.
        #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
        override_reason: Option<String>,
    },
    /// "It waits for others."
    Wait {
        /// For whom or what.
        on: WaitOn,
        /// When to look at it again; at most [`MAX_WAIT`](super::pause::MAX_WAIT) ahead.
        until: Timestamp,
        /// Why.
        reason: String,
        /// Why, when another person has it.
        #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
        override_reason: Option<String>,
    },
    /// "It waits no more."
    Resume {
        /// Why, when another person has it.
        #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
        override_reason: Option<String>,
    },
    /// "Not before then."
    Snooze {
        /// Until when; at most [`MAX_SNOOZE`](super::pause::MAX_SNOOZE) ahead.
        until: Timestamp,
        /// Why.
        reason: String,
        /// Why, when another person or the other side has it.
        #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
        override_reason: Option<String>,
    },
    /// "Now after all." Anybody may: to show something takes nothing from anybody.
    Wake,
    /// "It is over."
    Close {
        /// How it ended.
        resolution: String,
        /// Why, when another person or the other side has it.
        #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
        override_reason: Option<String>,
    },
    /// "It is the same as that one": this one ends, the other gets [`Alert::tied`].
    Merge {
        /// The one that goes on.
        into: AlertNumber,
        /// Why, when another person or the other side has it.
        #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
        override_reason: Option<String>,
    },
    /// "It is not over."
    Reopen {
        /// Why.
        reason: String,
    },
    /// "I have seen it."
    Acknowledge,
    /// "It is more, or less, urgent than that."
    Prioritise {
        /// What it is.
        priority: Priority,
        /// Why.
        reason: String,
        /// Why, when another person or the other side has it.
        #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
        override_reason: Option<String>,
    },
    /// "See that one too." The other gets [`Alert::tied`].
    Link {
        /// Which.
        to: AlertNumber,
        /// How; only [`Relation::Related`] is made in this way.
        #[serde(default = "related")]
        relation: Relation,
    },
    /// "It was worth my time", or not.
    Feedback {
        /// It was not.
        noise: bool,
        /// What else there is to say.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
}

const fn related() -> Relation {
    Relation::Related
}

impl Act {
    /// Its name, as the API writes it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Claim { .. } => "claim",
            Self::Release { .. } => "release",
            Self::Assign { .. } => "assign",
            Self::Comment { .. } => "comment",
            Self::Handoff { .. } => "handoff",
            Self::Accept => "accept",
            Self::Decline { .. } => "decline",
            Self::Withdraw { .. } => "withdraw",
            Self::Wait { .. } => "wait",
            Self::Resume { .. } => "resume",
            Self::Snooze { .. } => "snooze",
            Self::Wake => "wake",
            Self::Close { .. } => "close",
            Self::Merge { .. } => "merge",
            Self::Reopen { .. } => "reopen",
            Self::Acknowledge => "acknowledge",
            Self::Prioritise { .. } => "prioritise",
            Self::Link { .. } => "link",
            Self::Feedback { .. } => "feedback",
        }
    }

    fn override_reason(&self) -> Option<&str> {
        match self {
            Self::Claim { override_reason }
            | Self::Release { override_reason }
            | Self::Assign { override_reason, .. }
            | Self::Handoff { override_reason, .. }
            | Self::Withdraw { override_reason }
            | Self::Wait { override_reason, .. }
            | Self::Resume { override_reason }
            | Self::Snooze { override_reason, .. }
            | Self::Close { override_reason, .. }
            | Self::Merge { override_reason, .. }
            | Self::Prioritise { override_reason, .. } => override_reason.as_deref(),
            _ => None,
        }
    }
}

/// An act being done.
struct Doing<'a> {
    /// What it was.
    alert: &'a Alert,
    /// What it becomes.
    next: Alert,
    /// What the timeline gains.
    kinds: Vec<EventKind>,
    by: &'a Actor,
    side: Side,
    at: Timestamp,
    desk: &'a Desk<'a>,
}

/// Does it, or says why not. This is the only way in which people change an alert.
///
/// # Errors
/// [`Refusal`], and then nothing has changed.
pub fn act(alert: &Alert, act: &Act, by: &Actor, at: Timestamp, desk: &Desk<'_>) -> Result<Change, Refusal> {
    let side = by.side.filter(|_| by.person.is_some()).ok_or(Refusal::NotAPerson)?;
    let to = table::leads_to(act, alert.work).ok_or_else(|| table::refusal(act, alert, by))?;
    let mut doing =
        Doing { alert, next: alert.next_version(), kinds: Vec::with_capacity(2), by, side, at, desk };
    doing.step_on_toes(act)?;
    doing.effect(act)?;
    Ok(doing.finish(act, to))
}

impl Doing<'_> {
    fn effect(&mut self, act: &Act) -> Result<(), Refusal> {
        match act {
            Act::Claim { .. } => self.take(),
            Act::Release { .. } => self.release(),
            Act::Assign { person, .. } => self.assign(person)?,
            Act::Handoff { to, packet, not_ours, .. } => self.offer(to.as_ref(), packet, *not_ours)?,
            Act::Accept => self.accept()?,
            Act::Decline { reason, not_ours } => self.decline(reason, *not_ours)?,
            Act::Withdraw { .. } => self.no_more_pending(),
            Act::Wait { on, until, reason, .. } => self.wait(*on, *until, reason)?,
            Act::Resume { .. } => self.no_more_pending(),
            Act::Snooze { until, reason, .. } => self.snooze(*until, reason)?,
            Act::Wake => self.wake()?,
            Act::Close { resolution, .. } => self.close(written("resolution", resolution)?),
            Act::Merge { into, .. } => self.merge(*into)?,
            Act::Reopen { reason } => self.reopen(reason)?,
            Act::Acknowledge => self.acknowledge()?,
            Act::Prioritise { priority, reason, .. } => self.prioritise(*priority, reason)?,
            Act::Link { to, relation } => self.link(*to, *relation)?,
            Act::Comment { text } => self.kinds.push(EventKind::Comment { text: written("comment", text)? }),
            Act::Feedback { noise, text } => self.feedback(*noise, text)?,
        }
        Ok(())
    }

    fn finish(mut self, act: &Act, to: Work) -> Change {
        self.next.work = to;
        if !matches!(act, Act::Feedback { .. }) {
            self.next.touched = true;
        }
        let (before, now) = (&self.alert.assignee, &self.next.assignee);
        let holds = now.as_ref().is_some_and(|holder| holder.is_same_person(self.by));
        if now.is_some() && (holds || before != now || self.alert.work != to) {
            self.next.progress.worked_at = Some(self.at);
            self.next.progress.reminded_at = None;
        }
        self.next.settle(self.at);
        let entry = |kind| TimelineEvent { at: self.at, by: self.by.clone(), kind };
        (self.next, self.kinds.into_iter().map(entry).collect())
    }
}
