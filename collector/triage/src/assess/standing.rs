//! What an endpoint's rules remember from one look to the next. Kept with the endpoint.

use dogwatch_model::RuleId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::finding::Severity;

/// One rule and subject that is waiting or firing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The rule.
    pub rule: RuleId,
    /// Which disk, job … ; empty for the endpoint as a whole.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// How it stands.
    #[serde(flatten)]
    pub state: State,
}

/// How a rule stands about one subject.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Since when each level's condition is true.
    #[serde(default, skip_serializing_if = "Held::is_empty")]
    pub held: Held,
    /// Set while a finding is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firing: Option<Firing>,
}

impl State {
    /// Nothing is worth remembering.
    pub(super) fn is_idle(&self) -> bool {
        self.firing.is_none() && self.held.is_empty()
    }
}

/// Since when the condition of each level has been true in a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Of the informational level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<Timestamp>,
    /// Of the warning level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<Timestamp>,
    /// Of the critical level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critical: Option<Timestamp>,
}

impl Held {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) const fn of(&self, severity: Severity) -> Option<Timestamp> {
        match severity {
            Severity::Info => self.info,
            Severity::Warning => self.warning,
            Severity::Critical => self.critical,
        }
    }

    pub(super) const fn set(&mut self, severity: Severity, since: Option<Timestamp>) {
        match severity {
            Severity::Info => self.info = since,
            Severity::Warning => self.warning = since,
            Severity::Critical => self.critical = since,
        }
    }
}

/// An open finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firing {
    /// How bad it is.
    pub severity: Severity,
    /// Since when its condition holds.
    pub since: Timestamp,
    /// Good samples in a row.
    #[serde(default)]
    pub good: u32,
    /// When the latest good sample counted: the same one never counts twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub good_at: Option<Timestamp>,
    /// Identifies the set of things that it is about.
    #[serde(default)]
    pub names: u64,
}
