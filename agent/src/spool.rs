//! What could not be delivered, on the disk: it survives the process, the power and a long outage.
//!
//! It is used when the link is stale or the agent ends with something unacknowledged, and at no other time: there is no
//! file, no handle and no memory for it while the collector listens. [`Keeper`] decides when.
//!
//! * The **kept** lane holds everything, in order, in three quarters of the room: months of an ordinary endpoint.
//!   Only when it is really full its oldest segment goes, counted, and the gap is told before what is left.
//! * The **samples** lane holds history in an eighth of the room, thinned by age.
//! * The **latest** lane is not written: what it holds is looked at anew at every start and told anew at every connect,
//!   so a copy from the disk could only be older. Its part of the room is the reserve's.
//!
//! # Exactly once
//! Every process begins an epoch of its own, so numbers never mean two things. Before reports of the spool are sent
//! their numbers are written to the marks, synced. An agent that was killed asks at its next Hello what
//! the collector stored of that earlier epoch: what it has is settled, the rest waits again. What only ever was in
//! memory is not resumed: while a link works it is acknowledged within a moment, and a restart looks at everything
//! anew. A disk that was set back to a snapshot asks the same question and gets the true answer; what was in the spool
//! and not under way at the time of the snapshot may come twice then, as history.
//!
//! # A full disk
//! Samples go first, then the reserve, and when that is used up memory counts what it drops. Nothing here clears up
//! anybody else's files.
//!
//! What it deliberately does not do: wait, spawn, read a clock or know the network. Everything blocks; the disk is
//! injected, so that the power can fail at every operation in a test.

mod bounds;
mod disk_lane;
mod keeper;
mod marks;
mod record;
#[cfg(test)]
mod tests;
mod thin;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use disk_lane::DiskLane;
use dogwatch_journal::{Damage, Disk, Error};
use dogwatch_model::{Epoch, Lane, LaneMarks};
pub use keeper::{Keeper, STALE_AFTER};
pub use marks::Gap;
use marks::{Items, LaneState, Marks, MarksLog, UnderWay};
pub use record::{Here, Record, Stamp};

/// How much room the spool has, and when it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// All of its room.
    pub max_bytes: u64,
    /// A report that was not acknowledged for this long goes to the disk.
    pub stale_after: Duration,
}

/// What happened to the spool and people should see: a stable kind and the words for it.
pub type Notice = (&'static str, String);

/// What an outbox gives to the disk, of one lane.
#[derive(Debug, Default)]
pub struct Spill {
    /// Sent, not acknowledged and not on the disk yet, with their numbers.
    pub sent: Vec<(u64, Record)>,
    /// Never sent.
    pub waiting: Vec<Record>,
    /// Dropped before, and not told yet.
    pub gap: Option<Gap>,
}

impl Spill {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.sent.is_empty() && self.waiting.is_empty()
    }
}

/// What the spool gives back, numbered.
#[derive(Debug)]
pub struct Drawn {
    /// Its number.
    pub sequence: u64,
    /// How old it is now.
    pub age: Duration,
    /// What it says; `None` where a gap is to be told.
    pub what: Result<Box<dogwatch_model::Report>, Gap>,
}

/// An open spool.
#[derive(Debug)]
pub struct Spool {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    max_bytes: u64,
    kept: DiskLane,
    samples: DiskLane,
    log: MarksLog,
    marks: Marks,
    notices: Vec<Notice>,
    alarm: u64,
    reserve_used: bool,
}

impl Spool {
    /// Whether a folder holds anything that waits.
    pub fn is_in(disk: &dyn Disk, dir: &Path) -> bool {
        let samples = disk.list(dir).unwrap_or_default();
        let samples = samples.iter().filter(|name| name.starts_with("samples"));
        disk_lane::is_in(disk, &dir.join("kept"))
            || disk_lane::is_in(disk, &dir.join("marks"))
            || samples.into_iter().any(|name| disk_lane::is_in(disk, &dir.join(name)))
    }

    /// Opens the spool in a folder, making it when there is none.
    ///
    /// # Errors
    /// When the disk fails. Damage is no error: it is in the [notices](Self::take_notices).
    pub fn open(disk: Arc<dyn Disk>, dir: &Path, max_bytes: u64) -> Result<Self, Error> {
        disk.create_dir(dir).map_err(|source| failed("create", dir, source))?;
        let (log, mut marks, damaged) = MarksLog::open(disk.clone(), &dir.join("marks"))?;
        let reserve = max_bytes / 16;
        let kept = DiskLane::open(&disk, &dir.join("kept"), (max_bytes / 4 * 3, reserve), marks.kept.done)?;
        let samples = DiskLane::open(
            &disk,
            &samples_dir(dir, marks.generation),
            (max_bytes / 8, 0),
            marks.samples.done,
        )?;
        for (state, lane) in [(&mut marks.kept, &kept), (&mut marks.samples, &samples)] {
            forget_unwritten(state, lane);
        }
        let mut spool = Self {
            disk,
            dir: dir.to_owned(),
            max_bytes,
            kept,
            samples,
            log,
            marks,
            notices: Vec::new(),
            alarm: 0,
            reserve_used: false,
        };
        spool.tell_damage(damaged);
        spool.remove_other_generations();
        Ok(spool)
    }

    /// The epoch that numbers of it were given in by a process before this one.
    pub fn epoch_under_way(&self) -> Option<Epoch> {
        let under_way = self.marks.kept.under_way.as_ref().or(self.marks.samples.under_way.as_ref());
        under_way.map(|under_way| under_way.epoch)
    }

    /// Whether everything of a lane is settled.
    pub fn is_settled(&self, lane: Lane) -> bool {
        match lane {
            Lane::Kept => self.marks.kept.done >= self.kept.last() && self.marks.gap.is_none(),
            Lane::Samples => self.marks.samples.done >= self.samples.last(),
            Lane::Latest => true,
        }
    }

    /// What happened since this was last asked.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        for damage in [self.kept.take_damage(), self.samples.take_damage()] {
            self.tell_damage(damage);
        }
        std::mem::take(&mut self.notices)
    }

    /// Writes what an outbox can hold no longer, durably.
    ///
    /// # Errors
    /// When the disk is full past its reserve, or fails; nothing of it is written then.
    pub fn write(&mut self, epoch: Epoch, lane: Lane, spill: &Spill, here: &Here) -> Result<(), Error> {
        let first = self.lane(lane).next();
        if !spill.sent.is_empty() {
            let items = (first..).zip(&spill.sent).map(|(at, (sequence, _))| (*sequence, at)).collect();
            self.state(lane).under_way = Some(UnderWay { epoch, items, gap: None });
        }
        let gap_before = self.marks.gap;
        self.add_gap(spill.gap);
        let records: Vec<Record> =
            spill.sent.iter().map(|(_, record)| record).chain(&spill.waiting).cloned().collect();
        // First what it will mean, then the records themselves: marks of records that are not there mean nothing.
        let written = self.with_room(|spool| {
            spool.log.save(&spool.marks)?;
            spool.lane(lane).append(&records)
        });
        if let Err(error) = written {
            self.marks.gap = gap_before;
            if !spill.sent.is_empty() {
                self.state(lane).under_way = None;
            }
            return Err(error);
        }
        if !spill.sent.is_empty() {
            // They are with the outbox, which sends them.
            let sent_to = first + spill.sent.len() as u64 - 1;
            self.lane(lane).reread(sent_to);
        }
        self.keep_within_bounds(lane, here)
    }

    /// Gives numbers from `first` on to at most `most` reports of a lane whose numbers before are all settled, and
    /// writes down which. What is of another run of the clock is told to be at least `history` old.
    ///
    /// # Errors
    /// When the disk fails; then nothing was given out.
    pub fn draw(
        &mut self,
        lane: Lane,
        (epoch, first): (Epoch, u64),
        most: usize,
        (here, history): (&Here, Duration),
    ) -> Result<Vec<Drawn>, Error> {
        if self.state(lane).under_way.is_some() {
            return Ok(Vec::new());
        }
        let mut gap = if lane == Lane::Kept { self.marks.gap.take() } else { None };
        let outcome =
            self.read_ahead(lane, (first, gap), most, (here, history)).and_then(|(drawn, items)| {
                if items.is_empty() {
                    // What is left of it cannot be read, or is too old to be told.
                    self.state(lane).done = self.lane(lane).read_to();
                    return Ok(drawn);
                }
                self.state(lane).under_way = Some(UnderWay { epoch, items, gap: gap.take() });
                self.with_room(|spool| spool.log.save(&spool.marks)).map(|()| drawn)
            });
        if outcome.is_err() {
            self.add_gap(gap);
            self.forget_under_way(lane);
        }
        outcome
    }

    /// Reads what comes next and numbers it: for whom it is sent, and for the marks.
    fn read_ahead(
        &mut self,
        lane: Lane,
        (first, gap): (u64, Option<Gap>),
        most: usize,
        (here, history): (&Here, Duration),
    ) -> Result<(Vec<Drawn>, Items), Error> {
        let done = self.state(lane).done;
        let told =
            gap.map(|gap| (Drawn { sequence: first, age: Duration::ZERO, what: Err(gap) }, (first, done)));
        let (mut drawn, mut items): (Vec<_>, Vec<_>) = told.into_iter().unzip();
        while drawn.len() < most {
            let found = match lane {
                Lane::Samples => self.read_thinned(here, history)?,
                _ => self.kept.read()?,
            };
            let Some((end, record)) = found else { break };
            let (sequence, age) = (first + drawn.len() as u64, record.stamp.age(here, history));
            drawn.push(Drawn { sequence, age, what: Ok(Box::new(record.report)) });
            items.push((sequence, end));
        }
        Ok((drawn, items))
    }

    /// The collector has everything of a lane up to this number.
    ///
    /// # Errors
    /// When the disk fails; it is settled all the same.
    pub fn acknowledged(&mut self, lane: Lane, up_to: u64) -> Result<(), Error> {
        let state = self.state(lane);
        let Some(under_way) = &mut state.under_way else { return Ok(()) };
        let settled = under_way.items.partition_point(|(sequence, _)| *sequence <= up_to);
        if let Some((_, end)) = under_way.items.drain(..settled).next_back() {
            state.done = state.done.max(end);
            under_way.gap = None;
        }
        if under_way.items.is_empty() {
            state.under_way = None;
            let done = state.done;
            let lane = self.lane(lane);
            if lane.read_to() < done {
                lane.reread(done);
            }
            lane.settle(done)?;
        }
        Ok(())
    }

    /// What a process before this one had under way: the collector has it up to these marks, and the rest waits again.
    ///
    /// # Errors
    /// When the disk fails; it is settled all the same.
    pub fn resume(&mut self, stored: LaneMarks) -> Result<(), Error> {
        for lane in [Lane::Kept, Lane::Samples] {
            let outcome = self.acknowledged(lane, stored.get(lane));
            self.forget_under_way(lane);
            outcome?;
        }
        Ok(())
    }

    /// The numbers that were given mean nothing any more: what is not settled waits again.
    pub fn forget_under_way(&mut self, lane: Lane) {
        let state = self.state(lane);
        let done = state.done;
        let gap = state.under_way.take().and_then(|under_way| under_way.gap);
        self.add_gap(gap);
        self.lane(lane).reread(done);
    }

    /// Removes what is on the disk; everything in it must be settled.
    ///
    /// # Errors
    /// When the disk fails. What is left is opened, and found settled, the next time.
    pub fn remove(self) -> std::io::Result<()> {
        let Self { disk, dir, marks, .. } = self;
        // The marks last: without them, what is settled would not be known to be.
        disk_lane::remove(&*disk, &dir.join("kept"))?;
        disk_lane::remove(&*disk, &samples_dir(&dir, marks.generation))?;
        disk_lane::remove(&*disk, &dir.join("marks"))
    }

    /// The next sample, thinned by its age. What is too old to be told is passed over; what is not history yet waits,
    /// so that it cannot take the place of a newer one that was sent before it.
    fn read_thinned(&mut self, here: &Here, history: Duration) -> Result<Option<(u64, Record)>, Error> {
        let stretch = |record: &Record| thin::stretch(record, record.stamp.age(here, history));
        while let Some((mut end, mut record)) = self.samples.read()? {
            let Some(mine) = stretch(&record) else { continue };
            let is_history = |record: &Record| record.stamp.age(here, history) >= history;
            if !is_history(&record) {
                self.samples.unread(end, record);
                return Ok(None);
            }
            while let Some((position, next)) = self.samples.read()? {
                if stretch(&next) != Some(mine) || !is_history(&next) {
                    self.samples.unread(position, next);
                    break;
                }
                match thin::merge(record, next) {
                    Ok(merged) => (end, record) = (position, merged),
                    Err(apart) => {
                        record = apart.0;
                        self.samples.unread(position, apart.1);
                        break;
                    }
                }
            }
            return Ok(Some((end, record)));
        }
        Ok(None)
    }

    fn tell_damage(&mut self, damaged: Vec<Damage>) {
        for damage in damaged {
            let what = format!("{damage}; the rest of it was read, and the file is set aside");
            self.notices.push(("spool_damaged", what));
        }
    }

    fn add_gap(&mut self, gap: Option<Gap>) {
        if let Some(gap) = gap {
            self.marks.gap = Some(self.marks.gap.map_or(gap, |before| before.and(gap)));
        }
    }

    fn lane(&mut self, lane: Lane) -> &mut DiskLane {
        if lane == Lane::Samples { &mut self.samples } else { &mut self.kept }
    }

    fn state(&mut self, lane: Lane) -> &mut LaneState {
        if lane == Lane::Samples { &mut self.marks.samples } else { &mut self.marks.kept }
    }
}

/// Marks of records that a crash kept from being written mean nothing; their positions will be others'.
fn forget_unwritten(state: &mut LaneState, lane: &DiskLane) {
    let last = lane.last();
    state.done = state.done.min(last);
    if let Some(under_way) = &mut state.under_way {
        under_way.items.retain(|(_, end)| *end <= last);
        if under_way.items.is_empty() && under_way.gap.is_none() {
            state.under_way = None;
        }
    }
}

fn samples_dir(dir: &Path, generation: u64) -> PathBuf {
    dir.join(format!("samples-{generation}"))
}

fn failed(doing: &'static str, path: &Path, source: std::io::Error) -> Error {
    Error::Io { doing, path: path.to_owned(), source }
}
