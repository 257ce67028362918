//! What an endpoint's rules remember from one look to the next. Kept with the endpoint.

use dogwatch_model::RuleId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::finding::Severity;

/// One rule and subject that is waiting or firing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct State {
    /// Since when each level's condition is true.
    #[serde(default, skip_serializing_if = "Held::is_empty")]
    pub held: Held,
    /// Set while a finding is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firing: Option<Firing>,
    /// Since when the rule is not judged, because its `while` is not true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_at: Option<Timestamp>,
}

impl State {
    /// Nobody was watching for so long: what is being waited for waits longer. What had left has been away for as long
    /// as its endpoint was, watched or not.
    pub fn postpone(&mut self, by: SignedDuration) {
        self.held.postpone(by);
        self.left_at = self.left_at.map(|at| at.saturating_add(by).unwrap_or(Timestamp::MAX));
    }

    /// As it is while the rule is not judged.
    pub(super) fn left(self, as_of: Timestamp) -> Self {
        Self { left_at: self.left_at.or(Some(as_of)), ..self }
    }

    /// As it is once the rule is judged again: what was true when it left has held for the time before, not for the
    /// time away.
    pub(super) fn returned(mut self, as_of: Timestamp) -> Self {
        if let Some(left_at) = self.left_at.take() {
            self.held.postpone(as_of.duration_since(left_at).max(SignedDuration::ZERO));
        }
        self
    }

    /// Nothing is worth remembering.
    pub(super) fn is_idle(&self) -> bool {
        self.firing.is_none() && self.held.is_empty()
    }
}

/// Since when the condition of each level has been true in a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Moves every instant.
    fn postpone(&mut self, by: SignedDuration) {
        for since in [&mut self.info, &mut self.warning, &mut self.critical].into_iter().flatten() {
            *since = since.saturating_add(by).unwrap_or(Timestamp::MAX);
        }
    }

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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Identifies the evidence that was told, and the title where it is about events.
    #[serde(default)]
    pub texts: u64,
    /// Identifies the title that was told, where its values wiggle or age.
    #[serde(default)]
    pub title: u64,
    /// When the queue was last told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Timestamp>,
}
