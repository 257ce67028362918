//! What could not be delivered, on the disk: it survives the process, the power and a long outage.
//!
//! It is used when the link is stale or the agent ends with something unacknowledged, and at no other time: there is no
//! file, no handle and no memory for it while the collector listens. [`Keeper`] decides when.
//!
//! * The **kept** lane holds everything, in order, in three quarters of the room: months of an ordinary endpoint.
//!   Only when it is really full its oldest segment goes, counted, and the gap is told before what is left.
//! * The **samples** lane holds history in an eighth of the room, thinned by [age](thin).
//! * The **latest** lane is not written: what it holds is looked at anew at every start and told anew at every connect,
//!   so a copy from the disk could only be older. Its part of the room is the reserve's.
//!
//! # Exactly once
//! Every process begins an epoch of its own, so numbers never mean two things. Before reports of the spool are sent
//! their numbers are written to the [marks](marks), synced. An agent that was killed asks at its next Hello what
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

/// Fill levels of the kept lane that are told, percent.
const ALARMS: [u64; 3] = [70, 90, 100];
/// An alarm is told again only after the lane was this much emptier, percent of it.
const ALARM_FALLS: u64 = 20;

/// Samples written at once while thinning.
const THINNED_AT_ONCE: usize = 64;

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

    /// Does something that needs room, and makes room for it as long as there is any to make.
    fn with_room(&mut self, act: impl Fn(&mut Self) -> Result<(), Error>) -> Result<(), Error> {
        let mut outcome = act(self);
        if matches!(outcome, Err(Error::Full { .. })) && self.give_up_samples()? {
            outcome = act(self);
        }
        if matches!(outcome, Err(Error::Full { .. })) && !self.reserve_used {
            self.reserve_used = true;
            self.kept.journal().release_reserve()?;
            self.notices.push(("spool_reserve", "the disk is full: the spool's reserve is in use".into()));
            outcome = act(self);
        }
        outcome
    }

    /// Drops every sample on the disk; false when there was none.
    fn give_up_samples(&mut self) -> Result<bool, Error> {
        let last = self.samples.last();
        let held = last.saturating_sub(self.marks.samples.done);
        if held == 0 {
            return Ok(false);
        }
        let dir = samples_dir(&self.dir, self.marks.generation);
        disk_lane::remove(&*self.disk, &dir).map_err(|source| failed("remove", &dir, source))?;
        self.samples = DiskLane::open(&self.disk, &dir, self.samples_room(), last)?;
        (self.marks.samples.done, self.marks.samples.under_way) = (last, None);
        let what = format!("the disk is full: {held} health samples of the outage were dropped");
        self.notices.push(("spool_samples_dropped", what));
        Ok(true)
    }

    fn keep_within_bounds(&mut self, lane: Lane, here: &Here) -> Result<(), Error> {
        match lane {
            Lane::Samples if self.samples.is_over() => self.thin_samples(here),
            Lane::Samples => Ok(()),
            _ => self.drop_kept(),
        }
    }

    /// The samples lane is full: it is written anew, thinned, into the next folder, which counts once the marks name
    /// it. Where there is no room for both, or where that was not enough, the oldest go.
    fn thin_samples(&mut self, here: &Here) -> Result<(), Error> {
        match self.write_thinned(here) {
            Err(Error::Full { .. }) => {
                disk_lane::remove(&*self.disk, &samples_dir(&self.dir, self.marks.generation + 1))
                    .map_err(|source| failed("remove", &self.dir, source))?;
                self.samples.reread(self.samples_read_from());
            }
            other => other?,
        }
        while self.samples.is_nearly_full() {
            let (dropped_to, _) = self.samples.drop_oldest(0..0)?;
            self.marks.samples.done = self.marks.samples.done.max(dropped_to);
        }
        self.log.save(&self.marks)
    }

    fn write_thinned(&mut self, here: &Here) -> Result<(), Error> {
        let (done, old) = (self.marks.samples.done, samples_dir(&self.dir, self.marks.generation));
        let next = samples_dir(&self.dir, self.marks.generation + 1);
        let mut thinned = DiskLane::open(&self.disk, &next, self.samples_room(), done)?;
        // What is under way keeps its positions, which the marks name.
        let under_way_to = self.samples_read_from();
        self.samples.reread(done);
        while let Some((position, record)) = self.samples.read()? {
            if position > under_way_to {
                self.samples.unread(position, record);
                break;
            }
            thinned.append(&[record])?;
        }
        let mut batch = Vec::with_capacity(THINNED_AT_ONCE);
        while let Some((_, record)) = self.read_thinned(here, Duration::ZERO)? {
            batch.push(record);
            if batch.len() == THINNED_AT_ONCE {
                thinned.append(&batch)?;
                batch.clear();
            }
        }
        thinned.append(&batch)?;
        thinned.reread(under_way_to);
        self.marks.generation += 1;
        self.log.save(&self.marks)?;
        self.samples = thinned;
        disk_lane::remove(&*self.disk, &old).map_err(|source| failed("remove", &old, source))
    }

    /// Up to where samples were given out.
    fn samples_read_from(&self) -> u64 {
        let under_way = self.marks.samples.under_way.as_ref().and_then(|under_way| under_way.items.last());
        under_way.map_or(self.marks.samples.done, |(_, end)| *end)
    }

    fn samples_room(&self) -> (u64, u64) {
        (self.max_bytes / 8, 0)
    }

    /// The kept lane is full: its oldest segment goes, and the gap is counted.
    fn drop_kept(&mut self) -> Result<(), Error> {
        self.alarm_kept();
        while self.kept.is_over() {
            let sent = self.marks.kept.under_way.as_ref().and_then(|under_way| under_way.items.last());
            let from = self.marks.kept.done.max(sent.map_or(0, |(_, end)| *end)) + 1;
            let (dropped_to, gap) = self.kept.drop_oldest(from..u64::MAX)?;
            self.add_gap(gap);
            self.marks.kept.done = self.marks.kept.done.max(dropped_to);
            self.log.save(&self.marks)?;
        }
        Ok(())
    }

    /// A crash while thinning leaves a folder that does not count. Best effort: the next start tries again.
    fn remove_other_generations(&self) {
        let mine = self.marks.generation;
        for other in [mine.checked_sub(1), Some(mine + 1)].into_iter().flatten() {
            let _ = disk_lane::remove(&*self.disk, &samples_dir(&self.dir, other));
        }
    }

    fn alarm_kept(&mut self) {
        let percent = self.kept.percent();
        let reached = ALARMS.into_iter().rev().find(|alarm| percent >= *alarm).unwrap_or(0);
        if reached > self.alarm {
            let then = if reached >= 100 { "; the oldest reports are dropped and counted" } else { "" };
            self.notices
                .push(("spool_filling", format!("the kept lane of the spool is {percent} % full{then}")));
        }
        // A full lane goes up and down by a segment: that is one alarm.
        if reached > self.alarm || percent + ALARM_FALLS < self.alarm {
            self.alarm = reached;
        }
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
