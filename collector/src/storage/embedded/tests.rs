//! What only a store on a disk can suffer.

use std::path::Path;

use dogwatch_journal::sim::{PowerCut, SimDisk};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::storage::conformance::{Core, report, row};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn options() -> EmbeddedOptions {
    EmbeddedOptions { boot_id: Some("first boot".to_owned()), ..EmbeddedOptions::default() }
}

fn open(dir: &TempDir) -> Box<dyn Storage> {
    Box::new(Embedded::open(dir.path(), options()).unwrap())
}

/// Opens a store that had trouble; gives its state and what it said.
fn start(dir: &TempDir, options: EmbeddedOptions) -> (Box<dyn Storage>, Core, Vec<String>) {
    let mut store: Box<dyn Storage> = Box::new(Embedded::open(dir.path(), options).unwrap());
    let (core, loaded) = Core::start(&mut *store);
    assert_eq!(loaded.lost, []);
    (store, core, loaded.notes)
}

/// A store with rows and reports, two snapshots, and a tail; killed.
fn lived_in(dir: &TempDir) -> Core {
    let mut store = open(dir);
    let (mut core, _) = Core::start(&mut *store);
    for round in 0..4 {
        for key in 0..10 {
            core.commit(&mut *store, &row(&format!("alert {key}"), round * key));
            core.commit(&mut *store, &report(&format!("pc {key}"), round + key));
        }
        core.settle_and_wait(&mut *store);
        if round == 1 || round == 2 {
            store.snapshot(NOW).unwrap();
        }
    }
    core.commit(&mut *store, &report("pc 3", 99));
    core
}

fn view_file(dir: &TempDir) -> PathBuf {
    dir.path().join("view/db")
}

fn asides(dir: &TempDir) -> usize {
    let names = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_str().unwrap().starts_with("view.aside-")).count()
}

fn snapshot_files(dir: &TempDir) -> Vec<PathBuf> {
    let snapshots = dir.path().join("snapshots");
    let positions = snapshot::list(&snapshots).unwrap();
    positions.into_iter().map(|position| snapshot::path(&snapshots, position)).collect()
}

fn garble(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    bytes.iter_mut().skip(150).step_by(97).for_each(|byte| *byte ^= 0x5A);
    fs::write(path, bytes).unwrap();
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_second_collector_is_told_who_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(&dir);
    let error = Embedded::open(dir.path(), options()).unwrap_err();
    assert!(
        matches!(&error, StorageError::Locked { pid: Some(pid), .. } if *pid == std::process::id()),
        "{error}"
    );
    drop(first);
    drop(open(&dir));
}

#[test]
fn a_killed_store_goes_on_with_its_view() {
    let dir = tempfile::tempdir().unwrap();
    let core = lived_in(&dir);
    let (_, restarted, notes) = start(&dir, options());
    assert_eq!(restarted.rows, core.rows);
    assert_eq!(notes, Vec::<String>::new());
}

#[test]
fn whatever_befalls_the_view_it_is_set_aside_and_rebuilt() {
    type Harm = fn(&TempDir);
    let harms: [(&str, Harm); 5] = [
        ("removed", |dir| fs::remove_dir_all(dir.path().join("view")).unwrap()),
        ("garbled", |dir| garble(&view_file(dir))),
        ("emptied", |dir| fs::write(view_file(dir), b"").unwrap()),
        ("its settings garbled", |dir| garble_start(&dir.path().join("view/conf"))),
        ("a file in its place", |dir| {
            fs::remove_dir_all(dir.path().join("view")).unwrap();
            fs::write(dir.path().join("view"), b"?").unwrap();
        }),
    ];
    for (name, harm) in harms {
        let dir = tempfile::tempdir().unwrap();
        let core = lived_in(&dir);
        harm(&dir);
        let (mut store, mut restarted, notes) = start(&dir, options());
        assert_eq!(restarted.rows, core.rows, "{name}");
        assert!(notes.iter().any(|note| note.contains("rebuilt")), "{name}: {notes:?}");
        restarted.commit(&mut *store, &row("after", 1));
        restarted.settle_and_wait(&mut *store);
        store.close().unwrap();
        let (_, again, notes) = start(&dir, options());
        assert_eq!((again.rows, notes), (restarted.rows, Vec::new()), "{name}");
    }
}

fn garble_start(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    bytes.iter_mut().for_each(|byte| *byte ^= 0xFF);
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_view_cut_short_anywhere_loses_nothing() {
    let pristine = tempfile::tempdir().unwrap();
    let core = lived_in(&pristine);
    let length = fs::metadata(view_file(&pristine)).unwrap().len();
    for tenth in 1..10 {
        let dir = tempfile::tempdir().unwrap();
        copy_tree(pristine.path(), dir.path());
        fs::File::options().write(true).open(view_file(&dir)).unwrap().set_len(length * tenth / 10).unwrap();
        let (_, restarted, _) = start(&dir, options());
        assert_eq!(restarted.rows, core.rows, "{tenth} tenths");
    }
}

#[test]
fn a_view_with_any_bad_sector_loses_nothing() {
    let pristine = tempfile::tempdir().unwrap();
    let core = lived_in(&pristine);
    let whole = fs::read(view_file(&pristine)).unwrap();
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap();
    for sector in (0..used / 512).step_by((used / 512 / 25).max(1)) {
        let dir = tempfile::tempdir().unwrap();
        copy_tree(pristine.path(), dir.path());
        let mut bytes = whole.clone();
        bytes[sector * 512..(sector + 1) * 512].fill(0);
        fs::write(view_file(&dir), bytes).unwrap();
        let (_, restarted, _) = start(&dir, options());
        assert_eq!(restarted.rows, core.rows, "sector {sector}");
    }
}

#[test]
fn a_view_that_forgot_a_row_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let core = lived_in(&dir);
    let db = sled::open(dir.path().join("view")).unwrap();
    db.open_tree(Table::Alerts.as_str()).unwrap().remove("alert 4").unwrap().unwrap();
    drop(db);
    let (_, restarted, notes) = start(&dir, options());
    assert_eq!(restarted.rows, core.rows);
    assert!(notes[0].contains("its rows are not those that were settled"), "{notes:?}");
}

#[test]
fn only_the_last_view_that_was_set_aside_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let core = lived_in(&dir);
    for _ in 0..3 {
        fs::write(dir.path().join("view.mark"), "opening").unwrap();
        let (_, restarted, notes) = start(&dir, options());
        assert_eq!(restarted.rows, core.rows);
        assert!(notes[0].contains("did not survive"), "{notes:?}");
        assert_eq!(asides(&dir), 1);
    }
}

#[test]
fn an_older_view_is_brought_up_by_the_journal_and_one_too_old_is_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(&dir);
    let (mut core, _) = Core::start(&mut *store);
    core.commit(&mut *store, &row("a", 1));
    core.settle_and_wait(&mut *store);
    store.close().unwrap();
    let older = tempfile::tempdir().unwrap();
    copy_tree(&dir.path().join("view"), older.path());

    let mut store = open(&dir);
    let (mut core, _) = Core::start(&mut *store);
    for value in 2..6 {
        core.commit(&mut *store, &report("pc", value));
        core.settle_and_wait(&mut *store);
    }
    drop(store);
    let put_back = || {
        fs::remove_dir_all(dir.path().join("view")).unwrap();
        copy_tree(older.path(), &dir.path().join("view"));
    };
    put_back();
    let (mut store, restarted, notes) = start(&dir, options());
    assert_eq!((&restarted.rows, notes), (&core.rows, Vec::new()));

    for value in 6..9 {
        core.commit(&mut *store, &report("pc", value));
        core.settle_and_wait(&mut *store);
        store.snapshot(NOW).unwrap();
    }
    drop(store);
    put_back();
    let (_, restarted, notes) = start(&dir, options());
    assert_eq!(restarted.rows, core.rows);
    assert!(notes[0].contains("ends at record 1"), "{notes:?}");
}

#[test]
fn a_view_ahead_of_the_journal_is_not_believed() {
    let disk = SimDisk::new();
    let dir = tempfile::tempdir().unwrap();
    let simulated = || EmbeddedOptions { journal_disk: Arc::new(disk.clone()), ..options() };
    let (mut store, mut core, _) = start(&dir, simulated());
    core.commit(&mut *store, &row("a", 1));
    drop(store);
    let earlier = disk.fork();
    let (mut store, mut core, _) = start(&dir, simulated());
    core.commit(&mut *store, &row("a", 2));
    core.settle_and_wait(&mut *store);
    drop(store);

    let rolled_back = EmbeddedOptions { journal_disk: Arc::new(earlier), ..options() };
    let (_, restarted, notes) = start(&dir, rolled_back);
    assert_eq!(restarted.rows[&(Table::Alerts, "a".to_owned())], b"1");
    assert!(notes[0].contains("ends at record 2"), "{notes:?}");
}

#[test]
fn a_view_that_was_open_when_the_machine_went_down_is_rebuilt() {
    let rebooted = || EmbeddedOptions { boot_id: Some("second boot".to_owned()), ..options() };
    let dir = tempfile::tempdir().unwrap();
    let core = lived_in(&dir);
    let (store, restarted, notes) = start(&dir, rebooted());
    assert_eq!(restarted.rows, core.rows);
    assert!(notes[0].contains("went down"), "{notes:?}");
    store.close().unwrap();

    let (_, restarted, notes) = start(&dir, options());
    assert_eq!(
        (restarted.rows, notes),
        (core.rows, Vec::new()),
        "closed in good order, so trusted after a start"
    );
}

#[test]
fn one_damaged_snapshot_does_no_harm_and_without_any_the_store_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let core = lived_in(&dir);
    let snapshots = snapshot_files(&dir);
    assert_eq!(snapshots.len(), 2);
    fs::remove_dir_all(dir.path().join("view")).unwrap();
    garble(&snapshots[0]);
    let (store, restarted, notes) = start(&dir, options());
    assert_eq!(restarted.rows, core.rows);
    assert!(notes[0].contains("is damaged"), "{notes:?}");
    drop(store);

    fs::remove_dir_all(dir.path().join("view")).unwrap();
    garble(&snapshots[1]);
    let error = Embedded::open(dir.path(), options()).unwrap_err();
    assert!(matches!(error, StorageError::Unrecoverable { .. }), "{error}");
}

#[test]
fn snapshots_let_go_of_the_journal_and_of_older_snapshots() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(&dir);
    let (mut core, _) = Core::start(&mut *store);
    let mut journal_bytes = Vec::new();
    for round in 0..5 {
        for _ in 0..50 {
            core.commit(&mut *store, &row(&"k".repeat(200), round));
        }
        core.settle_and_wait(&mut *store);
        store.snapshot(NOW).unwrap();
        journal_bytes.push(store.figures().journal_bytes);
    }
    assert_eq!(snapshot_files(&dir).len(), SNAPSHOTS_KEPT);
    assert!(journal_bytes[4] <= journal_bytes[1], "{journal_bytes:?}");
}

#[test]
fn every_flipped_bit_of_a_snapshot_is_found() {
    let dir = tempfile::tempdir().unwrap();
    lived_in(&dir);
    let path = snapshot_files(&dir).remove(0);
    let whole = fs::read(&path).unwrap();
    let mut expected = Vec::new();
    let header = snapshot::read(&path, |row| expected.push(row)).unwrap();
    for bit in (0..whole.len() * 8).step_by(37) {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, bytes).unwrap();
        let mut rows = Vec::new();
        if let Ok(found) = snapshot::read(&path, |row| rows.push(row)) {
            assert_eq!((found, rows), (header.clone(), expected.clone()), "bit {bit}");
        }
    }
}

#[test]
fn a_snapshot_alone_is_a_store() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(&dir);
    let (mut core, _) = Core::start(&mut *store);
    core.commit(&mut *store, &row("a", 1));
    core.commit(&mut *store, &report("pc", 2));
    core.settle_and_wait(&mut *store);
    let info = store.snapshot(NOW).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let from = info.path.unwrap();
    fs::create_dir(elsewhere.path().join("snapshots")).unwrap();
    fs::copy(&from, elsewhere.path().join("snapshots").join(from.file_name().unwrap())).unwrap();
    let (mut store, mut restored, _) = start(&elsewhere, options());
    assert_eq!(restored.rows, core.rows);
    restored.commit(&mut *store, &row("b", 1));
    assert_eq!(store.figures().committed, Position(3), "positions go on behind the snapshot");
}

#[test]
fn a_full_disk_refuses_a_commit_and_nothing_else() {
    let disk = SimDisk::new();
    let dir = tempfile::tempdir().unwrap();
    let simulated =
        || EmbeddedOptions { journal_disk: Arc::new(disk.clone()), reserve_bytes: 8192, ..options() };
    let (mut store, mut core, _) = start(&dir, simulated());
    core.commit(&mut *store, &row("a", 1));
    disk.set_capacity(Some(disk.used() + 10));
    let error = store.commit(&row("a", 2)).unwrap_err();
    assert!(error.is_full(), "{error}");
    store.release_reserve().unwrap();
    core.commit(&mut *store, &row("drained", 1));
    assert!(store.restore_reserve().unwrap_err().is_full());
    drop(store);
    let (_, restarted, _) = start(&dir, simulated());
    assert_eq!(restarted.rows, core.rows);
}

#[test]
fn a_failed_sync_is_not_a_full_disk_and_nothing_is_committed_after_it() {
    let disk = SimDisk::new();
    let dir = tempfile::tempdir().unwrap();
    let simulated = EmbeddedOptions { journal_disk: Arc::new(disk.clone()), ..options() };
    let (mut store, _, _) = start(&dir, simulated);
    disk.fail_syncs(true);
    let error = store.commit(&row("a", 1)).unwrap_err();
    assert!(!error.is_full(), "{error}");
    disk.fail_syncs(false);
    assert!(store.commit(&row("a", 1)).is_err());
    assert_eq!(store.figures().committed, Position(0));
}

#[test]
fn a_damaged_commit_is_reported_and_the_others_are_there() {
    let disk = SimDisk::new();
    let dir = tempfile::tempdir().unwrap();
    let simulated =
        || EmbeddedOptions { journal_disk: Arc::new(disk.clone()), reserve_bytes: 0, ..options() };
    let (mut store, mut core, _) = start(&dir, simulated());
    for key in ["a", "b", "c"] {
        core.commit(&mut *store, &row(key, 1));
    }
    drop(store);
    let segment = disk.files(&dir.path().join("journal")).remove(0);
    disk.flip_bit(&segment, disk.length(&segment) / 2 * 8);
    let mut store = Embedded::open(dir.path(), simulated()).unwrap();
    let (core, loaded) = Core::start(&mut store);
    assert_eq!(loaded.lost.len(), 1);
    let left: Vec<&str> = core.rows.keys().map(|(_, key)| key.as_str()).collect();
    assert_eq!(left, ["a", "c"]);
}

#[test]
fn a_view_in_memory_stands_in_where_sled_has_no_room() {
    let view = View::map(&[Row::put(Table::Alerts, "a", &1).unwrap()]);
    let changes = vec![Row::put(Table::Alerts, "b", &2).unwrap(), Row::delete(Table::Alerts, "a")];
    view.apply(changes, Position(2)).unwrap();
    let rows: Vec<Row> = view.all().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows, [Row::put(Table::Alerts, "b", &2).unwrap()]);
    assert_eq!(view.read(Table::Alerts, "b", 9).unwrap(), rows);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_power_cut_at_any_operation_of_the_journal_loses_no_commit(after in 0_u64..120, seed: u64) {
        let disk = SimDisk::new();
        let dir = tempfile::tempdir().unwrap();
        let simulated = || EmbeddedOptions {
            journal_disk: Arc::new(disk.clone()),
            segment_bytes: 400,
            reserve_bytes: 0,
            ..options()
        };
        let (mut store, mut core, _) = start(&dir, simulated());
        disk.cut_power_after(after);
        let mut in_flight = None;
        for value in 0..40 {
            let changes = if value % 2 == 0 { row("alert", value) } else { report("pc", value) };
            if store.commit(&changes).is_err() {
                in_flight = Some(changes);
                break;
            }
            core.apply(&changes);
            if value % 7 == 6 {
                core.settle_and_wait(&mut *store);
            }
            if value % 20 == 19 {
                let _ = store.snapshot(NOW);
            }
        }
        drop(store);
        disk.power_cycle(if seed % 4 == 0 { PowerCut::Clean } else { PowerCut::Torn(seed) });
        let (_, restarted, _) = start(&dir, simulated());
        let mut and_in_flight = Core::default();
        and_in_flight.rows.clone_from(&core.rows);
        in_flight.iter().for_each(|changes| and_in_flight.apply(changes));
        prop_assert!(restarted.rows == core.rows || restarted.rows == and_in_flight.rows);
    }
}
