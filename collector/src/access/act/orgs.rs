//! An org as a whole: its guest leaves, its rules for coming in.

use dogwatch_model::{OrgId, Side};
use jiff::Timestamp;

use super::{invalid, not_allowed, unseen};
use crate::{
    access::{Change, Ended, Principal, Register},
    refusal::{Code, Refusal},
};

impl Register {
    /// The MSP leaves an org: everything that it holds there alone ends, and its reach goes around the org from now on.
    pub(super) fn offboard(
        &self,
        org: &OrgId,
        side: Side,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Vec<Change>, Refusal> {
        if !self.reach(by, now).sees_org(org) {
            return Err(unseen("org", org));
        }
        if side != Side::Msp {
            return Err(invalid(format!("{org} is its own side's; only its guest, `msp`, can leave")));
        }
        if !self.is_owner(by, org, now) {
            let owners = self.owners_named(org, now);
            let who = if owners.is_empty() { "it has none yet".to_owned() } else { owners.join(" or ") };
            return Err(not_allowed(format!("only an owner of {org} can say goodbye to the MSP: {who}")));
        }
        let mut standing = self.orgs.get(org).cloned().unwrap_or_default();
        if standing.left.contains_key(&side) {
            return Err(Refusal::new(Code::Conflict, format!("the {side} side has left {org} already")));
        }
        standing.left.insert(side, now);
        let mut changes = vec![Change::Org(org.clone(), standing)];
        let ended = || Some(Ended { by: by.key(), at: now, why: format!("the {side} side left {org}") });
        for grant in self.grants.values().filter(|grant| grant.to.org.is_none() && grant.ended.is_none()) {
            if grant.scope.org() == Some(org) {
                changes.push(Change::Grant(crate::access::Grant { ended: ended(), ..grant.clone() }));
            } else if grant.approvals.contains_key(org) {
                let mut grant = grant.clone();
                grant.approvals.remove(org);
                changes.push(Change::Grant(grant));
            }
        }
        let guests =
            self.people.values().filter(|person| person.side == side && person.home.org() == Some(org));
        for guest in guests.filter(|guest| guest.disabled_at.is_none() || guest.disabled_until.is_some()) {
            changes.push(Change::Person(crate::access::Person {
                disabled_at: Some(now),
                disabled_until: None,
                ..guest.clone()
            }));
        }
        let waits = |to: &crate::access::PersonKey| {
            self.people.get(to).is_some_and(|guest| guest.side == side && guest.home.org() == Some(org))
        };
        let waiting = self.invitations.iter().filter(|(_, invitation)| waits(&invitation.to));
        changes.extend(waiting.map(|(hash, _)| Change::Invitation(*hash, None)));
        let gone = |token: &&crate::access::ApiToken| {
            let guest = self.people.get(&token.principal.key());
            token.principal.side == side
                && token.revoked_at.is_none()
                && (token.principal.org.as_ref() == Some(org)
                    || guest.is_some_and(|guest| guest.home.org() == Some(org)))
        };
        changes.extend(self.tokens.values().filter(gone).map(|token| Change::Token(token.revoked(now))));
        Ok(changes)
    }

    pub(super) fn second_factor(
        &self,
        org: &OrgId,
        all: bool,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Vec<Change>, Refusal> {
        if !self.reach(by, now).sees_org(org) {
            return Err(unseen("org", org));
        }
        if !self.is_owner(by, org, now) {
            return Err(not_allowed(format!("only an owner of {org} can change how its people come in")));
        }
        let mut standing = self.orgs.get(org).cloned().unwrap_or_default();
        standing.second_factor_for_all = all;
        Ok(vec![Change::Org(org.clone(), standing)])
    }
}
