//! A message: what one way is told at once, as it was when it was sealed. It is the same on every try.

use dogwatch_model::{OrgId, Side, TeamId, counted};
use dogwatch_triage::{
    alert::{Alert, AlertNumber, Condition, Priority, Work},
    finding::Severity,
    notice::{Reason, Via, incident::Incident},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its idempotency key: the same on every try.
    pub id: String,
    /// Through which way.
    pub via: Via,
    /// Since when it is on its way: after a day it is given up.
    pub sealed_at: Timestamp,
    /// What it says.
    pub subject: Subject,
    /// Who is told of what: for the timelines.
    pub told: Vec<(AlertNumber, String)>,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Subject {
    /// Items of one org.
    Items {
        /// The org.
        org: OrgId,
        /// What people call it.
        org_name: String,
        /// The weightiest first; twenty or so.
        lines: Vec<Line>,
        /// How many more there are.
        more: usize,
        /// For ways that keep incidents.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        incidents: Vec<Incident>,
    },
    /// A number of held-back notices. Only earlier versions made these; one that is still on disk is sent.
    Summary {
        /// How many notices it stands for.
        notices: usize,
        /// About how many items.
        items: usize,
        /// Of how many orgs.
        orgs: usize,
    },
}

/// Items that a message names one by one; the queue has the others.
pub(super) const MOST_LINES: usize = 20;

/// One item of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its number.
    pub number: AlertNumber,
    /// Why they hear of it.
    pub reason: Reason,
    /// When that happened.
    pub at: Timestamp,
    /// How urgent it is.
    pub priority: Priority,
    /// How bad it is.
    pub severity: Severity,
    /// One line for people.
    pub title: String,
    /// The endpoint's name; empty without one.
    pub endpoint: String,
    /// The site.
    pub site: String,
    /// The rule that found it.
    pub rule: String,
    /// What it is about.
    pub category: String,
    /// What the machine says.
    pub condition: Condition,
    /// What people do.
    pub work: Work,
    /// Whose it is.
    pub owner: TeamId,
    /// Their side.
    pub side: Side,
    /// Who has it, if anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// How it ended, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
}

impl Line {
    /// An item as it is now.
    pub(super) fn of(alert: &Alert, reason: Reason, at: Timestamp) -> Self {
        Self {
            number: alert.number,
            reason,
            at,
            priority: alert.priority,
            severity: alert.severity,
            title: alert.title.clone(),
            endpoint: alert.endpoint_name.clone(),
            site: alert.site.to_string(),
            rule: alert.rule.to_string(),
            category: alert.category.to_string(),
            condition: alert.condition,
            work: alert.work,
            owner: alert.owner.team.clone(),
            side: alert.owner.side,
            holder: alert.assignee.as_ref().map(ToString::to_string),
            resolution: alert.closed.as_ref().map(|closed| closed.resolution.clone()),
        }
    }
}

impl Message {
    /// One line that says it all: a mail's subject, a chat's first line.
    pub fn headline(&self) -> String {
        match &self.subject {
            Subject::Items { org_name, lines, more, .. } => match (lines.first(), lines.len() + more) {
                (Some(line), 1) => {
                    format!(
                        "[{}] {} {} {}: {}",
                        org_name,
                        line.priority,
                        line.number,
                        line.title,
                        line.reason.in_words()
                    )
                }
                (Some(line), count) => {
                    format!(
                        "[{org_name}] {count} items, first {} {} {}",
                        line.priority, line.number, line.title
                    )
                }
                (None, count) => format!("[{org_name}] {}", counted(count, "item", "items")),
            },
            Subject::Summary { notices, items, .. } => {
                let (messages, items) =
                    (counted(*notices, "more message", "more messages"), counted(*items, "item", "items"));
                format!("{messages} about {items} held back: look at the queue")
            }
        }
    }
}

/// What came of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The target took it.
    Delivered {
        /// After so many tries.
        tries: u32,
    },
    /// It was given up.
    Failed {
        /// After so many tries.
        tries: u32,
        /// What the last one said.
        error: String,
    },
    /// It was never tried: its channel is gone, or was never whole.
    Impossible {
        /// Why.
        why: String,
    },
}
