//! How the spool stays within its room, and what it does when the disk has none: samples go first, then the reserve is
//! used, and a kept lane that is really full lets go of its oldest segment and counts it.

use std::time::Duration;

use dogwatch_journal::Error;
use dogwatch_model::{Lane, counted};

use super::{Here, Spool, disk_lane, disk_lane::DiskLane, failed, samples_dir};

/// Fill levels of the kept lane that are told, percent.
const ALARMS: [u64; 3] = [70, 90, 100];
/// An alarm is told again only after the lane was this much emptier, percent of it.
const ALARM_FALLS: u64 = 20;

/// Samples written at once while thinning.
const THINNED_AT_ONCE: usize = 64;

impl Spool {
    /// Does something that needs room, and makes room for it as long as there is any to make.
    pub(super) fn with_room(&mut self, act: impl Fn(&mut Self) -> Result<(), Error>) -> Result<(), Error> {
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
        let what = format!(
            "the disk is full, and of the outage {} dropped",
            counted(held, "health sample was", "health samples were")
        );
        self.notices.push(("spool_samples_dropped", what));
        Ok(true)
    }

    pub(super) fn keep_within_bounds(&mut self, lane: Lane, here: &Here) -> Result<(), Error> {
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
    pub(super) fn samples_read_from(&self) -> u64 {
        let under_way = self.marks.samples.under_way.as_ref().and_then(|under_way| under_way.items.last());
        under_way.map_or(self.marks.samples.done, |(_, end)| *end)
    }

    pub(super) fn samples_room(&self) -> (u64, u64) {
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
    pub(super) fn remove_other_generations(&self) {
        let mine = self.marks.generation;
        for other in [mine.checked_sub(1), Some(mine + 1)].into_iter().flatten() {
            let _ = disk_lane::remove(&*self.disk, &samples_dir(&self.dir, other));
        }
    }

    pub(super) fn alarm_kept(&mut self) {
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
}
