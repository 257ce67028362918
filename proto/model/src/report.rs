//! A report: what an agent sends, in which lane and at which place in it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AgentFacts, BackupStatus, Check, Drive, Health, Incident, Inventory, PatchStatus, Service, Software,
};

text_enum! {
    /// How a report is treated when the link is down. Each lane counts its own sequence within an epoch.
    pub enum Lane {
        /// Patch, backup, service, crash and agent events: never lost silently.
        Kept = "kept",
        /// Inventory and current status: the newest per key wins.
        Latest = "latest",
        /// Health samples: may be thinned offline, counted.
        Samples = "samples",
    }
}

/// One number per lane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LaneMarks {
    /// Of the kept lane.
    pub kept: u64,
    /// Of the latest lane.
    pub latest: u64,
    /// Of the samples lane.
    pub samples: u64,
}

impl LaneMarks {
    /// The mark of one lane.
    pub const fn get(&self, lane: Lane) -> u64 {
        match lane {
            Lane::Kept => self.kept,
            Lane::Latest => self.latest,
            Lane::Samples => self.samples,
        }
    }

    /// The mark of one lane, to set.
    pub const fn get_mut(&mut self, lane: Lane) -> &mut u64 {
        match lane {
            Lane::Kept => &mut self.kept,
            Lane::Latest => &mut self.latest,
            Lane::Samples => &mut self.samples,
        }
    }
}

/// Something that happened to the agent itself and that people should be able to see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AgentEvent {
    /// When, by the endpoint's clock.
    pub at: Timestamp,
    /// Stable kind: `bad_drop_in`, `source_failed`, `outbox_overflow` …
    pub kind: String,
    /// What happened, for people.
    pub detail: String,
}

/// What an agent sends. Parts that are absent have not changed. As JSON it is shown to people; on the wire it is protobuf.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// The lane it travels in.
    pub lane: Lane,
    /// Its place in the lane, from 1.
    pub sequence: u64,
    /// When it was observed, by the endpoint's clock.
    pub observed_at: Timestamp,
    /// How long ago that was when it was sent, by the endpoint's monotonic clock: this, not the wall clock,
    /// tells a late report from a fresh one.
    pub age_ms: u64,
    /// Health sample.
    pub health: Option<Health>,
    /// Inventory.
    pub inventory: Option<Inventory>,
    /// Services.
    pub services: Option<Vec<Service>>,
    /// Checks.
    pub checks: Option<Vec<Check>>,
    /// Patch status.
    pub patch: Option<PatchStatus>,
    /// Backup status.
    pub backup: Option<BackupStatus>,
    /// The agent itself.
    pub agent: Option<AgentFacts>,
    /// Drives.
    pub drives: Option<Vec<Drive>>,
    /// Installed software, sorted.
    pub software: Option<Vec<Software>>,
    /// Crash evidence since the last report that held any.
    pub incidents: Vec<Incident>,
    /// Agent events.
    pub events: Vec<AgentEvent>,
}

impl Report {
    /// A report with nothing in it yet.
    pub const fn empty(lane: Lane, sequence: u64, observed_at: Timestamp) -> Self {
        Self {
            lane,
            sequence,
            observed_at,
            age_ms: 0,
            health: None,
            inventory: None,
            services: None,
            checks: None,
            patch: None,
            backup: None,
            agent: None,
            drives: None,
            software: None,
            incidents: Vec::new(),
            events: Vec::new(),
        }
    }
}
