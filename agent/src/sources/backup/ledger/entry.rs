//! One job in the ledger: what a run, or a look into its repository, makes of what was known.

use std::collections::VecDeque;

use dogwatch_model::{BackupJob, BackupKind, BackupRun, RestoreTest, RunResult, Upkeep};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::super::{
    drop_in::{Restore, Run},
    sighting::Sighting,
    size::{self, Anomaly},
};
use crate::schedule::Schedule;

/// Runs and snapshots that are remembered by their ids per job: more than a crash can bring back, and twice what a
/// look into a repository tells.
const REMEMBERED: usize = 32;
/// Failures since the last success whose times are remembered: a success that arrives late undoes those before it.
const FAILURES: usize = 64;
/// A run that begins this little before its time is the one of that time: clocks of two machines differ.
const AHEAD_OF_TIME: SignedDuration = SignedDuration::from_secs(30);
/// The least length of a shortened id: restic tells eight digits of a snapshot's id at its birth, and all of them
/// later.
const SHORT_ID: usize = 8;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    job: BackupJob,
    #[serde(default)]
    runs: VecDeque<String>,
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    sizes: VecDeque<u64>,
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    failed_at: VecDeque<Timestamp>,
    /// When the last success began: by a schedule the next one is looked for from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    success_began: Option<Timestamp>,
    /// Whose look found it; absent once a run was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    found_by: Option<String>,
}

impl Entry {
    /// A job that a run told of.
    pub(super) fn told(name: String, run: &Run, now: Timestamp) -> Self {
        Self::new(BackupJob::new(name, "drop-in".into(), run.kind, now), None)
    }

    /// A job that a look found.
    pub(super) fn seen(name: String, seen: &Sighting, now: Timestamp) -> Self {
        let job = BackupJob::new(name, seen.product.clone(), seen.kind, now);
        Self::new(job, Some(seen.found_by.clone()))
    }

    fn new(job: BackupJob, found_by: Option<String>) -> Self {
        Self {
            job,
            runs: VecDeque::new(),
            sizes: VecDeque::new(),
            failed_at: VecDeque::new(),
            success_began: None,
            found_by,
        }
    }

    pub(super) fn job(&self) -> &BackupJob {
        &self.job
    }

    /// Whether somebody may still tell of it.
    pub(super) fn stays(&self, looked_at: impl Fn(&str) -> bool) -> bool {
        self.found_by.as_deref().is_none_or(looked_at)
    }

    /// When somebody said that there is no such job any more.
    pub(super) fn forgotten_at(&self) -> Option<Timestamp> {
        self.job.forgotten_at
    }

    /// Whether it is forgotten, and a run is no newer than that: it does not bring the job back.
    pub(super) fn outlasts(&self, run: &BackupRun) -> bool {
        self.forgotten_at().is_some_and(|at| run.ended_at.unwrap_or(run.started_at) <= at)
    }

    /// Whether something of it is known that is newer than `at`. That it was forgotten already is nothing newer.
    pub(super) fn is_newer_than(&self, at: Timestamp) -> bool {
        self.job.last_run.as_ref().is_some_and(|run| run.ended_at.unwrap_or(run.started_at) > at)
    }

    /// Keeps the name, and that there is no such job any more.
    pub(super) fn forget(&mut self, at: Timestamp) {
        let BackupJob { name, product, kind, first_seen, .. } = self.job.clone();
        let forgotten_at = self.job.forgotten_at.or(Some(at));
        *self =
            Self::new(BackupJob { forgotten_at, ..BackupJob::new(name, product, kind, first_seen) }, None);
    }

    pub(super) fn record(&mut self, told: Run) {
        let Run { kind, product, facts, run, restore, .. } = told;
        self.found_by = None;
        let finished = run.result != RunResult::Running;
        if finished && (self.knows(&run.id) || run.snapshot.as_deref().is_some_and(|id| self.knows(id))) {
            return;
        }
        if finished {
            self.remember(&run);
        }
        facts.lay_over(&mut self.job);
        self.job.product = product.unwrap_or_else(|| std::mem::take(&mut self.job.product));
        self.take(kind, run, restore);
        self.expect();
    }

    pub(super) fn see(&mut self, seen: Sighting) {
        seen.facts.lay_over(&mut self.job);
        for run in seen.runs {
            if !self.knows(&run.id) {
                self.remember(&run);
                self.take(seen.kind, run, Restore::default());
            }
        }
        self.expect();
    }

    /// By a schedule: when the next success should be there, which is its next time and as long as the last one took.
    /// The interval becomes the one that follows, against which lateness is measured.
    fn expect(&mut self) {
        let Some(schedule) = self.job.schedule.as_deref().and_then(|text| text.parse::<Schedule>().ok())
        else {
            return;
        };
        let (began, took) = match (self.success_began, self.job.last_success) {
            (Some(began), Some(ended)) => (began, ended.duration_since(began)),
            (_, ended) => (ended.unwrap_or(self.job.first_seen), SignedDuration::ZERO),
        };
        let next = schedule.next(began + AHEAD_OF_TIME);
        let after = next.and_then(|next| schedule.next(next));
        self.job.expected_at = next.and_then(|next| next.checked_add(took).ok());
        let interval = next.zip(after).map(|(next, after)| after.duration_since(next).as_secs());
        self.job.every_seconds = interval.and_then(|seconds| u64::try_from(seconds).ok());
    }

    fn knows(&self, id: &str) -> bool {
        let shortened = |short: &str, long: &str| {
            short.len() >= SHORT_ID && long.starts_with(short) && long.bytes().all(|b| b.is_ascii_hexdigit())
        };
        self.runs.iter().any(|known| known == id || shortened(known, id) || shortened(id, known))
    }

    fn remember(&mut self, run: &BackupRun) {
        self.runs.extend(
            [Some(run.id.clone()), run.snapshot.clone().filter(|id| *id != run.id)].into_iter().flatten(),
        );
        keep_newest(&mut self.runs, REMEMBERED);
    }

    fn take(&mut self, kind: BackupKind, run: BackupRun, restore: Restore) {
        let makes_copies = |kind| matches!(kind, BackupKind::Backup | BackupKind::Replicate);
        match kind {
            BackupKind::RestoreTest => {
                self.restore_tested(&run, restore);
                if self.job.kind == BackupKind::RestoreTest {
                    self.ran(run);
                }
            }
            kind if makes_copies(self.job.kind) && !makes_copies(kind) => self.kept_up(kind, &run),
            kind => {
                if makes_copies(kind) && !makes_copies(self.job.kind) {
                    self.begin_anew();
                }
                self.job.kind = kind;
                self.ran(run);
            }
        }
    }

    /// What was known of the job was its upkeep or its tests; that stands beside its copies from now on.
    fn begin_anew(&mut self) {
        let before = self.job.last_run.take();
        (self.job.last_success, self.job.consecutive_failures) = (None, 0);
        self.success_began = None;
        self.failed_at.clear();
        if let Some(run) = before {
            self.kept_up(self.job.kind, &run);
        }
    }

    fn kept_up(&mut self, kind: BackupKind, run: &BackupRun) {
        let place = match kind {
            BackupKind::Check | BackupKind::Verify => &mut self.job.last_check,
            BackupKind::Prune => &mut self.job.last_prune,
            BackupKind::Backup | BackupKind::Replicate | BackupKind::RestoreTest => return,
        };
        let at = run.ended_at.unwrap_or(run.started_at);
        if run.result != RunResult::Running && place.as_ref().is_none_or(|last| last.at <= at) {
            *place = Some(Upkeep { at, result: run.result });
        }
    }

    fn ran(&mut self, run: BackupRun) {
        let newest = self.job.last_run.as_ref().is_none_or(|last| last.started_at <= run.started_at);
        match run.result {
            RunResult::Success | RunResult::Warning => self.succeeded(&run, newest),
            RunResult::Failed | RunResult::Missed => {
                if self.job.last_success.is_none_or(|success| run.started_at >= success) {
                    self.failed_at.push_back(run.started_at);
                    keep_newest(&mut self.failed_at, FAILURES);
                    self.job.consecutive_failures = self.job.consecutive_failures.saturating_add(1);
                }
            }
            RunResult::Running | RunResult::Cancelled | RunResult::Unknown => {}
        }
        if newest {
            self.job.last_run = Some(run);
        }
    }

    /// A success counts as one unless it holds nothing. One that has shrunk counts, with a word about it: there is a
    /// copy, and less of it may well be what was wanted.
    fn succeeded(&mut self, run: &BackupRun, newest: bool) {
        let anomaly = run.bytes_total.and_then(|bytes| size::judge(bytes, &self.sizes));
        if newest {
            self.job.size_anomaly =
                run.bytes_total.zip(anomaly).map(|(bytes, anomaly)| size::words(bytes, anomaly));
        }
        if anomaly == Some(Anomaly::Empty) {
            return;
        }
        if let Some(bytes) = run.bytes_total {
            self.sizes.push_back(bytes);
            keep_newest(&mut self.sizes, size::KEPT);
        }
        let at = self.job.last_success.max(run.ended_at.or(Some(run.started_at)));
        if at != self.job.last_success {
            self.success_began = Some(run.started_at);
        }
        self.job.last_success = at;
        self.failed_at.retain(|failed| Some(*failed) > at);
        self.job.consecutive_failures = u32::try_from(self.failed_at.len()).unwrap_or(u32::MAX);
    }

    fn restore_tested(&mut self, run: &BackupRun, said: Restore) {
        let at = run.ended_at.unwrap_or(run.started_at);
        if run.result == RunResult::Running || self.job.restore_test.as_ref().is_some_and(|last| last.at > at)
        {
            return;
        }
        let duration = u64::try_from(at.duration_since(run.started_at).as_secs()).ok();
        self.job.restore_test = Some(RestoreTest {
            duration_seconds: duration.filter(|seconds| *seconds > 0),
            kind: said.kind,
            rto_seconds: self.job.rto_seconds,
            by: said.by,
            evidence: said.evidence.or_else(|| run.message.clone()),
            ..RestoreTest::new(at, run.result)
        });
    }
}

fn keep_newest<T>(kept: &mut VecDeque<T>, most: usize) {
    kept.drain(..kept.len().saturating_sub(most));
}
