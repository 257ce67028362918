//! On trial: whom and what a broken seal lets in lasts a week, and for good once somebody confirms it who administers for good.
//!
//! Whoever holds the paper may be the right person on the worst day, or have found it. So a broken seal lets people in and
//! keeps people out, and whatever it gives ends by itself; so does what those give who administer by that alone. What would
//! outlive that in another form (the next sealed code, tokens, approvals, the end of the partnership) it does not do. Who is
//! known already comes in again with what they had: that is what the paper is for, and both sides hear of it at once.
//!
//! Confirmed is by who administers there for good. Where an org's owners are all gone nobody does: then an administrator of
//! the MSP may, once no owner has come in for three days. The customer's own paper and the MSP's word are one of each side.

use dogwatch_model::{OrgId, Side};
use jiff::{SignedDuration, Timestamp};

use super::{
    Act, Approval, Change, Grant, Person, PersonKey, Principal, Register, Scope, Verb, act::GLASS_ID,
};
use crate::refusal::{Code, Refusal};

/// For how long it lasts without anybody's word: a week has a working day for everybody.
const TRIAL: SignedDuration = SignedDuration::from_hours(7 * 24);

/// For how long no owner may have come in before the MSP may confirm: over a weekend.
const SILENCE: SignedDuration = SignedDuration::from_hours(72);

/// Whether it is who comes in with a sealed code.
fn is_glass(key: &PersonKey) -> bool {
    key.id.as_str() == GLASS_ID
}

impl Register {
    /// Until when at most lasts what somebody gives at a scope; absent for who administers there for good.
    pub(super) fn trial(&self, by: &Principal, scope: &Scope, now: Timestamp) -> Option<Timestamp> {
        let of = |key: &PersonKey| self.trial_of(key, scope, now);
        [of(&by.key()), by.maker.as_ref().and_then(of)].into_iter().flatten().min()
    }

    fn trial_of(&self, key: &PersonKey, scope: &Scope, now: Timestamp) -> Option<Timestamp> {
        if is_glass(key) {
            return now.checked_add(TRIAL).ok();
        }
        if self.administers_for_good(key, scope, now) {
            return None;
        }
        let there = self.grants_of(key, now).filter(|grant| grant.administers(scope) && grant.on_trial);
        there.filter_map(|grant| grant.expires_at).max()
    }

    fn administers_for_good(&self, key: &PersonKey, scope: &Scope, now: Timestamp) -> bool {
        // What an owner refused counts for nobody of their side.
        let counts = |grant: &Grant| {
            key.org.is_none() || scope.org().is_some_and(|org| grant.approvals.contains_key(org))
        };
        let mut there = self.grants_of(key, now).filter(|grant| grant.administers(scope));
        there.any(|grant| !grant.on_trial && counts(grant))
    }

    /// Refuses what would outlive a broken seal, or the trial of who administers by one.
    pub(super) fn within_trial(&self, act: &Act, by: &Principal, now: Timestamp) -> Result<(), Refusal> {
        let glass = is_glass(&by.key());
        let in_org = |org: &OrgId| Scope::Org(org.clone());
        let (scope, what) = match act {
            Act::Seal { scope, .. } => (scope.clone(), "seal the next code"),
            Act::Approve(_, org) => (in_org(org), "approve rights"),
            Act::SecondFactor(org, _) => (in_org(org), "change how people come in"),
            Act::Offboard(org, _) => (in_org(org), "say goodbye to the MSP"),
            Act::MakeToken(token) if glass => (token.scope.clone(), "make tokens"),
            Act::Reinvite(whom, _) | Act::Enable(whom) if !glass => {
                let Some(home) = self.home_of(whom).filter(|home| self.administers_for_good(whom, home, now))
                else {
                    return Ok(());
                };
                (home.clone(), "let those in again who administer for good")
            }
            _ => return Ok(()),
        };
        match self.trial(by, &scope, now) {
            None => Ok(()),
            Some(_) if glass => Err(refused(format!(
                "a broken seal lets people in again and keeps people out; it does not {what}. Let an administrator in \
                 (`dogwatch access invite PERSON --role admin`, `--again` for who is known), and they do it"
            ))),
            Some(end) => Err(refused(format!(
                "you administer {scope} on trial until {end:.0}, after a seal was broken, and cannot {what}; somebody who \
                 administers it for good can, once they have confirmed you too"
            ))),
        }
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
        let regular = self.manages(by, side, &grant.scope, now)
            && self.administers_for_good(&by.key(), &grant.scope, now);
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
        let mut grant = Grant { on_trial: false, expires_at: None, ..grant.clone() };
        grant.approvals.insert(org.clone(), Approval { by: by.key(), at: now });
        let mut changes = self.kept(&grant.to);
        changes.push(Change::Grant(grant));
        Ok(changes)
    }

    /// Whether the MSP may confirm an owner: theirs have not come in since the seal was broken.
    fn attests(&self, grant: &Grant, (side, org): (Side, &OrgId), by: &Principal, now: Timestamp) -> bool {
        let everywhere = Scope::Everywhere;
        let came = |owner: &Person| self.last_seen(&owner.key()).is_some_and(|seen| seen >= grant.given_at);
        (by.side, side) == (Side::Msp, Side::Internal)
            && self.reach(by, now).everywhere().has(Verb::Administer)
            && self.administers_for_good(&by.key(), &everywhere, now)
            && now.duration_since(grant.given_at) >= SILENCE
            && !self.owners(org, now).any(came)
    }

    /// The person as who is here to stay, if they were on trial.
    pub(super) fn kept(&self, key: &PersonKey) -> Vec<Change> {
        let person = self.people.get(key).filter(|person| person.trial_until.is_some());
        person
            .map(|person| Change::Person(Person { trial_until: None, ..person.clone() }))
            .into_iter()
            .collect()
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
