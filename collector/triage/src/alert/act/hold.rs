//! Who has it: claim, release, assign, acknowledge; and how it ends and begins again.

use dogwatch_model::PersonId;

use super::{Actor, Doing, EventKind, Refusal, Work, written};
use crate::alert::{Owner, Relation, heir};

impl Doing<'_> {
    /// It is theirs from here on.
    pub(super) fn take(&mut self) {
        self.next.assignee = Some(self.by.clone());
        self.next.acknowledged_by.get_or_insert_with(|| self.by.clone());
        self.next.progress.answered = true;
        self.kinds.push(EventKind::Claimed);
    }

    pub(super) fn release(&mut self) {
        self.no_more_pending();
        self.next.assignee = None;
        self.next.progress.worked_at = None;
        self.next.progress.reminded_at = None;
        self.next.becomes_free(self.at);
        self.kinds.push(EventKind::Released);
    }

    pub(super) fn assign(&mut self, id: &PersonId) -> Result<(), Refusal> {
        let number = self.alert.number;
        let person = self.desk.matrix.directory().person(id);
        let person = person.ok_or_else(|| Refusal::NoSuchPerson { person: id.clone() })?;
        if person.disabled {
            return Err(Refusal::PersonDisabled { person: id.clone() });
        }
        if person.side != self.side {
            return Err(Refusal::OtherSidesPerson { number, person: id.clone() });
        }
        let to = Actor::person(person.id.clone(), person.side, Some(person.team.clone()));
        if self.alert.assignee.as_ref().is_some_and(|holder| holder.is_same_person(&to)) {
            return Err(Refusal::NoChange { number, how: format!("is with {to}") });
        }
        if self.alert.work == Work::Unclaimed {
            self.take();
        }
        self.next.assignee = Some(to);
        self.kinds.push(EventKind::Assigned { to: id.clone() });
        Ok(())
    }

    pub(super) fn acknowledge(&mut self) -> Result<(), Refusal> {
        if let Some(by) = &self.alert.acknowledged_by {
            return Err(Refusal::AlreadyAcknowledged { number: self.alert.number, by: by.clone() });
        }
        self.next.acknowledged_by = Some(self.by.clone());
        self.kinds.push(EventKind::Acknowledged);
        Ok(())
    }

    pub(super) fn close(&mut self, resolution: String) {
        let ended = self.next.end(self.by, resolution, self.at);
        self.kinds.extend(ended);
    }

    /// A new life with whom it was; the matrix is asked at the next occasion, as for everything that nobody has.
    pub(super) fn reopen(&mut self, reason: &str) -> Result<(), Refusal> {
        let reason = written("reason", reason)?;
        let window = heir::row_of(self.alert, self.desk.matrix).map(|row| row.first_responder);
        let window_end = window.and_then(|window| self.at.checked_add(window).ok());
        let first_responder_until = window_end.filter(|end| *end > self.at);
        let owner = Owner { first_responder_until, ..self.alert.owner.clone() };
        let instead_of = self.alert.progress.instead_of.clone();
        self.next.begin_life(owner, self.at);
        self.next.progress.instead_of = instead_of;
        // It goes on by itself again, so it is nobody's duplicate.
        self.next.links.retain(|link| link.relation != Relation::DuplicateOf);
        self.kinds.push(EventKind::ReopenedByHand { reason });
        Ok(())
    }

    pub(super) fn no_more_pending(&mut self) {
        let ended = self.next.no_more_pending();
        self.kinds.extend(ended);
    }
}
