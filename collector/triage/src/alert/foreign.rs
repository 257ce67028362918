//! Alerts that another tool found: it tells of them again and again, and says when they are over.
//!
//! They live by the rules of [`life`](super::life); what differs:
//! * Each telling counts, but only the first makes an entry of the timeline: a sender that repeats itself each minute
//!   must not fill a disk.
//! * What somebody closed while the sender goes on telling of the same occurrence stays closed. An occurrence that began
//!   after the closing is another one, even if the sender never said that the first was over.
//! * A sender may say how often it repeats itself. One that has been quiet for longer than it may be has probably died:
//!   nobody knows whether the alert still holds, and it says so (`no_data`) until it is told of again.
//! * Alertmanager says when the episode began that it tells of: the newest is what holds, and only its end ends the item. An
//!   event names no episode, so each of its ends counts.
//! * *Seen over there* is no human work here: the item still closes by itself when the sender says that it is over.

use dogwatch_model::{EndpointId, OrgId, SiteId};
use jiff::{SignedDuration, Timestamp};

use super::{
    Actor, Alert, AlertNumber, Change, Condition, EventKind, Fire, Owner, Policy, Spot, TimelineEvent, Work,
};
use crate::finding::Finding;

/// The rule of alerts from Alertmanager; no rule file may have one of that name.
pub const ALERTMANAGER: &str = "intake-alertmanager";

/// The rule of alerts that came as events; no rule file may have one of that name.
pub const EVENTS: &str = "intake-events";

/// After how many of its own intervals a sender counts as quiet: one may be lost, and the next be late.
const QUIET_AFTER: i32 = 2;

impl Alert {
    /// Opens an alert that another tool tells of, on an endpoint or on something that nobody here knows.
    pub fn open_foreign(
        number: AlertNumber,
        finding: &Finding,
        place: (&OrgId, &SiteId, Option<EndpointId>),
        spot: Spot<'_>,
        owner: Owner,
        at: Timestamp,
    ) -> Change {
        Self::open_on(number, finding, place, spot, owner, at)
    }

    /// Whether another tool found it.
    pub fn is_foreign(&self) -> bool {
        matches!(self.rule.as_str(), ALERTMANAGER | EVENTS)
    }

    /// The sender tells of it again.
    pub fn told(&self, finding: &Finding, spot: Spot<'_>, at: Timestamp, policy: &Policy) -> Fire {
        let anew = self.closed.as_ref().is_some_and(|closed| finding.since > closed.at);
        if self.work == Work::Done && self.condition != Condition::Cleared && anew {
            return if self.ended_within(policy, at) { Fire::Reopen } else { Fire::New };
        }
        let (mut next, events) = match self.fire(finding, spot, at, policy) {
            Fire::Same if self.work != Work::Done => (self.counted(at), Vec::new()),
            Fire::Changed(change) => *change,
            other => return other,
        };
        if next.count == self.count {
            next.count = next.count.saturating_add(1);
        }
        if self.rule.as_str() == ALERTMANAGER {
            next.since = self.since.max(finding.since);
        }
        Fire::Changed(Box::new((next, events)))
    }

    fn counted(&self, at: Timestamp) -> Self {
        let mut next = self.next_version();
        next.count = next.count.saturating_add(1);
        next.last_seen = at;
        next
    }

    /// Somebody has seen it over there. `None` when that is no news.
    pub fn seen_elsewhere(&self, by: &Actor, at: Timestamp) -> Option<Change> {
        if self.work == Work::Done || self.acknowledged_by.is_some() {
            return None;
        }
        let mut next = self.next_version();
        next.acknowledged_by = Some(by.clone());
        Some((next, vec![TimelineEvent { at, by: by.clone(), kind: EventKind::Acknowledged }]))
    }

    /// When nobody can be sure of it any more, unless it is told of again before.
    pub fn quiet_at(&self) -> Option<Timestamp> {
        let holds = matches!(self.condition, Condition::Firing | Condition::Flapping);
        let quiet: SignedDuration = self.told_every?.checked_mul(QUIET_AFTER)?;
        self.last_seen.checked_add(quiet).ok().filter(|_| holds && self.work != Work::Done)
    }

    /// Its sender has been quiet for too long. `None` while it has not.
    pub fn falls_quiet(&self, at: Timestamp) -> Option<Change> {
        self.quiet_at().filter(|quiet| *quiet <= at).and_then(|_| self.lose_sight(at))
    }
}
