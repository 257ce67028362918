//! What of an alert's timeline its clocks go by: the present life, and in it the pauses, the ends and the offers.

use dogwatch_model::{RowId, TeamId};
use jiff::Timestamp;

use super::{Alert, Counted, EventKind, Pause, Span, TimelineEvent};
use crate::alert::Hider;

/// The present life of an alert, as its clocks see it.
pub(super) struct Life {
    began: Timestamp,
    /// The row to which it was routed first.
    pub(super) routed: Option<RowId>,
    /// When somebody first took it, or it ended.
    pub(super) answered: Option<Timestamp>,
    /// When it ended.
    pub(super) ended: Option<Timestamp>,
    /// Why its clocks stand at the end of what was read.
    pub(super) paused: Option<Pause>,
    /// The latest wait for the vendor: since when and until when.
    pub(super) vendor: Option<(Timestamp, Option<Timestamp>)>,
    /// The latest offer: since when, until when, and to whom.
    pub(super) offer: Option<(Timestamp, Option<Timestamp>, TeamId)>,
    /// Since when nothing makes it stand, while nothing does.
    counting_since: Option<Timestamp>,
    counted: Vec<Span>,
    waits: Option<Pause>,
    hiders: Vec<Hider>,
}

impl Life {
    /// Reads the timeline up to and with `at`.
    pub(super) fn read(alert: &Alert, timeline: &[TimelineEvent], at: Timestamp) -> Self {
        // Alerts of before lives were counted say the epoch.
        let began = alert.progress.began;
        let first = if began == Timestamp::UNIX_EPOCH { alert.first_seen } else { began };
        let mut life = Self::begin(first.min(at));
        for event in timeline.iter().filter(|event| event.at <= at) {
            life.take(event);
        }
        life.routed = life.routed.or_else(|| alert.owner.row.clone());
        life
    }

    fn begin(began: Timestamp) -> Self {
        Self {
            began,
            routed: None,
            answered: None,
            ended: None,
            paused: None,
            vendor: None,
            offer: None,
            counting_since: Some(began),
            counted: Vec::new(),
            waits: None,
            hiders: Vec::new(),
        }
    }

    /// The time that counts until `at`, for a clock that has `stopped` or not.
    pub(super) fn unpaused(&self, stopped: Option<Timestamp>, at: Timestamp) -> Counted {
        let end = stopped.unwrap_or(at);
        let last = self.counting_since.map(|start| Span { start, end: at });
        let cut = |span: &Span| Span { start: span.start, end: span.end.min(end) };
        let spans = self.counted.iter().chain(&last).map(cut).filter(|span| span.start < span.end).collect();
        Counted { began: self.began, stopped, spans }
    }

    fn take(&mut self, event: &TimelineEvent) {
        let at = event.at.max(self.began);
        match &event.kind {
            EventKind::Created { .. }
            | EventKind::OpenedByHand { .. }
            | EventKind::Reopened
            | EventKind::ReopenedByHand { .. } => {
                // What hides it does so through a new life as well.
                let hiders = core::mem::take(&mut self.hiders);
                *self = Self { hiders, ..Self::begin(event.at) };
            }
            EventKind::Routed { owner } if self.routed.is_none() => self.routed.clone_from(&owner.row),
            EventKind::Claimed | EventKind::Assigned { .. } => self.answer(at),
            EventKind::Offered { to, .. } => self.offer = Some((at, None, to.clone())),
            EventKind::OfferWithdrawn
            | EventKind::OfferExpired
            | EventKind::Accepted
            | EventKind::Declined { .. } => {
                if let Some((_, until, _)) = &mut self.offer {
                    until.get_or_insert(at);
                }
            }
            EventKind::Waits { on, .. } => {
                self.wait_ended(at);
                self.waits = Some(Pause::of(*on));
                if self.waits == Some(Pause::Vendor) {
                    self.vendor = Some((at, None));
                }
            }
            // Whatever takes it out of anybody's hands takes it out of waiting as well.
            EventKind::WaitEnded | EventKind::Lapsed | EventKind::Released | EventKind::SideLeft { .. } => {
                self.wait_ended(at)
            }
            EventKind::Hidden { hider } => self.hiders.push(hider.clone()),
            EventKind::Unhidden { hider } => {
                if let Some(place) = self.hiders.iter().position(|known| is_same(known, hider)) {
                    self.hiders.remove(place);
                }
            }
            EventKind::Closed { .. } => self.end(at),
            _ => return,
        }
        self.judge(at);
    }

    fn answer(&mut self, at: Timestamp) {
        self.answered.get_or_insert(at);
    }

    fn wait_ended(&mut self, at: Timestamp) {
        if self.waits.take() == Some(Pause::Vendor)
            && let Some((_, until)) = &mut self.vendor
        {
            until.get_or_insert(at);
        }
    }

    fn end(&mut self, at: Timestamp) {
        self.answer(at);
        self.ended.get_or_insert(at);
        self.wait_ended(at);
        if let Some((_, until, _)) = &mut self.offer {
            until.get_or_insert(at);
        }
    }

    /// Begins or ends a stretch that counts, as what makes it stand comes and goes.
    fn judge(&mut self, at: Timestamp) {
        let hidden = (!self.hiders.is_empty()).then_some(Pause::Hidden);
        self.paused = self.waits.or(hidden);
        match (self.paused, self.counting_since) {
            (Some(_), Some(start)) => {
                self.counted.push(Span { start, end: at });
                self.counting_since = None;
            }
            (None, None) => self.counting_since = Some(at),
            (Some(_), None) | (None, Some(_)) => {}
        }
    }
}

/// Whether both are the same reason, whatever was said of its end.
fn is_same(one: &Hider, other: &Hider) -> bool {
    match (one, other) {
        (Hider::Window { window: one, .. }, Hider::Window { window: other, .. }) => one == other,
        (Hider::Alert { number: one, .. }, Hider::Alert { number: other, .. }) => one == other,
        (Hider::Storm { .. }, Hider::Storm { .. }) => true,
        _ => false,
    }
}
