//! One entry of a timeline, and who should hear of it.

use super::{Reason, audience::Listener};
use crate::{
    alert::{Actor, Alert, EventKind, TimelineEvent, Visibility, Work},
    matrix::{Matrix, Row},
};

/// Clocks are told of from this share on; half is for screens.
const WARN_FROM_PERCENT: u8 = 75;

/// The entry at `place`, and what there is to know about it.
pub(super) struct Asked<'a> {
    pub(super) alert: &'a Alert,
    pub(super) timeline: &'a [TimelineEvent],
    pub(super) place: usize,
    pub(super) matrix: &'a Matrix,
}

/// Why, whether it is only for ways with a state of their own, and who.
type Told = (Reason, bool, Listener);

impl Asked<'_> {
    fn kind(&self) -> &EventKind {
        &self.timeline[self.place].kind
    }

    /// What people do to each other is told even of a hidden item.
    pub(super) fn is_between_people(&self) -> bool {
        matches!(
            self.kind(),
            EventKind::Offered { .. }
                | EventKind::Accepted
                | EventKind::Declined { .. }
                | EventKind::OfferExpired
                | EventKind::Assigned { .. }
                | EventKind::Closed { .. }
        )
    }

    pub(super) fn audience(&self) -> Vec<Told> {
        let tell = |reason: Reason, who: Listener| vec![(reason, false, who)];
        match self.kind() {
            EventKind::Created { .. } | EventKind::Reopened | EventKind::ReopenedByHand { .. } => {
                self.informed(Reason::Informed)
            }
            EventKind::OpenedByHand { .. } => self.informed(Reason::Informed),
            EventKind::Routed { .. } if self.alert.work == Work::Unclaimed => {
                tell(Reason::Opened, self.owner())
            }
            EventKind::HandedOver { owner } => {
                let mut told = tell(Reason::HandedOver, Listener::OnCall(owner.team.clone()));
                told.extend(
                    self.owner_before()
                        .filter(|team| *team != owner.team)
                        .map(|team| (Reason::WindowPassed, false, Listener::OnCall(team))),
                );
                told
            }
            EventKind::Escalated { step, .. } => self.escalated(*step),
            EventKind::Offered { to, .. } => tell(Reason::Offered, Listener::OnCall(to.clone())),
            EventKind::Accepted => self.offerer().map(|who| tell(Reason::Accepted, who)).unwrap_or_default(),
            EventKind::Declined { .. } => {
                self.offerer().map(|who| tell(Reason::Declined, who)).unwrap_or_default()
            }
            EventKind::OfferExpired => {
                self.offerer().map(|who| tell(Reason::Unanswered, who)).unwrap_or_default()
            }
            EventKind::Assigned { to } => tell(Reason::Assigned, Listener::Person(to.clone())),
            EventKind::Reminded => tell(Reason::Reminded, self.holder()),
            EventKind::Lapsed => tell(Reason::Lapsed, self.owner()),
            EventKind::SideLeft { .. } if self.alert.work == Work::Unclaimed => {
                tell(Reason::Lapsed, self.owner())
            }
            EventKind::SlaWarned { percent, .. } if *percent >= WARN_FROM_PERCENT => {
                tell(Reason::Warned, self.holder())
            }
            EventKind::SlaBreached { .. } => {
                let accountable = self.row().map(|row| Listener::informed(&row.accountable));
                let accountable = accountable.filter(|who| *who != self.holder());
                let mut told = tell(Reason::Breached, self.holder());
                told.extend(accountable.map(|who| (Reason::Breached, false, who)));
                told
            }
            EventKind::SeverityChanged { from, to } if to > from => tell(Reason::Worse, self.holder()),
            EventKind::Returned => tell(Reason::Returned, self.holder()),
            EventKind::Woke | EventKind::Unhidden { .. } if self.alert.work != Work::Done => tell(
                if self.alert.work == Work::Unclaimed { Reason::Opened } else { Reason::Returned },
                self.holder(),
            ),
            EventKind::Claimed | EventKind::Acknowledged => vec![(Reason::Taken, true, self.owner())],
            EventKind::Closed { .. } => {
                let mut told = if self.ended_unseen() { Vec::new() } else { self.informed(Reason::Closed) };
                told.push((Reason::Closed, true, self.owner()));
                told
            }
            _ => Vec::new(),
        }
    }

    /// It ended by itself while it was hidden, and nobody was ever told of it: its end is no news. What ends is shown
    /// again in the same change.
    fn ended_unseen(&self) -> bool {
        let (before, end) = (&self.timeline[..self.place], &self.timeline[self.place]);
        let was_told = |event: &TimelineEvent| matches!(event.kind, EventKind::Notified { .. });
        let was_hidden = |event: &TimelineEvent| matches!(event.kind, EventKind::Unhidden { .. });
        let with_it = before.iter().rev().take_while(|event| event.at == end.at && event.by == end.by);
        let hidden = self.alert.visibility != Visibility::Normal || { with_it }.any(was_hidden);
        hidden && end.by.person.is_none() && !before.iter().any(was_told)
    }

    fn row(&self) -> Option<&Row> {
        self.alert.owner.row.as_ref().and_then(|id| self.matrix.row(id))
    }

    fn informed(&self, reason: Reason) -> Vec<Told> {
        let informed = self.row().map(|row| row.informed.as_slice()).unwrap_or_default();
        informed.iter().map(|party| (reason, false, Listener::informed(party))).collect()
    }

    fn owner(&self) -> Listener {
        Listener::OnCall(self.alert.owner.team.clone())
    }

    /// Who has it; the owner's team when nobody has, or when the matrix does not know who has.
    fn holder(&self) -> Listener {
        self.alert.assignee.as_ref().and_then(|holder| self.known(holder)).unwrap_or_else(|| self.owner())
    }

    fn known(&self, actor: &Actor) -> Option<Listener> {
        let known = self.matrix.directory();
        let person = actor.person.as_ref().filter(|person| known.person(person).is_some());
        let team = actor.team.as_ref().filter(|team| known.team(team).is_some());
        person.map(|id| Listener::Person(id.clone())).or_else(|| team.map(|id| Listener::OnCall(id.clone())))
    }

    /// Who made the offer that this entry answers.
    fn offerer(&self) -> Option<Listener> {
        let before = self.timeline[..self.place].iter().rev();
        let offer = before.clone().find(|event| matches!(event.kind, EventKind::Offered { .. }))?;
        self.known(&offer.by).or_else(|| self.owner_before().map(Listener::OnCall))
    }

    /// Whose it was before this entry.
    fn owner_before(&self) -> Option<dogwatch_model::TeamId> {
        self.timeline[..self.place].iter().rev().find_map(|event| match &event.kind {
            EventKind::Routed { owner } | EventKind::HandedOver { owner } => Some(owner.team.clone()),
            _ => None,
        })
    }

    fn escalated(&self, step: Option<u8>) -> Vec<Told> {
        let Some(step) = step else {
            return vec![(Reason::Escalated, false, Listener::OnCall(self.matrix.last_resort().clone()))];
        };
        let chain = self.row().map(|row| row.escalation.as_slice()).unwrap_or_default();
        let called = usize::from(step).checked_sub(1).and_then(|place| chain.get(place));
        match called.map(|step| Listener::called(&step.to)) {
            Some(Some(who)) => vec![(Reason::Escalated, false, who)],
            Some(None) => vec![(Reason::CallVendor, false, self.holder())],
            // The chain is shorter than it was when the step was taken.
            None => vec![(Reason::Escalated, false, Listener::OnCall(self.matrix.last_resort().clone()))],
        }
    }
}
