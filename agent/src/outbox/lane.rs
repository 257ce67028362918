//! One lane of the outbox.
//!
//! In order: what was sent, what the spool holds of it, what waits in memory. While the spool holds something of the
//! kept lane nothing newer is sent past it; samples are: the present goes before history.

use std::{collections::VecDeque, time::Duration};

use dogwatch_model::{Lane, Report};
use dogwatch_proto::conversions::encode_report;

use super::{Draft, IN_FLIGHT_BYTES, OutboxError, Topic, WINDOW_FRAMES};
use crate::{
    clock::Moment,
    spool::{Here, Record, Stamp},
};

#[derive(Debug)]
pub(super) struct Entry {
    report: Report,
    topic: Option<Topic>,
    pushed: Moment,
    /// How old it was then.
    aged: Duration,
    bytes: usize,
    /// The spool has it, or is being given it.
    on_disk: bool,
}

impl Entry {
    fn new(draft: Draft, pushed: Moment) -> Self {
        let bytes = encode_report(&draft.report).len();
        Self { report: draft.report, topic: draft.topic, pushed, aged: Duration::ZERO, bytes, on_disk: false }
    }

    /// One that comes from the spool.
    pub(super) fn drawn(report: Report, aged: Duration, now: Moment) -> Self {
        let entry = Self::new(Draft { report, topic: None }, now);
        Self { aged, on_disk: true, ..entry }
    }

    fn age(&self, now: Moment) -> Duration {
        now.since(self.pushed).saturating_add(self.aged)
    }

    fn record(&self, here: &Here) -> Record {
        Record { stamp: Stamp::of_age(self.age(here.now.moment), here), report: self.report.clone() }
    }

    fn numbered(&self, sequence: u64, now: Moment) -> Report {
        let age_ms = u64::try_from(self.age(now).as_millis()).unwrap_or(u64::MAX);
        Report { sequence, age_ms, ..self.report.clone() }
    }
}

/// A lane: reports that wait, without a number, and reports under way, with one.
#[derive(Debug)]
pub(super) struct LaneQueue {
    lane: Lane,
    most_reports: usize,
    most_bytes: usize,
    window: usize,
    waiting: VecDeque<Entry>,
    waiting_bytes: usize,
    sent: VecDeque<(u64, Entry)>,
    sent_bytes: usize,
    /// How many of `sent` are with the collector on this connection; the rest is to be sent again.
    delivered: usize,
    next: u64,
    /// The highest number that was acknowledged in this epoch.
    acknowledged: u64,
    /// The spool holds something of this lane.
    spooled: bool,
    /// Numbers are being given to what the spool holds.
    numbering: bool,
}

impl LaneQueue {
    pub(super) fn new(lane: Lane, most_reports: usize, most_bytes: usize) -> Self {
        Self {
            lane,
            most_reports,
            most_bytes,
            window: WINDOW_FRAMES,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            sent: VecDeque::new(),
            sent_bytes: 0,
            delivered: 0,
            next: 1,
            acknowledged: 0,
            spooled: false,
            numbering: false,
        }
    }

    /// Takes a draft; gives back what had to go for it, oldest first, without what it merely replaced.
    pub(super) fn push(&mut self, draft: Draft, now: Moment) -> Vec<Report> {
        let entry = Entry::new(draft, now);
        let same_topic = |waiting: &Entry| waiting.topic.is_some() && waiting.topic == entry.topic;
        if let Some(old) = self.waiting.iter().position(same_topic)
            && let Some(old) = self.waiting.remove(old)
        {
            self.waiting_bytes -= old.bytes;
        }
        self.waiting_bytes += entry.bytes;
        self.waiting.push_back(entry);
        self.within_bounds()
    }

    /// Drops the oldest until what waits is within its bounds.
    fn within_bounds(&mut self) -> Vec<Report> {
        let mut dropped = Vec::new();
        while self.waiting.len() > self.most_reports
            || self.waiting_bytes > self.most_bytes && self.waiting.len() > 1
        {
            let Some(oldest) = self.waiting.pop_front() else { break };
            self.waiting_bytes -= oldest.bytes;
            dropped.push(oldest.report);
        }
        dropped
    }

    /// Puts a report before everything that waits.
    pub(super) fn push_first(&mut self, report: Report, now: Moment) {
        let entry = Entry::new(Draft { report, topic: None }, now);
        self.waiting_bytes += entry.bytes;
        self.waiting.push_front(entry);
    }

    /// Whether one more may be under way.
    pub(super) fn has_room(&self) -> bool {
        self.sent.len() < self.window && self.sent_bytes < IN_FLIGHT_BYTES
    }

    pub(super) fn has_next(&self) -> bool {
        self.delivered < self.sent.len() || self.has_room() && self.waits()
    }

    /// Whether what waits in memory has to wait for the spool.
    pub(super) fn is_held(&self) -> bool {
        self.numbering || self.spooled && self.lane == Lane::Kept
    }

    pub(super) fn next(&mut self, now: Moment) -> Option<Report> {
        if let Some((sequence, again)) = self.sent.get(self.delivered) {
            self.delivered += 1;
            return Some(again.numbered(*sequence, now));
        }
        if !self.has_room() || self.is_held() {
            return None;
        }
        let entry = self.waiting.pop_front()?;
        self.waiting_bytes -= entry.bytes;
        self.sent_bytes += entry.bytes;
        let sequence = self.next;
        self.next += 1;
        let report = entry.numbered(sequence, now);
        self.sent.push_back((sequence, entry));
        self.delivered = self.sent.len();
        Some(report)
    }

    pub(super) fn acknowledge(&mut self, up_to: u64) -> Result<(), OutboxError> {
        if up_to >= self.next {
            return Err(OutboxError::NeverSent { lane: self.lane, said: up_to, sent: self.next - 1 });
        }
        while self.sent.front().is_some_and(|(sequence, _)| *sequence <= up_to) {
            let Some((_, entry)) = self.sent.pop_front() else { break };
            self.sent_bytes -= entry.bytes;
            self.delivered = self.delivered.saturating_sub(1);
        }
        self.acknowledged = self.acknowledged.max(up_to);
        Ok(())
    }

    pub(super) fn rewind(&mut self, expected: u64) -> Result<(), OutboxError> {
        if expected > self.next {
            return Err(OutboxError::NeverSent { lane: self.lane, said: expected - 1, sent: self.next - 1 });
        }
        if expected < self.first() {
            return Err(OutboxError::Gone { lane: self.lane, expected, first: self.first() });
        }
        self.delivered = self.sent.partition_point(|(sequence, _)| *sequence < expected);
        Ok(())
    }

    pub(super) fn forget(&mut self, sequence: u64) -> Option<Report> {
        let at = self.sent.iter().position(|(sent, _)| *sent == sequence)?;
        let (_, entry) = self.sent.remove(at)?;
        self.sent_bytes -= entry.bytes;
        self.delivered -= usize::from(at < self.delivered);
        Some(entry.report)
    }

    pub(super) fn reconnected(&mut self, stored: u64) -> Result<(), OutboxError> {
        self.acknowledge(stored)?;
        self.delivered = 0;
        Ok(())
    }

    /// What was under way waits again, in its old order, and numbers begin anew. What is on the disk waits there.
    pub(super) fn restart(&mut self) {
        while let Some((_, entry)) = self.sent.pop_back() {
            let replaced =
                entry.topic.is_some() && self.waiting.iter().any(|waiting| waiting.topic == entry.topic);
            if !replaced && !entry.on_disk {
                self.waiting_bytes += entry.bytes;
                self.waiting.push_front(entry);
            }
        }
        self.sent_bytes = 0;
        self.delivered = 0;
        self.next = 1;
        self.acknowledged = 0;
    }

    pub(super) fn set_window(&mut self, frames: usize) {
        self.window = frames.clamp(1, WINDOW_FRAMES);
    }

    pub(super) fn first(&self) -> u64 {
        self.sent.front().map_or(self.next, |(sequence, _)| *sequence)
    }

    pub(super) fn next_sequence(&self) -> u64 {
        self.next
    }

    /// Something waits in memory that may be sent.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty() && !self.is_held()
    }

    /// How old the oldest report is that is not acknowledged.
    pub(super) fn oldest(&self, now: Moment) -> Option<Duration> {
        self.sent.front().map(|(_, entry)| entry).or(self.waiting.front()).map(|entry| entry.age(now))
    }

    pub(super) fn is_settled(&self) -> bool {
        self.waiting.is_empty() && self.sent.is_empty() && !self.spooled
    }

    pub(super) const fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    pub(super) const fn is_spooled(&self) -> bool {
        self.spooled
    }

    pub(super) fn set_spooled(&mut self, spooled: bool) {
        self.spooled = spooled;
    }

    /// Numbers are about to be given to what the spool holds: nothing else gets one meanwhile. `None` without room.
    pub(super) fn begin_numbering(&mut self) -> Option<u64> {
        self.numbering = self.has_room();
        self.numbering.then_some(self.next)
    }

    /// Takes what the spool gave, numbered, for sending; or nothing.
    pub(super) fn end_numbering(&mut self, drawn: impl Iterator<Item = (u64, Entry)>) {
        self.numbering = false;
        for (sequence, entry) in drawn {
            self.next = sequence + 1;
            self.sent_bytes += entry.bytes;
            self.sent.push_back((sequence, entry));
        }
    }

    #[cfg(test)]
    pub(super) fn in_memory_alone(&self) -> usize {
        let sent = self.sent.iter().map(|(_, entry)| entry).filter(|entry| !entry.on_disk);
        self.waiting.iter().chain(sent).filter(|entry| entry.report.events.is_empty()).count()
    }

    /// How long the oldest that only memory holds, and that the spool would take, has been there.
    pub(super) fn oldest_in_memory(&self, now: Moment) -> Option<Duration> {
        let sent = self.sent.iter().find(|(_, entry)| !entry.on_disk && !self.spooled);
        sent.map(|(_, entry)| entry).or(self.waiting.front()).map(|entry| now.since(entry.pushed))
    }

    /// Gives everything that only memory holds to the disk. What was sent is copied and stays until it is acknowledged;
    /// when the spool holds something already, that is part of it, or (of samples) is told by memory alone.
    pub(super) fn spill(&mut self, here: &Here) -> (Vec<(u64, Record)>, Vec<Record>) {
        let mut sent = Vec::new();
        if !self.spooled {
            for (sequence, entry) in self.sent.iter_mut().filter(|(_, entry)| !entry.on_disk) {
                entry.on_disk = true;
                sent.push((*sequence, entry.record(here)));
            }
        }
        self.waiting_bytes = 0;
        let waiting = self.waiting.drain(..).map(|entry| entry.record(here)).collect();
        self.spooled = true;
        (sent, waiting)
    }

    /// The disk did not take it: what waited waits in memory again, and what had to be dropped for it comes back.
    pub(super) fn unspill(
        &mut self,
        waiting: Vec<Record>,
        sent: &[(u64, Record)],
        here: &Here,
    ) -> Vec<Report> {
        for (sequence, entry) in &mut self.sent {
            entry.on_disk &= !sent.iter().any(|(spilled, _)| spilled == sequence);
        }
        for record in waiting.into_iter().rev() {
            let aged = record.stamp.age(here, Duration::ZERO);
            let entry = Entry::drawn(record.report, aged, here.now.moment);
            self.waiting_bytes += entry.bytes;
            self.waiting.push_front(Entry { on_disk: false, ..entry });
        }
        self.within_bounds()
    }
}
