//! One lane of the outbox.

use std::collections::VecDeque;

use dogwatch_model::{Lane, Report};
use dogwatch_proto::conversions::encode_report;

use super::{Draft, IN_FLIGHT_BYTES, OutboxError, Topic, WINDOW_FRAMES};
use crate::clock::Moment;

#[derive(Debug)]
struct Entry {
    report: Report,
    topic: Option<Topic>,
    pushed: Moment,
    bytes: usize,
}

impl Entry {
    fn new(draft: Draft, pushed: Moment) -> Self {
        let bytes = encode_report(&draft.report).len();
        Self { report: draft.report, topic: draft.topic, pushed, bytes }
    }

    fn numbered(&self, sequence: u64, now: Moment) -> Report {
        let age_ms = u64::try_from(now.since(self.pushed).as_millis()).unwrap_or(u64::MAX);
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
        self.delivered < self.sent.len() || self.has_room() && !self.waiting.is_empty()
    }

    pub(super) fn next(&mut self, now: Moment) -> Option<Report> {
        if let Some((sequence, again)) = self.sent.get(self.delivered) {
            self.delivered += 1;
            return Some(again.numbered(*sequence, now));
        }
        if !self.has_room() {
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

    /// What was under way waits again, in its old order, and numbers begin anew.
    pub(super) fn restart(&mut self) {
        while let Some((_, entry)) = self.sent.pop_back() {
            let replaced =
                entry.topic.is_some() && self.waiting.iter().any(|waiting| waiting.topic == entry.topic);
            if !replaced {
                self.waiting_bytes += entry.bytes;
                self.waiting.push_front(entry);
            }
        }
        self.sent_bytes = 0;
        self.delivered = 0;
        self.next = 1;
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

    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// When the oldest report that is not acknowledged was pushed.
    pub(super) fn oldest(&self) -> Option<Moment> {
        self.sent.front().map(|(_, entry)| entry).or(self.waiting.front()).map(|entry| entry.pushed)
    }

    pub(super) fn is_settled(&self) -> bool {
        self.waiting.is_empty() && self.sent.is_empty()
    }
}
