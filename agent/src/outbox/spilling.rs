//! Between the outbox and the spool: what goes to the disk, what comes back, and what both must know.

use std::time::Duration;

use dogwatch_model::{Epoch, Lane, LaneMarks};

use super::{Outbox, gap_report, lane::Entry};
use crate::{
    clock::Moment,
    spool::{Drawn, Here, Spill},
};

/// The lanes that go to the disk.
pub const SPOOLED: [Lane; 2] = [Lane::Kept, Lane::Samples];

impl Outbox {
    /// A connection stands, or none does.
    pub fn set_connected(&mut self, connected: bool) {
        self.connected = connected;
    }

    /// Whether a connection stands.
    pub const fn is_connected(&self) -> bool {
        self.connected
    }

    /// What counts as history.
    pub const fn late_after(&self) -> Duration {
        self.late_after
    }

    /// How long the oldest report has been in memory alone that a spool would take.
    pub fn oldest_in_memory(&self, now: Moment) -> Option<Duration> {
        SPOOLED.into_iter().filter_map(|lane| self.lane(lane).oldest_in_memory(now)).max()
    }

    /// Gives a lane's reports to the disk. Until [told otherwise](Self::set_spooled), what is newer waits behind them.
    pub fn spill(&mut self, lane: Lane, here: &Here) -> Spill {
        let (sent, waiting) = self.lane_mut(lane).spill(here);
        let gap = if lane == Lane::Kept { self.gap.take() } else { None };
        Spill { sent, waiting, gap }
    }

    /// The disk did not take it.
    pub fn unspill(&mut self, lane: Lane, spill: Spill, here: &Here) {
        if let Some(gap) = spill.gap {
            self.gap = Some(self.gap.map_or(gap, |after| gap.and(after)));
        }
        let dropped = self.lane_mut(lane).unspill(spill.waiting, &spill.sent, here);
        self.count(lane, &dropped);
    }

    /// How many reports of a lane only memory holds, without events.
    #[cfg(test)]
    pub(crate) fn in_memory_alone(&self, lane: Lane) -> usize {
        self.lane(lane).in_memory_alone()
    }

    /// Whether the spool holds something of a lane.
    pub fn is_spooled(&self, lane: Lane) -> bool {
        self.lane(lane).is_spooled()
    }

    /// The spool holds something of a lane, or nothing any more.
    pub fn set_spooled(&mut self, lane: Lane, spooled: bool) {
        self.lane_mut(lane).set_spooled(spooled);
    }

    /// Everything that was told late has been told: it is due to be told as the present.
    pub fn caught_up(&mut self) {
        self.begun_anew = true;
    }

    /// Where the next number of a lane is given to what the spool holds; nothing else gets one until
    /// [`Self::take_drawn`]. `None` when there is no room for more under way.
    pub fn begin_drawing(&mut self, lane: Lane) -> Option<(Epoch, u64)> {
        let epoch = self.epoch;
        self.lane_mut(lane).begin_numbering().map(|first| (epoch, first))
    }

    /// Takes what the spool gave, for sending. False when a new epoch has begun meanwhile: then the numbers mean nothing.
    pub fn take_drawn(&mut self, lane: Lane, epoch: Epoch, drawn: Vec<Drawn>, now: Moment) -> bool {
        let valid = self.epoch == epoch;
        let drawn = drawn.into_iter().filter(|_| valid).map(|Drawn { sequence, age, what }| {
            let report = what.map_or_else(gap_report, |report| *report);
            (sequence, Entry::drawn(report, age, now))
        });
        self.lane_mut(lane).end_numbering(drawn);
        valid
    }

    /// Per lane, the highest number acknowledged in this epoch.
    pub fn acknowledged(&self) -> LaneMarks {
        LaneMarks {
            kept: self.kept.acknowledged(),
            latest: self.latest.acknowledged(),
            samples: self.samples.acknowledged(),
        }
    }

    /// The epoch that was left for this one, and how far it came; once.
    pub fn take_former(&mut self) -> Option<(Epoch, LaneMarks)> {
        self.former.take()
    }

    /// The spool holds what a process before this one sent in this epoch: the collector is to be asked what it has of it.
    pub fn set_resuming(&mut self, epoch: Option<Epoch>) {
        self.resuming = epoch;
    }

    /// The epoch to ask for.
    pub const fn resuming(&self) -> Option<Epoch> {
        self.resuming
    }

    /// What the collector stored of that epoch.
    pub fn resumed(&mut self, stored: LaneMarks) {
        self.resumed = self.resuming.take().map(|_| stored);
    }

    /// The answer, once.
    pub fn take_resumed(&mut self) -> Option<LaneMarks> {
        self.resumed.take()
    }

    fn lane(&self, lane: Lane) -> &super::LaneQueue {
        match lane {
            Lane::Kept => &self.kept,
            Lane::Latest => &self.latest,
            Lane::Samples => &self.samples,
        }
    }
}
