//! What hides an item without any person having put it to sleep.
//!
//! Being hidden changes only whether it is shown: claims, offers and waits stay as people left them, and the timers
//! stand still. A snooze is shown before any hider, since a person decided it; when it ends, what still hides it does.

use dogwatch_model::{PersonId, WindowId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Alert, AlertNumber, Change, EventKind, TimelineEvent, Visibility, Work};

/// What hides an item. The first of several is shown; all of them must end before it is seen again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Hider {
    /// A maintenance window.
    Window {
        /// Which.
        window: WindowId,
        /// Until when it lasts.
        until: Timestamp,
    },
    /// Another item explains it: the endpoint is offline, the site is unreachable.
    Alert {
        /// Which.
        number: AlertNumber,
        /// In words: `srv-01 is offline`.
        why: String,
    },
    /// The collector itself was away or flooded: what it found is not news yet.
    Storm {
        /// Until when it waits for the dust to settle.
        until: Timestamp,
    },
}

impl Hider {
    /// Whether both are the same window, the same item, or the same storm.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Window { window: a, .. }, Self::Window { window: b, .. }) => a == b,
            (Self::Alert { number: a, .. }, Self::Alert { number: b, .. }) => a == b,
            (Self::Storm { .. }, Self::Storm { .. }) => true,
            _ => false,
        }
    }
}

impl Alert {
    /// Whether a person has it.
    pub fn is_held_by(&self, person: &PersonId) -> bool {
        self.assignee.as_ref().is_some_and(|holder| holder.person.as_ref() == Some(person))
    }

    /// Whether it is left out of a person's queue. A window takes nothing out of the hands of who is at work on it.
    pub fn is_hidden_from(&self, person: &PersonId) -> bool {
        let windows = self.hidden_by.iter().all(|hider| matches!(hider, Hider::Window { .. }));
        let only_planned = self.visibility == Visibility::Suppressed && windows;
        self.visibility != Visibility::Normal
            && self.work != Work::Done
            && !(only_planned && self.is_held_by(person))
    }

    /// Something hides it from now on. `None` when it did already, and for what is done. What people do with it stays.
    ///
    /// A hider that lasts longer now, or says why in other words, is brought up to date without an entry.
    pub fn hide(&self, hider: Hider, at: Timestamp) -> Option<Change> {
        if self.work == Work::Done || self.hidden_by.contains(&hider) {
            return None;
        }
        let mut next = self.next_version();
        let mut events = Vec::new();
        match next.hidden_by.iter_mut().find(|known| known.is_same(&hider)) {
            Some(known) => *known = hider,
            None => {
                events.push(TimelineEvent::by_dogwatch(at, EventKind::Hidden { hider: hider.clone() }));
                next.hidden_by.push(hider);
            }
        }
        next.settle(at);
        Some((next, events))
    }

    /// What hid it has ended. `None` when it did not hide it.
    pub fn unhide(&self, hider: &Hider, at: Timestamp) -> Option<Change> {
        let place = self.hidden_by.iter().position(|known| known.is_same(hider))?;
        let mut next = self.next_version();
        let hider = next.hidden_by.remove(place);
        next.settle(at);
        Some((next, vec![TimelineEvent::by_dogwatch(at, EventKind::Unhidden { hider })]))
    }
}
