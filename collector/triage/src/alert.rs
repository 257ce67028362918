//! The queue's item: one per (endpoint, rule, subject), with three orthogonal fields.
//!
//! *Condition* is what the machine says, *work* is what people do, *visibility* is whether it is shown. A machine
//! never undoes human work: an alert that clears after somebody touched it stays theirs, marked cleared.

use core::fmt;

use dogwatch_model::{
    CalendarId, Criticality, EndpointId, OrgId, PersonId, RowId, RuleId, Side, SiteId, TeamId, ToolId,
    text_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::finding::{Category, Evidence, Severity};

/// The short number that people say: `#1042`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AlertNumber(pub u64);

impl fmt::Display for AlertNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

text_enum! {
    /// What the machine says.
    pub enum Condition {
        /// The rule's condition holds.
        Firing = "firing",
        /// It does not hold any more.
        Cleared = "cleared",
    }
}

text_enum! {
    /// What people do.
    pub enum Work {
        /// Nobody has it.
        Unclaimed = "unclaimed",
        /// Somebody has it.
        Claimed = "claimed",
        /// It is over.
        Done = "done",
    }
}

text_enum! {
    /// Whether it is shown.
    pub enum Visibility {
        /// It is.
        Normal = "normal",
    }
}

text_enum! {
    /// How urgent it is: severity and the endpoint's criticality in one.
    pub enum Priority {
        /// Drop everything.
        P1 = "P1",
        /// Today.
        P2 = "P2",
        /// This week.
        P3 = "P3",
        /// When there is time.
        P4 = "P4",
    }
}

impl Priority {
    /// The priority of a finding on an endpoint.
    pub fn of(severity: Severity, criticality: Criticality) -> Self {
        let urgent = matches!(criticality, Criticality::High | Criticality::Critical);
        match (severity, urgent) {
            (Severity::Critical, true) => Self::P1,
            (Severity::Critical, false) => Self::P2,
            (Severity::Warning, true) => Self::P2,
            (Severity::Warning, false) => Self::P3,
            (Severity::Info, _) => Self::P4,
        }
    }
}

/// Who did something: a person, or Dogwatch itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The person; absent for Dogwatch itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// Their side; absent for Dogwatch itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
}

/// Who owns an alert, by which row, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The team that acts first.
    pub team: TeamId,
    /// Its side.
    pub side: Side,
    /// The row that decided; absent when the last resort did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<RowId>,
    /// The calendar that the row goes by, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarId>,
    /// Until when this answer holds if nothing else changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Hash of the matrix that decided, 12 hex digits.
    pub matrix_version: String,
    /// The reasons, a sentence each.
    pub why: Vec<String>,
}

/// How an alert ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// In words; `cleared by itself` when nobody had touched it.
    pub resolution: String,
}

/// The queue's item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// The number that people say.
    pub number: AlertNumber,
    /// Counts every change: the next writer must have seen it.
    pub version: u64,
    /// Org of the endpoint.
    pub org: OrgId,
    /// Site of the endpoint.
    pub site: SiteId,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Its name when last seen firing.
    pub endpoint_name: String,
    /// The rule that found it.
    pub rule: RuleId,
    /// Which disk, job … ; empty for the endpoint as a whole.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// What it is about.
    pub category: Category,
    /// The tool whose owner it concerns.
    pub tool: ToolId,
    /// How bad it is.
    pub severity: Severity,
    /// How urgent it is.
    pub priority: Priority,
    /// One line for people.
    pub title: String,
    /// What it rests on.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// What the machine says.
    pub condition: Condition,
    /// What people do.
    pub work: Work,
    /// Whether it is shown.
    pub visibility: Visibility,
    /// The team that owns it, and why.
    pub owner: Owner,
    /// The person who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Actor>,
    /// Who first said "seen".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged_by: Option<Actor>,
    /// A person did something with it: it is not closed by itself any more.
    #[serde(default)]
    pub touched: bool,
    /// Since when the condition holds.
    pub since: Timestamp,
    /// When it came into the queue.
    pub first_seen: Timestamp,
    /// When the condition was last seen to hold.
    pub last_seen: Timestamp,
    /// How often it came (1, and one more for each return).
    pub count: u32,
    /// When the condition cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleared_at: Option<Timestamp>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
}

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
    /// Its severity or title changed while firing.
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
