//! A finding: what the rules say about one endpoint and subject now.

use dogwatch_model::{RuleId, ToolId, text_enum};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

text_enum! {
    /// How bad a finding is.
    pub enum Severity {
        /// Worth knowing.
        Info = "info",
        /// Worth acting on in working hours.
        Warning = "warning",
        /// Worth acting on now.
        Critical = "critical",
    }
}

text_enum! {
    /// What an alert is about. Rules and matrix rows name it.
    pub enum Category {
        /// Disk, memory, processor.
        Capacity = "capacity",
        /// Is it there?
        Availability = "availability",
        /// Updates and reboots.
        Patch = "patch",
        /// Backups and restore tests.
        Backup = "backup",
        /// Security posture.
        Security = "security",
        /// Services and checks.
        Service = "service",
        /// Dogwatch itself.
        Agent = "agent",
    }
}

/// One line of what a finding rests on, for people: a name and a value already in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Evidence {
    /// What it is: `openssl`, `free`, `last run`.
    pub name: String,
    /// What was seen: `3.0.15-1 → 3.0.17-1, security, missing since 2026-11-02`.
    pub value: String,
}

/// What the rules say about one endpoint and subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// The rule that says so.
    pub rule: RuleId,
    /// Which disk, job … of the endpoint; empty when the rule is about the endpoint as a whole.
    pub subject: String,
    /// What it is about.
    pub category: Category,
    /// The tool whose owner it concerns.
    pub tool: ToolId,
    /// How bad it is.
    pub severity: Severity,
    /// One line for people.
    pub title: String,
    /// What it rests on; at most 50 lines.
    pub evidence: Vec<Evidence>,
    /// Since when the condition holds.
    pub since: Timestamp,
}
