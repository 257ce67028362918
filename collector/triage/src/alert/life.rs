//! What the machine does to an alert when its condition is looked at: open, fire, clear, reopen, reroute.
//!
//! | before | fires | clears |
//! |---|---|---|
//! | firing, untouched | same or changed | done by itself |
//! | firing, touched | same or changed | stays whose it is, marked cleared |
//! | flapping | counted | counted; cleared once it has been calm |
//! | no data | firing again | as firing |
//! | cleared, not done | returned | – |
//! | done, never cleared since | same; reopened when it got worse | marked cleared |
//! | done, cleared | reopened inside the reopen window, else a new item | – |
//!
//! Invariants: an alert that a person touched never ends here; the assignee never changes here, except that
//! reopening begins a new life with nobody on it. Somebody who closes a condition that still holds has decided
//! to live with it: it comes back only when it clears and fires again, or when it gets worse. A priority that a
//! person set stays for the life. What somebody put to sleep wakes when it gets worse.
//!
//! The matrix moves only what nobody has. A hand-over or an accepted hand-off goes before the row: as long as the same
//! row names the same team, the item stays with the team it came to, released or not. Another row (at a change of
//! shift) or another team in the row is news, and moves it.

use dogwatch_model::{Endpoint, EndpointId, OrgId, SiteId};
use jiff::Timestamp;

use super::{
    Actor, Alert, AlertNumber, Change, Closed, Condition, EventKind, Flap, Owner, Policy, Priority, Progress,
    Spot, TimelineEvent, Visibility, Work,
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
        Self::open_at(number, finding, (&endpoint.org, &endpoint.site, Some(endpoint)), owner, at)
    }

    /// The same for what may concern a site as a whole: org, site, and the endpoint if there is one. A site is as critical
    /// as the most critical of what stands there, so it counts as high.
    pub fn open_at(
        number: AlertNumber,
        finding: &Finding,
        (org, site, endpoint): (&OrgId, &SiteId, Option<&Endpoint>),
        owner: Owner,
        at: Timestamp,
    ) -> Change {
        let spot = endpoint.map_or(Spot::A_SITE, Spot::from);
        Self::open_on(number, finding, (org, site, endpoint.map(|endpoint| endpoint.id)), spot, owner, at)
    }

    /// The same for whatever it is on.
    pub(super) fn open_on(
        number: AlertNumber,
        finding: &Finding,
        (org, site, endpoint): (&OrgId, &SiteId, Option<EndpointId>),
        spot: Spot<'_>,
        owner: Owner,
        at: Timestamp,
    ) -> Change {
        let alert = Self {
            number,
            version: 1,
            org: org.clone(),
            site: site.clone(),
            endpoint,
            endpoint_name: spot.name.to_owned(),
            rule: finding.rule.clone(),
            subject: finding.subject.clone(),
            category: finding.category,
            tool: finding.tool.clone(),
            severity: finding.severity,
            priority: Priority::of(finding.severity, spot.criticality),
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
            told_every: None,
            opened_by: None,
            returns: Vec::new(),
            flap: None,
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
    pub fn fire<'e>(
        &self,
        finding: &Finding,
        on: impl Into<Spot<'e>>,
        at: Timestamp,
        policy: &Policy,
    ) -> Fire {
        let on = on.into();
        match (self.work, self.condition) {
            (Work::Done, Condition::Cleared) if self.ended_within(policy, at) => Fire::Reopen,
            (Work::Done, Condition::Cleared) => Fire::New,
            (Work::Done, _) if finding.severity > self.severity => Fire::Reopen,
            (_, Condition::Flapping) if self.flap.is_some_and(|flap| !flap.holds) => {
                self.fires_again(finding, on, at, policy)
            }
            (Work::Done, _) => Fire::Same,
            (_, Condition::Cleared) => self.fires_again(finding, on, at, policy),
            (_, Condition::Firing | Condition::Flapping | Condition::NoData) => {
                self.still_fires(finding, on, at)
            }
        }
    }

    /// The condition does not hold any more. `None` when that is no news.
    pub fn clear(&self, at: Timestamp) -> Option<Change> {
        if self.condition == Condition::Cleared {
            return None;
        }
        let mut next = self.next_version();
        let events = match self.flap {
            Some(Flap { holds: false, .. }) => return None,
            Some(Flap { holds: true, .. }) => {
                next.flap = Some(Flap { turned_at: at, holds: false });
                Vec::new()
            }
            None => next.clears(at),
        };
        next.settle(at);
        Some((next, events))
    }

    /// Marks it cleared, which ends it when nobody touched it.
    pub(super) fn clears(&mut self, at: Timestamp) -> Vec<TimelineEvent> {
        self.condition = Condition::Cleared;
        self.cleared_at = Some(at);
        let mut events = vec![TimelineEvent::by_dogwatch(at, EventKind::Cleared)];
        if self.work == Work::Unclaimed && !self.touched {
            let resolution = CLEARED_BY_ITSELF.to_owned();
            let ended = self.end(&Actor::DOGWATCH, resolution, at);
            events.extend(ended.into_iter().map(|kind| TimelineEvent::by_dogwatch(at, kind)));
        }
        events
    }

    /// It is over. What is over waits for nobody and hides from nobody.
    pub(super) fn end(&mut self, by: &Actor, resolution: String, at: Timestamp) -> Vec<EventKind> {
        let mut kinds = self.no_more_pending();
        kinds.extend(self.hidden_by.drain(..).map(|hider| EventKind::Unhidden { hider }));
        self.work = Work::Done;
        self.closed = Some(Closed { at, by: by.clone(), resolution: resolution.clone() });
        self.snooze = None;
        kinds.push(EventKind::Closed { resolution });
        kinds
    }

    /// What was pending is not any more, and the timeline says so: an offer, a wait.
    pub(super) fn no_more_pending(&mut self) -> Vec<EventKind> {
        let offer = self.offer.take().map(|_| EventKind::OfferWithdrawn);
        let wait = self.waiting.take().map(|_| EventKind::WaitEnded);
        [offer, wait].into_iter().flatten().collect()
    }

    /// Its endpoint has gone away: nobody knows whether it still holds. What hides it meanwhile says why.
    pub fn lose_sight(&self, at: Timestamp) -> Option<Change> {
        let seen = matches!(self.condition, Condition::Firing | Condition::Flapping);
        let mut next = self.next_version();
        next.condition = Condition::NoData;
        next.settle(at);
        (seen && self.work != Work::Done).then_some((next, Vec::new()))
    }

    /// Its endpoint is back: what held when it was last seen holds until the rules say otherwise.
    pub fn regain_sight(&self, at: Timestamp) -> Option<Change> {
        let mut next = self.next_version();
        next.condition = next.holding();
        if let Some(flap) = &mut next.flap {
            flap.turned_at = at;
        }
        next.settle(at);
        (self.condition == Condition::NoData).then_some((next, Vec::new()))
    }

    /// Begins a new life of an alert that had ended: what [`Fire::Reopen`] asks for.
    pub fn reopen<'e>(
        &self,
        finding: &Finding,
        on: impl Into<Spot<'e>>,
        owner: Owner,
        at: Timestamp,
        policy: &Policy,
    ) -> Change {
        let mut next = self.next_version();
        next.begin_life(owner.clone(), at);
        next.touched = false;
        next.flap = self.flap.map(|_| Flap { turned_at: at, holds: true });
        next.tell(finding, on.into(), at);
        let mut events = vec![TimelineEvent::by_dogwatch(at, EventKind::Reopened)];
        events.extend(next.returned(at, policy));
        events.extend(self.severity_change(finding, at));
        events.push(TimelineEvent::by_dogwatch(at, EventKind::Routed { owner }));
        next.settle(at);
        (next, events)
    }

    /// Nobody has it, and nothing was decided about it yet.
    pub(super) fn begin_life(&mut self, owner: Owner, at: Timestamp) {
        self.work = Work::Unclaimed;
        self.owner = owner;
        self.assignee = None;
        self.acknowledged_by = None;
        self.closed = None;
        self.progress = Progress::begin(at);
    }

    /// The matrix names an owner for an alert that nobody has. `None` when that is no news, and always for one that
    /// somebody has or that is done.
    ///
    /// The timeline records it when team or row changed; then the first-responder window and the escalation begin anew.
    /// Otherwise only the reasons and the end of the answer's validity are brought up to date.
    pub fn reroute(&self, owner: Owner, at: Timestamp) -> Option<Change> {
        if self.work != Work::Unclaimed || self.owner == owner {
            return None;
        }
        let mut next = self.next_version();
        let same_row = self.owner.row == owner.row;
        if same_row && self.progress.instead_of.as_ref() == Some(&owner.team) {
            next.owner = Owner {
                team: self.owner.team.clone(),
                side: self.owner.side,
                first_responder_until: self.owner.first_responder_until,
                why: self.owner.why.clone(),
                ..owner
            };
        } else if same_row && self.owner.team == owner.team {
            next.owner = Owner { first_responder_until: self.owner.first_responder_until, ..owner };
        } else {
            next.moves(owner.clone(), at);
            return Some((next, vec![TimelineEvent::by_dogwatch(at, EventKind::Routed { owner })]));
        }
        (next.owner != self.owner).then_some((next, Vec::new()))
    }

    /// Another row or team has it from here on.
    pub(super) fn moves(&mut self, owner: Owner, at: Timestamp) {
        self.owner = owner;
        self.progress.instead_of = None;
        self.progress.handed_over = false;
        self.progress.answered = false;
        self.becomes_free(at);
    }

    /// Nobody has it from here on: whoever is to be called when nobody takes it is called anew.
    pub(super) fn becomes_free(&mut self, at: Timestamp) {
        self.progress.free_since = Some(at);
        self.progress.steps = 0;
    }

    fn fires_again(&self, finding: &Finding, on: Spot<'_>, at: Timestamp, policy: &Policy) -> Fire {
        let mut next = self.next_version();
        next.tell(finding, on, at);
        let mut events = Vec::new();
        if let Some(flap) = &mut next.flap {
            *flap = Flap { turned_at: at, holds: true };
        } else {
            events.push(TimelineEvent::by_dogwatch(at, EventKind::Returned));
        }
        events.extend(next.returned(at, policy));
        events.extend(self.worse(&mut next, finding, at));
        next.settle(at);
        Fire::Changed(Box::new((next, events)))
    }

    fn still_fires(&self, finding: &Finding, on: Spot<'_>, at: Timestamp) -> Fire {
        let told_anew = self.condition == Condition::NoData
            || self.severity != finding.severity
            || self.title != finding.title
            || self.evidence != finding.evidence
            || self.tool != finding.tool
            || self.category != finding.category
            || self.endpoint_name != on.name
            || self.priority != self.priority_of(finding, on);
        if !told_anew {
            return Fire::Same;
        }
        let mut next = self.next_version();
        next.tell(finding, on, at);
        next.since = self.since;
        let events = self.worse(&mut next, finding, at);
        next.settle(at);
        Fire::Changed(Box::new((next, events)))
    }

    /// Takes in what the finding says now: it holds.
    fn tell(&mut self, finding: &Finding, on: Spot<'_>, at: Timestamp) {
        self.priority = self.priority_of(finding, on);
        on.name.clone_into(&mut self.endpoint_name);
        self.category = finding.category;
        self.tool = finding.tool.clone();
        self.severity = finding.severity;
        self.title.clone_from(&finding.title);
        self.evidence.clone_from(&finding.evidence);
        self.condition = self.holding();
        self.cleared_at = None;
        self.since = finding.since;
        self.last_seen = at;
    }

    fn priority_of(&self, finding: &Finding, on: Spot<'_>) -> Priority {
        let by_hand = self.progress.prioritised.then_some(self.priority);
        by_hand.unwrap_or_else(|| Priority::of(finding.severity, on.criticality))
    }

    /// The entries of a changed severity; what sleeps wakes when it got worse.
    fn worse(&self, next: &mut Self, finding: &Finding, at: Timestamp) -> Vec<TimelineEvent> {
        let mut events: Vec<_> = self.severity_change(finding, at).into_iter().collect();
        if finding.severity > self.severity && next.snooze.take().is_some() {
            events.push(TimelineEvent::by_dogwatch(at, EventKind::Woke));
        }
        events
    }

    fn severity_change(&self, finding: &Finding, at: Timestamp) -> Option<TimelineEvent> {
        let kind = EventKind::SeverityChanged { from: self.severity, to: finding.severity };
        (self.severity != finding.severity).then(|| TimelineEvent::by_dogwatch(at, kind))
    }

    pub(super) fn ended_within(&self, policy: &Policy, at: Timestamp) -> bool {
        // The end that counts is the later one: a person may have closed it long before it cleared.
        let ended = self.closed.as_ref().map(|closed| closed.at).max(self.cleared_at);
        ended.is_some_and(|ended| at.duration_since(ended) < policy.reopen_window)
    }

    pub(super) fn next_version(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }
}
