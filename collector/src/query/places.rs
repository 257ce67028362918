//! Where each endpoint stands and whether it is in service: what decides who may see it.

use std::collections::BTreeMap;

use dogwatch_model::{EndpointState, OrgId, SiteId};
use dogwatch_triage::filter::Slots;

use crate::{access::Reach, state::Members};

/// Orgs and sites by number, and each slot's.
#[derive(Debug, Default)]
pub(super) struct Places {
    numbers: BTreeMap<(OrgId, SiteId), usize>,
    known: Vec<(OrgId, SiteId)>,
    of_slot: Vec<(usize, EndpointState)>,
    fresh: Option<u64>,
}

impl Places {
    pub(super) fn are_fresh(&self, members: &Members) -> bool {
        self.fresh == Some(members.stamp()) && self.of_slot.len() == members.len()
    }

    pub(super) fn refresh(&mut self, members: &Members) {
        if self.are_fresh(members) {
            return;
        }
        self.of_slot.resize(members.len(), (0, EndpointState::Revoked));
        match self.fresh {
            None => (0..members.len()).for_each(|slot| self.read(slot, members)),
            Some(stamp) => members.changed_since(stamp).for_each(|slot| self.read(slot, members)),
        }
        self.fresh = Some(members.stamp());
    }

    fn read(&mut self, slot: usize, members: &Members) {
        let endpoint = &members.in_slot(slot).endpoint;
        let known = self.known.get(self.of_slot[slot].0);
        if known.is_none_or(|(org, site)| *org != endpoint.org || *site != endpoint.site) {
            let place = (endpoint.org.clone(), endpoint.site.clone());
            let next = self.known.len();
            let number = *self.numbers.entry(place.clone()).or_insert(next);
            if number == next {
                self.known.push(place);
            }
            self.of_slot[slot].0 = number;
        }
        self.of_slot[slot].1 = endpoint.state;
    }

    /// The slots that a reach covers, of endpoints in these states.
    pub(super) fn covered(&self, reach: &Reach, covers: &dyn Fn(EndpointState) -> bool) -> Slots {
        let seen: Vec<bool> = self.known.iter().map(|(org, site)| reach.sees(org, Some(site))).collect();
        let states = EndpointState::ALL.iter().map(|state| (*state, covers(*state))).collect::<Vec<_>>();
        let is_covered = |state| states.iter().any(|(one, covered)| *one == state && *covered);
        Slots::of(self.of_slot.len(), |slot| {
            let (place, state) = self.of_slot[slot];
            seen[place] && is_covered(state)
        })
    }
}
