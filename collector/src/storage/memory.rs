//! The store of tests and trials: the same promises while the process lives, and nothing after.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    ChangeSet, Figures, Finished, Loaded, Position, Row, SnapshotInfo, Storage, StorageError, Table,
    encoding::check_keys,
};

/// Rows by table and key.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows(BTreeMap<(Table, String), Vec<u8>>);

impl Rows {
    pub(super) fn apply(&mut self, row: Row) {
        match row.value {
            Some(value) => self.0.insert((row.table, row.key), value),
            None => self.0.remove(&(row.table, row.key)),
        };
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Row> {
        self.0.iter().map(|((table, key), value)| Row {
            table: *table,
            key: key.clone(),
            value: Some(value.clone()),
        })
    }

    pub(super) fn read(&self, table: Table, prefix: &str, limit: usize) -> Vec<Row> {
        self.0
            .range((table, prefix.to_owned())..)
            .take_while(|((found, key), _)| *found == table && key.starts_with(prefix))
            .take(limit)
            .map(|((table, key), value)| Row { table: *table, key: key.clone(), value: Some(value.clone()) })
            .collect()
    }
}

/// The store in memory.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    view: Rows,
    settled: Position,
    tail: Vec<ChangeSet>,
    finished: Option<Finished>,
}

impl Memory {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn committed(&self) -> Position {
        Position(self.settled.0 + self.tail.len() as u64)
    }
}

impl Storage for Memory {
    fn load(&mut self) -> Result<Loaded, StorageError> {
        Ok(Loaded {
            rows: self.view.all().collect(),
            tail: self.tail.clone(),
            lost: Vec::new(),
            notes: Vec::new(),
        })
    }

    fn commit(&mut self, changes: &ChangeSet) -> Result<Position, StorageError> {
        check_keys(changes.rows())?;
        if !changes.is_empty() {
            self.tail.push(changes.clone());
        }
        Ok(self.committed())
    }

    fn settle(&mut self, rows: Vec<Row>) -> Result<(), StorageError> {
        check_keys(rows.iter())?;
        self.settled = self.committed();
        let committed = std::mem::take(&mut self.tail);
        committed.iter().flat_map(ChangeSet::rows).cloned().chain(rows).for_each(|row| self.view.apply(row));
        self.finished = Some(Finished::Settled(self.settled));
        Ok(())
    }

    fn begin_snapshot(&mut self, _now: Timestamp) -> Result<(), StorageError> {
        let rows = self.view.0.len() as u64;
        self.finished =
            Some(Finished::Snapshot(SnapshotInfo { path: None, position: self.settled, rows, bytes: 0 }));
        Ok(())
    }

    fn finished(&mut self) -> Option<Result<Finished, StorageError>> {
        self.finished.take().map(Ok)
    }

    fn wait(&mut self) -> Option<Result<Finished, StorageError>> {
        self.finished()
    }

    fn read(&self, table: Table, prefix: &str, limit: usize) -> Result<Vec<Row>, StorageError> {
        Ok(self.view.read(table, prefix, limit))
    }

    fn figures(&self) -> Figures {
        Figures { committed: self.committed(), settled: self.settled, ..Figures::default() }
    }

    fn release_reserve(&mut self) -> Result<(), StorageError> {
        Ok(())
    }

    fn restore_reserve(&mut self) -> Result<(), StorageError> {
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<(), StorageError> {
        Ok(())
    }
}
