//! A side has left an org: nothing about that org goes its ways any more, from that commit on.
//!
//! What had gathered for them, what was sealed and on its way, what would have been said again: all of it ends, and the items
//! concerned say who was not told and why. A way that somebody who stays is told through as well goes on.

use std::collections::BTreeSet;

use dogwatch_model::{OrgId, Side};
use dogwatch_triage::{
    alert::{AlertNumber, EventKind, TimelineEvent},
    matrix::Matrix,
    notice::{Via, ways_of},
};
use jiff::Timestamp;

use super::{Order, Subject, outbox::GroupKey, rows::group_key};
use crate::{core::Batch, policy::Policy, queue, state::State, storage::Table};

/// What ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Stopped {
    /// The ways that were the side's alone.
    pub(crate) ways: BTreeSet<Via>,
    /// Messages and notices that nobody is told of now.
    pub(crate) dropped: usize,
}

/// Why nothing of an org goes a way any more; `None` while somebody who stays is told through it, or nobody has left.
pub(super) fn why_not(state: &State, matrix: &Matrix, org: &OrgId, via: &Via) -> Option<String> {
    let side = state.access.left.iter().find(|(_, orgs)| orgs.contains(org)).map(|(side, _)| *side)?;
    (!ways_of(matrix, |of| of != side).contains(via)).then(|| reason(side, org))
}

fn reason(side: Side, org: &OrgId) -> String {
    format!("the {side} side has left {org}")
}

/// Ends it all; `before` is the org's matrix as it was while the side was there.
pub(crate) fn stop(
    state: &mut State,
    (policy, before): (&Policy, &Matrix),
    (org, side): (&OrgId, Side),
    now: Timestamp,
    batch: &mut Batch,
) -> Stopped {
    let kept = ways_of(policy.matrix(org), |of| of != side);
    let mut ways = ways_of(before, |of| of == side);
    ways.extend(state.outbox.ways_of(org));
    ways.retain(|via| !kept.contains(via));
    let (mut dropped, mut recalled) = (0, BTreeSet::new());
    for via in &ways {
        let key = (org.clone(), via.clone());
        let untold = forget(state, &key, batch).into_iter().chain(recall(state, &key, &mut recalled, batch));
        let why = reason(side, org);
        for (number, who) in untold.collect::<BTreeSet<_>>() {
            dropped += 1;
            let kind = EventKind::NotNotified { who, why: why.clone() };
            queue::append(state, number, TimelineEvent::by_dogwatch(now, kind), batch);
        }
    }
    if let Some(worker) = state.outbox.worker.clone() {
        // A worker that is gone never hears of them again: they are not on disk any more.
        batch.then(move || drop(worker.send(Order::Drop(recalled))));
    }
    Stopped { ways, dropped }
}

/// Who was to be told of what.
type Untold = Vec<(AlertNumber, String)>;

/// What has gathered for a way, and what it was told before.
fn forget(state: &mut State, key: &GroupKey, batch: &mut Batch) -> Untold {
    let Some(notices) = state.outbox.forget(key) else { return Vec::new() };
    batch.delete(Table::NoticeGroups, group_key(key));
    notices.keys().for_each(|notice| batch.delete(Table::Notices, notice));
    notices.into_values().filter(|one| !one.follow_up).map(|one| (one.alert, one.who)).collect()
}

/// What is on its way, also in the middle of a try; the ids are for the worker, which lets go of all of them at once: of two,
/// the second must not go out in the place of the first.
fn recall(
    state: &mut State,
    (org, via): &GroupKey,
    recalled: &mut BTreeSet<String>,
    batch: &mut Batch,
) -> Untold {
    let theirs = |subject: &Subject| matches!(subject, Subject::Items { org: of, .. } if of == org);
    let ids: Vec<String> = state
        .outbox
        .messages()
        .filter(|message| message.via == *via && theirs(&message.subject))
        .map(|message| message.id.clone())
        .collect();
    let mut untold = Vec::new();
    for id in ids {
        let Some(message) = state.outbox.take(&id) else { continue };
        batch.delete(Table::Outbox, &id);
        untold.extend(message.told);
        recalled.insert(id);
    }
    untold
}
