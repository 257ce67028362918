//! When what is to be looked at next, whether or not anything is heard of it: endpoints, and items without one.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
};

use jiff::Timestamp;

/// One due instant for each of a kind.
#[derive(Debug)]
pub(super) struct Due<K> {
    by_time: BTreeSet<(Timestamp, K)>,
    of: HashMap<K, Timestamp>,
}

impl<K> Default for Due<K> {
    fn default() -> Self {
        Self { by_time: BTreeSet::new(), of: HashMap::new() }
    }
}

impl<K: Copy + Ord + Hash> Due<K> {
    /// Sets the instant of one, in place of the one it had.
    pub(super) fn set(&mut self, id: K, at: Timestamp) {
        if let Some(before) = self.of.insert(id, at) {
            self.by_time.remove(&(before, id));
        }
        self.by_time.insert((at, id));
    }

    /// Forgets one.
    pub(super) fn forget(&mut self, id: K) {
        if let Some(before) = self.of.remove(&id) {
            self.by_time.remove(&(before, id));
        }
    }

    /// The earliest instant.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Takes at most `limit` whose instant has come.
    pub(super) fn take(&mut self, now: Timestamp, limit: usize) -> Vec<K> {
        let ids: Vec<_> =
            self.by_time.iter().take_while(|(at, _)| *at <= now).take(limit).map(|(_, id)| *id).collect();
        ids.iter().for_each(|id| self.forget(*id));
        ids
    }
}

#[cfg(test)]
mod tests {
    use dogwatch_model::EndpointId;
    use uuid::Uuid;

    use super::*;

    fn id(n: u128) -> EndpointId {
        EndpointId(Uuid::from_u128(n))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_latest_instant_counts_and_each_is_taken_once() {
        let mut due = Due::default();
        due.set(id(1), at(10));
        due.set(id(2), at(20));
        due.set(id(1), at(30));
        assert_eq!(due.next(), Some(at(20)));
        assert_eq!(due.take(at(25), 10), [id(2)]);
        assert_eq!(due.take(at(25), 10), []);
        assert_eq!(due.take(at(30), 10), [id(1)]);
        assert_eq!(due.next(), None);
    }

    #[test]
    fn no_more_are_taken_than_asked_for() {
        let mut due = Due::default();
        (1..=5).for_each(|n| due.set(id(n), at(1)));
        assert_eq!(due.take(at(1), 3).len(), 3);
        assert_eq!(due.take(at(1), 3).len(), 2);
    }

    #[test]
    fn a_forgotten_endpoint_is_never_due() {
        let mut due = Due::default();
        due.set(id(1), at(1));
        due.forget(id(1));
        assert_eq!(due.take(at(9), 9), []);
    }
}
