//! The view: rows by table and key and the position they stand for, changed together or not at all.
//!
//! In sled, one tree per table. Every call into sled is guarded: it may panic on files that it does not
//! understand, and that is a failed view, not a failed collector. Where sled has no room, a map stands in.

use std::{
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use dogwatch_journal::{Disk, RealDisk};
use sled::{
    Tree,
    transaction::{TransactionError, Transactional},
};

use super::{mark::Mark, tally::Tally};
use crate::storage::{Position, Row, StorageError, Table, memory::Rows};

/// The tree that says what the others are. Not the name of any table.
const STATE: &str = "_view";
const TALLY: &[u8] = b"tally";

/// How many rows go into one batch while a view is built.
const BUILD_ROWS: usize = 1000;

/// How many rows go into one transaction. For each row sled copies its page, and lets go of no copy before the transaction
/// is over: ten thousand at once took most of a gigabyte.
const APPLY_ROWS: usize = 100;

/// What sled says while another one has its files.
const LOCKED: &str = "could not acquire lock";

/// How long to wait for a view that was just let go of: sled's threads keep its lock for a moment after it. The data folder
/// has a lock of its own, so nobody else can be meant.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// The view. Clones share it.
#[derive(Debug, Clone)]
pub(super) enum View {
    Sled(SledView),
    Map(Arc<Mutex<Rows>>),
}

/// Why sled could not be opened.
#[derive(Debug)]
pub(super) enum OpenError {
    /// There is no room: the files may be fine.
    Full,
    /// They are not.
    Bad(String),
}

impl View {
    /// A view in memory that holds these rows.
    pub(super) fn map(rows: &[Row]) -> Self {
        let mut map = Rows::default();
        rows.iter().cloned().for_each(|row| map.apply(row));
        Self::Map(Arc::new(Mutex::new(map)))
    }

    /// Changes rows, and says up to where the view now goes.
    pub(super) fn apply(&self, rows: Vec<Row>, position: Position) -> Result<(), String> {
        match self {
            Self::Sled(sled) => guarded(|| sled.apply(&rows, position)),
            Self::Map(map) => {
                let mut map = map.lock().unwrap_or_else(PoisonError::into_inner);
                rows.into_iter().for_each(|row| map.apply(row));
                Ok(())
            }
        }
    }

    /// Every row.
    pub(super) fn all(&self) -> Box<dyn Iterator<Item = Result<Row, String>> + '_> {
        match self {
            Self::Sled(sled) => Box::new(sled.all()),
            Self::Map(map) => {
                let map = map.lock().unwrap_or_else(PoisonError::into_inner);
                Box::new(map.all().map(Ok).collect::<Vec<_>>().into_iter())
            }
        }
    }

    pub(super) fn read(&self, table: Table, prefix: &str, limit: usize) -> Result<Vec<Row>, String> {
        match self {
            Self::Sled(sled) => guarded(|| {
                let found = sled.tables[table as usize].scan_prefix(prefix).take(limit);
                found.map(|pair| row(table, pair)).collect()
            }),
            Self::Map(map) => {
                Ok(map.lock().unwrap_or_else(PoisonError::into_inner).read(table, prefix, limit))
            }
        }
    }

    /// Leaves the view in good order: on the disk, and marked so.
    pub(super) fn close(self, mark: &Mark) -> Result<(), StorageError> {
        let Self::Sled(sled) = self else { return Ok(()) };
        let path = sled.path.clone();
        guarded(move || sled.db.flush().map(drop).map_err(said)).map_err(|why| StorageError::View { why })?;
        // sled's own flush does not wait for the disk.
        sync_tree(&path).map_err(|source| StorageError::Io { doing: "sync", path, source })?;
        mark.clear()
    }
}

/// A view in sled.
#[derive(Debug, Clone)]
pub(super) struct SledView {
    path: PathBuf,
    db: sled::Db,
    /// In the order of [`Table::ALL`].
    tables: Vec<Tree>,
    state: Tree,
}

impl SledView {
    /// Opens the view, with what it should hold; `None` when it was never finished.
    pub(super) fn open(path: &Path, cache_bytes: u64) -> Result<(Self, Option<Tally>), OpenError> {
        let began = Instant::now();
        loop {
            match Self::try_open(path, cache_bytes) {
                Err(OpenError::Bad(why)) if why.contains(LOCKED) && began.elapsed() < LOCK_PATIENCE => {
                    std::thread::sleep(LOCK_PAUSE);
                }
                opened => return opened,
            }
        }
    }

    fn try_open(path: &Path, cache_bytes: u64) -> Result<(Self, Option<Tally>), OpenError> {
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let config = sled::Config::new().path(path).cache_capacity(cache_bytes).flush_every_ms(None);
            let db = config.open()?;
            let tables =
                Table::ALL.iter().map(|table| db.open_tree(table.as_str())).collect::<Result<_, _>>()?;
            let state = db.open_tree(STATE)?;
            let tally = state.get(TALLY)?.and_then(|bytes| Tally::from_bytes(&bytes));
            Ok((Self { path: path.to_owned(), db, tables, state }, tally))
        }));
        match opened {
            Ok(Ok(opened)) => Ok(opened),
            Ok(Err(sled::Error::Io(error))) if error.kind() == io::ErrorKind::StorageFull => {
                Err(OpenError::Full)
            }
            Ok(Err(error)) => Err(OpenError::Bad(said(error))),
            Err(_) => Err(OpenError::Bad("sled panicked".to_owned())),
        }
    }

    /// Fills an empty view; the tally comes last, so that an unfinished one is known for what it is.
    pub(super) fn fill(&self, rows: &[Row], position: Position) -> Result<(), String> {
        guarded(|| {
            let mut tally = Tally::at(position);
            for rows in rows.chunks(BUILD_ROWS) {
                let mut batches = vec![sled::Batch::default(); self.tables.len()];
                for row in rows {
                    if let Some(value) = &row.value {
                        tally.add(row.table, row.key.as_bytes(), value);
                        batches[row.table as usize].insert(row.key.as_bytes(), value.as_slice());
                    }
                }
                for (tree, batch) in self.tables.iter().zip(batches) {
                    tree.apply_batch(batch).map_err(said)?;
                }
            }
            self.db.flush().map_err(said)?;
            self.state.insert(TALLY, &tally.to_bytes()).map_err(said)?;
            Ok(())
        })
    }

    /// Every row, when they are what the tally says.
    pub(super) fn verified(&self, expected: Tally) -> Result<Vec<Row>, String> {
        let mut tally = Tally::at(expected.position);
        let mut rows = Vec::new();
        for row in self.all() {
            let row = row?;
            tally.add(row.table, row.key.as_bytes(), row.value.as_deref().unwrap_or_default());
            if !row.table.stays_on_disk() {
                rows.push(row);
            }
        }
        if tally == expected { Ok(rows) } else { Err("its rows are not those that were settled".to_owned()) }
    }

    /// In parts. Before the last one is in, the view says that it goes up to where it went before: what the journal says
    /// from there on makes the same rows again.
    fn apply(&self, rows: &[Row], position: Position) -> Result<(), String> {
        let trees: Vec<Tree> = self.tables.iter().chain([&self.state]).cloned().collect();
        let (parts, last) = rows.split_at(rows.len() - rows.len().min(APPLY_ROWS));
        for part in parts.chunks(APPLY_ROWS) {
            change(&trees, part, None)?;
        }
        change(&trees, last, Some(position))?;
        // No promise hangs on it: it bounds what a killed process leaves unwritten.
        self.db.flush().map(drop).map_err(said)
    }

    fn all(&self) -> impl Iterator<Item = Result<Row, String>> + '_ {
        let tables = Table::ALL.iter().zip(&self.tables);
        tables.flat_map(|(table, tree)| {
            let mut pairs = tree.iter();
            std::iter::from_fn(move || {
                guarded(|| pairs.next().map(|pair| row(*table, pair)).transpose()).transpose()
            })
        })
    }
}

/// Changes rows, and the tally with them; the position only when there is one. The tally's tree is the last.
fn change(trees: &[Tree], rows: &[Row], position: Option<Position>) -> Result<(), String> {
    let changed = trees.transaction(|trees| {
        let state = &trees[Table::ALL.len()];
        let mut tally = state.get(TALLY)?.and_then(|bytes| Tally::from_bytes(&bytes)).unwrap_or_default();
        tally.position = position.unwrap_or(tally.position);
        for row in rows {
            let (tree, key) = (&trees[row.table as usize], row.key.as_bytes());
            let before = match &row.value {
                Some(value) => {
                    tally.add(row.table, key, value);
                    tree.insert(key, value.as_slice())?
                }
                None => tree.remove(key)?,
            };
            if let Some(before) = before {
                tally.take(row.table, key, &before);
            }
        }
        state.insert(TALLY, &tally.to_bytes())?;
        Ok(())
    });
    changed.map_err(|error: TransactionError<()>| match error {
        TransactionError::Storage(error) => said(error),
        TransactionError::Abort(()) => "sled gave a transaction up".to_owned(),
    })
}

fn row(table: Table, pair: sled::Result<(sled::IVec, sled::IVec)>) -> Result<Row, String> {
    let (key, value) = pair.map_err(said)?;
    let key = String::from_utf8(key.to_vec()).map_err(|_| format!("a key of {table} is no text"))?;
    Ok(Row { table, key, value: Some(value.to_vec()) })
}

fn guarded<T>(act: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|_| Err("sled panicked".to_owned()))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn said(error: sled::Error) -> String {
    error.to_string()
}

fn sync_tree(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_tree(&entry.path())?;
        } else {
            RealDisk.open(&entry.path())?.sync_data()?;
        }
    }
    RealDisk.sync_dir(dir)
}
