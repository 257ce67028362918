//! Alerts that have left the working set and that the view of the store may lack yet: whoever asks for one, or takes
//! everything of an org out, finds it in between as well.

use std::collections::BTreeMap;

use dogwatch_triage::alert::AlertNumber;

use super::Item;

/// Alerts that may wait for the view: half an hour of the fastest leaving, while the view fails.
const MAX_RETIRED: usize = 30_000;

/// Those alerts.
#[derive(Debug, Default)]
pub(crate) struct Retired {
    waiting: BTreeMap<AlertNumber, Item>,
    /// The view is being brought up to these.
    settling: BTreeMap<AlertNumber, Item>,
}

impl Retired {
    /// One leaves the working set.
    pub(crate) fn add(&mut self, item: Item) {
        self.waiting.insert(item.alert.number, item);
        if self.waiting.len() > MAX_RETIRED {
            self.waiting.pop_first();
        }
    }

    /// The view is being brought up to everything that left so far.
    pub(crate) fn settling(&mut self) {
        self.settling.append(&mut self.waiting);
        while self.settling.len() > MAX_RETIRED {
            self.settling.pop_first();
        }
    }

    /// It has been.
    pub(crate) fn settled(&mut self) {
        self.settling.clear();
    }

    /// Those with numbers from `first` on, so many of them.
    pub(crate) fn range(&self, first: u64, count: u64) -> impl Iterator<Item = &Item> {
        let numbers = AlertNumber(first)..AlertNumber(first.saturating_add(count));
        self.settling.range(numbers.clone()).chain(self.waiting.range(numbers)).map(|(_, item)| item)
    }
}
