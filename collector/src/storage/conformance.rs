//! What every backend promises, told once and run on each. A *restart* of the store in memory is none: its process
//! lives on.

use std::collections::{BTreeMap, BTreeSet};

use dogwatch_model::{EndpointId, Epoch};
use jiff::Timestamp;
use proptest::{collection::vec, prelude::*};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;

/// How a store comes to its end.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    /// In good order.
    Closed,
    /// All at once.
    Killed,
}

/// A place for a store that can be ended and begun again.
enum Stage {
    Memory(Option<Box<dyn Storage>>),
    Embedded(TempDir, Option<Box<dyn Storage>>),
}

impl Stage {
    fn each() -> [Self; 2] {
        let dir = tempfile::tempdir().unwrap();
        let store = Embedded::open(dir.path(), EmbeddedOptions::default()).unwrap();
        [Self::Memory(Some(Box::new(Memory::new()))), Self::Embedded(dir, Some(Box::new(store)))]
    }

    fn store(&mut self) -> &mut dyn Storage {
        let (Self::Memory(store) | Self::Embedded(_, store)) = self;
        &mut **store.as_mut().unwrap()
    }

    fn restart(&mut self, ending: Ending) {
        let Self::Embedded(dir, store) = self else { return };
        match ending {
            Ending::Closed => store.take().unwrap().close().unwrap(),
            Ending::Killed => drop(store.take()),
        }
        *store = Some(Box::new(Embedded::open(dir.path(), EmbeddedOptions::default()).unwrap()));
    }
}

/// A core in small: its state is rows, and a report `key=value` sets a row of [`Table::Endpoints`].
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Core {
    pub(super) rows: BTreeMap<(Table, String), Vec<u8>>,
    dirty: BTreeSet<String>,
}

impl Core {
    pub(super) fn start(store: &mut dyn Storage) -> (Self, Loaded) {
        let loaded = store.load().unwrap();
        let mut core = Self::default();
        loaded.rows.iter().for_each(|row| core.apply_row(row));
        loaded.tail.iter().for_each(|changes| core.apply(changes));
        (core, loaded)
    }

    pub(super) fn apply(&mut self, changes: &ChangeSet) {
        for entry in &changes.entries {
            match entry {
                Entry::Row(row) => self.apply_row(row),
                Entry::Report(report) => {
                    let text = String::from_utf8(report.wire.clone()).unwrap();
                    let (key, value) = text.split_once('=').unwrap();
                    self.rows.insert((Table::Endpoints, key.to_owned()), value.as_bytes().to_vec());
                    self.dirty.insert(key.to_owned());
                }
            }
        }
    }

    fn apply_row(&mut self, row: &Row) {
        let key = (row.table, row.key.clone());
        match &row.value {
            Some(value) => self.rows.insert(key, value.clone()),
            None => self.rows.remove(&key),
        };
    }

    pub(super) fn commit(&mut self, store: &mut dyn Storage, changes: &ChangeSet) {
        store.commit(changes).unwrap();
        self.apply(changes);
    }

    /// Begins to settle.
    pub(super) fn settle(&mut self, store: &mut dyn Storage) {
        let rows = self.dirty.iter().map(|key| Row {
            table: Table::Endpoints,
            key: key.clone(),
            value: self.rows.get(&(Table::Endpoints, key.clone())).cloned(),
        });
        match store.settle(rows.collect()) {
            Ok(()) => self.dirty.clear(),
            Err(StorageError::Busy) => {}
            Err(other) => panic!("{other}"),
        }
    }

    pub(super) fn settle_and_wait(&mut self, store: &mut dyn Storage) {
        self.settle(store);
        let position = store.figures().committed;
        assert_eq!(store.wait().unwrap().unwrap(), Finished::Settled(position));
    }
}

pub(super) fn row(key: &str, value: u64) -> ChangeSet {
    ChangeSet { entries: vec![Entry::Row(Row::put(Table::Alerts, key, &value).unwrap())] }
}

pub(super) fn report(key: &str, value: u64) -> ChangeSet {
    ChangeSet {
        entries: vec![Entry::Report(ReportEntry {
            endpoint: EndpointId(Uuid::from_u128(7)),
            epoch: Epoch(Uuid::from_u128(8)),
            received_at: Timestamp::UNIX_EPOCH,
            wire: format!("{key}={value}").into_bytes(),
        })],
    }
}

fn keys(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row.key.as_str()).collect()
}

#[test]
fn a_new_store_holds_nothing() {
    for mut stage in Stage::each() {
        let loaded = stage.store().load().unwrap();
        assert_eq!((loaded.rows, loaded.tail, loaded.notes), (vec![], vec![], Vec::<String>::new()));
        assert_eq!(stage.store().figures().committed, Position(0));
    }
}

#[test]
fn commits_come_back_in_order_behind_the_rows() {
    for mut stage in Stage::each() {
        let commits = [row("a", 1), report("pc", 2), row("a", 3)];
        for (count, changes) in commits.iter().enumerate() {
            assert_eq!(stage.store().commit(changes).unwrap(), Position(count as u64 + 1));
        }
        stage.restart(Ending::Killed);
        let loaded = stage.store().load().unwrap();
        assert_eq!((loaded.rows, loaded.tail), (vec![], commits.to_vec()));
    }
}

#[test]
fn settled_rows_are_read_by_prefix_in_order_and_deleted_ones_are_gone() {
    for mut stage in Stage::each() {
        let mut core = Core::default();
        for key in ["b/2", "a/1", "b/10", "c", "b/3"] {
            core.commit(stage.store(), &row(key, 1));
        }
        let mut changes = row("b/4", 1);
        changes.row(Row::delete(Table::Alerts, "b/3"));
        changes.row(Row::put(Table::Keys, "b/9", &1).unwrap());
        core.commit(stage.store(), &changes);
        assert_eq!(stage.store().read(Table::Alerts, "", 99).unwrap(), [], "not settled yet");
        core.settle_and_wait(stage.store());
        assert_eq!(keys(&stage.store().read(Table::Alerts, "b/", 99).unwrap()), ["b/10", "b/2", "b/4"]);
        assert_eq!(keys(&stage.store().read(Table::Alerts, "b/", 2).unwrap()), ["b/10", "b/2"]);
        assert_eq!(
            keys(&stage.store().read(Table::Alerts, "", 99).unwrap()),
            ["a/1", "b/10", "b/2", "b/4", "c"]
        );
        assert_eq!(stage.store().read(Table::Audit, "", 99).unwrap(), []);
    }
}

#[test]
fn what_is_settled_is_rows_and_what_came_later_is_tail() {
    for ending in [Ending::Closed, Ending::Killed] {
        for mut stage in Stage::each() {
            let mut core = Core::default();
            core.commit(stage.store(), &row("a", 1));
            core.commit(stage.store(), &report("pc", 1));
            core.settle_and_wait(stage.store());
            core.commit(stage.store(), &report("pc", 2));
            core.settle_and_wait(stage.store());
            core.commit(stage.store(), &row("b", 3));
            stage.restart(ending);
            let (restarted, loaded) = Core::start(stage.store());
            assert_eq!(loaded.tail, [row("b", 3)]);
            assert_eq!(keys(&loaded.rows), ["pc", "a"]);
            assert_eq!(restarted.rows, core.rows);
            assert_eq!(loaded.notes, Vec::<String>::new());
        }
    }
}

#[test]
fn rows_committed_before_a_restart_are_settled_after_it() {
    for mut stage in Stage::each() {
        let mut core = Core::default();
        core.commit(stage.store(), &row("a", 1));
        stage.restart(Ending::Killed);
        let (mut core, _) = Core::start(stage.store());
        core.settle_and_wait(stage.store());
        assert_eq!(keys(&stage.store().read(Table::Alerts, "", 9).unwrap()), ["a"]);
    }
}

#[test]
fn a_commit_while_the_view_is_being_settled_waits_for_nothing_and_is_not_lost() {
    for mut stage in Stage::each() {
        let mut core = Core::default();
        core.commit(stage.store(), &row("a", 1));
        core.settle(stage.store());
        core.commit(stage.store(), &row("a", 2));
        assert_eq!(stage.store().wait().unwrap().unwrap(), Finished::Settled(Position(1)));
        stage.restart(Ending::Closed);
        let (restarted, loaded) = Core::start(stage.store());
        assert_eq!(loaded.tail, [row("a", 2)]);
        assert_eq!(restarted.rows, core.rows);
    }
}

#[test]
fn large_values_and_odd_keys_come_back_whole() {
    for mut stage in Stage::each() {
        let mut core = Core::default();
        let mut changes = ChangeSet::default();
        for (key, length) in [("", 9_000), ("naïve \"quoted\"\n", 70_000), ("long", 1_500_000)] {
            changes.row(Row::put(Table::Endpoints, key, &"ü\n".repeat(length / 3)).unwrap());
        }
        core.commit(stage.store(), &changes);
        stage.restart(Ending::Killed);
        let (mut core, _) = Core::start(stage.store());
        core.settle_and_wait(stage.store());
        assert_eq!(stage.store().snapshot(Timestamp::UNIX_EPOCH).unwrap().rows, 3);
        stage.restart(Ending::Closed);
        assert_eq!(Core::start(stage.store()).0.rows, core.rows);
    }
}

#[test]
fn an_empty_change_set_costs_nothing_and_an_overlong_key_is_refused() {
    for mut stage in Stage::each() {
        stage.store().commit(&row("a", 1)).unwrap();
        assert_eq!(stage.store().commit(&ChangeSet::default()).unwrap(), Position(1));
        let error = stage.store().commit(&row(&"k".repeat(2000), 1)).unwrap_err();
        assert!(matches!(error, StorageError::KeyTooLong { bytes: 2000, .. }));
        assert_eq!(stage.store().figures().committed, Position(1));
    }
}

#[test]
fn a_snapshot_holds_what_is_settled() {
    for mut stage in Stage::each() {
        let mut core = Core::default();
        core.commit(stage.store(), &row("a", 1));
        core.settle_and_wait(stage.store());
        core.commit(stage.store(), &row("b", 1));
        let info = stage.store().snapshot(Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!((info.position, info.rows), (Position(1), 1));
        stage.restart(Ending::Killed);
        assert_eq!(Core::start(stage.store()).0.rows, core.rows);
    }
}

#[derive(Debug, Clone)]
enum Act {
    Row(u8, u64),
    Delete(u8),
    Report(u8, u64),
    Settle,
    Wait,
    Snapshot,
    Restart(Ending),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        5 => (0_u8..6, any::<u64>()).prop_map(|(key, value)| Act::Row(key, value)),
        2 => (0_u8..6).prop_map(Act::Delete),
        5 => (0_u8..6, any::<u64>()).prop_map(|(key, value)| Act::Report(key, value)),
        3 => Just(Act::Settle),
        2 => Just(Act::Wait),
        1 => Just(Act::Snapshot),
        1 => Just(Act::Restart(Ending::Closed)),
        2 => Just(Act::Restart(Ending::Killed)),
    ];
    vec(act, 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_course_of_events_ends_in_the_same_state(acts in acts()) {
        for mut stage in Stage::each() {
            let mut core = Core::default();
            for act in &acts {
                let changes = match act {
                    Act::Row(key, value) => row(&key.to_string(), *value),
                    Act::Report(key, value) => report(&key.to_string(), *value),
                    Act::Delete(key) => {
                        ChangeSet { entries: vec![Entry::Row(Row::delete(Table::Alerts, key.to_string()))] }
                    }
                    Act::Settle => { core.settle(stage.store()); continue }
                    Act::Wait => { let _ = stage.store().wait().transpose().unwrap(); continue }
                    Act::Snapshot => { stage.store().snapshot(Timestamp::UNIX_EPOCH).unwrap(); continue }
                    Act::Restart(ending) => {
                        stage.restart(*ending);
                        let (restarted, loaded) = Core::start(stage.store());
                        prop_assert_eq!(&restarted.rows, &core.rows);
                        prop_assert_eq!(loaded.notes, Vec::<String>::new());
                        core = restarted;
                        continue
                    }
                };
                core.commit(stage.store(), &changes);
            }
        }
    }
}
