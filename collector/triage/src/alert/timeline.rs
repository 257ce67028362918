//! An alert's timeline: append-only, one entry per thing that happened.
//!
//! Entries are never changed and never removed; measures (response time, gaps, drift) are computed from them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Actor, Owner};
use crate::finding::Severity;

/// One entry of an alert's append-only timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEvent {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened to an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// It came into the queue.
    Created {
        /// Its title then.
        title: String,
        /// How bad it was.
        severity: Severity,
    },
    /// It was routed to a team.
    Routed {
        /// To whom and why.
        owner: Owner,
    },
    /// Its severity changed while firing.
    SeverityChanged {
        /// Before.
        from: Severity,
        /// After.
        to: Severity,
    },
    /// The condition cleared.
    Cleared,
    /// The condition returned while somebody still had it.
    Returned,
    /// It had ended and came again inside the reopen window.
    Reopened,
    /// Somebody has seen it.
    Acknowledged,
    /// Somebody did what needs a reason.
    Override {
        /// Which act: `claim`, `release` or `close`.
        act: String,
        /// Why.
        reason: String,
    },
    /// Somebody took it.
    Claimed,
    /// Somebody gave it back.
    Released,
    /// Somebody said something.
    Comment {
        /// What.
        text: String,
    },
    /// It ended.
    Closed {
        /// How.
        resolution: String,
    },
}

impl TimelineEvent {
    /// Something Dogwatch did.
    pub const fn by_dogwatch(at: Timestamp, kind: EventKind) -> Self {
        Self { at, by: Actor::DOGWATCH, kind }
    }
}
