//! Saying no: which right is missing, and who can give it and how.

use dogwatch_model::{OrgId, Side, SiteId};
use jiff::Timestamp;

use super::{Grant, Person, PersonKey, Principal, Reach, Register, Scope, Verb, Verbs};
use crate::refusal::{Code, Refusal};

/// Names that one sentence bears.
const NAMED: usize = 3;

/// The first few by name, for a sentence.
fn few<'r>(people: impl Iterator<Item = &'r Person>) -> Vec<String> {
    people.take(NAMED).map(|person| person.id.to_string()).collect()
}

impl Register {
    /// The refusal for want of a right at a place: which, and who can give it.
    pub fn missing(
        &self,
        who: &Principal,
        verb: Verb,
        (org, site): (&OrgId, Option<&SiteId>),
        now: Timestamp,
    ) -> Refusal {
        let scope = Scope::of(Some(org.clone()), site.cloned());
        if let Some(what) = self.unapproved(who, verb, (org, site), now) {
            return Refusal::new(Code::NotAllowed, what);
        }
        let what = format!(
            "`{verb}` on {scope} is missing; {}",
            self.cure(who, (Verbs::of(&[verb]), &scope), |own| own.may(verb, org, site), now)
        );
        Refusal::new(Code::NotAllowed, what)
    }

    /// Who can give somebody what they lack at a scope, and how. Where they have it themselves and show a token that does not
    /// let it through, it is theirs to come in another way.
    fn cure(
        &self,
        who: &Principal,
        (verbs, scope): (Verbs, &Scope),
        has: impl FnOnce(&Reach) -> bool,
        now: Timestamp,
    ) -> String {
        let key = who.key();
        if has(&self.own_reach(&key, Verbs::EVERYTHING, Scope::Everywhere, now)) {
            return "you have it, and this token does not let it through: log in anew (`dogwatch login`), or use a \
                    token that does"
                .to_owned();
        }
        let givers = match scope.org() {
            Some(org) => self.givers(who.side, (verbs, Some(&key)), org, now),
            None => self.msp_administrators(Some(&key), now),
        };
        let list = verbs.into_iter().map(Verb::as_str).collect::<Vec<_>>().join(" ");
        match givers.as_slice() {
            [] => format!("nobody else of the {} side can give it yet", who.side),
            givers => format!(
                "{} can give it: `dogwatch access grant {} {list} --scope {} --reason …`",
                givers.join(" or "),
                who.person,
                scope.typed()
            ),
        }
    }

    /// The same for who would give rights that they do not have.
    pub(super) fn cure_of_giver(
        &self,
        who: &Principal,
        (missing, scope): (Verbs, &Scope),
        now: Timestamp,
    ) -> String {
        let has = |own: &Reach| missing.without(own.gives(scope)).is_empty();
        self.cure(who, (missing, scope), has, now)
    }

    /// The words for somebody who was given a risky verb that nobody has approved.
    fn unapproved(
        &self,
        who: &Principal,
        verb: Verb,
        (org, site): (&OrgId, Option<&SiteId>),
        now: Timestamp,
    ) -> Option<String> {
        let key = who.key();
        let grant = self.waits(&key, verb, (org, site), now)?;
        let can = match self.approvers(&key, org, now).as_slice() {
            [] => "nobody else can yet".to_owned(),
            owners => {
                format!("{} can: `dogwatch access approve {} --org {org}`", owners.join(" or "), grant.id)
            }
        };
        Some(format!(
            "`{verb}` on {org} was given to {} and counts once an owner of {org} has approved it; {can}",
            who.person
        ))
    }

    /// A grant that gives somebody a risky verb at a place and that nobody has approved there.
    pub(super) fn waits<'r>(
        &'r self,
        key: &'r PersonKey,
        verb: Verb,
        (org, site): (&OrgId, Option<&SiteId>),
        now: Timestamp,
    ) -> Option<&'r Grant> {
        let waits = |grant: &&Grant| {
            verb.is_risky()
                && grant.verbs.has(verb)
                && grant.scope.covers(org, site)
                && !grant.approvals.contains_key(org)
        };
        self.grants_of(key, now).find(waits)
    }

    /// The owners of an org by name, a few of them.
    pub(super) fn owners_named(&self, org: &OrgId, now: Timestamp) -> Vec<String> {
        few(self.owners(org, now))
    }

    /// Owners of an org who can approve what somebody was given there, a few of them.
    pub(super) fn approvers(&self, key: &PersonKey, org: &OrgId, now: Timestamp) -> Vec<String> {
        let others = self.owners(org, now).filter(|owner| owner.key() != *key);
        few(others)
    }

    /// Who can give rights at an org to people of a side, a few of them; but for one, since nobody gives themself anything.
    pub(super) fn givers(
        &self,
        side: Side,
        (verbs, but): (Verbs, Option<&PersonKey>),
        org: &OrgId,
        now: Timestamp,
    ) -> Vec<String> {
        let gives = |person: &&Person| {
            let all = self.own_reach(&person.key(), Verbs::EVERYTHING, Scope::Everywhere, now);
            let administers = all.may(Verb::Administer, org, None) || all.everywhere().has(Verb::Administer);
            person.side == side
                && !person.service
                && administers
                && but != Some(&person.key())
                && verbs.without(all.gives(&Scope::Org(org.clone()))).is_empty()
        };
        few(self.people.values().filter(gives))
    }

    /// Administrators of the MSP itself, a few of them, but for one.
    pub(super) fn msp_administrators(&self, but: Option<&PersonKey>, now: Timestamp) -> Vec<String> {
        let all = |person: &&Person| {
            person.side == Side::Msp
                && !person.service
                && but != Some(&person.key())
                && self
                    .own_reach(&person.key(), Verbs::ALL, Scope::Everywhere, now)
                    .everywhere()
                    .has(Verb::Administer)
        };
        few(self.people.values().filter(all))
    }
}
