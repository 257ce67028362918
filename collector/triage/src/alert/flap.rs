//! An alert that comes and goes: taken as holding until it has been calm for a while.
//!
//! Without this, each turn would end and reopen the item and wake somebody. Returns are counted across lives, since an
//! untouched item ends at every turn. While it flaps, turns make no entries; [`tick`](super::tick()) ends it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Alert, Condition, EventKind, Policy, TimelineEvent};

/// How a flapping alert last turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Flap {
    /// When it last came or went.
    pub turned_at: Timestamp,
    /// Whether it has held since.
    pub holds: bool,
}

impl Alert {
    /// Counts a return; the entry that says so, when that makes it a flapping one.
    pub(super) fn returned(&mut self, at: Timestamp, policy: &Policy) -> Option<TimelineEvent> {
        self.count = self.count.saturating_add(1);
        let counts = |returned: &Timestamp| at.duration_since(*returned) < policy.flap_window;
        self.returns.push(at);
        self.returns.retain(counts);
        // As many as decide are enough: a list that grows with a mad sensor is not.
        let enough = usize::try_from(policy.flap_returns.max(1)).unwrap_or(usize::MAX);
        self.returns.drain(..self.returns.len().saturating_sub(enough));
        let flaps = self.returns.len() >= enough && self.flap.is_none();
        if flaps {
            self.condition = Condition::Flapping;
            self.flap = Some(Flap { turned_at: at, holds: true });
        }
        flaps.then(|| {
            TimelineEvent::by_dogwatch(at, EventKind::FlappingBegan { returns: policy.flap_returns })
        })
    }

    /// The condition of an alert that holds.
    pub(super) const fn holding(&self) -> Condition {
        if self.flap.is_some() { Condition::Flapping } else { Condition::Firing }
    }

    /// When its flapping ends if it does not turn again. Nobody knows while its endpoint is away.
    pub(super) fn calm_at(&self, calm: SignedDuration) -> Option<Timestamp> {
        let flap = self.flap.filter(|_| self.condition == Condition::Flapping)?;
        flap.turned_at.checked_add(calm).ok()
    }

    /// It has been calm for long enough: it is again what it says.
    pub(super) fn calm_down(&mut self, at: Timestamp) -> Vec<TimelineEvent> {
        let mut events = vec![TimelineEvent::by_dogwatch(at, EventKind::FlappingEnded)];
        self.returns.clear();
        match self.flap.take() {
            Some(Flap { holds: false, .. }) => events.extend(self.clears(at)),
            _ => self.condition = Condition::Firing,
        }
        events
    }
}
