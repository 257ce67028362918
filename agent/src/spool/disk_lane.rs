//! One lane on the disk: a journal that is written at its end, read once from its beginning, and dropped behind what
//! is settled.

use std::{ops::Range, path::Path, sync::Arc};

use dogwatch_journal::{Damage, Disk, Error, Journal, Options, Position, Records};

use super::{marks::Gap, record::Record};

/// Written at once: small, since every endpoint pays for it while its collector is away.
const BATCH_BYTES: usize = 64 * 1024;
/// A lane is dropped from in pieces of one part in this many.
const SEGMENTS: u64 = 48;
/// But not in smaller ones.
const LEAST_SEGMENT_BYTES: u64 = 16 * 1024;
/// Damaged segments that are kept as evidence; the oldest go.
const EVIDENCE: usize = 2;

/// Its journal, and how far it was read.
#[derive(Debug)]
pub(super) struct DiskLane {
    journal: Journal,
    limit: u64,
    /// Up to here it was read, or given up.
    read_to: u64,
    reader: Option<(Records, u64)>,
    /// Read and given back.
    peeked: Option<(u64, Record)>,
    /// Found in this run, and how many of them were told.
    damaged: Vec<Damage>,
    told: usize,
}

impl DiskLane {
    /// Opens it behind what is settled. `limit` is what it may take.
    pub(super) fn open(
        disk: &Arc<dyn Disk>,
        dir: &Path,
        (limit, reserve): (u64, u64),
        done: u64,
    ) -> Result<Self, Error> {
        let options = Options {
            segment_bytes: (limit / SEGMENTS).max(LEAST_SEGMENT_BYTES),
            batch_memory_bytes: BATCH_BYTES,
            reserve_bytes: reserve,
            begin_at: position(done + 1),
            ..Options::default()
        };
        let (mut journal, opened) = Journal::open(disk.clone(), dir, options)?;
        for damage in &opened.damaged {
            journal.condemn(damage)?;
        }
        drop_evidence(&**disk, dir);
        let read_to = done.min(journal.next_position().get() - 1);
        Ok(Self { journal, limit, read_to, reader: None, peeked: None, damaged: opened.damaged, told: 0 })
    }

    /// The last position written.
    pub(super) fn last(&self) -> u64 {
        self.journal.next_position().get() - 1
    }

    /// The position that the next record gets.
    pub(super) fn next(&self) -> u64 {
        self.journal.next_position().get()
    }

    /// How much of its room it takes, percent.
    pub(super) fn percent(&self) -> u64 {
        self.journal.bytes() * 100 / self.limit.max(1)
    }

    pub(super) fn is_over(&self) -> bool {
        self.journal.bytes() > self.limit
    }

    pub(super) fn is_nearly_full(&self) -> bool {
        self.journal.bytes() > self.limit / 4 * 3
    }

    pub(super) fn journal(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// Writes records, all or none.
    pub(super) fn append(&mut self, records: &[Record]) -> Result<(), Error> {
        for record in records {
            self.journal.append(&record.encode())?;
        }
        self.journal.commit()
    }

    /// Goes back to behind what is settled.
    pub(super) fn reread(&mut self, done: u64) {
        (self.read_to, self.reader, self.peeked) = (done, None, None);
    }

    /// The next record that can be read, with its position.
    pub(super) fn read(&mut self) -> Result<Option<(u64, Record)>, Error> {
        if let Some(peeked) = self.peeked.take() {
            return Ok(Some(peeked));
        }
        while self.read_to < self.last() {
            let (mut reader, end) = match self.reader.take() {
                Some(reader) => reader,
                None => (self.reader_from(self.read_to + 1)?, self.last()),
            };
            match reader.next() {
                Some(Ok((position, bytes))) => {
                    self.reader = Some((reader, end));
                    self.read_to = self.read_to.max(position.get());
                    if let Some(record) = Record::decode(&bytes) {
                        return Ok(Some((position.get(), record)));
                    }
                }
                Some(Err(Error::Damaged(damage))) => {
                    self.reader = Some((reader, end));
                    self.note(damage)?;
                }
                Some(Err(other)) => return Err(other),
                None => self.read_to = end,
            }
        }
        Ok(None)
    }

    /// Puts back what was read last.
    pub(super) fn unread(&mut self, position: u64, record: Record) {
        self.peeked = Some((position, record));
    }

    /// How far it was read, without what was put back.
    pub(super) fn read_to(&self) -> u64 {
        self.peeked.as_ref().map_or(self.read_to, |(position, _)| position - 1)
    }

    /// Lets go of what is settled.
    pub(super) fn settle(&mut self, done: u64) -> Result<(), Error> {
        self.journal.drop_before(position(done + 1))
    }

    /// Drops the oldest segment. Says up to where, and what of `counted` was in it.
    pub(super) fn drop_oldest(&mut self, counted: Range<u64>) -> Result<(u64, Option<Gap>), Error> {
        if self.journal.oldest_segment_end().is_none() {
            self.journal.roll()?;
        }
        let Some(end) = self.journal.oldest_segment_end() else { return Ok((0, None)) };
        let mut gap = None;
        for item in self.journal.read_from(self.journal.first_position())? {
            match item {
                Ok((position, _)) if position >= end => break,
                Ok((position, bytes)) if counted.contains(&position.get()) => {
                    let at = Record::decode(&bytes).map(|record| Gap::one(record.report.observed_at));
                    gap = at.map(|one| gap.map_or(one, |gap: Gap| gap.and(one))).or(gap);
                }
                Ok(_) => {}
                Err(Error::Damaged(damage)) if damage.positions.start >= end => break,
                Err(Error::Damaged(_)) => {}
                Err(other) => return Err(other),
            }
        }
        self.journal.drop_before(end)?;
        let dropped_to = end.get() - 1;
        if self.read_to < dropped_to {
            self.reread(dropped_to);
        } else if self.peeked.as_ref().is_some_and(|(position, _)| *position <= dropped_to) {
            self.peeked = None;
        }
        Ok((dropped_to, gap))
    }

    /// Damage found since this was last asked.
    pub(super) fn take_damage(&mut self) -> Vec<Damage> {
        let new = self.damaged[self.told..].to_vec();
        self.told = self.damaged.len();
        new
    }

    fn note(&mut self, damage: Damage) -> Result<(), Error> {
        // Found at the opening and again by the reader, which may see a little less or more of it.
        let same = |known: &Damage| known.segment == damage.segment && known.offset == damage.offset;
        if !self.damaged.iter().any(same) {
            self.journal.condemn(&damage)?;
            self.damaged.push(damage);
        }
        Ok(())
    }

    fn reader_from(&self, from: u64) -> Result<Records, Error> {
        self.journal.read_from(position(from).max(self.journal.first_position()))
    }
}

pub(super) fn position(number: u64) -> Position {
    Position::new(number).unwrap_or(Position::FIRST)
}

/// Whether a folder holds a lane.
pub(super) fn is_in(disk: &dyn Disk, dir: &Path) -> bool {
    disk.list(dir).is_ok_and(|names| names.iter().any(|name| name.ends_with(".journal")))
}

/// Removes a lane, oldest segment first, so that a crash in between leaves what a drop would have left. Damaged segments
/// stay as evidence.
pub(super) fn remove(disk: &dyn Disk, dir: &Path) -> std::io::Result<()> {
    let Ok(mut names) = disk.list(dir) else { return Ok(()) };
    names.sort_unstable();
    for name in names.iter().filter(|name| !name.ends_with(".damaged")) {
        disk.remove(&dir.join(name))?;
        disk.sync_dir(dir)?;
    }
    Ok(())
}

/// Keeps the newest damaged segments only. Best effort: a few more do no harm.
fn drop_evidence(disk: &dyn Disk, dir: &Path) {
    let mut names = disk.list(dir).unwrap_or_default();
    names.retain(|name| name.ends_with(".damaged"));
    names.sort_unstable();
    for name in names.iter().rev().skip(EVIDENCE) {
        let _ = disk.remove(&dir.join(name));
    }
}
