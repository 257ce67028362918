//! One item's timeline, read for the report.

use std::collections::BTreeMap;

use dogwatch_model::{RowId, Side};
use jiff::Timestamp;

use crate::{
    alert::{EventKind, Measure, TimelineEvent},
    boundary::{begins, is_work},
};

/// The works on an item while a row was responsible.
#[derive(Debug, Clone, Copy)]
pub(super) struct Works {
    pub(super) responsible: Side,
    pub(super) all: u64,
    pub(super) by_other: u64,
}

/// What a timeline says.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) measures: Vec<Measure>,
    /// Seconds from each offer that was accepted to that.
    pub(super) handoffs: Vec<i64>,
    pub(super) open_seconds: i64,
    /// Seconds to the first claim or "seen" of each life, and whose it was.
    pub(super) acknowledged: Vec<(Side, i64)>,
    /// Seconds to each end by a person, and whose it was.
    pub(super) resolved: Vec<(Side, i64)>,
    pub(super) work: BTreeMap<Option<RowId>, Works>,
    began: Option<Timestamp>,
    unseen: bool,
    offered: Option<Timestamp>,
    routed: Option<(Option<RowId>, Side)>,
}

impl Read {
    pub(super) fn of(timeline: &[TimelineEvent], as_of: Timestamp) -> Self {
        let mut read = Self::default();
        for event in timeline.iter().filter(|event| event.at <= as_of) {
            read.take(event);
        }
        if let Some(began) = read.began {
            read.open_seconds += as_of.duration_since(began).as_secs();
        }
        read
    }

    fn take(&mut self, event: &TimelineEvent) {
        if begins(&event.kind) {
            self.began = Some(event.at);
            self.unseen = true;
            self.offered = None;
        }
        if is_work(&event.kind) {
            self.worked(event);
        }
        match &event.kind {
            EventKind::Routed { owner } => self.routed = Some((owner.row.clone(), owner.side)),
            EventKind::Measured { measure, .. } => self.measures.push(*measure),
            EventKind::Acknowledged | EventKind::Claimed => self.seen(event),
            EventKind::Offered { .. } => self.offered = Some(event.at),
            EventKind::OfferWithdrawn | EventKind::OfferExpired | EventKind::Declined { .. } => {
                self.offered = None;
            }
            EventKind::Accepted => {
                let took = self.offered.take().map(|offered| event.at.duration_since(offered).as_secs());
                self.handoffs.extend(took);
            }
            EventKind::Closed { .. } => self.ended(event),
            _ => {}
        }
    }

    fn worked(&mut self, event: &TimelineEvent) {
        let (Some(side), Some((row, responsible))) = (event.by.side, self.routed.clone()) else { return };
        let works = self.work.entry(row).or_insert(Works { responsible, all: 0, by_other: 0 });
        works.responsible = responsible;
        works.all += 1;
        works.by_other += u64::from(side != responsible);
    }

    fn seen(&mut self, event: &TimelineEvent) {
        if let (Some(began), Some(side), true) = (self.began, event.by.side, self.unseen) {
            self.unseen = false;
            self.acknowledged.push((side, event.at.duration_since(began).as_secs()));
        }
    }

    fn ended(&mut self, event: &TimelineEvent) {
        let Some(began) = self.began.take() else { return };
        let seconds = event.at.duration_since(began).as_secs();
        self.open_seconds += seconds;
        self.resolved.extend(event.by.side.map(|side| (side, seconds)));
    }
}
