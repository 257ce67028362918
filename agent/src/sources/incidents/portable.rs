//! Systems other than Linux: runs of the machine that ended without a shutdown of the agent. Their own logs of crashes
//! are read by rooms of their own.

use std::path::{Path, PathBuf};

use dogwatch_model::Incident;
use jiff::Timestamp;

use super::{super::health, Panic};
use crate::clock::Now;

pub(super) struct Evidence {
    root: PathBuf,
}

#[expect(
    clippy::unused_self,
    clippy::needless_pass_by_ref_mut,
    reason = "the façade's form, which Linux fills"
)]
impl Evidence {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub(super) fn boot(&self) -> Option<String> {
        self.boot_at().map(|at| at.to_string())
    }

    pub(super) fn boot_at(&self) -> Option<Timestamp> {
        health::boot_at(&self.root)
    }

    pub(super) fn ended_orderly(&self) -> Option<bool> {
        None
    }

    pub(super) fn panic(&self, _after: Option<Timestamp>) -> Option<Panic> {
        None
    }

    pub(super) fn since_last_look(&mut self, _after: Option<u64>, _now: Now) -> Vec<Incident> {
        Vec::new()
    }

    pub(super) fn log_sequence(&self) -> Option<u64> {
        None
    }

    pub(super) fn ails(&self) -> Option<String> {
        Some("of crashes only the unexpected end of a run is seen here".to_owned())
    }
}
