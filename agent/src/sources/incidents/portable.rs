//! Systems other than Linux: runs of the machine that ended without a shutdown of the agent, and what the system's own log
//! says where it is read.

use std::path::{Path, PathBuf};

use dogwatch_model::Incident;
use jiff::Timestamp;

use super::{super::health, Panic, system_log::Log};
use crate::clock::Now;

pub(super) struct Evidence {
    root: PathBuf,
    log: Log,
}

impl Evidence {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), log: Log::new() }
    }

    pub(super) fn boot(&self) -> Option<String> {
        self.boot_at().map(|at| at.to_string())
    }

    pub(super) fn boot_at(&self) -> Option<Timestamp> {
        health::boot_at(&self.root)
    }

    /// A log that is read tells of an end without a shutdown by itself.
    pub(super) fn ended_orderly(&self) -> Option<bool> {
        Log::IS_READ.then_some(true)
    }

    pub(super) fn panic(&self, _after: Option<Timestamp>) -> Option<Panic> {
        None
    }

    pub(super) fn since_last_look(&mut self, after: Option<u64>, now: Now) -> Vec<Incident> {
        self.log.news(after, now)
    }

    pub(super) fn log_sequence(&self) -> Option<u64> {
        self.log.sequence()
    }

    pub(super) fn ails(&self) -> Option<String> {
        if !Log::IS_READ {
            return Some("of crashes only the unexpected end of a run is seen here".to_owned());
        }
        self.log.is_silent().then(|| "the System log does not answer wevtutil".to_owned())
    }
}
