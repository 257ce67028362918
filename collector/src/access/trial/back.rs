//! Who came back through a seal: known, with what they had, and perhaps somebody else who found the paper.
//!
//! From the password that they set on they administer on trial. It ends by the word of somebody who administers there for
//! good, or by three days without anybody's objection: an org with one owner recovers by paper and time. `access refuse` of
//! a right of theirs is the objection, of either side whose `administer` counts there; from then on only a word ends it.
//! Time decides nothing while the seal keeps out somebody who might object.

use dogwatch_model::OrgId;
use jiff::Timestamp;

use super::{SILENCE, refused};
use crate::{
    access::{
        Approval, Back, Change, Grant, Invitation, Person, PersonKey, Principal, Register, Scope, Verb,
    },
    refusal::Refusal,
};

impl Register {
    /// How somebody came back, as long as nobody can know that it is them.
    pub(in crate::access) fn back_on_trial(&self, key: &PersonKey, now: Timestamp) -> Option<&Back> {
        let person = self.people.get(key)?;
        let waits = |back: &&Back| {
            back.objection.is_some()
                || now.duration_since(back.since) < SILENCE
                || self.kept_out_by_seal(&person.home, now)
        };
        person.back.as_ref().filter(waits)
    }

    /// What taking an invitation up changes of how somebody came back.
    pub(in crate::access) fn back_by(&self, invitation: &Invitation, now: Timestamp) -> Option<Change> {
        let person = self.people.get(&invitation.to)?;
        // An objection outlives another invitation of the same kind.
        let objection = person.back.as_ref().and_then(|back| back.objection.clone());
        let back = invitation.through_seal.then_some(Back { since: now, objection });
        (person.back != back).then(|| Change::Person(Person { back, ..person.clone() }))
    }

    /// The person as who is here to stay, if they were on trial and `by` may say so.
    pub(in crate::access) fn kept(&self, key: &PersonKey, by: &Principal, now: Timestamp) -> Vec<Change> {
        let Some(person) = self.people.get(key) else { return Vec::new() };
        let back = person.back.clone().filter(|_| !self.decides(by, &person.home, now));
        let kept = Person { trial_until: None, back, ..person.clone() };
        if kept == *person { Vec::new() } else { vec![Change::Person(kept)] }
    }

    /// Confirms somebody who came back, and a grant of theirs where nobody has approved it yet.
    pub(in crate::access) fn confirm_back(
        &self,
        (grant, org): (&Grant, &OrgId),
        by: &Principal,
        now: Timestamp,
    ) -> Result<Vec<Change>, Refusal> {
        let known = self.people.get(&grant.to).and_then(|person| Some((person, person.back.as_ref()?)));
        let Some((person, back)) = known else { return Ok(Vec::new()) };
        let there = Scope::Org(org.clone());
        let own = self.manages(by, person.side, &person.home, now) && self.decides(by, &person.home, now);
        let others = by.side != person.side
            && self.decides(by, &there, now)
            && now.duration_since(back.since) >= SILENCE;
        if !own && !others {
            return Err(refused(format!(
                "{} came back through a broken seal at {:.0}: who administers {} for good confirms them, of the other side \
                 {} hours after that at the earliest",
                person.id,
                back.since,
                person.home,
                SILENCE.as_hours(),
            )));
        }
        let mut changes = vec![Change::Person(Person { trial_until: None, back: None, ..person.clone() })];
        if own && !grant.approvals.contains_key(org) {
            let mut grant = grant.clone();
            grant.approvals.insert(org.clone(), Approval { by: by.key(), at: now });
            changes.push(Change::Grant(grant));
        }
        Ok(changes)
    }

    /// Somebody's objection to who came back and has that grant, if they may object.
    pub(in crate::access) fn objected(
        &self,
        grant: &Grant,
        org: &OrgId,
        by: &Principal,
        now: Timestamp,
    ) -> Option<Change> {
        let back = self.back_on_trial(&grant.to, now)?;
        let person = self.people.get(&grant.to)?;
        let there = grant.scope.org() == Some(org) && person.home.org() == Some(org);
        let may = there
            && !self.is_program(&by.key())
            && !self.is_oneself(by, &grant.to, now)
            && self.decides(by, &Scope::Org(org.clone()), now);
        let objection = back.objection.clone().or_else(|| Some(Approval { by: by.key(), at: now }));
        let back = Some(Back { objection, ..back.clone() });
        may.then(|| Change::Person(Person { back, ..person.clone() }))
    }

    /// Whether a seal has shut out somebody who administers a scope for good: in their place somebody came back, or they
    /// are kept out, or were until just now.
    pub(super) fn locked_out(&self, scope: &Scope, now: Timestamp) -> bool {
        self.kept_out_by_seal(scope, now)
            || self.administering(scope, now).any(|person| person.back.is_some())
    }

    fn kept_out_by_seal(&self, scope: &Scope, now: Timestamp) -> bool {
        let lately = |end: Timestamp| now.duration_since(end) < SILENCE;
        self.administering(scope, now).any(|person| person.disabled_until.is_some_and(lately))
    }

    /// Who administers a scope not on trial, come they in or not.
    fn administering<'r>(&'r self, scope: &'r Scope, now: Timestamp) -> impl Iterator<Item = &'r Person> {
        let there = move |grant: &&Grant| {
            let verbs = grant.verbs.has(Verb::Administer) && !grant.on_trial;
            verbs && grant.scope.contains(scope) && grant.is_in_force(now)
        };
        self.grants.values().filter(there).filter_map(|grant| self.people.get(&grant.to))
    }
}
