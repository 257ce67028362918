//! What a journal promises, one promise a test. Power cuts at every operation are in `tests/power_cuts.rs`.

use std::{path::Path, sync::Arc};

use super::*;
use crate::{
    RealDisk,
    sim::{PowerCut, SimDisk},
};

const DIR: &str = "journal";

fn options() -> Options {
    Options { segment_bytes: 600, ..Options::default() }
}

fn open_with(disk: &SimDisk, options: Options) -> (Journal, Opened) {
    Journal::open(Arc::new(disk.clone()), Path::new(DIR), options).unwrap()
}

fn open(disk: &SimDisk) -> (Journal, Opened) {
    open_with(disk, options())
}

fn position(number: u64) -> Position {
    Position::new(number).unwrap()
}

/// Commits each record by itself.
fn write(journal: &mut Journal, records: impl IntoIterator<Item = u64>) {
    for record in records {
        journal.append(&payload(record)).unwrap();
        journal.commit().unwrap();
    }
}

fn payload(number: u64) -> Vec<u8> {
    format!("record {number} ").into_bytes().repeat(3)
}

fn read(journal: &Journal, from: u64) -> Vec<(u64, Vec<u8>)> {
    let records = journal.read_from(position(from)).unwrap();
    records.map(|item| item.map(|(position, record)| (position.get(), record)).unwrap()).collect()
}

fn numbers(journal: &Journal) -> Vec<u64> {
    read(journal, journal.first_position().get()).into_iter().map(|(number, _)| number).collect()
}

fn segments(disk: &SimDisk) -> Vec<PathBuf> {
    let files = disk.files(Path::new(DIR)).into_iter();
    files.filter(|path| path.extension().is_some_and(|kind| kind == "journal")).collect()
}

#[test]
fn what_is_committed_is_read_back_in_order_across_segments_and_opens() {
    let disk = SimDisk::new();
    let (mut journal, opened) = open(&disk);
    assert!(opened.torn_tail.is_none() && opened.damaged.is_empty());
    assert_eq!(journal.last_position(), None);
    write(&mut journal, 1..=30);
    assert!(segments(&disk).len() > 3, "the records were meant to span segments");
    drop(journal);

    let (journal, opened) = open(&disk);
    assert!(opened.torn_tail.is_none() && opened.damaged.is_empty());
    assert_eq!(journal.last_position(), Some(position(30)));
    assert_eq!(read(&journal, 1), (1..=30).map(|n| (n, payload(n))).collect::<Vec<_>>());
    assert_eq!(read(&journal, 29).len(), 2);
    assert_eq!(read(&journal, 31), []);
    assert_eq!(read(&journal, 500), []);
}

#[test]
fn an_empty_record_is_a_record() {
    let disk = SimDisk::new();
    let (mut journal, _) = open(&disk);
    journal.append(&[]).unwrap();
    journal.commit().unwrap();
    assert_eq!(read(&open(&disk).0, 1), [(1, Vec::new())]);
}

#[test]
fn one_commit_of_many_records_is_one_write_and_one_sync() {
    let disk = SimDisk::new();
    let (mut journal, _) = open(&disk);
    let before = disk.operations();
    journal.append_all(&[payload(1), payload(2), payload(3)]).unwrap();
    journal.commit().unwrap();
    assert_eq!(disk.operations() - before, 3, "write, sync, and the mark");
    journal.commit().unwrap();
    assert_eq!(disk.operations() - before, 3, "nothing to commit costs nothing");
}

#[test]
fn readers_see_nothing_that_is_not_committed() {
    let disk = SimDisk::new();
    let (mut journal, _) = open(&disk);
    journal.append(&payload(1)).unwrap();
    assert_eq!(read(&journal, 1), []);
    journal.commit().unwrap();
    assert_eq!(numbers(&journal), [1]);
}

#[test]
fn a_withdrawn_batch_leaves_no_trace_and_its_positions_are_given_again() {
    let disk = SimDisk::new();
    let (mut journal, _) = open_with(&disk, Options { batch_memory_bytes: 50, ..options() });
    write(&mut journal, [1]);
    journal.append(&[7; 60]).unwrap();
    journal.append(&payload(3)).unwrap();
    journal.withdraw().unwrap();
    assert_eq!(journal.append(&payload(2)).unwrap(), position(2));
    journal.commit().unwrap();
    disk.power_cycle(PowerCut::Clean);
    let (journal, opened) = open(&disk);
    assert!(opened.torn_tail.is_none() && opened.damaged.is_empty());
    assert_eq!(read(&journal, 1), [(1, payload(1)), (2, payload(2))]);
}

#[test]
fn dropping_removes_whole_segments_and_reading_before_them_says_so() {
    let disk = SimDisk::new();
    let (mut journal, _) = open(&disk);
    write(&mut journal, 1..=30);
    journal.drop_before(position(20)).unwrap();
    let first = journal.first_position();
    assert!(first > position(1) && first <= position(20));
    let error = journal.read_from(position(1)).unwrap_err();
    assert!(matches!(error, Error::Dropped { wanted, first: f } if wanted == position(1) && f == first));

    journal.roll().unwrap();
    journal.drop_before(position(31)).unwrap();
    assert_eq!(segments(&disk).len(), 1);
    drop(journal);
    let (mut journal, _) = open(&disk);
    assert_eq!(journal.last_position(), Some(position(30)));
    write(&mut journal, [31]);
    assert_eq!(numbers(&journal), [31]);
}

#[test]
fn rolling_an_empty_segment_does_nothing() {
    let disk = SimDisk::new();
    let (mut journal, _) = open(&disk);
    journal.roll().unwrap();
    journal.roll().unwrap();
    assert_eq!(segments(&disk).len(), 1);
}

#[test]
fn a_new_journal_can_begin_anywhere() {
    let disk = SimDisk::new();
    let (mut journal, _) = open_with(&disk, Options { begin_at: position(900), ..options() });
    assert_eq!(journal.append(b"x").unwrap(), position(900));
    journal.commit().unwrap();
    drop(journal);
    assert_eq!(numbers(&open(&disk).0), [900]);
}

#[test]
fn a_record_over_the_limit_is_refused_and_nothing_changes() {
    let disk = SimDisk::new();
    let (mut journal, _) = open_with(&disk, Options { max_record_bytes: 8, ..options() });
    let error = journal.append_all(&[&b"small"[..], b"far too large"]).unwrap_err();
    assert!(matches!(error, Error::TooLarge { bytes: 13, limit: 8 }));
    assert_eq!(journal.append(b"small").unwrap(), position(1));
}

#[test]
fn a_tail_that_was_never_synced_is_cut_and_reported() {
    let disk = SimDisk::new();
    let (mut journal, _) = open(&disk);
    write(&mut journal, 1..=3);
    drop(journal);
    let path = segments(&disk).remove(0);
    let mut file = disk.open(&path).unwrap();
    let end = file.len().unwrap();
    file.write_at(b"half a frame", end).unwrap();

    let (mut journal, opened) = open(&disk);
    assert_eq!(opened.torn_tail, Some(Cut { segment: path.clone(), offset: end, bytes: 12 }));
    assert_eq!(opened.damaged, []);
    assert_eq!(disk.length(&path), end);
    write(&mut journal, [4]);
    assert_eq!(numbers(&journal), [1, 2, 3, 4]);
}

#[test]
fn a_flipped_bit_in_the_last_committed_record_is_damage_and_not_a_torn_tail() {
    let disk = SimDisk::new();
    let (mut journal, _) = open(&disk);
    write(&mut journal, 1..=3);
    drop(journal);
    let path = segments(&disk).remove(0);
    let frame = (frame::HEADER_BYTES + payload(3).len()) as u64;
    let third = disk.length(&path) - frame - frame::HEADER_BYTES as u64;
    disk.flip_bit(&path, (third + frame - 1) * 8);

    let (mut journal, opened) = open(&disk);
    let damage = Damage { segment: path, offset: third, bytes: frame, positions: position(3)..position(4) };
    assert_eq!(opened.damaged, std::slice::from_ref(&damage));
    assert_eq!(opened.torn_tail, None);
    assert_eq!(journal.next_position(), position(4), "the lost position is not given again");
    write(&mut journal, [4]);
    assert_eq!(journal.verify().unwrap(), [damage]);
    let kept: Vec<u64> = journal.read_from(position(1)).unwrap().flatten().map(|(p, _)| p.get()).collect();
    assert_eq!(kept, [1, 2, 4]);
}

#[test]
fn a_flipped_bit_in_a_sealed_segment_is_found_by_reading_and_reading_goes_on() {
    let disk = SimDisk::new();
    let (mut journal, _) = open(&disk);
    write(&mut journal, 1..=30);
    let path = segments(&disk).remove(1);
    disk.flip_bit(&path, (segment::HEADER_BYTES + 5) * 8);
    let items: Vec<_> = journal.read_from(position(1)).unwrap().collect();
    let damaged: Vec<_> = items.iter().filter_map(|item| item.as_ref().err()).collect();
    assert!(matches!(damaged[..], [Error::Damaged(Damage { segment, .. })] if *segment == path));
    assert_eq!(items.iter().flatten().count(), 29);
}

#[test]
fn a_missing_segment_is_damage_with_its_positions() {
    let disk = SimDisk::new();
    let (mut journal, _) = open(&disk);
    write(&mut journal, 1..=30);
    let names = segments(&disk);
    let first_of = |path: &PathBuf| segment::parse_name(path.file_name().unwrap().to_str().unwrap()).unwrap();
    let lost = first_of(&names[1])..first_of(&names[2]);
    disk.remove(&names[1]).unwrap();
    drop(journal);
    let damaged = open(&disk).0.verify().unwrap();
    assert_eq!(damaged.len(), 1);
    assert_eq!(damaged[0].positions, lost);
}

#[test]
fn a_frame_copied_over_another_is_not_taken_for_it() {
    let disk = SimDisk::new();
    let (mut journal, _) = open(&disk);
    write(&mut journal, 1..=3);
    drop(journal);
    let path = segments(&disk).remove(0);
    let step = frame::HEADER_BYTES * 2 + payload(1).len();
    let mut frame = vec![0; step];
    let mut file = disk.open(&path).unwrap();
    file.read_at(&mut frame, segment::HEADER_BYTES).unwrap();
    file.write_at(&frame, segment::HEADER_BYTES + step as u64).unwrap();
    let (_, opened) = open(&disk);
    assert_eq!(opened.damaged.len(), 1);
    assert_eq!(opened.damaged[0].positions, position(2)..position(3));
}

#[test]
fn a_journal_of_a_newer_program_is_refused() {
    let disk = SimDisk::new();
    drop(open(&disk));
    let path = segments(&disk).remove(0);
    let mut file = disk.open(&path).unwrap();
    let mut header = [0; 24];
    file.read_at(&mut header, 0).unwrap();
    header[8] = 9;
    let checksum = crc32c::crc32c(&header[..20]);
    header[20..].copy_from_slice(&checksum.to_le_bytes());
    file.write_at(&header, 0).unwrap();
    let error = Journal::open(Arc::new(disk), Path::new(DIR), options()).unwrap_err();
    assert!(matches!(error, Error::Newer { version: 9, .. }), "{error}");
}

#[test]
fn a_failed_sync_poisons_for_ever_and_reading_still_works() {
    let disk = SimDisk::new();
    let (mut journal, _) = open(&disk);
    write(&mut journal, 1..=2);
    journal.append(&payload(3)).unwrap();
    disk.fail_syncs(true);
    assert!(matches!(journal.commit().unwrap_err(), Error::Io { doing: "sync", .. }));
    disk.fail_syncs(false);
    let operations = disk.operations();
    assert!(matches!(journal.commit().unwrap_err(), Error::Poisoned { .. }));
    assert!(matches!(journal.append(b"x").unwrap_err(), Error::Poisoned { .. }));
    assert_eq!(disk.operations(), operations, "nothing is tried again");
    assert!(journal.is_poisoned());
    assert_eq!(numbers(&journal), [1, 2]);
}

#[test]
fn a_full_disk_withdraws_the_batch_and_the_reserve_lets_a_last_record_through() {
    let disk = SimDisk::new();
    let with_reserve = Options { reserve_bytes: 4096, segment_bytes: 1 << 20, ..options() };
    let (mut journal, opened) = open_with(&disk, with_reserve.clone());
    assert!(opened.reserve_missing.is_none());
    write(&mut journal, 1..=3);
    disk.set_capacity(Some(disk.used() + 40));
    journal.append(&payload(4)).unwrap();
    assert!(matches!(journal.commit().unwrap_err(), Error::Full { .. }));
    assert!(!journal.is_poisoned());

    journal.release_reserve().unwrap();
    write(&mut journal, [4]);
    assert!(matches!(journal.restore_reserve().unwrap_err(), Error::Full { .. }));
    disk.set_capacity(None);
    journal.restore_reserve().unwrap();
    drop(journal);

    disk.power_cycle(PowerCut::Clean);
    let (journal, opened) = open_with(&disk, with_reserve);
    assert!(opened.damaged.is_empty());
    assert_eq!(numbers(&journal), [1, 2, 3, 4]);
}

#[test]
fn a_journal_opens_on_a_full_disk_without_its_reserve() {
    let disk = SimDisk::new();
    let (mut journal, _) = open(&disk);
    write(&mut journal, 1..=3);
    drop(journal);
    disk.set_capacity(Some(disk.used()));
    let (journal, opened) = open_with(&disk, Options { reserve_bytes: 4096, ..options() });
    assert!(matches!(opened.reserve_missing, Some(Error::Full { .. })));
    assert_eq!(numbers(&journal), [1, 2, 3]);
}

#[test]
fn no_space_for_a_new_segment_leaves_the_journal_in_the_old_one() {
    let disk = SimDisk::new();
    let (mut journal, _) = open(&disk);
    write(&mut journal, 1..=3);
    disk.set_capacity(Some(disk.used() + 10));
    assert!(matches!(journal.roll().unwrap_err(), Error::Full { .. }));
    disk.set_capacity(None);
    write(&mut journal, 4..=20);
    drop(journal);
    assert_eq!(numbers(&open(&disk).0), (1..=20).collect::<Vec<_>>());
}

#[test]
fn half_a_mark_on_a_full_disk_is_not_sealed_in() {
    let disk = SimDisk::new();
    let (mut journal, _) = open(&disk);
    let frame = frame::HEADER_BYTES + payload(1).len();
    disk.set_capacity(Some(disk.used() + frame as u64 + 10));
    write(&mut journal, [1]);
    disk.set_capacity(None);
    journal.roll().unwrap();
    write(&mut journal, [2]);
    assert_eq!(journal.verify().unwrap(), []);
    drop(journal);
    let (journal, opened) = open(&disk);
    assert_eq!(opened.damaged, []);
    assert_eq!(journal.verify().unwrap(), []);
    assert_eq!(numbers(&journal), [1, 2]);
}

#[test]
fn the_real_disk_keeps_records_and_only_the_owner_can_read_them() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("data/journal");
    let with_reserve = Options { reserve_bytes: 10_000, ..options() };
    let (mut journal, _) = Journal::open(Arc::new(RealDisk), &dir, with_reserve.clone()).unwrap();
    write(&mut journal, 1..=30);
    journal.drop_before(position(10)).unwrap();
    drop(journal);
    let (journal, opened) = Journal::open(Arc::new(RealDisk), &dir, with_reserve).unwrap();
    assert!(opened.damaged.is_empty() && opened.torn_tail.is_none() && opened.reserve_missing.is_none());
    assert_eq!(numbers(&journal).last(), Some(&30));
    assert_eq!(std::fs::metadata(dir.join("reserve")).unwrap().len(), 10_000);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&dir), 0o700);
        for entry in std::fs::read_dir(&dir).unwrap() {
            assert_eq!(mode(&entry.unwrap().path()), 0o600);
        }
    }
}
