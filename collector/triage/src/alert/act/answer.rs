//! The hand-off: offered with its packet, accepted or declined by the side it is for.

use dogwatch_model::TeamId;

use super::{Doing, EventKind, Packet, Refusal, Work, written};
use crate::{
    alert::{Offer, Owner, handoff::MAX_DEADLINE, heir},
    matrix::{Matrix, SlaClass, Team},
};

impl<'a> Doing<'a> {
    pub(super) fn offer(
        &mut self,
        to: Option<&TeamId>,
        packet: &Packet,
        not_ours: bool,
    ) -> Result<(), Refusal> {
        let team = self.addressee(to)?;
        let packet = written::packet(packet)?;
        if let Some(deadline) = packet.deadline {
            self.ahead("packet's `deadline`", deadline, MAX_DEADLINE)?;
        }
        if self.alert.work == Work::Unclaimed {
            self.take();
        }
        self.no_more_pending();
        // Within what the other side has promised to answer it, by the clock on the wall: at night, too, somebody
        // has to be told that nobody is there.
        let class = self.desk.matrix.sla_of(heir::row_of(self.alert, self.desk.matrix));
        let accept = class.map_or(SlaClass::ACCEPT, |class| class.accept);
        self.next.offer = Some(Offer {
            to: team.id.clone(),
            side: team.side,
            by: self.by.clone(),
            at: self.at,
            until: self.at.saturating_add(accept).unwrap_or(self.at),
            packet: packet.clone(),
            not_ours,
        });
        // Whoever hands off somebody else's item is the one it comes back to.
        self.next.assignee = Some(self.by.clone());
        self.kinds.push(EventKind::Offered { to: team.id.clone(), packet, not_ours });
        Ok(())
    }

    /// The team that it is offered to: any but the one that has it.
    fn addressee(&self, to: Option<&TeamId>) -> Result<&'a Team, Refusal> {
        let (number, matrix): (_, &'a Matrix) = (self.alert.number, self.desk.matrix);
        let known = matrix.directory();
        let team = match to {
            Some(id) => known.team(id).ok_or_else(|| Refusal::NoSuchTeam {
                team: id.clone(),
                known: known.teams().map(|team| team.id.as_str()).collect::<Vec<_>>().join(", "),
            })?,
            None => {
                let heir = heir::opposite(self.alert, matrix, self.side);
                heir.ok_or(Refusal::NoOtherTeam { number })?.team
            }
        };
        if team.id == self.alert.owner.team && team.side == self.side {
            return Err(Refusal::SameTeam { number, team: team.id.clone() });
        }
        Ok(team)
    }

    pub(super) fn accept(&mut self) -> Result<(), Refusal> {
        let offer = self.mine_to_answer("accept")?;
        let before = self.alert.owner.clone();
        let named = self.alert.progress.instead_of.clone().unwrap_or_else(|| before.team.clone());
        self.next.progress.instead_of = Some(named).filter(|named| *named != offer.to);
        let why = format!("{} handed it off to `{}`, and {} accepted", offer.by, offer.to, self.by);
        self.next.owner =
            Owner { team: offer.to, side: offer.side, first_responder_until: None, why: vec![why], ..before };
        self.next.offer = None;
        self.next.assignee = Some(self.by.clone());
        self.kinds.push(EventKind::Accepted);
        Ok(())
    }

    pub(super) fn decline(&mut self, reason: &str, not_ours: bool) -> Result<(), Refusal> {
        self.mine_to_answer("decline")?;
        let reason = written("reason", reason)?;
        self.next.offer = None;
        self.kinds.push(EventKind::Declined { reason, not_ours });
        Ok(())
    }

    /// The offer, if it is for this person's side and not their own.
    fn mine_to_answer(&self, act: &'static str) -> Result<Offer, Refusal> {
        let number = self.alert.number;
        let offer = self.alert.offer.clone().ok_or(Refusal::NotOffered { number, act })?;
        if offer.by.is_same_person(self.by) {
            return Err(Refusal::OwnOffer { number, to: offer.to });
        }
        if offer.side != self.side {
            return Err(Refusal::NotForYou { number, to: offer.to, act });
        }
        Ok(offer)
    }
}
