//! The lab's configuration: the shipped one with times that let a test finish in seconds.

use std::fmt::Write as _;

/// What a lab's `collector.toml` and rules say beyond the defaults.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Hold time of the *silent* rule's warning.
    pub silent_after: &'static str,
    /// How long an agent's certificate lives.
    pub certificate_lifetime: &'static str,
    /// How often the view is brought up to the journal.
    pub settle_every: &'static str,
    /// How often a snapshot is taken.
    pub snapshot_every: &'static str,
    /// More rules, as `policy/rules.toml` has them.
    pub rules: String,
    /// What is logged, where that is not for the environment to say.
    pub log: Option<&'static str>,
    /// Variables of its environment.
    pub environment: Vec<(&'static str, String)>,
    /// Run the collector under this program and these arguments. The pid must become the collector's own, so that it
    /// can be ended by it: strace needs `-D` for that.
    pub under: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            silent_after: "1s",
            certificate_lifetime: "720h",
            settle_every: "1s",
            snapshot_every: "1h",
            rules: String::new(),
            log: None,
            environment: Vec::new(),
            under: Vec::new(),
        }
    }
}

impl Settings {
    /// `collector.toml`.
    pub(super) fn collector_toml(&self, people: u16, agents: u16) -> String {
        let Self { certificate_lifetime, settle_every, snapshot_every, .. } = self;
        format!(
            r#"name = "Lab"

[people]
listen = "127.0.0.1:{people}"
address = "localhost:{people}"

[agents]
listen = "127.0.0.1:{agents}"
address = "localhost:{agents}"

[storage]
settle_every = "{settle_every}"
snapshot_every = "{snapshot_every}"

[telemetry]
sample_every = "200ms"
summary_every = "1s"
patch_scan_every = "1h"
backup_scan_every = "1s"

[times]
sweep_every = "200ms"
backoff_cap = "300ms"
certificate_lifetime = "{certificate_lifetime}"
drain_limit = "5s"
"#
        )
    }

    /// `policy/rules.toml`.
    pub(super) fn rules_toml(&self) -> String {
        let silent = self.silent_after;
        let mut rules = String::new();
        for rule in ["silent", "silent-desk"] {
            let _ = writeln!(rules, "[rules.{rule}]\nwarning.for = \"{silent}\"\n");
        }
        rules + &self.rules
    }
}
