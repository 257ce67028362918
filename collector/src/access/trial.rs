//! On trial: whom and what a broken seal lets in lasts a week, and for good once somebody confirms it who administers for good.
//!
//! Whoever holds the paper may be the right person on the worst day, or have found it. So a broken seal lets people in and
//! keeps people out, and whatever it gives or takes ends by itself; so does what those do who administer by that alone
//! ([`bounds`]). Who is known already comes in again with what they had: that is what the paper is for. They administer on
//! trial meanwhile, for nobody knows yet whether it is them ([`back`]).
//!
//! Confirmed is by who administers there for good. Where an org's owners are all gone nobody does: then an administrator of
//! the MSP may, once no owner has come in for three days. The customer's own paper and the MSP's word are one of each side.

mod back;
mod bounds;

use dogwatch_model::{OrgId, Side};
use jiff::{SignedDuration, Timestamp};

use super::{Approval, Change, Grant, Person, PersonKey, Principal, Register, Scope, Verb, act::GLASS_ID};
use crate::refusal::{Code, Refusal};

/// For how long it lasts without anybody's word: a week has a working day for everybody.
const TRIAL: SignedDuration = SignedDuration::from_hours(7 * 24);

/// For how long nobody may have said anything before time or the MSP decides: over a weekend.
const SILENCE: SignedDuration = SignedDuration::from_hours(72);

/// Whether it is who comes in with a sealed code.
fn is_glass(key: &PersonKey) -> bool {
    key.id.as_str() == GLASS_ID
}

impl Register {
    /// Until when at most lasts what somebody gives at a scope; absent for who administers there for good.
    pub(super) fn trial(&self, by: &Principal, scope: &Scope, now: Timestamp) -> Option<Timestamp> {
        let of = |key: &PersonKey| {
            // Who manages the MSP's people for good does so wherever they work, approved there or not.
            let everywhere = key.org.is_none() && self.administers_for_good(key, &Scope::Everywhere, now);
            if everywhere { None } else { self.trial_of(key, scope, now) }
        };
        self.hands(by).iter().filter_map(of).min()
    }

    /// Everybody by whose rights something is done.
    fn hands(&self, by: &Principal) -> Vec<PersonKey> {
        let key = by.key();
        let behind = self.behind(&key).filter(|_| self.is_program(&key)).cloned();
        [Some(key), by.maker.clone(), behind].into_iter().flatten().collect()
    }

    fn trial_of(&self, key: &PersonKey, scope: &Scope, now: Timestamp) -> Option<Timestamp> {
        if is_glass(key) {
            return now.checked_add(TRIAL).ok();
        }
        if let Some(back) = self.back_on_trial(key, now) {
            return back.since.checked_add(TRIAL).ok().map(|end| end.max(now));
        }
        if self.administers_for_good(key, scope, now) {
            return None;
        }
        let there = self.grants_of(key, now).filter(|grant| grant.administers(scope) && grant.on_trial);
        there.filter_map(|grant| grant.expires_at).max()
    }

    /// Whether somebody administers a scope by what counts there and ends by nobody's silence.
    fn administers_for_good(&self, key: &PersonKey, scope: &Scope, now: Timestamp) -> bool {
        // What an owner refused, or never approved, counts for nobody; without an owner the MSP's counts as it is.
        let counts = |grant: &Grant| match scope.org() {
            Some(org) => {
                grant.approvals.contains_key(org)
                    || (key.org.is_none() && self.owners(org, now).next().is_none())
            }
            None => key.org.is_none(),
        };
        let mut there = self.grants_of(key, now).filter(|grant| grant.administers(scope) && !grant.on_trial);
        !is_glass(key) && there.any(counts) && self.back_on_trial(key, now).is_none()
    }

    /// The same of all by whose rights something is done.
    fn decides(&self, by: &Principal, scope: &Scope, now: Timestamp) -> bool {
        self.administers_for_good(&by.key(), scope, now) && self.trial(by, scope, now).is_none()
    }

    /// Confirms a grant that is on trial, with whoever has it.
    pub(super) fn confirm(
        &self,
        grant: &Grant,
        org: &OrgId,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Vec<Change>, Refusal> {
        let side = self.side_of(&grant.to);
        let regular = self.manages(by, side, &grant.scope, now) && self.decides(by, &grant.scope, now);
        if !regular && !self.attests(grant, (side, org), by, now) {
            let owners = self.approvers(&grant.to, org, now);
            return Err(refused(format!(
                "grant {} is on trial after a seal was broken: who administers {} for good confirms it{}; where none of them \
                 has come in for {} hours since, an administrator of the MSP",
                grant.id,
                grant.scope,
                if owners.is_empty() { String::new() } else { format!(" ({})", owners.join(" or ")) },
                SILENCE.as_hours(),
            )));
        }
        let mut grant = Grant { on_trial: false, expires_at: grant.own_end, own_end: None, ..grant.clone() };
        grant.approvals.insert(org.clone(), Approval { by: by.key(), at: now });
        let mut changes = self.kept(&grant.to, by, now);
        changes.push(Change::Grant(grant));
        Ok(changes)
    }

    /// Whether the MSP may confirm an owner: theirs have not come in since the seal was broken.
    fn attests(&self, grant: &Grant, (side, org): (Side, &OrgId), by: &Principal, now: Timestamp) -> bool {
        let everywhere = Scope::Everywhere;
        let came = |owner: &Person| self.last_seen(&owner.key()).is_some_and(|seen| seen >= grant.given_at);
        (by.side, side) == (Side::Msp, Side::Internal)
            && self.reach(by, now).everywhere().has(Verb::Administer)
            && self.decides(by, &everywhere, now)
            && now.duration_since(grant.given_at) >= SILENCE
            && !self.owners(org, now).any(came)
            && !self.locked_out(&Scope::Org(org.clone()), now)
    }

    /// Refuses to make a way in for whoever breaks seals: that is the code's alone.
    pub(super) fn not_glass(key: &PersonKey) -> Result<(), Refusal> {
        if !is_glass(key) {
            return Ok(());
        }
        Err(refused(format!("`{}` comes in with a sealed code and in no other way; name a person", key.id)))
    }
}

impl Grant {
    /// Whether it makes its holder manage people at a scope.
    fn administers(&self, scope: &Scope) -> bool {
        self.verbs.has(Verb::Administer) && self.scope.contains(scope)
    }
}

fn refused(what: impl Into<String>) -> Refusal {
    Refusal::new(Code::NotAllowed, what)
}
