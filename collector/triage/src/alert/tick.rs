//! What the passing of time makes of an alert: whatever is due is decided once, and the timeline says so.
//!
//! | due | when | becomes |
//! |---|---|---|
//! | calm | flapping and no turn for a while | firing, or cleared |
//! | wake | the end of a snooze | shown, unless something hides it |
//! | wait end | the end of a wait | claimed by who had it |
//! | offer expiry | an offer without an answer | claimed by who offered it, and the next of the chain is called |
//! | reminder, lapse | its holder did nothing; and nothing after the reminder | reminded; unclaimed |
//! | hand-over | the first-responder window ended unclaimed | owned by the backup, a gap measured |
//! | escalation | unclaimed for as long as a step says | that step is called; the owner stays |
//! | warning | a share of a promise used up | – |
//!
//! A tick takes everything that is due, in this order, in one change; the same instant has nothing left to decide. One
//! that comes late decides the same, with two differences that spare people: of several warnings that were missed only
//! the highest is given, and nobody loses an item who was not reminded in time.
//!
//! A lapse is the one thing here that takes something from a person, and only after a reminder went unheard for as
//! long again. Hand-over, escalation, offers and idleness wait while the item's timers stand (hidden, asleep,
//! cleared). [`next_due`] is when to tick next; it is computed from the alert, so a restart loses nothing.

use jiff::Timestamp;

use super::{Alert, Change, Clock, Desk, EventKind, Measure, Owner, TimelineEvent, Work, heir};
use crate::duty::Called;

mod due;

use due::Due;

/// Decides what is due at `now`; `None` when nothing is. `timeline` is that of the alert.
pub fn tick(alert: &Alert, timeline: &[TimelineEvent], desk: &Desk<'_>, now: Timestamp) -> Option<Change> {
    let mut turn = Turn { alert: alert.next_version(), events: Vec::new(), desk, now };
    turn.calm();
    turn.wake();
    turn.end_wait();
    turn.alert.settle(now);
    turn.expire_offer();
    turn.remind();
    turn.hand_over();
    turn.escalate();
    turn.warn(timeline);
    turn.alert.settle(now);
    (!turn.events.is_empty()).then_some((turn.alert, turn.events))
}

/// When [`tick`] will have something to decide if nothing else happens; in the past when it has already.
pub fn next_due(
    alert: &Alert,
    timeline: &[TimelineEvent],
    desk: &Desk<'_>,
    now: Timestamp,
) -> Option<Timestamp> {
    let due = Due { alert, desk, now };
    let warnings = due.warnings(timeline).into_iter().map(|warning| warning.at).min();
    [
        due.calm(),
        due.wake(),
        due.wait_end(),
        due.offer_expiry(),
        due.idle(),
        due.hand_over(),
        due.escalation().first().map(|called| called.at),
        warnings,
    ]
    .into_iter()
    .flatten()
    .min()
}

/// A tick being done.
struct Turn<'a> {
    alert: Alert,
    events: Vec<TimelineEvent>,
    desk: &'a Desk<'a>,
    now: Timestamp,
}

impl Turn<'_> {
    fn due(&self) -> Due<'_> {
        Due { alert: &self.alert, desk: self.desk, now: self.now }
    }

    fn is_due(&self, at: Option<Timestamp>) -> bool {
        at.is_some_and(|at| at <= self.now)
    }

    fn tell(&mut self, kind: EventKind) {
        self.events.push(TimelineEvent::by_dogwatch(self.now, kind));
    }

    fn calm(&mut self) {
        if self.is_due(self.due().calm()) {
            let events = self.alert.calm_down(self.now);
            self.events.extend(events);
        }
    }

    fn wake(&mut self) {
        if self.is_due(self.due().wake()) {
            self.alert.snooze = None;
            self.tell(EventKind::Woke);
        }
    }

    fn end_wait(&mut self) {
        if self.is_due(self.due().wait_end()) {
            self.alert.waiting = None;
            self.back_to_holder();
            self.tell(EventKind::WaitEnded);
        }
    }

    fn expire_offer(&mut self) {
        if self.is_due(self.due().offer_expiry()) {
            self.alert.offer = None;
            self.back_to_holder();
            self.tell(EventKind::OfferExpired);
            // Nobody has answered, so somebody else must know of it: the next of the chain, before its time.
            if let Some(called) = self.due().chain().into_iter().next() {
                self.call(called);
            }
        }
    }

    /// Its holder's time to do something begins anew.
    fn back_to_holder(&mut self) {
        self.alert.work = Work::Claimed;
        self.alert.progress.worked_at = Some(self.now);
        self.alert.progress.reminded_at = None;
    }

    fn remind(&mut self) {
        if !self.is_due(self.due().idle()) {
            return;
        }
        if self.alert.progress.reminded_at.is_none() {
            self.alert.progress.reminded_at = Some(self.now);
            return self.tell(EventKind::Reminded);
        }
        self.alert.work = Work::Unclaimed;
        self.alert.assignee = None;
        self.alert.progress.worked_at = None;
        self.alert.progress.reminded_at = None;
        self.alert.becomes_free(self.now);
        self.tell(EventKind::Lapsed);
    }

    fn hand_over(&mut self) {
        let Some(ended) = self.due().hand_over().filter(|ended| *ended <= self.now) else { return };
        let before = self.alert.owner.clone();
        self.alert.progress.handed_over = true;
        self.alert.owner.first_responder_until = None;
        let how = format!(
            "nobody of `{}` ({}) claimed it in its first-responder window, which ended at {ended:.0}",
            before.team, before.side
        );
        let heir = heir::backup(&self.alert, self.desk.matrix).filter(|heir| heir.team.id != before.team);
        if let Some(heir) = heir {
            let named = self.alert.progress.instead_of.take().unwrap_or_else(|| before.team.clone());
            self.alert.progress.instead_of = Some(named).filter(|named| *named != heir.team.id);
            let why = vec![how.clone(), heir.why];
            let (team, side) = (heir.team.id.clone(), heir.team.side);
            let owner = Owner { team, side, first_responder_until: None, why, ..before };
            self.alert.owner = owner.clone();
            self.tell(EventKind::HandedOver { owner });
        }
        self.tell(EventKind::Measured { measure: Measure::Gap, how });
    }

    fn escalate(&mut self) {
        let (due, now) = (self.due().escalation(), self.now);
        due.into_iter().take_while(|called| called.at <= now).for_each(|called| self.call(called));
    }

    fn call(&mut self, called: Called) {
        self.alert.progress.steps = self.alert.progress.steps.saturating_add(1);
        self.tell(EventKind::Escalated {
            step: called.step,
            to: called.to,
            person: called.person,
            empty: called.empty,
            why: called.why,
        });
    }

    fn warn(&mut self, timeline: &[TimelineEvent]) {
        let told: Vec<_> = timeline.iter().chain(&self.events).cloned().collect();
        let (reached, now) = (self.due().warnings(&told), self.now);
        for warning in reached.into_iter().filter(|warning| warning.at <= now) {
            let (clock, percent, deadline) = (warning.clock, warning.highest, warning.deadline);
            let progress = &mut self.alert.progress;
            match clock {
                Clock::Response => progress.response_warned = percent,
                Clock::Resolve => progress.resolve_warned = percent,
                Clock::Vendor => progress.vendor_warned = percent,
                Clock::Accept => continue,
            }
            self.tell(match percent {
                100 => EventKind::SlaBreached { clock, deadline },
                _ => EventKind::SlaWarned { clock, percent, deadline },
            });
        }
    }
}
