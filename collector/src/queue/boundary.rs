//! The measures of the boundary, recorded in the commit of the change that they are about, and joint cases.
//!
//! What is a measure of what is decided in [`dogwatch_triage::boundary`], from timelines alone. Every change goes through
//! [`store`](super::store) once, so each is measured once, and a collector that dies before the commit has neither
//! the change nor its measure.

use dogwatch_triage::{
    alert::{Alert, AlertNumber, TimelineEvent},
    boundary::{self, Other, Together},
};
use jiff::Timestamp;

use super::{append, store, tend::with_row};
use crate::{core::Batch, policy::Policy, state::State};

/// Records what the entries of an item from `first` on, which one change has made, are a measure of.
///
/// A measure is no change of the item: its version stays, as it does when somebody is told.
pub(super) fn observe(state: &mut State, number: AlertNumber, first: usize, batch: &mut Batch) {
    let Some(item) = state.alerts.get(&number) else { return };
    let Some(at) = item.timeline.get(first..).and_then(<[_]>::last).map(|event| event.at) else { return };
    if item.timeline[first..].iter().any(|event| boundary::begins(&event.kind)) {
        state.newcomers.insert(number);
    }
    let others = beside(state, &item.alert)
        .filter_map(|number| state.alerts.get(&number))
        .map(|other| Other { alert: &other.alert, timeline: &other.timeline });
    for kind in boundary::observe(&item.alert, &item.timeline, first, others) {
        append(state, number, TimelineEvent::by_dogwatch(at, kind), batch);
    }
}

/// Ties what came in with this batch to what it follows by a boundary rule.
pub(crate) fn join(state: &mut State, policy: &Policy, now: Timestamp, batch: &mut Batch) {
    for number in std::mem::take(&mut state.newcomers) {
        let Some(item) = state.alerts.get(&number) else { continue };
        let rules = policy.matrix(&item.alert.org).boundaries();
        if rules.is_empty() {
            continue;
        }
        let recent: Vec<_> = beside(state, &item.alert)
            .filter_map(|number| state.alerts.get(&number))
            .map(|item| &item.alert)
            .collect();
        let together = with_row((state, policy), &item.alert, now, |row| {
            boundary::joint(rules, &item.alert, &recent, row, now)
        });
        let Some(Together { first, joint }) = together else { continue };
        for (one, other) in [(number, first), (first, number)] {
            let change = state.alerts.get(&one).and_then(|item| item.alert.joined(&joint, other, now));
            change.into_iter().for_each(|change| store(state, change, batch));
        }
    }
}

/// The latest items of the same endpoint or, without one, of the same site.
fn beside<'s>(state: &'s State, alert: &Alert) -> impl Iterator<Item = AlertNumber> + use<'s> {
    let latest = match alert.endpoint {
        Some(id) => state.members.get(&id).map(|member| &member.latest),
        None => state.of_sites.get(&(alert.org.clone(), alert.site.clone())),
    };
    latest.into_iter().flat_map(|latest| latest.values().copied())
}
