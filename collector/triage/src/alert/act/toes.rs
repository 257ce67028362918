//! Whose toes an act steps on: free to act, or only with a reason.

use super::{Act, Doing, EventKind, Refusal, Work, written};

impl Doing<'_> {
    /// Records the reason where one is needed; refuses where it is missing. A reason that is not needed is not
    /// recorded.
    pub(super) fn step_on_toes(&mut self, act: &Act) -> Result<(), Refusal> {
        let toes = match act {
            Act::Claim { .. } => self.first_responders(),
            Act::Handoff { .. } | Act::Assign { .. } if self.alert.work == Work::Unclaimed => {
                self.first_responders()
            }
            Act::Release { .. }
            | Act::Assign { .. }
            | Act::Handoff { .. }
            | Act::Withdraw { .. }
            | Act::Wait { .. }
            | Act::Resume { .. }
            | Act::Snooze { .. }
            | Act::Prioritise { .. }
            | Act::Merge { .. }
            | Act::Close { .. } => self.holders(act.name()),
            Act::Accept
            | Act::Decline { .. }
            | Act::Wake
            | Act::Reopen { .. }
            | Act::Acknowledge
            | Act::Comment { .. }
            | Act::Link { .. }
            | Act::Feedback { .. } => None,
        };
        match (toes, act.override_reason()) {
            (None, _) => Ok(()),
            (Some(refusal), None) => Err(refusal),
            (Some(_), Some(reason)) => {
                let reason = written("reason for the override", reason)?;
                self.kinds.push(EventKind::Override { act: act.name().to_owned(), reason });
                Ok(())
            }
        }
    }

    fn first_responders(&self) -> Option<Refusal> {
        let (number, owner) = (self.alert.number, &self.alert.owner);
        let until =
            owner.first_responder_until.filter(|until| self.at < *until && self.side != owner.side)?;
        Some(Refusal::FirstResponder { number, until, team: owner.team.clone() })
    }

    fn holders(&self, act: &'static str) -> Option<Refusal> {
        let (number, owner) = (self.alert.number, &self.alert.owner);
        match &self.alert.assignee {
            Some(holder) if holder.is_same_person(self.by) => None,
            Some(holder) => Some(Refusal::HeldByAnother { number, by: holder.clone(), act }),
            None if self.side != owner.side => {
                Some(Refusal::OtherSide { number, team: owner.team.clone(), act })
            }
            None => None,
        }
    }
}
