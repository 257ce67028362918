//! Giving, approving, reviewing and ending rights.

use std::collections::BTreeMap;

use dogwatch_model::{OrgId, Side};
use jiff::Timestamp;

use super::{NewGrant, invalid, not_allowed, unseen};
use crate::{
    access::{Approval, Change, Ended, Grant, Principal, Register, Scope, Verb, Verbs},
    refusal::{Code, Refusal},
};

/// The longest reason, in bytes: a sentence and a ticket's number.
pub(crate) const MAX_REASON_BYTES: usize = 500;

/// Grants of one person that count at once: more is nothing that anybody can review.
const MAX_GRANTS: usize = 64;

impl Register {
    pub(super) fn give(
        &self,
        wanted: &NewGrant,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Vec<Change>, Refusal> {
        Self::not_glass(&wanted.to)?;
        let person = self.managed(&wanted.to, by, now)?;
        self.not_oneself(
            (by, now),
            &wanted.to,
            "gives themself rights; ask another administrator of your side",
        )?;
        if self.grants_of(&wanted.to, now).count() >= MAX_GRANTS {
            let what = format!("{} has {MAX_GRANTS} grants already; end some first", wanted.to.id);
            return Err(Refusal::new(Code::Conflict, what));
        }
        let grant = self.grant_of(wanted, person.side, by, now)?;
        // Who gives for good confirms whom they give it.
        let mut changes = if grant.on_trial { Vec::new() } else { self.kept(&wanted.to, by, now) };
        changes.push(Change::Grant(grant));
        Ok(changes)
    }

    /// The grant that comes of what is wanted for a person of a side.
    pub(super) fn grant_of(
        &self,
        wanted: &NewGrant,
        side: Side,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Grant, Refusal> {
        self.check_place(wanted, side, by, now)?;
        wanted.check(side, now)?;
        let mut approvals = BTreeMap::new();
        // The owner's own word is the other pair of eyes that a guest cannot withhold.
        if let Some(org) = wanted.scope.org()
            && !wanted.verbs.risky().is_empty()
            && self.not_oneself((by, now), &wanted.to, "approves their own rights").is_ok()
            && self.is_owner(by, org, now)
        {
            approvals.insert(org.clone(), Approval { by: by.key(), at: now });
        }
        let trial = self.trial(by, &wanted.scope, now);
        let expires_at = [wanted.expires_at, trial].into_iter().flatten().min();
        let own_end = wanted.expires_at.filter(|_| trial.is_some());
        Ok(Grant { approvals, expires_at, own_end, on_trial: trial.is_some(), ..plain(wanted, by, now) })
    }

    /// The grant of the first owner of an org: approved by the MSP, since there is nobody else.
    pub(super) fn first_owner(&self, wanted: &NewGrant, by: &Principal, now: Timestamp) -> Grant {
        let org = wanted.scope.org().cloned();
        let approvals = org.map(|org| (org, Approval { by: by.key(), at: now })).into_iter().collect();
        Grant { approvals, ..plain(wanted, by, now) }
    }

    /// Whoever gives has what they give, there.
    fn check_place(
        &self,
        wanted: &NewGrant,
        side: Side,
        by: &Principal,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let home_org = wanted.to.org.as_ref();
        if side != Side::Msp && wanted.scope.org() != home_org {
            return Err(invalid(format!(
                "{} belongs to {}; their rights count there only",
                wanted.to.id,
                home_org.map_or("", OrgId::as_str)
            )));
        }
        if !self.manages(by, side, &wanted.scope, now) {
            return Err(self.not_your_side(side, &wanted.scope, by, now));
        }
        let missing = wanted.verbs.without(self.reach(by, now).gives(&wanted.scope));
        // Who begins an org, or owns it, lets vendors work without being of their side.
        if missing.is_empty() {
            return Ok(());
        }
        Err(not_allowed(format!(
            "{missing} on {} is missing: nobody gives what they do not have themselves; {}",
            wanted.scope,
            self.cure_of_giver(by, (missing, &wanted.scope), now)
        )))
    }

    /// Whether somebody owns an org, with the token that they use.
    pub(super) fn is_owner(&self, by: &Principal, org: &OrgId, now: Timestamp) -> bool {
        by.side == Side::Internal
            && !self.is_program(&by.key())
            && self.reach(by, now).may(Verb::Administer, org, None)
    }

    /// A grant that somebody sees.
    fn seen_grant(&self, id: &str, by: &Principal, now: Timestamp) -> Result<&Grant, Refusal> {
        let reach = self.reach(by, now);
        let visible = |grant: &&Grant| reach.sees_place(&grant.scope);
        self.grants.get(id).filter(visible).ok_or_else(|| unseen("grant", id))
    }

    pub(super) fn standing_grant(&self, id: &str, by: &Principal, now: Timestamp) -> Result<&Grant, Refusal> {
        let grant = self.seen_grant(id, by, now)?;
        match grant.is_in_force(now) {
            true => Ok(grant),
            false => Err(Refusal::new(Code::Conflict, format!("grant {id} has ended; give a new one"))),
        }
    }

    pub(super) fn end(
        &self,
        id: &str,
        why: &str,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Vec<Change>, Refusal> {
        let grant = self.seen_grant(id, by, now)?;
        let side = self.side_of(&grant.to);
        let owner = side == Side::Msp && grant.scope.org().is_some_and(|org| self.is_owner(by, org, now));
        if grant.to != by.key() && !owner && !self.manages(by, side, &grant.scope, now) {
            return Err(self.not_your_side(side, &grant.scope, by, now));
        }
        if why.len() > MAX_REASON_BYTES {
            return Err(invalid(format!("say why in up to {MAX_REASON_BYTES} bytes")));
        }
        if grant.ended.is_some() {
            return Ok(Vec::new());
        }
        let ended = Some(Ended { by: by.key(), at: now, why: why.to_owned() });
        Ok(vec![Change::Grant(Grant { ended, ..grant.clone() })])
    }

    pub(super) fn review(
        &self,
        id: &str,
        next: Option<Timestamp>,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Vec<Change>, Refusal> {
        let mut grant = self.standing_grant(id, by, now)?.clone();
        let side = self.side_of(&grant.to);
        self.not_a_program(by, "reviews")?;
        self.not_oneself(
            (by, now),
            &grant.to,
            "reviews their own rights; ask another administrator of your side",
        )?;
        if !self.manages(by, side, &grant.scope, now) {
            return Err(self.not_your_side(side, &grant.scope, by, now));
        }
        let next = next.unwrap_or(now + Grant::review_after(grant.verbs));
        if next <= now {
            return Err(invalid("the next review lies in the future"));
        }
        grant.review_at = Some(next);
        grant.reviewed_at = Some(now);
        grant.triggers.clear();
        Ok(vec![Change::Grant(grant)])
    }

    pub(in crate::access) fn side_of(&self, key: &crate::access::PersonKey) -> Side {
        let unknown = if key.org.is_some() { Side::Internal } else { Side::Msp };
        self.people.get(key).map_or(unknown, |person| person.side)
    }
}

impl NewGrant {
    /// Refuses what nobody is given, whoever gives it.
    fn check(&self, side: Side, now: Timestamp) -> Result<(), Refusal> {
        if self.verbs.is_empty() {
            return Err(invalid(format!("name at least one of: {}", Verbs::EVERYTHING)));
        }
        if self.reason.trim().is_empty() || self.reason.len() > MAX_REASON_BYTES {
            return Err(invalid(format!(
                "say what for, in up to {MAX_REASON_BYTES} bytes: `--reason \"…\"`"
            )));
        }
        if self.expires_at.is_some_and(|end| end <= now) {
            return Err(invalid("the end of a grant lies in the future"));
        }
        if side == Side::Vendor && !self.verbs.risky().is_empty() {
            return Err(not_allowed(format!("vendors never have {}", self.verbs.risky())));
        }
        if makes_owner(side, self.verbs, &self.scope) && self.expires_at.is_some() {
            return Err(invalid(
                "an owner's grant has no end, so that no day leaves the org without one; it is reviewed (`--review`)",
            ));
        }
        Ok(())
    }
}

/// Whether such a grant makes an owner of whoever is of that side.
pub(super) fn makes_owner(side: Side, verbs: Verbs, scope: &Scope) -> bool {
    side == Side::Internal && verbs.has(Verb::Administer) && scope.site().is_none()
}

fn plain(wanted: &NewGrant, by: &Principal, now: Timestamp) -> Grant {
    let rights = (wanted.verbs, wanted.scope.clone());
    Grant {
        given_by: Some(by.key()),
        expires_at: wanted.expires_at,
        review_at: Some(wanted.review_at.unwrap_or(now + Grant::review_after(wanted.verbs))),
        ..Grant::new(wanted.id.clone(), wanted.to.clone(), rights, wanted.reason.trim(), now)
    }
}
