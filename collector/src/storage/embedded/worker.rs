//! The thread that changes the view and writes snapshots of it: one job at a time, so that a snapshot is of one
//! position.

use std::{
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError},
    thread,
    time::Duration,
};

use jiff::Timestamp;

use super::view::View;
use crate::storage::{Finished, Position, Row, SnapshotInfo, StorageError, snapshot};

/// How long an ending store waits for the thread. sled has been seen to wait for ever after an I/O error, and the
/// view is not worth a process that does not end.
const LAST_JOB_WAIT: Duration = Duration::from_secs(30);

enum Job {
    Settle(Vec<Row>, Position),
    Snapshot(PathBuf, Timestamp),
}

type Outcome = Result<Finished, StorageError>;

/// The owner's end.
#[derive(Debug)]
pub(super) struct Worker {
    jobs: Option<Sender<Job>>,
    outcomes: Receiver<Outcome>,
    running: bool,
}

impl Worker {
    /// Starts the thread on a view that goes up to `position`.
    pub(super) fn start(view: View, position: Position) -> std::io::Result<Self> {
        let (jobs, todo) = mpsc::channel();
        let (done, outcomes) = mpsc::channel();
        thread::Builder::new().name("view".to_owned()).spawn(move || work(&view, position, &todo, &done))?;
        Ok(Self { jobs: Some(jobs), outcomes, running: false })
    }

    pub(super) const fn is_running(&self) -> bool {
        self.running
    }

    pub(super) fn settle(&mut self, rows: Vec<Row>, position: Position) {
        self.begin(Job::Settle(rows, position));
    }

    pub(super) fn snapshot(&mut self, dir: PathBuf, now: Timestamp) {
        self.begin(Job::Snapshot(dir, now));
    }

    fn begin(&mut self, job: Job) {
        // A thread that is gone is found when its outcome is asked for.
        let _ = self.jobs.as_ref().map(|jobs| jobs.send(job));
        self.running = true;
    }

    pub(super) fn finished(&mut self) -> Option<Outcome> {
        match self.outcomes.try_recv() {
            Ok(outcome) => self.ended(outcome),
            Err(TryRecvError::Disconnected) if self.running => self.ended(Err(gone())),
            Err(_) => None,
        }
    }

    pub(super) fn wait(&mut self) -> Option<Outcome> {
        if !self.running {
            return None;
        }
        let outcome = self.outcomes.recv().unwrap_or_else(|_| Err(gone()));
        self.ended(outcome)
    }

    fn ended(&mut self, outcome: Outcome) -> Option<Outcome> {
        self.running = false;
        Some(outcome)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.jobs = None;
        while !matches!(
            self.outcomes.recv_timeout(LAST_JOB_WAIT),
            Err(RecvTimeoutError::Disconnected | RecvTimeoutError::Timeout)
        ) {}
    }
}

fn gone() -> StorageError {
    StorageError::View { why: "its thread is gone".to_owned() }
}

fn work(view: &View, mut position: Position, todo: &Receiver<Job>, done: &Sender<Outcome>) {
    for job in todo {
        let outcome = match job {
            Job::Settle(rows, to) => match view.apply(rows, to) {
                Ok(()) => {
                    position = to;
                    Ok(Finished::Settled(to))
                }
                Err(why) => Err(StorageError::View { why }),
            },
            Job::Snapshot(dir, now) => write_snapshot(view, position, &dir, now),
        };
        if done.send(outcome).is_err() {
            return;
        }
    }
}

fn write_snapshot(view: &View, position: Position, dir: &Path, now: Timestamp) -> Outcome {
    let (rows, bytes) = snapshot::write(dir, position, now, view.all())?;
    let path = Some(snapshot::path(dir, position));
    Ok(Finished::Snapshot(SnapshotInfo { path, position, rows, bytes }))
}
