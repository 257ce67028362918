//! The queue's item: one per (endpoint, rule, subject), with three orthogonal fields.
//!
//! *Condition* is what the machine says, *work* is what people do, *visibility* is whether it is shown. A machine
//! never undoes human work: an alert that clears after somebody touched it stays theirs, marked cleared.
//!
//! What the rules see moves an alert through [`life`], what people do through [`mod@act`], the passing of time through
//! [`mod@tick`], what hides it through [`hidden`]; nothing else changes one. All are pure: the alert before and the
//! instant go in, the alert after and its new timeline entries come out.
//! Every change adds exactly one to `version`. An alert has exactly one owner from its first instant to its last.
//!
//! Not here: who the owner is (`routing`).

use core::fmt;

use dogwatch_model::{
    CalendarId, Criticality, EndpointId, OrgId, PersonId, RowId, RuleId, Side, SiteId, TeamId, ToolId,
    text_enum,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::finding::{Category, Evidence, Finding, Severity};

pub mod act;
pub mod by_hand;
mod departed;
pub mod desk;
pub mod flap;
pub mod foreign;
pub mod handoff;
mod heir;
pub mod hidden;
pub mod life;
pub mod link;
mod moved;
pub mod pause;
pub mod progress;
pub mod refusal;
pub mod spot;
pub mod tick;
pub mod timeline;
mod timers;

#[cfg(test)]
mod tests;

pub use act::{Act, act};
pub use by_hand::{BY_HAND, ByHand, is_it_this_one};
pub use desk::{Desk, Policy, REOPEN_WINDOW};
pub use flap::Flap;
pub use handoff::{Offer, Packet};
pub use hidden::Hider;
pub use life::Fire;
pub use link::{Joint, Link, Relation};
pub use pause::{Snooze, WaitOn, Waiting};
pub use progress::Progress;
pub use refusal::Refusal;
pub use spot::Spot;
pub use tick::{next_due, tick};
pub use timeline::{Clock, EventKind, Measure, TimelineEvent, Told};

/// What an act or an event makes of an alert: the alert after, and what its timeline gains.
pub type Change = (Alert, Vec<TimelineEvent>);

/// The short number that people say: `#1042`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct AlertNumber(pub u64);

impl fmt::Display for AlertNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// What an alert is one of: the rule, and the endpoint and subject it is about.
///
/// The order keeps one endpoint's alerts together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AlertKey {
    /// The endpoint; absent for what concerns a site as a whole.
    pub endpoint: Option<EndpointId>,
    /// The rule.
    pub rule: RuleId,
    /// Which disk, job …; empty for the endpoint as a whole.
    pub subject: String,
}

impl AlertKey {
    /// The key of a finding on an endpoint.
    pub fn of(finding: &Finding, endpoint: EndpointId) -> Self {
        Self { endpoint: Some(endpoint), rule: finding.rule.clone(), subject: finding.subject.clone() }
    }
}

text_enum! {
    /// What the machine says.
    pub enum Condition {
        /// The rule's condition holds.
        Firing = "firing",
        /// It comes and goes: taken as firing until it has been calm for a while.
        Flapping = "flapping",
        /// It held when last seen, and its endpoint is away.
        NoData = "no_data",
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
        /// Somebody has it and has offered it to another team.
        Offered = "offered",
        /// Somebody has it, and it waits for others.
        Waiting = "waiting",
        /// It is over.
        Done = "done",
    }
}

text_enum! {
    /// Whether it is shown.
    pub enum Visibility {
        /// It is.
        Normal = "normal",
        /// A maintenance window or a storm hides it.
        Suppressed = "suppressed",
        /// Somebody put it to sleep.
        Snoozed = "snoozed",
        /// Another item explains it.
        Inhibited = "inhibited",
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Actor {
    /// The person; absent for Dogwatch itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// Their side; absent for Dogwatch itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// Their team, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
}

impl Actor {
    /// Dogwatch itself.
    pub const DOGWATCH: Self = Self { person: None, side: None, team: None };

    /// A person of a side.
    pub const fn person(person: PersonId, side: Side, team: Option<TeamId>) -> Self {
        Self { person: Some(person), side: Some(side), team }
    }

    /// Whether both are the same person, whatever team they act for. Two sides may have people of one name.
    pub fn is_same_person(&self, other: &Self) -> bool {
        self.person.is_some() && self.person == other.person && self.side == other.side
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.person, self.side) {
            (Some(person), Some(side)) => write!(f, "{person} ({side})"),
            (Some(person), None) => write!(f, "{person}"),
            (None, _) => f.write_str("Dogwatch"),
        }
    }
}

/// Who owns an alert, by which row, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Until when this side alone may claim; absent when the other side may at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_responder_until: Option<Timestamp>,
    /// Hash of the matrix that decided, 12 hex digits.
    pub matrix_version: String,
    /// The reasons, a sentence each.
    pub why: Vec<String>,
}

/// How an alert ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Alert {
    /// The number that people say.
    pub number: AlertNumber,
    /// Counts every change: the next writer must have seen it.
    pub version: u64,
    /// Org of the endpoint.
    pub org: OrgId,
    /// Site of the endpoint.
    pub site: SiteId,
    /// The endpoint; absent for what concerns a site as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<EndpointId>,
    /// Its name when last seen firing; empty without an endpoint.
    #[serde(default, skip_serializing_if = "String::is_empty")]
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
    /// How often it came: 1, and one more for each return and each time that another tool told of it again.
    pub count: u32,
    /// When the condition cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleared_at: Option<Timestamp>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
    /// The hand-off that waits for its answer, while the work is [`Work::Offered`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
    /// What it waits for, while the work is [`Work::Waiting`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// Until when it sleeps, if somebody put it to sleep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snooze: Option<Snooze>,
    /// What hides it besides; empty when nothing does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden_by: Vec<Hider>,
    /// Its ties to other items.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// The joint case that it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joint: Option<Joint>,
    /// Another tool tells of it at least this often while it holds; absent when it does not say so, and for what the
    /// rules find.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_every: Option<SignedDuration>,
    /// Who opened it by hand; absent when a rule did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_by: Option<Actor>,
    /// Instants of its latest returns, to tell flapping by; a few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returns: Vec<Timestamp>,
    /// How it last turned, while it comes and goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flap: Option<Flap>,
    /// What the machine has decided about it in its present life.
    #[serde(default = "Progress::of_before")]
    pub progress: Progress,
}

impl Alert {
    /// What it is one of. Of each key at most one alert is not done.
    pub fn key(&self) -> AlertKey {
        AlertKey { endpoint: self.endpoint, rule: self.rule.clone(), subject: self.subject.clone() }
    }
}
