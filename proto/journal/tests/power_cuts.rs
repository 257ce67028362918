//! The model test: any course of appends, commits, rolls and drops, with the power failing at every single
//! operation of it, clean and torn; and a thousand flipped bits.

#![expect(clippy::unwrap_used, reason = "a test; clippy knows only those functions that carry the attribute")]

use std::{collections::BTreeMap, path::Path, sync::Arc};

use dogwatch_journal::{
    Error, Journal, Opened, Options, Position,
    sim::{PowerCut, SimDisk},
};
use proptest::{collection::vec, prelude::*};

const DIR: &str = "journal";

#[derive(Debug, Clone)]
enum Act {
    Append(usize),
    Commit,
    Withdraw,
    Roll,
    /// Drop this many percent of what is committed.
    Drop(u64),
    Reopen,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => (0_usize..1500).prop_map(Act::Append),
        4 => Just(Act::Commit),
        1 => Just(Act::Withdraw),
        1 => Just(Act::Roll),
        1 => (0_u64..100).prop_map(Act::Drop),
        1 => Just(Act::Reopen),
    ];
    vec(act, 1..25)
}

/// What a correct journal holds.
#[derive(Debug, Default)]
struct Model {
    committed: Vec<Vec<u8>>,
    batch: Vec<Vec<u8>>,
    dropped: u64,
    serial: u64,
}

impl Model {
    /// A record unlike every other one.
    fn make(&mut self, length: usize) -> Vec<u8> {
        self.serial += 1;
        let mut record = self.serial.to_le_bytes().to_vec();
        record.resize(8 + length, self.serial as u8);
        record
    }
}

fn open(disk: &SimDisk) -> Result<(Journal, Opened), Error> {
    let options = Options {
        segment_bytes: 2500,
        max_record_bytes: 4096,
        batch_memory_bytes: 1200,
        ..Options::default()
    };
    Journal::open(Arc::new(disk.clone()), Path::new(DIR), options)
}

/// Plays the acts until the end or until the power fails.
fn play(disk: &SimDisk, acts: &[Act], model: &mut Model) -> Result<(), Error> {
    let (mut journal, _) = open(disk)?;
    for act in acts {
        match act {
            Act::Append(length) => {
                let record = model.make(*length);
                model.batch.push(record.clone());
                journal.append(&record)?;
            }
            Act::Commit => {
                journal.commit()?;
                model.committed.append(&mut model.batch);
            }
            Act::Withdraw => {
                journal.withdraw()?;
                model.batch.clear();
            }
            Act::Roll => {
                journal.roll()?;
                model.committed.append(&mut model.batch);
            }
            Act::Drop(percent) => {
                let before = model.committed.len() as u64 * percent / 100 + 1;
                model.dropped = model.dropped.max(before - 1);
                journal.drop_before(Position::new(before).unwrap())?;
            }
            Act::Reopen => {
                drop(journal);
                journal = open(disk)?.0;
                // What had been written already may have stayed, and is durable from here on.
                let last = journal.last_position().map_or(0, Position::get) as usize;
                let stayed = last - model.committed.len();
                model.committed.extend(model.batch.drain(..).take(stayed));
            }
        }
    }
    Ok(())
}

/// Opens after a cut, checks every promise, and goes on writing.
fn check(disk: &SimDisk, model: &Model) {
    let (mut journal, opened) = open(disk).unwrap();
    assert_eq!(opened.damaged, [], "a power cut is not damage");
    let first = journal.first_position().get();
    assert!(first <= model.dropped + 1, "{first} is beyond what was dropped, {}", model.dropped);
    let found = contents(&journal);
    let expected: Vec<&Vec<u8>> =
        model.committed.iter().chain(&model.batch).skip(first as usize - 1).take(found.len()).collect();
    let found: Vec<&Vec<u8>> = found.iter().collect();
    assert!(found == expected, "read other records than were written, or in another order");
    let last = journal.last_position().map_or(0, Position::get);
    assert!(last >= model.committed.len() as u64, "lost committed records: only {last} are left");

    let position = journal.append(b"life goes on").unwrap();
    journal.commit().unwrap();
    disk.power_cycle(PowerCut::Clean);
    let (journal, opened) = open(disk).unwrap();
    assert_eq!(opened.damaged, []);
    assert_eq!(journal.last_position(), Some(position));
    assert_eq!(contents(&journal).last().map(Vec::as_slice), Some(&b"life goes on"[..]));
}

fn contents(journal: &Journal) -> Vec<Vec<u8>> {
    let records = journal.read_from(journal.first_position()).unwrap();
    records.map(|item| item.unwrap().1).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_power_cut_at_any_operation_loses_nothing_committed(acts in acts(), seed: u64) {
        let disk = SimDisk::new();
        play(&disk, &acts, &mut Model::default()).unwrap();
        let operations = disk.operations();
        for at in 0..=operations {
            for cut in [PowerCut::Clean, PowerCut::Torn(seed ^ at), PowerCut::Torn(!seed ^ at)] {
                let disk = SimDisk::new();
                let mut model = Model::default();
                disk.cut_power_after(at);
                let outcome = play(&disk, &acts, &mut model);
                prop_assert!(outcome.is_ok() || at < operations);
                disk.power_cycle(cut);
                // And once more while it is being mended.
                disk.cut_power_after(seed.rotate_left(at as u32) % 12);
                let _ = open(&disk);
                disk.power_cycle(cut);
                check(&disk, &model);
            }
        }
    }

    #[test]
    fn a_disk_that_fills_up_at_any_byte_loses_nothing_committed(acts in acts(), room in 100_u64..20_000) {
        let disk = SimDisk::new();
        let mut model = Model::default();
        disk.set_capacity(Some(room));
        let outcome = play(&disk, &acts, &mut model);
        if let Err(error) = outcome {
            prop_assert!(matches!(error, Error::Full { .. }), "{}", error);
        }
        disk.set_capacity(None);
        disk.power_cycle(PowerCut::Torn(room));
        check(&disk, &model);
    }
}

#[test]
fn a_thousand_flipped_bits_are_found_or_harmless() {
    let golden = SimDisk::new();
    let (mut journal, _) = open(&golden).unwrap();
    let mut model = Model::default();
    for batch in 0..12 {
        for _ in 0..=batch % 3 {
            let record = model.make(40 + batch * 37);
            journal.append(&record).unwrap();
            model.committed.push(record);
        }
        journal.commit().unwrap();
    }
    drop(journal);
    let files = golden.files(Path::new(DIR));
    let bits: u64 = files.iter().map(|path| golden.length(path) * 8).sum();
    let mut verdicts: BTreeMap<&str, u32> = BTreeMap::new();
    for round in 0..1000_u64 {
        let mut bit = round * (bits / 1000) + round % 8;
        let disk = golden.fork();
        let path = files.iter().find(|path| {
            let length = golden.length(path) * 8;
            let here = bit < length;
            if !here {
                bit -= length;
            }
            here
        });
        disk.flip_bit(path.unwrap(), bit);
        *verdicts.entry(verdict(&disk, &model)).or_default() += 1;
    }
    assert_eq!(verdicts.values().sum::<u32>(), 1000);
    assert!(verdicts["found"] > 950, "{verdicts:?}");
}

/// Opens a disk with one flipped bit; panics when a record is wrong, or missing without a report.
fn verdict(disk: &SimDisk, model: &Model) -> &'static str {
    let (mut journal, opened) = open(disk).unwrap();
    let mut reported = !opened.damaged.is_empty();
    let mut lost = model.committed.len();
    for item in journal.read_from(journal.first_position()).unwrap() {
        match item {
            Ok((position, record)) => {
                assert_eq!(record, model.committed[position.get() as usize - 1]);
                lost -= 1;
            }
            Err(Error::Damaged(_)) => reported = true,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(lost == 0 || reported, "{lost} records are gone and nobody said so");
    assert!(lost <= 1, "one bit cost {lost} records");
    let position = journal.append(b"life goes on").unwrap();
    assert_eq!(position.get(), model.committed.len() as u64 + 1, "positions of lost records stay theirs");
    journal.commit().unwrap();
    if reported { "found" } else { "harmless" }
}
