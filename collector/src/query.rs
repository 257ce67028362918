//! Questions about the fleet: which endpoints, in which order, how many of what.
//!
//! The columns of [`dogwatch_triage::filter`] lie beside the endpoints ([`crate::state::Members`]) and are brought up to
//! date when somebody asks, for what changed since. Who asks sees only what their reach covers: that is settled here,
//! before anything is judged, so an endpoint out of reach is in no count.
//!
//! What it deliberately does not do: keep answers. A fleet changes a thousand times a second, and asking again is cheap.

mod places;

use std::sync::{PoisonError, RwLock};

use dogwatch_model::EndpointState;
use dogwatch_triage::filter::{
    Columns, Filter, Found, Group, Grouping, Order, Page, Place, Reads, Row, Rows, Slots, Wanted,
};
use jiff::Timestamp;

use crate::{
    access::Reach,
    policy::Policy,
    state::{Member, Members},
};
use places::Places;

/// The columns that are kept, and where each endpoint stands.
#[derive(Debug, Default)]
pub(crate) struct Index(RwLock<Kept>);

#[derive(Debug, Default)]
struct Kept {
    columns: Columns,
    places: Places,
}

/// What is asked.
pub(crate) struct Query<'q> {
    /// Which endpoints; all without one.
    pub(crate) filter: Option<&'q Filter>,
    /// In which states of service.
    pub(crate) covers: &'q dyn Fn(EndpointState) -> bool,
    /// The order of the page.
    pub(crate) order: Option<&'q Order>,
    /// What to count by.
    pub(crate) by: &'q [Grouping],
}

/// The fleet at an instant, as filters see it.
#[derive(Clone, Copy)]
pub(crate) struct Fleet<'s> {
    pub(crate) members: &'s Members,
    pub(crate) policy: &'s Policy,
    pub(crate) as_of: Timestamp,
}

/// An endpoint as filters see it at `as_of`.
pub(crate) fn row<'a>(member: &'a Member, policy: &'a Policy, as_of: Timestamp) -> Row<'a> {
    let matrix = policy.matrix(&member.endpoint.org);
    Row { endpoint: &member.endpoint, as_of, alerts: member.counts, owners: Some(matrix) }
}

impl Fleet<'_> {
    /// The endpoint of a slot.
    pub(crate) fn row(&self, slot: usize) -> Row<'_> {
        row(self.members.in_slot(slot), self.policy, self.as_of)
    }
}

/// The fleet as columns read it: who owns what is looked up only for those who ask.
struct Slotted<'s> {
    fleet: Fleet<'s>,
    with_owners: bool,
}

impl Rows for Slotted<'_> {
    fn len(&self) -> usize {
        self.fleet.members.len()
    }

    fn row(&self, slot: usize) -> Row<'_> {
        if self.with_owners {
            return self.fleet.row(slot);
        }
        let member = self.fleet.members.in_slot(slot);
        Row { endpoint: &member.endpoint, as_of: self.fleet.as_of, alerts: member.counts, owners: None }
    }

    fn stamp(&self) -> u64 {
        self.fleet.members.stamp()
    }

    fn changed_since(&self, stamp: u64, give: &mut dyn FnMut(usize)) {
        self.fleet.members.changed_since(stamp).for_each(give);
    }
}

/// The answer, as long as the state stands still.
pub(crate) struct Answer<'a> {
    /// How many there are in all that may be seen.
    pub(crate) total: usize,
    /// Which of them match.
    pub(crate) found: Found,
    columns: &'a Columns,
    rows: &'a dyn Rows,
}

impl Answer<'_> {
    /// How many match.
    pub(crate) fn matched(&self) -> usize {
        self.found.matched.count()
    }

    /// A page of what matches.
    pub(crate) fn page(&self, order: &Order, after: Option<&Place>, limit: usize) -> Page {
        self.columns.page(order, &self.found, after, limit, self.rows)
    }

    /// What matches, counted.
    pub(crate) fn count_by(&self, by: &[Grouping]) -> Vec<Group> {
        self.columns.count_by(by, &self.found, self.rows)
    }
}

impl Index {
    /// Asks about what a reach covers.
    pub(crate) fn ask<R>(
        &self,
        query: &Query<'_>,
        fleet: Fleet<'_>,
        reach: &Reach,
        look: impl FnOnce(&Answer<'_>) -> R,
    ) -> R {
        let reads =
            query.filter.map_or(Reads::NONE, Filter::reads) | query.order.map_or(Reads::NONE, Order::reads);
        let rows = Slotted { fleet, with_owners: reads.intersects(Reads::OWNERS) };
        let mut wanted = Wanted::default().by(query.filter).counted(query.by);
        if let Some(order) = query.order {
            wanted = wanted.in_order(order);
        }
        // The state stands still for as long as it is looked at: what is fresh now stays so.
        let is_fresh = {
            let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
            kept.places.are_fresh(fleet.members) && kept.columns.are_fresh(&wanted, &rows)
        };
        if !is_fresh {
            let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
            kept.places.refresh(fleet.members);
            kept.columns.refresh(&wanted, &rows);
        }
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mine: Slots = kept.places.covered(reach, query.covers);
        let found = kept.columns.judge(query.filter, &mine, &rows);
        look(&Answer { total: mine.count(), found, columns: &kept.columns, rows: &rows })
    }
}

#[cfg(test)]
mod tests;
