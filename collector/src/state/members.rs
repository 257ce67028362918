//! Every endpoint by its id, and which of them changed since when.
//!
//! Members are handed out to be changed by this map and by nothing else, and whoever takes one is counted: so the columns
//! of [`crate::query`] know what to read again, and no change can be forgotten.

use core::ops::{Bound, Index};
use std::collections::BTreeMap;

use dogwatch_model::EndpointId;

use super::Member;
use crate::query;

/// The endpoints.
#[derive(Debug, Default)]
pub struct Members {
    /// Each in a slot of its own.
    #[expect(
        clippy::vec_box,
        reason = "an endpoint is large: making room copies a pointer, not all of them"
    )]
    slots: Vec<Box<Member>>,
    by_id: BTreeMap<EndpointId, usize>,
    /// For each slot the count of changes at which it was last handed out to be changed.
    stamps: Vec<u64>,
    /// The count of changes.
    stamp: u64,
    index: query::Index,
}

impl Members {
    /// An endpoint.
    pub fn get(&self, id: &EndpointId) -> Option<&Member> {
        self.by_id.get(id).map(|slot| &*self.slots[*slot])
    }

    /// An endpoint, to change it.
    pub fn get_mut(&mut self, id: &EndpointId) -> Option<&mut Member> {
        let slot = *self.by_id.get(id)?;
        self.touch(slot);
        Some(&mut self.slots[slot])
    }

    /// Puts an endpoint in, in place of one with the same id.
    pub fn insert(&mut self, id: EndpointId, member: Member) {
        match self.by_id.get(&id) {
            Some(slot) => {
                let slot = *slot;
                *self.slots[slot] = member;
                self.touch(slot);
            }
            None => {
                self.by_id.insert(id, self.slots.len());
                self.slots.push(Box::new(member));
                self.stamps.push(0);
                self.touch(self.slots.len() - 1);
            }
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Every id, in order.
    pub fn keys(&self) -> impl Iterator<Item = &EndpointId> {
        self.by_id.keys()
    }

    /// Every endpoint, by id.
    pub fn values(&self) -> impl Iterator<Item = &Member> {
        self.by_id.values().map(|slot| &*self.slots[*slot])
    }

    /// The endpoints behind one, by id; all of them behind none.
    pub fn after(&self, id: Option<EndpointId>) -> impl Iterator<Item = &Member> {
        let after = id.map_or(Bound::Unbounded, Bound::Excluded);
        self.by_id.range((after, Bound::Unbounded)).map(|(_, slot)| &*self.slots[*slot])
    }

    /// Every endpoint to change it, in the order in which they came.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        self.stamp += 1;
        self.stamps.fill(self.stamp);
        self.slots.iter_mut().map(|member| &mut **member)
    }

    fn touch(&mut self, slot: usize) {
        self.stamp += 1;
        self.stamps[slot] = self.stamp;
    }

    /// What queries ask.
    pub(crate) const fn index(&self) -> &query::Index {
        &self.index
    }

    /// The endpoint of a slot below [`Members::len`].
    pub(crate) fn in_slot(&self, slot: usize) -> &Member {
        &self.slots[slot]
    }

    /// The count of all changes.
    pub(crate) const fn stamp(&self) -> u64 {
        self.stamp
    }

    /// Every slot that changed after the count was `stamp`.
    pub(crate) fn changed_since(&self, stamp: u64) -> impl Iterator<Item = usize> {
        self.stamps.iter().enumerate().filter(move |(_, at)| **at > stamp).map(|(slot, _)| slot)
    }
}

impl Index<&EndpointId> for Members {
    type Output = Member;

    fn index(&self, id: &EndpointId) -> &Member {
        &self.slots[self.by_id[id]]
    }
}
