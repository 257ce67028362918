//! The store that needs nothing installed: a directory with
//!
//! | entry | what |
//! |---|---|
//! | `journal/` | the truth: every commit, in order |
//! | `view/` | sled: the rows that the journal has led to, and up to which record |
//! | `view.mark` | whether the view was left in good order |
//! | `view.aside-N` | a view that could not be used, for whoever wants to know why; only the latest |
//! | `snapshots/` | the view in the neutral format, the newest two |
//! | `lock` | one collector at a time |
//!
//! The view is never believed blindly. It is used when it opens, was not left open by a machine that went down,
//! ends where the journal can take over, and holds the rows that its tally says; otherwise it is set aside and built anew from the newest snapshot
//! that verifies, and a note says so. The journal keeps everything after the snapshot *before* the newest, so one
//! bad snapshot does no harm. When there is no room to build a view, one in memory stands in.
//!
//! sled does its work on a thread of its own, one job at a time; the thread that commits never waits for it.

mod lock;
mod mark;
mod open;
mod tally;
mod view;
mod worker;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use dogwatch_journal::{Disk, Error as JournalError, Journal, RealDisk};
use jiff::Timestamp;

use self::{lock::Lock, mark::Mark, view::View, worker::Worker};
use super::{
    ChangeSet, Figures, Finished, Loaded, Position, Row, Storage, StorageError, Table,
    encoding::{self, check_keys},
    snapshot,
};

/// How the embedded store is kept.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// Memory that sled may use as cache.
    pub cache_bytes: u64,
    /// Size of a journal segment.
    pub segment_bytes: u64,
    /// Space held back for the last commits on a full disk.
    pub reserve_bytes: u64,
    /// Where the journal's files are; a simulated disk in tests.
    pub journal_disk: Arc<dyn Disk>,
    /// What is new after each start of the machine; `None` when the system has no such thing.
    pub boot_id: Option<String>,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            cache_bytes: 64 * 1024 * 1024,
            segment_bytes: 64 * 1024 * 1024,
            reserve_bytes: 4 * 1024 * 1024,
            journal_disk: Arc::new(RealDisk),
            boot_id: mark::boot_id(),
        }
    }
}

/// How many snapshots are kept: the newest, and the one before should the newest be damaged.
const SNAPSHOTS_KEPT: usize = 2;

/// The embedded store. Fields are dropped in this order: the worker lets go of the view first, the lock is last.
#[derive(Debug)]
pub struct Embedded {
    worker: Worker,
    view: View,
    journal: Journal,
    mark: Mark,
    dir: PathBuf,
    settled: Position,
    /// The rows of the view as it was opened, until they are loaded.
    found: Option<Vec<Row>>,
    /// Rows committed since the last settle.
    unsettled: BTreeMap<(Table, String), Option<Vec<u8>>>,
    outcome: Option<Result<Finished, StorageError>>,
    view_failed: Option<String>,
    notes: Vec<String>,
    _lock: Lock,
}

impl Embedded {
    /// Opens the store in a directory, creates it when there is none, and mends what a crash left.
    ///
    /// # Errors
    /// When another collector uses it, the disk fails, a newer collector wrote it, or neither view nor snapshot nor
    /// journal is enough to begin with.
    pub fn open(dir: &Path, options: EmbeddedOptions) -> Result<Self, StorageError> {
        open::open(dir, options)
    }

    fn snapshots(&self) -> PathBuf {
        self.dir.join("snapshots")
    }

    fn committed(&self) -> Position {
        position(&self.journal)
    }

    fn remember(&mut self, rows: impl Iterator<Item = Row>) {
        if self.view_failed.is_none() {
            self.unsettled.extend(rows.map(|row| ((row.table, row.key), row.value)));
        }
    }

    /// Takes over what the worker has done.
    fn collect(&mut self, done: Option<Result<Finished, StorageError>>) {
        let Some(done) = done else { return };
        let done = match done {
            Ok(Finished::Snapshot(info)) => self.let_go(info.position).map(|()| Finished::Snapshot(info)),
            other => other,
        };
        match &done {
            Ok(Finished::Settled(position)) => self.settled = *position,
            Err(StorageError::View { why }) => {
                self.view_failed = Some(why.clone());
                self.unsettled.clear();
            }
            Ok(Finished::Snapshot(_)) | Err(_) => {}
        }
        self.outcome = Some(done);
    }

    /// Removes what the snapshot at `newest` makes superfluous.
    fn let_go(&mut self, newest: Position) -> Result<(), StorageError> {
        let snapshots = snapshot::list(&self.snapshots())?;
        for old in snapshots.iter().skip(SNAPSHOTS_KEPT) {
            let path = snapshot::path(&self.snapshots(), *old);
            fs::remove_file(&path).map_err(|source| StorageError::Io { doing: "remove", path, source })?;
        }
        // So that the next snapshot can let go of all that this one holds.
        self.journal.roll()?;
        let before = snapshots.iter().filter(|position| **position < newest).max();
        if let Some(kept_from) = before.and_then(|before| dogwatch_journal::Position::new(before.0 + 1)) {
            self.journal.drop_before(kept_from)?;
        }
        Ok(())
    }

    fn ready(&mut self) -> Result<(), StorageError> {
        let done = self.worker.finished();
        self.collect(done);
        if let Some(why) = &self.view_failed {
            return Err(StorageError::View { why: why.clone() });
        }
        if self.worker.is_running() { Err(StorageError::Busy) } else { Ok(()) }
    }
}

/// The last commit of a journal.
fn position(journal: &Journal) -> Position {
    Position(journal.last_position().map_or(0, dogwatch_journal::Position::get))
}

impl Storage for Embedded {
    fn load(&mut self) -> Result<Loaded, StorageError> {
        let rows = match self.found.take() {
            Some(rows) => rows,
            None => self
                .view
                .all()
                .filter(|row| row.as_ref().map_or(true, |row| !row.table.stays_on_disk()))
                .collect::<Result<_, _>>()
                .map_err(|why| StorageError::View { why })?,
        };
        let (mut tail, mut lost) = (Vec::new(), Vec::new());
        let from =
            dogwatch_journal::Position::new(self.settled.0 + 1).unwrap_or(dogwatch_journal::Position::FIRST);
        for item in self.journal.read_from(from)? {
            match item {
                Ok((at, record)) => tail.push(
                    encoding::decode(&record)
                        .map_err(|source| StorageError::Decode { position: Position(at.get()), source })?,
                ),
                Err(JournalError::Damaged(damage)) if damage.positions.is_empty() => {
                    self.notes.push(damage.to_string());
                }
                Err(JournalError::Damaged(damage)) => lost.push(damage),
                Err(other) => return Err(other.into()),
            }
        }
        self.remember(tail.iter().flat_map(ChangeSet::rows).cloned());
        Ok(Loaded { rows, tail, lost, notes: std::mem::take(&mut self.notes) })
    }

    fn commit(&mut self, changes: &ChangeSet) -> Result<Position, StorageError> {
        if changes.is_empty() {
            return Ok(self.committed());
        }
        check_keys(changes.rows())?;
        self.journal.append(&encoding::encode(changes))?;
        self.journal.commit()?;
        self.remember(changes.rows().cloned());
        Ok(self.committed())
    }

    fn settle(&mut self, rows: Vec<Row>) -> Result<(), StorageError> {
        self.ready()?;
        check_keys(rows.iter())?;
        // In this order: what reports led to is newer than what was committed on the way.
        let committed = std::mem::take(&mut self.unsettled).into_iter();
        let committed = committed.map(|((table, key), value)| Row { table, key, value });
        let rows = committed.chain(rows).collect();
        self.worker.settle(rows, position(&self.journal));
        Ok(())
    }

    fn begin_snapshot(&mut self, now: Timestamp) -> Result<(), StorageError> {
        self.ready()?;
        self.worker.snapshot(self.snapshots(), now);
        Ok(())
    }

    fn finished(&mut self) -> Option<Result<Finished, StorageError>> {
        let done = self.worker.finished();
        self.collect(done);
        self.outcome.take()
    }

    fn wait(&mut self) -> Option<Result<Finished, StorageError>> {
        let done = self.worker.wait();
        self.collect(done);
        self.outcome.take()
    }

    fn read(&self, table: Table, prefix: &str, limit: usize) -> Result<Vec<Row>, StorageError> {
        self.view.read(table, prefix, limit).map_err(|why| StorageError::View { why })
    }

    fn figures(&self) -> Figures {
        Figures {
            committed: position(&self.journal),
            settled: self.settled,
            journal_bytes: self.journal.bytes(),
            view_failed: self.view_failed.clone(),
        }
    }

    fn release_reserve(&mut self) -> Result<(), StorageError> {
        Ok(self.journal.release_reserve()?)
    }

    fn restore_reserve(&mut self) -> Result<(), StorageError> {
        Ok(self.journal.restore_reserve()?)
    }

    fn close(mut self: Box<Self>) -> Result<(), StorageError> {
        let last = self.wait();
        let Self { worker, view, mark, view_failed, .. } = *self;
        drop(worker);
        if view_failed.is_none() {
            view.close(&mark)?;
        }
        last.map_or(Ok(()), |outcome| outcome.map(drop))
    }
}

#[cfg(test)]
mod tests;
