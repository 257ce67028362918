//! When an item's timers stand still.
//!
//! Hand-over, escalation, the answer to an offer and the holder's idleness are for what people see and what still
//! holds. While an item is hidden, asleep or cleared they stand; when it is seen again they go on with what was left,
//! so that the end of a maintenance window does not call everybody at once. What a person set by the clock goes by the
//! clock all the same: the end of a snooze, the end of a wait.
//!
//! Service levels have rules of their own for standing still, computed from the timeline.

use jiff::Timestamp;

use super::{Alert, Condition, Hider, Visibility, Work};

impl Alert {
    /// Whether its timers stand still.
    pub(super) fn stands(&self) -> bool {
        self.work == Work::Done
            || self.visibility != Visibility::Normal
            || self.condition == Condition::Cleared
    }

    /// Since when nobody has had it: what the steps of its escalation count from.
    pub fn free_since(&self) -> Timestamp {
        self.progress.free_since.unwrap_or(self.progress.began)
    }

    /// Brings visibility and timers up to date after a change.
    pub(super) fn settle(&mut self, at: Timestamp) {
        self.visibility = self.seen_as();
        match (self.stands(), self.progress.stands_since) {
            (true, None) => self.progress.stands_since = Some(at),
            (false, Some(since)) => {
                self.progress.stands_since = None;
                self.go_on(since, at);
            }
            _ => {}
        }
    }

    /// What a person decided goes before what the machine found; of hiders the first is shown.
    fn seen_as(&self) -> Visibility {
        match (&self.snooze, self.hidden_by.first()) {
            (Some(_), _) => Visibility::Snoozed,
            (None, Some(Hider::Window { .. } | Hider::Storm { .. })) => Visibility::Suppressed,
            (None, Some(Hider::Alert { .. })) => Visibility::Inhibited,
            (None, None) => Visibility::Normal,
        }
    }

    /// Moves everything that counts from the past, or towards the future, by the time it stood.
    fn go_on(&mut self, since: Timestamp, at: Timestamp) {
        let free = self.free_since();
        // What began while the timers stood begins now; what ran before keeps what it had used.
        let moved = |began: Timestamp| at - since.duration_since(began).max(jiff::SignedDuration::ZERO);
        let left = |began: Timestamp, until: Timestamp| {
            let from = since.max(began);
            if until > from { at + until.duration_since(from) } else { until }
        };
        if let Some(until) = &mut self.owner.first_responder_until {
            *until = left(free, *until);
        }
        if let Some(offer) = &mut self.offer {
            offer.until = left(offer.at, offer.until);
        }
        self.progress.free_since = Some(moved(free));
        self.progress.worked_at = self.progress.worked_at.map(moved);
        self.progress.reminded_at = self.progress.reminded_at.map(moved);
    }
}
