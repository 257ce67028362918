//! The fleet in a few numbers, each counted by the collector.

use serde_json::Value;

use crate::{client::Client, failure::Failure};

/// The counts, of endpoints in service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Pulse {
    pub(super) total: u64,
    pub(super) online: u64,
    /// Where a security update is missing.
    pub(super) security: u64,
    pub(super) reboot: u64,
    pub(super) failed: u64,
    pub(super) overdue: u64,
}

impl Pulse {
    /// Counts.
    pub(super) fn count(client: &Client) -> Result<Self, Failure> {
        let ask = |filter: &str| client.get("fleet", &[("filter", filter), ("limit", "1")]);
        let matched = |filter: &str| ask(filter).map(|answer| number(&answer, "matched"));
        let online = ask("online")?;
        Ok(Self {
            total: number(&online, "total"),
            online: number(&online, "matched"),
            security: matched("patch.missing.security > 0")?,
            reboot: matched("patch.reboot.pending")?,
            failed: matched("backup.worst == \"failed\"")?,
            overdue: matched("backup.worst == \"overdue\"")?,
        })
    }
}

fn number(answer: &Value, name: &str) -> u64 {
    answer[name].as_u64().unwrap_or_default()
}
