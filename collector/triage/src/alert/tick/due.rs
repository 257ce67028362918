//! When each thing that time decides is due: the same instants for [`tick`](super::tick) and for
//! [`next_due`](super::next_due).

use jiff::Timestamp;

use super::{Alert, Clock, Desk, TimelineEvent, Work, heir};
use crate::{
    duty::{self, Called},
    sla::{self, ClockState},
};

/// An alert, and what decides about it.
pub(super) struct Due<'a> {
    pub(super) alert: &'a Alert,
    pub(super) desk: &'a Desk<'a>,
    pub(super) now: Timestamp,
}

/// A warning that is to be given.
pub(super) struct Warning {
    pub(super) clock: Clock,
    /// When the lowest share that was not warned of is used up.
    pub(super) at: Timestamp,
    /// The highest share used up now; the lowest that was not warned of when that is still to come.
    pub(super) highest: u8,
    pub(super) deadline: Timestamp,
}

impl Due<'_> {
    pub(super) fn calm(&self) -> Option<Timestamp> {
        self.alert.calm_at(self.desk.policy.flap_calm)
    }

    pub(super) fn wake(&self) -> Option<Timestamp> {
        self.alert.snooze.as_ref().map(|snooze| snooze.until)
    }

    pub(super) fn wait_end(&self) -> Option<Timestamp> {
        self.alert.waiting.as_ref().map(|waiting| waiting.until)
    }

    pub(super) fn offer_expiry(&self) -> Option<Timestamp> {
        self.alert.offer.as_ref().filter(|_| !self.alert.stands()).map(|offer| offer.until)
    }

    /// When its holder is to be reminded, or, once that was done, to lose it.
    pub(super) fn idle(&self) -> Option<Timestamp> {
        if self.alert.work != Work::Claimed || self.alert.stands() {
            return None;
        }
        let from = self.alert.progress.reminded_at.or(self.alert.progress.worked_at)?;
        let idle = self.desk.policy.idle_of(self.alert.priority);
        let row = heir::row_of(self.alert, self.desk.matrix);
        sla::running_out(self.desk.matrix, row, self.alert.priority, idle, from)
    }

    pub(super) fn hand_over(&self) -> Option<Timestamp> {
        let progress = &self.alert.progress;
        let decided = progress.handed_over || progress.answered;
        let waits = self.alert.work == Work::Unclaimed && !self.alert.stands() && !decided;
        self.alert.owner.first_responder_until.filter(|_| waits)
    }

    /// The calls of its chain that were not made yet, if it is one that calls.
    pub(super) fn escalation(&self) -> Vec<Called> {
        let calls = self.alert.work == Work::Unclaimed && !self.alert.stands();
        if calls { self.chain() } else { Vec::new() }
    }

    /// The calls of its chain that were not made yet. An item whose row the matrix has no more is to be routed anew
    /// first.
    pub(super) fn chain(&self) -> Vec<Called> {
        let row = heir::row_of(self.alert, self.desk.matrix);
        if row.is_none() && self.alert.owner.row.is_some() {
            return Vec::new();
        }
        let made = usize::from(self.alert.progress.steps);
        let mut called = duty::chain(self.desk.matrix, row, self.alert.free_since(), self.now);
        called.drain(..made.min(called.len()));
        called
    }

    pub(super) fn warnings(&self, timeline: &[TimelineEvent]) -> Vec<Warning> {
        let progress = &self.alert.progress;
        let all_given = progress.response_warned >= 100 && progress.resolve_warned >= 100;
        if self.alert.work == Work::Done || (all_given && self.alert.waiting.is_none()) {
            return Vec::new();
        }
        let clocks = sla::clocks(self.alert, timeline, self.desk.matrix, self.now);
        let vendor = clocks.vendor.as_ref().filter(|_| self.alert.waiting.is_some());
        [
            self.warning(Clock::Response, &clocks.response, progress.response_warned),
            self.warning(Clock::Resolve, &clocks.resolve, progress.resolve_warned),
            vendor.and_then(|clock| self.warning(Clock::Vendor, clock, progress.vendor_warned)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// A clock that has stopped warns of nothing; that it was too late is recorded all the same.
    fn warning(&self, clock: Clock, state: &ClockState, warned: u8) -> Option<Warning> {
        let counts = |percent: u8| percent > warned && (percent == 100 || state.stopped_at.is_none());
        let first = state.marks.iter().find(|mark| counts(mark.percent))?;
        let highest = state.reached(self.now).max(first.percent);
        Some(Warning { clock, at: first.at, highest, deadline: state.deadline? })
    }
}
