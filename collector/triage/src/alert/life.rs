//! What the machine does to an alert: open, fire, clear, reopen, reroute.
//!
//! | before | fires | clears |
//! |---|---|---|
//! | firing, untouched | same or changed | done by itself |
//! | firing, touched | same or changed | stays whose it is, marked cleared |
//! | cleared, not done | returned | – |
//! | done, never cleared since | same; reopened when it got worse | marked cleared |
//! | done, cleared | reopened inside the reopen window, else a new item | – |
//!
//! Invariants: an alert that a person touched never ends here; the assignee never changes here, except that
//! reopening begins a new life with nobody on it. Somebody who closes a condition that still holds has decided
//! to live with it: it comes back only when it clears and fires again, or when it gets worse.

use dogwatch_model::Endpoint;
use jiff::Timestamp;

use super::{
    Actor, Alert, AlertNumber, Change, Closed, Condition, EventKind, Owner, Policy, Priority, Progress,
    TimelineEvent, Visibility, Work,
};
use crate::finding::Finding;

/// The resolution of an alert that ended without anybody having touched it.
pub const CLEARED_BY_ITSELF: &str = "cleared by itself";

/// What a firing finding means for the latest alert of its key.
#[derive(Debug, Clone, PartialEq)]
pub enum Fire {
    /// Nothing new.
    Same,
    /// The alert changed.
    Changed(Box<Change>),
    /// It had ended and comes again: route it, then [`Alert::reopen`].
    Reopen,
    /// It ended too long ago: route it, then [`Alert::open`] another.
    New,
}

impl Alert {
    /// Opens an alert: firing, unclaimed, owned.
    pub fn open(
        number: AlertNumber,
        finding: &Finding,
        endpoint: &Endpoint,
        owner: Owner,
        at: Timestamp,
    ) -> Change {
        let alert = Self {
            number,
            version: 1,
            org: endpoint.org.clone(),
            site: endpoint.site.clone(),
            endpoint: Some(endpoint.id),
            endpoint_name: endpoint.name.clone(),
            rule: finding.rule.clone(),
            subject: finding.subject.clone(),
            category: finding.category,
            tool: finding.tool.clone(),
            severity: finding.severity,
            priority: Priority::of(finding.severity, endpoint.criticality),
            title: finding.title.clone(),
            evidence: finding.evidence.clone(),
            condition: Condition::Firing,
            work: Work::Unclaimed,
            visibility: Visibility::Normal,
            owner: owner.clone(),
            assignee: None,
            acknowledged_by: None,
            touched: false,
            since: finding.since,
            first_seen: at,
            last_seen: at,
            count: 1,
            cleared_at: None,
            closed: None,
            offer: None,
            waiting: None,
            snooze: None,
            hidden_by: Vec::new(),
            links: Vec::new(),
            joint: None,
            opened_by: None,
            returns: Vec::new(),
            progress: Progress::begin(at),
        };
        let created = EventKind::Created { title: finding.title.clone(), severity: finding.severity };
        let events = vec![
            TimelineEvent::by_dogwatch(at, created),
            TimelineEvent::by_dogwatch(at, EventKind::Routed { owner }),
        ];
        (alert, events)
    }

    /// The finding holds at `at`.
    ///
    /// Whatever it tells anew makes a new version; only a change of severity makes an entry of the timeline. `assess`
    /// has damped it, so a percentage that moves with every sample does not come here each time.
    pub fn fire(&self, finding: &Finding, endpoint: &Endpoint, at: Timestamp, policy: &Policy) -> Fire {
        match (self.work, self.condition) {
            (Work::Done, Condition::Cleared) if self.ended_within(policy, at) => Fire::Reopen,
            (Work::Done, Condition::Cleared) => Fire::New,
            (Work::Done, _) if finding.severity > self.severity => Fire::Reopen,
            (Work::Done, _) => Fire::Same,
            (_, Condition::Cleared) => {
                let mut next = self.seen_again(finding, endpoint, at);
                next.count = next.count.saturating_add(1);
                let mut events = vec![TimelineEvent::by_dogwatch(at, EventKind::Returned)];
                events.extend(self.severity_change(finding, at));
                Fire::Changed(Box::new((next, events)))
            }
            (_, Condition::Firing | Condition::Flapping | Condition::NoData) => {
                self.still_fires(finding, endpoint, at)
            }
        }
    }

    /// The condition does not hold any more. `None` when that is no news.
    pub fn clear(&self, at: Timestamp) -> Option<Change> {
        if self.condition == Condition::Cleared {
            return None;
        }
        let mut next = self.next_version();
        next.condition = Condition::Cleared;
        next.cleared_at = Some(at);
        let mut events = vec![TimelineEvent::by_dogwatch(at, EventKind::Cleared)];
        if self.work == Work::Unclaimed && !self.touched {
            let resolution = CLEARED_BY_ITSELF.to_owned();
            next.work = Work::Done;
            next.closed = Some(Closed { at, by: Actor::DOGWATCH, resolution: resolution.clone() });
            events.push(TimelineEvent::by_dogwatch(at, EventKind::Closed { resolution }));
        }
        Some((next, events))
    }

    /// Begins a new life of an alert that had ended: what [`Fire::Reopen`] asks for.
    pub fn reopen(&self, finding: &Finding, endpoint: &Endpoint, owner: Owner, at: Timestamp) -> Change {
        let mut next = self.seen_again(finding, endpoint, at);
        next.count = next.count.saturating_add(1);
        next.work = Work::Unclaimed;
        next.owner = owner.clone();
        next.assignee = None;
        next.acknowledged_by = None;
        next.touched = false;
        next.closed = None;
        next.progress = Progress::begin(at);
        let mut events = vec![TimelineEvent::by_dogwatch(at, EventKind::Reopened)];
        events.extend(self.severity_change(finding, at));
        events.push(TimelineEvent::by_dogwatch(at, EventKind::Routed { owner }));
        (next, events)
    }

    /// The matrix names an owner for an open alert. `None` when that is no news, and always for one that is done.
    ///
    /// The timeline records it when team or row changed; then the first-responder window begins anew. Otherwise
    /// only the reasons and the end of the answer's validity are brought up to date. Who has it keeps it.
    pub fn reroute(&self, owner: Owner, at: Timestamp) -> Option<Change> {
        if self.work == Work::Done || self.owner == owner {
            return None;
        }
        let moved = self.owner.team != owner.team || self.owner.row != owner.row;
        let mut next = self.next_version();
        if moved {
            next.owner = owner.clone();
            return Some((next, vec![TimelineEvent::by_dogwatch(at, EventKind::Routed { owner })]));
        }
        next.owner = Owner { first_responder_until: self.owner.first_responder_until, ..owner };
        (next.owner != self.owner).then_some((next, Vec::new()))
    }

    fn still_fires(&self, finding: &Finding, endpoint: &Endpoint, at: Timestamp) -> Fire {
        let told_anew = self.severity != finding.severity
            || self.title != finding.title
            || self.evidence != finding.evidence
            || self.tool != finding.tool
            || self.category != finding.category
            || self.endpoint_name != endpoint.name
            || self.priority != Priority::of(finding.severity, endpoint.criticality);
        if !told_anew {
            return Fire::Same;
        }
        let next = Self { since: self.since, ..self.seen_again(finding, endpoint, at) };
        Fire::Changed(Box::new((next, self.severity_change(finding, at).into_iter().collect())))
    }

    /// The next version, firing, with what the finding says now.
    fn seen_again(&self, finding: &Finding, endpoint: &Endpoint, at: Timestamp) -> Self {
        let mut next = self.next_version();
        next.endpoint_name.clone_from(&endpoint.name);
        next.category = finding.category;
        next.tool = finding.tool.clone();
        next.severity = finding.severity;
        next.priority = Priority::of(finding.severity, endpoint.criticality);
        next.title.clone_from(&finding.title);
        next.evidence.clone_from(&finding.evidence);
        next.condition = Condition::Firing;
        next.cleared_at = None;
        next.since = finding.since;
        next.last_seen = at;
        next
    }

    fn severity_change(&self, finding: &Finding, at: Timestamp) -> Option<TimelineEvent> {
        let kind = EventKind::SeverityChanged { from: self.severity, to: finding.severity };
        (self.severity != finding.severity).then(|| TimelineEvent::by_dogwatch(at, kind))
    }

    fn ended_within(&self, policy: &Policy, at: Timestamp) -> bool {
        // The end that counts is the later one: a person may have closed it long before it cleared.
        let ended = self.closed.as_ref().map(|closed| closed.at).max(self.cleared_at);
        ended.is_some_and(|ended| at.duration_since(ended) < policy.reopen_window)
    }

    pub(super) fn next_version(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }
}
