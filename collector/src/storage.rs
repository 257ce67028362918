//! Where the collector's truth is kept. One trait, two backends ([`embedded`], [`memory`]), one conformance suite.
//!
//! The order of every change: the core decides, [`Storage::commit`] puts one [`ChangeSet`] on the disk, and only
//! then is anything acknowledged or answered. A change set is atomic: after a crash all of it is there or nothing.
//!
//! A commit may hold *reports* as they came over the wire. What a report does to an endpoint only the core knows, so
//! the rows that follow from reports are handed over later, by [`Storage::settle`], which brings the view (rows by
//! table and key) up to what is committed. [`Storage::load`] therefore gives two things: the rows of the view, and
//! the tail of change sets that were committed after it, for the core to apply again. Applying is idempotent, so
//! a report that comes twice does nothing the second time.
//!
//! What it deliberately does not do: interpret a report or a row, ask a clock, retry. Nobody outside this module
//! knows of segments, trees or files.

pub mod embedded;
mod encoding;
pub mod memory;
mod row;
pub mod snapshot;

#[cfg(test)]
mod conformance;

use std::{io, path::PathBuf};

use dogwatch_journal as journal;
use jiff::Timestamp;

pub use embedded::{Embedded, EmbeddedOptions};
pub use encoding::DecodeError;
pub use memory::Memory;
pub use row::{ChangeSet, Entry, Position, ReportEntry, Row, Table};

/// The collector's store. It has one user, the core's thread.
pub trait Storage: Send {
    /// Everything there is. Once, before the first commit.
    ///
    /// # Errors
    /// When the disk fails, or a newer collector wrote it. Damaged records are no error: see [`Loaded::lost`].
    fn load(&mut self) -> Result<Loaded, StorageError>;

    /// Puts a change set on the disk: it survives a power cut when this returns `Ok`. An empty one costs nothing.
    ///
    /// # Errors
    /// After an error for which [`StorageError::is_full`] holds, nothing of it is kept and the store goes on. After
    /// any other the process must end without acknowledging, and look at the store anew.
    fn commit(&mut self, changes: &ChangeSet) -> Result<Position, StorageError>;

    /// Begins to bring the view up to everything committed so far. `rows` are the rows that reports have changed
    /// since the last settle that was accepted; rows committed as such are remembered here.
    ///
    /// # Errors
    /// [`StorageError::Busy`] while earlier work runs: nothing is taken over, the caller keeps its rows and comes
    /// again. [`StorageError::View`] when the view has failed.
    fn settle(&mut self, rows: Vec<Row>) -> Result<(), StorageError>;

    /// Begins a snapshot of the view as it is settled, and lets go of the journal that it makes superfluous.
    ///
    /// # Errors
    /// As [`Storage::settle`].
    fn begin_snapshot(&mut self, now: Timestamp) -> Result<(), StorageError>;

    /// What has come of work that was begun; `None` while it runs, or when there is none. Never waits.
    fn finished(&mut self) -> Option<Result<Finished, StorageError>>;

    /// Waits for work that was begun, and gives what came of it.
    fn wait(&mut self) -> Option<Result<Finished, StorageError>>;

    /// Rows of the view whose key begins with `prefix`, in the order of their keys. Rows that are not settled yet
    /// are not seen.
    ///
    /// # Errors
    /// [`StorageError::View`] when the view has failed.
    fn read(&self, table: Table, prefix: &str, limit: usize) -> Result<Vec<Row>, StorageError>;

    /// Sizes and places, for the readiness page.
    fn figures(&self) -> Figures;

    /// Gives up the space held back, so that a last few commits fit on a full disk.
    ///
    /// # Errors
    /// When the disk fails.
    fn release_reserve(&mut self) -> Result<(), StorageError>;

    /// Takes the reserve again.
    ///
    /// # Errors
    /// While there is no space for it.
    fn restore_reserve(&mut self) -> Result<(), StorageError>;

    /// Ends in good order: waits for running work and leaves the view marked as whole. Settle first, or the next
    /// start has a longer tail.
    ///
    /// # Errors
    /// When the disk fails. Nothing that was committed is in danger.
    fn close(self: Box<Self>) -> Result<(), StorageError>;

    /// Takes a snapshot and waits for it.
    ///
    /// # Errors
    /// As [`Storage::begin_snapshot`], and what goes wrong while it is taken.
    fn snapshot(&mut self, now: Timestamp) -> Result<SnapshotInfo, StorageError> {
        if let Some(earlier) = self.wait() {
            earlier?;
        }
        self.begin_snapshot(now)?;
        match self.wait() {
            Some(Ok(Finished::Snapshot(info))) => Ok(info),
            Some(Err(error)) => Err(error),
            Some(Ok(Finished::Settled(_))) | None => Err(StorageError::Busy),
        }
    }
}

/// What a store held at start.
#[derive(Debug)]
pub struct Loaded {
    /// The rows of the view, without those of tables that [stay on disk](Table::stays_on_disk).
    pub rows: Vec<Row>,
    /// What was committed after the view was last settled, oldest first.
    pub tail: Vec<ChangeSet>,
    /// Commits that cannot be read any more because the medium damaged them. Reports among them may still be with
    /// their agents. Never empty without a reason to raise an alarm.
    pub lost: Vec<journal::Damage>,
    /// What was cut, set aside or rebuilt, for the log.
    pub notes: Vec<String>,
}

/// Work that ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finished {
    /// The view holds everything up to this position.
    Settled(Position),
    /// A snapshot stands.
    Snapshot(SnapshotInfo),
}

/// A snapshot that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotInfo {
    /// The file; absent in memory.
    pub path: Option<PathBuf>,
    /// Everything up to here is in it.
    pub position: Position,
    /// How many rows it has.
    pub rows: u64,
    /// How long it is.
    pub bytes: u64,
}

/// Sizes and places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// The last commit.
    pub committed: Position,
    /// Up to where the view is settled.
    pub settled: Position,
    /// What the journal takes on the disk.
    pub journal_bytes: u64,
    /// What is wrong with the view; commits and what they promise do not depend on it.
    pub view_failed: Option<String>,
}

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] journal::Error),
    /// A record of the journal verifies and cannot be understood.
    #[error("record {position} of the journal cannot be understood")]
    Decode {
        /// Which.
        position: Position,
        /// Why.
        source: DecodeError,
    },
    /// Another collector is at work in this directory.
    #[error(
        "{} is in use by another collector{}: stop that one first, or give this one a directory of its own",
        dir.display(), pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    Locked {
        /// The directory.
        dir: PathBuf,
        /// The other process, when it could be read.
        pid: Option<u32>,
    },
    /// Earlier work still runs.
    #[error("the view is still being settled: try again later")]
    Busy,
    /// The view failed. It is rebuilt at the next start; what is committed is safe.
    #[error("the view has failed and is rebuilt at the next start: {why}")]
    View {
        /// What it said.
        why: String,
    },
    /// A snapshot cannot be read, or could not be written.
    #[error(transparent)]
    Snapshot(#[from] snapshot::SnapshotError),
    /// The journal no longer reaches back to anything that can be loaded.
    #[error(
        "{} holds neither a usable view nor a usable snapshot, and its journal begins only at record {first}: restore the `snapshots` folder from a backup", dir.display()
    )]
    Unrecoverable {
        /// The directory.
        dir: PathBuf,
        /// The oldest record of the journal.
        first: journal::Position,
    },
    /// A row's key is over the limit. Nothing of the change set was stored.
    #[error("a key of {table} has {bytes} bytes, over the limit of {}", encoding::MAX_KEY_BYTES)]
    KeyTooLong {
        /// The row's table.
        table: Table,
        /// The key's length.
        bytes: usize,
    },
    /// A file of the store.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl StorageError {
    /// Whether the disk is full, so that waiting or freeing space mends it.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Journal(error) => matches!(error, journal::Error::Full { .. }),
            Self::Io { source, .. } => source.kind() == io::ErrorKind::StorageFull,
            _ => false,
        }
    }
}
