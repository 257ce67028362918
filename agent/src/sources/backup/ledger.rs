//! The jobs' ledger: what every job's latest run came to, kept across restarts.
//!
//! It is written when a run arrives and at no other time. A run that arrives twice counts once; a run that arrives
//! late does not undo a newer one.

use std::collections::{BTreeMap, VecDeque};

use dogwatch_model::{BackupJob, BackupKind, BackupRun, BackupStatus, RestoreTest, RunResult};
use dogwatch_proto::{conversions::limits, v1};
use jiff::Timestamp;
use prost::Message as _;
use serde::{Deserialize, Serialize};

use super::drop_in::{DropInError, Run};
use crate::state_dir::{StateDir, StateError};

const FILE: &str = "backup-jobs.json";
/// Ids of runs that are remembered per job: more than a crash can bring back.
const REMEMBERED: usize = 32;
/// Room in a message for everything but the jobs.
const FRAME: usize = 8 * 1024;
/// What is left of messages when all of them would be too much for one report.
const SHORT_MESSAGE: usize = 128;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Entry {
    job: BackupJob,
    #[serde(default)]
    runs: VecDeque<String>,
}

/// The ledger.
#[derive(Debug)]
pub struct Ledger {
    state: StateDir,
    jobs: BTreeMap<String, Entry>,
}

impl Ledger {
    /// Loads what is known. A damaged file is set aside and the ledger begins anew: jobs come back with their next
    /// run.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn load(state: StateDir) -> Result<Self, StateError> {
        let jobs = match state.read(FILE)?.map(|text| serde_json::from_str(&text)) {
            None => BTreeMap::new(),
            Some(Ok(jobs)) => jobs,
            Some(Err(error)) => {
                tracing::error!(%error, file = FILE, "ledger of backup jobs is damaged, begun anew");
                // Gone or not, the next run writes a good one.
                let _ =
                    std::fs::rename(state.path().join(FILE), state.path().join("backup-jobs.damaged.json"));
                BTreeMap::new()
            }
        };
        Ok(Self { state, jobs })
    }

    /// What is known, for a look that leaves no trace; `None` when the file cannot be read.
    pub fn load_untouched(state: &StateDir) -> Option<Self> {
        let text = state.read(FILE).ok()?;
        let jobs = text.map_or(Ok(BTreeMap::new()), |text| serde_json::from_str(&text)).ok()?;
        Some(Self { state: state.clone(), jobs })
    }

    /// Takes in a run and writes the ledger.
    ///
    /// # Errors
    /// When there is no room for the job, or the ledger cannot be written; it is then as it was.
    pub fn record(&mut self, run: Run, now: Timestamp) -> Result<(), DropInError> {
        let known = self.jobs.get(&run.job);
        if known.is_none() && self.jobs.len() >= limits::JOBS {
            return Err(DropInError::TooManyJobs { job: run.job });
        }
        if known.is_some_and(|entry| entry.runs.contains(&run.run.id) && run.run.result != RunResult::Running)
        {
            return Ok(());
        }
        let name = run.job.clone();
        let before = known.cloned();
        let entry = self.jobs.entry(name.clone()).or_insert_with(|| Entry::new(&run, now));
        entry.take(run);
        let stored = self.store();
        if stored.is_err() {
            match before {
                Some(before) => self.jobs.insert(name, before),
                None => self.jobs.remove(&name),
            };
        }
        Ok(stored?)
    }

    /// The state of the backups, small enough for one report.
    pub fn status(&self, now: Timestamp) -> BackupStatus {
        let mut status = BackupStatus {
            scanned_at: now,
            jobs: self.jobs.values().map(|entry| entry.job.clone()).collect(),
        };
        if v1::BackupStatus::from(&status).encoded_len() > limits::MESSAGE_BYTES - FRAME {
            for message in status.jobs.iter_mut().filter_map(|job| job.last_run.as_mut()?.message.as_mut()) {
                *message = limits::clip_message(message, SHORT_MESSAGE);
            }
        }
        status
    }

    fn store(&self) -> Result<(), StateError> {
        let json = serde_json::to_vec_pretty(&self.jobs).unwrap_or_default();
        self.state.write(FILE, &json)
    }
}

impl Entry {
    fn new(run: &Run, now: Timestamp) -> Self {
        let job = BackupJob {
            name: run.job.clone(),
            product: "drop-in".into(),
            kind: run.kind,
            every_seconds: None,
            rpo_seconds: None,
            first_seen: now,
            last_run: None,
            last_success: None,
            consecutive_failures: 0,
            restore_test: None,
        };
        Self { job, runs: VecDeque::new() }
    }

    fn take(&mut self, told: Run) {
        let Run { kind, product, every_seconds, rpo_seconds, run, .. } = told;
        if !self.runs.contains(&run.id) && run.result != RunResult::Running {
            self.runs.push_back(run.id.clone());
        }
        if self.runs.len() > REMEMBERED {
            self.runs.pop_front();
        }
        // What a run does not say stays as it was told before.
        self.job.every_seconds = every_seconds.or(self.job.every_seconds);
        self.job.rpo_seconds = rpo_seconds.or(self.job.rpo_seconds);
        self.job.product = product.unwrap_or_else(|| std::mem::take(&mut self.job.product));
        if kind == BackupKind::RestoreTest && self.job.kind != BackupKind::RestoreTest {
            self.restore_tested(&run);
        } else {
            self.job.kind = kind;
            self.ran(run);
        }
    }

    fn ran(&mut self, run: BackupRun) {
        let newest = self.job.last_run.as_ref().is_none_or(|last| last.started_at <= run.started_at);
        match run.result {
            RunResult::Success | RunResult::Warning => {
                self.job.last_success = self.job.last_success.max(run.ended_at);
                if newest {
                    self.job.consecutive_failures = 0;
                }
            }
            RunResult::Failed | RunResult::Missed => {
                let since_success = self.job.last_success.is_none_or(|success| run.started_at >= success);
                if since_success {
                    self.job.consecutive_failures = self.job.consecutive_failures.saturating_add(1);
                }
            }
            RunResult::Running | RunResult::Cancelled | RunResult::Unknown => {}
        }
        if newest {
            self.job.last_run = Some(run);
        }
    }

    fn restore_tested(&mut self, run: &BackupRun) {
        let at = run.ended_at.unwrap_or(run.started_at);
        if self.job.restore_test.as_ref().is_none_or(|last| last.at <= at) {
            let duration = at.duration_since(run.started_at).as_secs();
            self.job.restore_test = Some(RestoreTest {
                at,
                result: run.result,
                duration_seconds: u64::try_from(duration).ok().filter(|seconds| *seconds > 0),
            });
        }
    }
}
