//! What becomes of an item when a side leaves its org: whatever that side had of it is free again.

use dogwatch_model::Side;
use jiff::Timestamp;

use super::{Alert, Change, EventKind, Owner, TimelineEvent, Work};

impl Alert {
    /// Whether a side has anything of it: owns it, has somebody working on it, is asked to take it.
    pub fn is_with(&self, side: Side) -> bool {
        self.work != Work::Done
            && (self.owner.side == side || self.is_worked_on_by(side) || self.is_offered_to(side))
    }

    /// Whether somebody of a side has it.
    pub fn is_worked_on_by(&self, side: Side) -> bool {
        self.assignee.as_ref().is_some_and(|holder| holder.side == Some(side))
    }

    fn is_offered_to(&self, side: Side) -> bool {
        self.offer.as_ref().is_some_and(|offer| offer.side == side)
    }

    /// A side has left the org, and `owner` is who the matrix names without it. What its people had is unclaimed, what was
    /// offered to them is back with who offered it. Other people keep what they have. `None` when it had nothing of it.
    pub fn departed(&self, side: Side, owner: Owner, at: Timestamp) -> Option<Change> {
        if !self.is_with(side) {
            return None;
        }
        let mut next = self.next_version();
        let mut kinds = vec![EventKind::SideLeft { side }];
        if self.is_worked_on_by(side) {
            kinds.extend(next.no_more_pending());
            next.work = Work::Unclaimed;
            next.assignee = None;
            next.progress.worked_at = None;
            next.progress.reminded_at = None;
            next.becomes_free(at);
        } else if self.is_offered_to(side) {
            next.offer = None;
            next.work = Work::Claimed;
            next.progress.worked_at = Some(at);
            kinds.push(EventKind::OfferWithdrawn);
        }
        if self.owner.side == side {
            next.moves(owner.clone(), at);
            kinds.push(EventKind::Routed { owner });
        }
        next.settle(at);
        Some((next, kinds.into_iter().map(|kind| TimelineEvent::by_dogwatch(at, kind)).collect()))
    }
}
