//! The journal: appending, committing, rolling to the next segment, dropping old ones.
//!
//! A batch (what is appended between two commits) never spans two segments, so a commit is one sync of one
//! file and withdrawing a batch is one truncation; a segment may therefore be longer than asked for by one
//! batch.

mod open;

pub(crate) use open::report;

use std::{
    collections::{BTreeSet, VecDeque},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    Cut, Damage, Disk, DiskFile, Error, Position, Records,
    frame::{self, Header, Place},
    read, reserve,
    scan::MAX_RECORD_BYTES,
    segment,
};

/// How a journal is laid out. None of it is stored: each open may choose anew.
#[derive(Debug, Clone)]
pub struct Options {
    /// A segment of this size or more is followed by a new one.
    pub segment_bytes: u64,
    /// The longest record that can be appended; at most 64 MiB counts.
    pub max_record_bytes: usize,
    /// How much of a batch is held in memory before it is written, not synced.
    pub batch_memory_bytes: usize,
    /// Space held back for a full disk; 0 for none.
    pub reserve_bytes: u64,
    /// Where a journal begins that is not there yet.
    pub begin_at: Position,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: 64 * 1024 * 1024,
            max_record_bytes: 16 * 1024 * 1024,
            batch_memory_bytes: 1024 * 1024,
            reserve_bytes: 0,
            begin_at: Position::FIRST,
        }
    }
}

/// What was found at open.
#[derive(Debug, Default)]
pub struct Opened {
    /// Bytes that had never been synced, cut away. Normal after a power cut.
    pub torn_tail: Option<Cut>,
    /// Synced bytes of the last segment, or headers, that do not verify. Never normal. Sealed segments are
    /// checked when they are read, or by [`Journal::verify`].
    pub damaged: Vec<Damage>,
    /// Why there is no reserve, when there should be one.
    pub reserve_missing: Option<Error>,
}

/// A journal, open for writing. There must be only one in a directory; its owner sees to that.
#[derive(Debug)]
pub struct Journal {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    options: Options,
    sealed: VecDeque<Sealed>,
    /// Sealed segments that hold damage and are to be kept as evidence.
    condemned: BTreeSet<Position>,
    active: Active,
    /// The position of the next record.
    next: Position,
    /// The position after the last committed record.
    committed: Position,
    poisoned: bool,
}

/// A segment that is written no more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sealed {
    pub(crate) first: Position,
    pub(crate) bytes: u64,
}

/// The segment that is written.
#[derive(Debug)]
struct Active {
    first: Position,
    file: Box<dyn DiskFile>,
    /// Bytes known to be synced.
    synced: u64,
    /// Where the batch begins, behind the mark of the last commit.
    batch: u64,
    /// Where the next write goes.
    written: u64,
    /// The part of the batch that is not written yet.
    pending: Vec<u8>,
}

impl Active {
    fn new(first: Position, file: Box<dyn DiskFile>, synced: u64) -> Self {
        Self { first, file, synced, batch: synced, written: synced, pending: Vec::new() }
    }
}

impl Journal {
    /// Opens the journal in a directory, creating it when there is none, and mends what a power cut left.
    ///
    /// # Errors
    /// When the disk fails, or a newer program wrote the journal. Damage is not an error here: it is reported
    /// in [`Opened`], the damaged bytes stay, and the journal goes on behind them.
    pub fn open(disk: Arc<dyn Disk>, dir: &Path, options: Options) -> Result<(Self, Opened), Error> {
        open::open(disk, dir, options)
    }

    /// Adds a record to the batch. It is durable only after [`Journal::commit`].
    ///
    /// # Errors
    /// [`Error::TooLarge`] changes nothing. [`Error::Full`] and [`Error::Io`] withdraw the whole batch: all
    /// that was appended since the last commit. [`Error::Poisoned`] after a failed sync.
    pub fn append(&mut self, record: &[u8]) -> Result<Position, Error> {
        self.alive()?;
        let length = self.checked_length(record)?;
        self.roll_when_long()?;
        let active = &mut self.active;
        let header = Header::record(self.next, active.synced, record, length);
        let place = Place { segment: active.first, offset: active.written + active.pending.len() as u64 };
        active.pending.extend_from_slice(&header.encode(place));
        active.pending.extend_from_slice(record);
        let position = self.next;
        self.next = position.next();
        if self.active.pending.len() >= self.options.batch_memory_bytes {
            self.write_pending()?;
        }
        Ok(position)
    }

    /// Adds several records to the batch, all or none, and gives the position of the last one.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub fn append_all<R: AsRef<[u8]>>(&mut self, records: &[R]) -> Result<Option<Position>, Error> {
        for record in records {
            self.checked_length(record.as_ref())?;
        }
        records.iter().try_fold(None, |_, record| self.append(record.as_ref()).map(Some))
    }

    /// Makes the batch durable: when this returns `Ok`, every record appended so far survives a power cut.
    /// One write and one `fdatasync`, however many records; nothing at all when there are none.
    ///
    /// # Errors
    /// [`Error::Full`] or [`Error::Io`] when the batch could not be written: it is withdrawn. When the sync
    /// fails the journal is poisoned, and whether the batch survived is known only after the next open.
    pub fn commit(&mut self) -> Result<(), Error> {
        self.alive()?;
        if self.next == self.committed {
            return Ok(());
        }
        self.write_pending()?;
        self.sync_active()?;
        self.active.synced = self.active.written;
        self.committed = self.next;
        self.leave_mark();
        Ok(())
    }

    /// Forgets what was appended since the last commit.
    ///
    /// # Errors
    /// When it had been written already and could not be cut off; the journal is then poisoned.
    pub fn withdraw(&mut self) -> Result<(), Error> {
        self.alive()?;
        self.active.pending.clear();
        self.next = self.committed;
        if self.active.written > self.active.batch {
            self.active.written = self.active.batch;
            let path = segment::path(&self.dir, self.active.first);
            // Synced, or a power cut could bring withdrawn records back between those that follow.
            let file = &mut self.active.file;
            let cut = file.set_len(self.active.batch).and_then(|()| file.sync_data());
            self.poisoning(cut.map_err(|e| Error::io("cut", path, e)))?;
        }
        Ok(())
    }

    /// The committed records from a position on, in order. It goes on from there to the last record committed
    /// at this moment; what is committed later is not seen.
    ///
    /// # Errors
    /// [`Error::Dropped`] when the position is older than the oldest record.
    pub fn read_from(&self, position: Position) -> Result<Records, Error> {
        let first = self.first_position();
        if position < first {
            return Err(Error::Dropped { wanted: position, first });
        }
        let last = Sealed { first: self.active.first, bytes: self.active.synced };
        let segments = self.sealed.iter().copied().chain([last]).collect();
        Ok(read::records(Arc::clone(&self.disk), self.dir.clone(), segments, position, self.committed))
    }

    /// Reads everything there is and gives what does not verify.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn verify(&self) -> Result<Vec<Damage>, Error> {
        let mut damaged = Vec::new();
        for item in self.read_from(self.first_position())? {
            match item {
                Ok(_) => {}
                Err(Error::Damaged(damage)) => damaged.push(damage),
                Err(other) => return Err(other),
            }
        }
        Ok(damaged)
    }

    /// Seals the segment that is written and begins a new one, so that [`Journal::drop_before`] can remove
    /// all that is committed. Nothing happens while it holds no record.
    ///
    /// # Errors
    /// When there is no space for a segment, the journal goes on in the old one. A batch that is open is
    /// committed first.
    pub fn roll(&mut self) -> Result<(), Error> {
        self.commit()?;
        if self.active.first == self.next {
            return Ok(());
        }
        // The last mark is not synced yet, and in a sealed segment every byte must be.
        self.sync_active()?;
        let sealed = Sealed { first: self.active.first, bytes: self.active.written };
        let created = match segment::create(&*self.disk, &self.dir, self.next) {
            Err(full @ Error::Full { .. }) => return Err(full),
            other => self.poisoning(other)?,
        };
        self.active = Active::new(self.next, created, segment::HEADER_BYTES);
        self.sealed.push_back(sealed);
        Ok(())
    }

    /// Removes the segments that hold nothing at or after `position`. The segment that is written stays.
    ///
    /// # Errors
    /// When the disk fails; what was removed until then is removed.
    pub fn drop_before(&mut self, position: Position) -> Result<(), Error> {
        while let Some(oldest) = self.sealed.front() {
            let following = self.sealed.get(1).map_or(self.active.first, |sealed| sealed.first);
            if following > position {
                break;
            }
            let path = segment::path(&self.dir, oldest.first);
            if self.condemned.remove(&oldest.first) {
                let aside = segment::aside(&self.dir, oldest.first);
                self.disk.rename(&path, &aside).map_err(|e| Error::io("set aside", &path, e))?;
            } else {
                self.disk.remove(&path).map_err(|e| Error::io("remove", &path, e))?;
            }
            self.sealed.pop_front();
            // One by one, so that a power cut never leaves a hole between two segments.
            self.disk.sync_dir(&self.dir).map_err(|e| Error::io("sync", &self.dir, e))?;
        }
        Ok(())
    }

    /// Keeps the segment of a damage as evidence: once all that can be read of it is dropped, it is set aside under
    /// another name and not removed. A segment that is still written is sealed first.
    ///
    /// # Errors
    /// As [`Journal::roll`].
    pub fn condemn(&mut self, damage: &Damage) -> Result<(), Error> {
        if damage.segment == segment::path(&self.dir, self.active.first) {
            self.roll()?;
        }
        let condemned =
            self.sealed.iter().find(|sealed| segment::path(&self.dir, sealed.first) == damage.segment);
        self.condemned.extend(condemned.map(|sealed| sealed.first));
        Ok(())
    }

    /// The position behind the oldest segment; `None` while there is only the one that is written. What is before it
    /// is what [`Journal::drop_before`] removes at the least.
    pub fn oldest_segment_end(&self) -> Option<Position> {
        self.sealed.front()?;
        Some(self.sealed.get(1).map_or(self.active.first, |sealed| sealed.first))
    }

    /// The oldest position that can be read (or will be written, when there is no record).
    pub fn first_position(&self) -> Position {
        self.sealed.front().map_or(self.active.first, |sealed| sealed.first)
    }

    /// The position of the last committed record; `None` when the journal never held any.
    pub fn last_position(&self) -> Option<Position> {
        self.committed.previous()
    }

    /// The position that the next record gets.
    pub const fn next_position(&self) -> Position {
        self.next
    }

    /// How many bytes the segments take on the disk.
    pub fn bytes(&self) -> u64 {
        self.sealed.iter().map(|sealed| sealed.bytes).sum::<u64>() + self.active.written
    }

    /// Whether a sync failed, so that nothing can be written until the journal is opened again.
    pub const fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    /// Gives up the reserve, so that a few last records fit on a full disk.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn release_reserve(&mut self) -> Result<(), Error> {
        reserve::release(&*self.disk, &self.dir)
    }

    /// Takes the reserve again.
    ///
    /// # Errors
    /// [`Error::Full`] while there is no space for it.
    pub fn restore_reserve(&mut self) -> Result<(), Error> {
        if self.options.reserve_bytes == 0 {
            return Ok(());
        }
        reserve::fill(&*self.disk, &self.dir, self.options.reserve_bytes)
    }

    fn alive(&self) -> Result<(), Error> {
        if self.poisoned { Err(Error::Poisoned { dir: self.dir.clone() }) } else { Ok(()) }
    }

    /// Passes an outcome on; a failure ends the journal's life.
    fn poisoning<T>(&mut self, outcome: Result<T, Error>) -> Result<T, Error> {
        self.poisoned |= outcome.is_err();
        outcome
    }

    fn checked_length(&self, record: &[u8]) -> Result<u32, Error> {
        let limit = self.options.max_record_bytes.min(MAX_RECORD_BYTES);
        u32::try_from(record.len())
            .ok()
            .filter(|_| record.len() <= limit)
            .ok_or(Error::TooLarge { bytes: record.len(), limit })
    }

    fn roll_when_long(&mut self) -> Result<(), Error> {
        if self.next == self.committed && self.active.written >= self.options.segment_bytes {
            self.roll()?;
        }
        Ok(())
    }

    fn write_pending(&mut self) -> Result<(), Error> {
        let active = &mut self.active;
        if let Err(error) = active.file.write_at(&active.pending, active.written) {
            // Part of it may be there: as if it had all been written, so that withdrawing cuts it.
            active.written += active.pending.len() as u64;
            self.withdraw()?;
            return Err(Error::io("append to", segment::path(&self.dir, self.active.first), error));
        }
        active.written += active.pending.len() as u64;
        active.pending.clear();
        Ok(())
    }

    fn sync_active(&mut self) -> Result<(), Error> {
        let path = segment::path(&self.dir, self.active.first);
        let outcome = self.active.file.sync_data().map_err(|e| Error::io("sync", path, e));
        self.poisoning(outcome)
    }

    /// Leaves word of how far the segment is synced. Best effort: it rides on the next sync, and without it
    /// only a bit flip in the very last batch could pass for a torn tail.
    fn leave_mark(&mut self) {
        let active = &mut self.active;
        let place = Place { segment: active.first, offset: active.written };
        let mark = Header::mark(self.next, active.synced).encode(place);
        match active.file.write_at(&mark, active.written) {
            Ok(()) => active.written += frame::HEADER_BYTES as u64,
            // Half a mark must not be sealed in with the segment. What was committed is safe either way.
            Err(_) => self.poisoned = active.file.set_len(active.written).is_err(),
        }
        active.batch = active.written;
    }
}

#[cfg(test)]
mod tests;
