//! The word that risky rights wait for: an owner's for what counts in their org, or the other side's.

use dogwatch_model::{OrgId, Side};
use jiff::Timestamp;

use super::{grants::makes_owner, invalid, not_allowed, unseen};
use crate::{
    access::{Approval, Change, Grant, Principal, Register, Verb},
    refusal::Refusal,
};

impl Register {
    pub(super) fn approve(
        &self,
        id: &str,
        org: &OrgId,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Vec<Change>, Refusal> {
        let grant = self.approvable(id, org, by, now)?;
        if grant.on_trial && grant.scope.org() == Some(org) {
            return self.confirm(grant, org, by, now);
        }
        if grant.scope.org() == Some(org) && self.back_on_trial(&grant.to, now).is_some() {
            return self.confirm_back((grant, org), by, now);
        }
        if grant.approvals.contains_key(org) {
            return Ok(Vec::new());
        }
        // The other side's word on what somebody of an org was given there, where its own `administer` counts. Who owns the
        // org is for owners alone to say: a guest must not bring back whom they refused.
        let other_side = by.side == Side::Msp
            && grant.to.org.is_some()
            && !makes_owner(self.side_of(&grant.to), grant.verbs, &grant.scope)
            && self.reach(by, now).may(Verb::Administer, org, None);
        if !self.is_owner(by, org, now) && !other_side {
            return Err(self.owner_wanted(org, "approve it", now));
        }
        let mut grant = grant.clone();
        grant.approvals.insert(org.clone(), Approval { by: by.key(), at: now });
        Ok(vec![Change::Grant(grant)])
    }

    /// A grant in which there is something to approve in an org, for a person who is not its holder.
    fn approvable(&self, id: &str, org: &OrgId, by: &Principal, now: Timestamp) -> Result<&Grant, Refusal> {
        let grant = self.standing_grant(id, by, now)?;
        if !self.reach(by, now).sees_org(org) {
            return Err(unseen("org", org));
        }
        if !grant.scope.touches(org) || grant.verbs.risky().is_empty() {
            return Err(invalid(format!(
                "grant {id} has no risky verb in {org}: there is nothing to approve"
            )));
        }
        self.not_a_program(by, "approves")?;
        let what = "approves their own rights; ask another owner or the other side";
        self.not_oneself((by, now), &grant.to, what)?;
        Ok(grant)
    }

    pub(super) fn refuse(
        &self,
        id: &str,
        org: &OrgId,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Vec<Change>, Refusal> {
        let mut grant = self.standing_grant(id, by, now)?.clone();
        if !self.reach(by, now).sees_org(org) {
            return Err(unseen("org", org));
        }
        let objected = self.objected(&grant, org, by, now);
        if !self.is_owner(by, org, now) {
            return objected
                .map(|change| vec![change])
                .ok_or_else(|| self.owner_wanted(org, "refuse it", now));
        }
        if objected.is_none() && (!grant.scope.touches(org) || grant.verbs.risky().is_empty()) {
            return Err(invalid(format!(
                "nothing to refuse: no verb of grant {id} needs approval in {org}; `dogwatch access revoke {id}` ends it"
            )));
        }
        grant.approvals.remove(org);
        Ok(objected.into_iter().chain([Change::Grant(grant)]).collect())
    }

    fn owner_wanted(&self, org: &OrgId, what: &str, now: Timestamp) -> Refusal {
        let owners = self.owners_named(org, now);
        match owners.as_slice() {
            [] => not_allowed(format!("{org} has no owner yet who could {what}")),
            owners => not_allowed(format!("only an owner of {org} can {what}: {}", owners.join(" or "))),
        }
    }
}
