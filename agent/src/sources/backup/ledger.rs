//! The jobs' ledger: what every job's latest run came to, kept across restarts.
//!
//! It is written when something of a job has changed and at no other time: once for all runs that came together. A
//! run that arrives twice counts once; a run that arrives late does not undo a newer one. Why a repository cannot be
//! looked at just now is not worth a write: that is kept in memory.

mod entry;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use dogwatch_model::{BackupJob, BackupStatus};
use dogwatch_proto::{conversions::limits, v1};
use entry::Entry;
use jiff::Timestamp;
use prost::Message as _;

use super::{
    drop_in::{DropInError, Run},
    forgetting::{self, Forgetting},
    sighting::Sighting,
};
use crate::{
    keeping::keep,
    state_dir::{StateDir, StateError},
};

const FILE: &str = "backup-jobs.json";
/// Room in a message for everything but the jobs.
const FRAME: usize = 8 * 1024;
/// What is left of texts when all of them would be too much for one report.
const SHORT_TEXT: usize = 128;

/// The ledger.
#[derive(Debug)]
pub struct Ledger {
    state: StateDir,
    jobs: BTreeMap<String, Entry>,
    /// What is on disk, while that is something else.
    stored: Option<BTreeMap<String, Entry>>,
    /// What would be on disk if it had room: told, and worked out anew from what waits.
    waiting: Option<BTreeMap<String, Entry>>,
    problems: BTreeMap<String, String>,
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
        Ok(Self { state, jobs, stored: None, waiting: None, problems: BTreeMap::new() })
    }

    /// What is known, for a look that leaves no trace; `None` when the file cannot be read.
    pub fn load_untouched(state: &StateDir) -> Option<Self> {
        let text = state.read(FILE).ok()?;
        let jobs = text.map_or(Ok(BTreeMap::new()), |text| serde_json::from_str(&text)).ok()?;
        Some(Self { state: state.clone(), jobs, stored: None, waiting: None, problems: BTreeMap::new() })
    }

    /// Takes in a run. It is not on disk before [`Self::commit`].
    ///
    /// # Errors
    /// When there is no room for the job.
    pub fn record(&mut self, run: Run, now: Timestamp) -> Result<(), DropInError> {
        if self.jobs.get(&run.job).is_some_and(|entry| entry.outlasts(&run.run)) {
            return Ok(());
        }
        let entry = self.entry(&run.job, now, |job, now| Entry::told(job, &run, now))?;
        entry.record(run);
        Ok(())
    }

    /// Takes in that there is no such job any more. It is not on disk before [`Self::commit`].
    ///
    /// # Errors
    /// When there is none, or a run of it is newer than the word.
    pub(super) fn forget(&mut self, word: &Forgetting) -> Result<(), DropInError> {
        let told_since = self.jobs.get(&word.job).map(|entry| entry.is_newer_than(word.at));
        if told_since != Some(false) {
            return Err(DropInError::NothingToForget {
                job: word.job.clone(),
                told_since: told_since.is_some(),
            });
        }
        self.about_to_change();
        self.problems.remove(&word.job);
        if let Some(entry) = self.jobs.get_mut(&word.job) {
            entry.forget(word.at);
        }
        Ok(())
    }

    /// Ends the mention of jobs that were forgotten long ago.
    pub(super) fn drop_tombstones(&mut self, now: Timestamp) {
        let is_over = |entry: &Entry| {
            entry.forgotten_at().is_some_and(|at| now.duration_since(at) > forgetting::TOLD_FOR)
        };
        if self.jobs.values().any(is_over) {
            self.about_to_change();
            keep(&mut self.jobs, |_, entry| !is_over(entry));
        }
    }

    /// The names of the jobs, for people.
    pub fn names(&self) -> Vec<&str> {
        let known = self.jobs.iter().filter(|(_, entry)| entry.forgotten_at().is_none());
        known.map(|(name, _)| name.as_str()).collect()
    }

    /// Takes in what was seen of a job in its repository. It is not on disk before [`Self::commit`].
    ///
    /// # Errors
    /// When there is no room for the job.
    pub(super) fn see(&mut self, seen: Sighting, now: Timestamp) -> Result<(), DropInError> {
        let stays_forgotten =
            |entry: &Entry| entry.forgotten_at().is_some() && seen.runs.iter().all(|run| entry.outlasts(run));
        if self.jobs.get(&seen.job).is_some_and(stays_forgotten) {
            return Ok(());
        }
        match &seen.problem {
            Some(problem) => self.problems.insert(seen.job.clone(), problem.clone()),
            None => self.problems.remove(&seen.job),
        };
        self.entry(&seen.job, now, |job, now| Entry::seen(job, &seen, now))?.see(seen);
        Ok(())
    }

    /// Drops jobs that only a look into a repository knew, when no look has that name any more.
    pub(super) fn keep_looked_at(&mut self, looked_at: impl Fn(&str) -> bool) {
        if self.jobs.values().any(|entry| !entry.stays(&looked_at)) {
            self.about_to_change();
            keep(&mut self.jobs, |_, entry| entry.stays(&looked_at));
        }
    }

    /// Writes the ledger if it has changed.
    ///
    /// # Errors
    /// When it cannot be written; it is then as it is on disk, and tells what it would be.
    pub fn commit(&mut self) -> Result<(), StateError> {
        let Some(stored) = self.stored.take().filter(|stored| *stored != self.jobs) else { return Ok(()) };
        let json = serde_json::to_vec_pretty(&self.jobs).unwrap_or_default();
        let written = self.state.write(FILE, &json);
        self.waiting = written.is_err().then(|| std::mem::replace(&mut self.jobs, stored));
        written
    }

    /// The state of the backups, small enough for one report.
    pub fn status(&self, now: Timestamp) -> BackupStatus {
        let shown = |(name, entry): (&String, &Entry)| {
            let problem = self.problems.get(name).cloned();
            BackupJob { problem, ..entry.job().clone() }
        };
        let jobs = self.waiting.as_ref().unwrap_or(&self.jobs);
        let mut status = BackupStatus { scanned_at: now, jobs: jobs.iter().map(shown).collect() };
        if v1::BackupStatus::from(&status).encoded_len() > limits::MESSAGE_BYTES - FRAME {
            status.jobs.iter_mut().for_each(shorten);
        }
        status
    }

    /// When a job last succeeded.
    pub(super) fn last_success(&self, job: &str) -> Option<Timestamp> {
        self.jobs.get(job)?.job().last_success
    }

    fn entry(
        &mut self,
        name: &str,
        now: Timestamp,
        new: impl FnOnce(String, Timestamp) -> Entry,
    ) -> Result<&mut Entry, DropInError> {
        let is_new = self.jobs.get(name).is_none_or(|entry| entry.forgotten_at().is_some());
        if is_new && self.names().len() >= limits::JOBS {
            return Err(DropInError::TooManyJobs { job: name.to_owned() });
        }
        self.about_to_change();
        if is_new {
            self.make_room(name);
        }
        let waiting = self.waiting.as_ref().and_then(|waiting| waiting.get(name));
        let first_seen = waiting.map_or(now, |entry| entry.job().first_seen);
        Ok(self.jobs.entry(name.to_owned()).or_insert_with(|| new(name.to_owned(), first_seen)))
    }

    /// A job that is forgotten begins anew; where the ledger is full the oldest of the forgotten makes way.
    fn make_room(&mut self, name: &str) {
        keep(&mut self.jobs, |known, _| known != name);
        if self.jobs.len() >= limits::JOBS {
            let forgotten = self.jobs.iter().filter_map(|(name, entry)| Some((entry.forgotten_at()?, name)));
            if let Some(oldest) = forgotten.min().map(|(_, name)| name.clone()) {
                keep(&mut self.jobs, |known, _| *known != oldest);
            }
        }
    }

    fn about_to_change(&mut self) {
        self.stored.get_or_insert_with(|| self.jobs.clone());
    }
}

fn shorten(job: &mut BackupJob) {
    let message = job.last_run.as_mut().and_then(|run| run.message.as_mut());
    let evidence = job.restore_test.as_mut().and_then(|test| test.evidence.as_mut());
    let lines = [&mut job.target, &mut job.retention, &mut job.problem, &mut job.size_anomaly];
    for text in [message, evidence].into_iter().chain(lines.map(Option::as_mut)).flatten() {
        *text = limits::clip_message(text, SHORT_TEXT);
    }
}
