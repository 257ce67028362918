//! The present life of an item as the boundary sees it: who has had it, and who has worked on it since it was passed on.

use std::collections::{BTreeMap, BTreeSet};

use dogwatch_model::Side;

use crate::{
    alert::{Actor, EventKind, Measure, Owner, TimelineEvent},
    matrix::CATCH_ALL,
};

/// Whether an entry is work on the item: it takes, moves or decides.
pub const fn is_work(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::Claimed
            | EventKind::Assigned { .. }
            | EventKind::Offered { .. }
            | EventKind::Accepted
            | EventKind::Waits { .. }
            | EventKind::Prioritised { .. }
            | EventKind::Closed { .. }
    )
}

/// What an entry is a measure of, and how, in a sentence.
pub(super) type Found = (Measure, String);

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Story {
    /// The side that owns it.
    owner: Option<Side>,
    /// The sides that have owned it in this life.
    had: BTreeSet<Side>,
    /// Hand-offs offered in this life.
    offers: u32,
    misrouted: bool,
    /// The catch-all or the last resort had it in this life.
    uncovered: bool,
    /// Who of each side worked on it last since it was passed on.
    worked: BTreeMap<Side, Actor>,
    /// A collision was found since it was passed on.
    pub(super) collided: bool,
}

impl Story {
    /// That of a timeline.
    pub(super) fn read(timeline: &[TimelineEvent]) -> Self {
        let mut story = Self::default();
        for event in timeline {
            story.take(event);
        }
        story
    }

    /// Who of the other side than `side` has worked on it since it was passed on.
    pub(super) fn worked_by_other(&self, side: Side) -> Option<&Actor> {
        self.worked.iter().find(|(worked, _)| **worked != side).map(|(_, actor)| actor)
    }

    /// Reads on by one entry. Gives what it is a measure of.
    pub(super) fn take(&mut self, event: &TimelineEvent) -> Vec<Found> {
        let mut found = Vec::new();
        match &event.kind {
            EventKind::Created { .. } | EventKind::OpenedByHand { .. } | EventKind::Reopened => {
                *self = Self::default();
            }
            EventKind::ReopenedByHand { .. } => {
                let owner = self.owner;
                *self = Self { owner, had: owner.into_iter().collect(), ..Self::default() };
            }
            EventKind::Routed { owner } => found.extend(self.routed(owner)),
            EventKind::HandedOver { owner } => {
                found.extend(
                    self.passed_on(owner.side, &format!("its window ended and `{}` took over", owner.team)),
                );
            }
            EventKind::Accepted => {
                let how = format!("{} accepted a hand-off", event.by);
                found.extend(event.by.side.and_then(|side| self.passed_on(side, &how)));
            }
            EventKind::Offered { to, not_ours, .. } => {
                self.offers += 1;
                let how = format!("{} handed it to `{to}` as not theirs", event.by);
                found.extend(self.misroute(*not_ours, how));
            }
            EventKind::Declined { reason, not_ours } => {
                found.extend(
                    self.misroute(*not_ours, format!("{} declined it as not theirs: {reason}", event.by)),
                );
            }
            EventKind::Released => {
                event.by.side.map(|side| self.worked.remove(&side));
            }
            EventKind::Lapsed | EventKind::SideLeft { .. } => self.worked.clear(),
            EventKind::Measured { measure: Measure::Collision, .. } => self.collided = true,
            _ => {}
        }
        found.extend(self.work(event));
        found
    }

    fn routed(&mut self, owner: &Owner) -> Option<Found> {
        self.owned_by(owner.side);
        let row = owner.row.as_ref().map(dogwatch_model::RowId::as_str);
        if row.is_some_and(|row| row != CATCH_ALL) || self.uncovered {
            return None;
        }
        self.uncovered = true;
        let taker = if row.is_some() { "the catch-all" } else { "the last resort" };
        Some((Measure::Gap, format!("no row of the matrix is for it; {taker} gave it to `{}`", owner.team)))
    }

    /// Another side may have it now; what was worked on it before counts no more.
    fn owned_by(&mut self, side: Side) {
        self.owner = Some(side);
        self.had.insert(side);
        self.worked.clear();
        self.collided = false;
    }

    fn passed_on(&mut self, side: Side, how: &str) -> Option<Found> {
        let back = self.owner != Some(side) && self.had.contains(&side);
        self.owned_by(side);
        back.then(|| (Measure::Bounce, format!("{how}: it is back with {side}, which had it before")))
    }

    /// Counted once a life, and for the first hand-off alone: what was rightly moved once may move on.
    fn misroute(&mut self, not_ours: bool, how: String) -> Option<Found> {
        if !not_ours || self.misrouted || self.offers > 1 {
            return None;
        }
        self.misrouted = true;
        Some((Measure::Misroute, how))
    }

    fn work(&mut self, event: &TimelineEvent) -> Option<Found> {
        let side = event.by.side.filter(|_| is_work(&event.kind))?;
        let how = self.worked_by_other(side).filter(|_| !self.collided).map(|other| {
            format!("{} and {other} both worked on it without a hand-off between them", event.by)
        });
        self.worked.insert(side, event.by.clone());
        self.collided |= how.is_some();
        how.map(|how| (Measure::Collision, how))
    }
}
