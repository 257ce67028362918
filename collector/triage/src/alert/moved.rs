//! What becomes of an item when its endpoint moves to another site.

use dogwatch_model::SiteId;
use jiff::Timestamp;

use super::{Actor, Alert, Change, EventKind, TimelineEvent};

impl Alert {
    /// Its endpoint stands at another site from here on: windows, outages and rows of that site concern it. Whose it is
    /// then is routing's to say. `None` when it was there already.
    pub fn moved(&self, to: &SiteId, by: &Actor, at: Timestamp) -> Option<Change> {
        if self.site == *to {
            return None;
        }
        let mut next = self.next_version();
        let kind = EventKind::Moved { from: self.site.clone(), to: to.clone() };
        next.site = to.clone();
        Some((next, vec![TimelineEvent { at, by: by.clone(), kind }]))
    }
}
