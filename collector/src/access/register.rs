//! The access register: who there is, what they were given, and by which tokens they speak.
//!
//! Pure: time is an argument, and what changes is handed back as rows to write. [`crate::core`] keeps one in its state.

use std::collections::{BTreeMap, BTreeSet};

use dogwatch_model::{OrgId, Side, SiteId};
use jiff::Timestamp;

use super::{
    Account, ApiToken, Approval, Bond, Grant, Grants, Invitation, OrgStanding, Person, PersonKey, Principal,
    Reach, Scope, Seal, Sha256, Tokens, Verb, Verbs, reach::Held,
};
use crate::refusal::{Code, Refusal};

/// Names that one sentence bears.
const NAMED: usize = 3;

/// The first few by name, for a sentence.
fn few<'r>(people: impl Iterator<Item = &'r Person>) -> Vec<String> {
    people.take(NAMED).map(|person| person.id.to_string()).collect()
}

/// Everybody, and what they may do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Register {
    /// People.
    pub people: BTreeMap<PersonKey, Person>,
    /// Grants by their short id, ended ones included.
    pub grants: Grants,
    /// API tokens by the hash of their text.
    pub tokens: Tokens,
    /// Who came by a provider, and by which.
    pub bonds: BTreeMap<PersonKey, Bond>,
    /// Orgs that a side has left.
    pub left: BTreeMap<Side, BTreeSet<OrgId>>,
    /// What holds for orgs as a whole, where that is not what holds for every org.
    pub orgs: BTreeMap<OrgId, OrgStanding>,
    /// How people prove who they are.
    pub accounts: BTreeMap<PersonKey, Account>,
    /// Invitations that wait, by the hash of their text.
    pub invitations: BTreeMap<Sha256, Invitation>,
    /// Sealed codes by their hash, broken ones included.
    pub seals: BTreeMap<Sha256, Seal>,
}

impl Register {
    /// What somebody may do at `now`.
    pub fn reach(&self, who: &Principal, now: Timestamp) -> Reach {
        let key = who.key();
        let programs = || self.behind(&key).filter(|_| self.is_program(&key));
        let maker = who.maker.as_ref().or_else(programs).filter(|maker| **maker != key);
        let maker = maker.map(|maker| self.own_reach(maker, Verbs::EVERYTHING, Scope::Everywhere, now));
        let mut reach = self.own_reach(&key, who.ceiling, who.scope(), now);
        reach.maker = maker.map(Box::new);
        if self.lacks_second_factor(who, now) {
            (reach.home, reach.lacks_second_factor) = (None, true);
        }
        reach
    }

    pub(super) fn own_reach(&self, key: &PersonKey, ceiling: Verbs, within: Scope, now: Timestamp) -> Reach {
        let person = self.people.get(key);
        let person = person.filter(|person| person.may_come_in(now) && !self.has_lapsed(key, now));
        let side = person.map_or(Side::Vendor, |person| person.side);
        let held = self.grants_of(key, now).map(|grant| Held {
            scope: grant.scope.clone(),
            verbs: grant.verbs,
            approved_in: grant.approvals.keys().cloned().collect(),
        });
        Reach {
            side,
            home: person.map(|person| person.home.clone()),
            lacks_second_factor: false,
            ceiling,
            within,
            held: held.collect(),
            left: self.left.get(&side).cloned().unwrap_or_default(),
            owned: self.owned(now),
            maker: None,
        }
    }

    /// The grants of somebody that are in force.
    pub fn grants_of<'r>(&'r self, key: &'r PersonKey, now: Timestamp) -> impl Iterator<Item = &'r Grant> {
        self.grants.of(key).filter(move |grant| grant.is_in_force(now))
    }

    /// The owners of an org: people of its own side who may administer all of it.
    pub fn owners<'r>(&'r self, org: &'r OrgId, now: Timestamp) -> impl Iterator<Item = &'r Person> {
        self.owning(now).filter(move |(_, grant)| grant.scope.covers(org, None)).map(|(person, _)| person)
    }

    /// The orgs that have an owner.
    pub(super) fn owned(&self, now: Timestamp) -> BTreeSet<OrgId> {
        self.owning(now).filter_map(|(_, grant)| grant.scope.org()).cloned().collect()
    }

    /// The orgs that have an owner who can come in: with a password, or by a provider. Who was invited may never come.
    pub(super) fn attended(&self, now: Timestamp) -> BTreeSet<OrgId> {
        let comes = |person: &Person| {
            let key = person.key();
            self.accounts.contains_key(&key) || (self.bonds.contains_key(&key) && !self.has_lapsed(&key, now))
        };
        let owning = self.owning(now).filter(|(person, _)| comes(person));
        owning.filter_map(|(_, grant)| grant.scope.org()).cloned().collect()
    }

    /// Owners, each with a grant that makes them one. A program owns nothing: its token ends with whoever made it.
    pub(super) fn owning(&self, now: Timestamp) -> impl Iterator<Item = (&Person, &Grant)> {
        let whole = |scope: &Scope| matches!(scope, Scope::Org(_));
        let grants = self.grants.of_orgs().filter(move |grant| {
            // What ends by itself makes no owner: a day would come without one.
            let lasts = grant.is_in_force(now) && grant.expires_at.is_none();
            let approved = grant.scope.org().is_some_and(|org| grant.approvals.contains_key(org));
            grant.verbs.has(Verb::Administer) && whole(&grant.scope) && lasts && approved
        });
        grants.filter_map(move |grant| {
            let person = self.people.get(&grant.to)?;
            let may = person.side == Side::Internal && !person.is_kept_out(now) && !person.service;
            may.then_some((person, grant))
        })
    }
}

/// Saying no.
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
    pub(super) fn cure(
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

/// Coming in.
impl Register {
    /// Makes the person of a new token known, with the rights that it asks for, if nobody knows them yet. Gives the grants
    /// to be kept.
    pub fn enlist(&mut self, token: &ApiToken, now: Timestamp) -> Vec<Grant> {
        let who = &token.principal;
        let key = who.key();
        if self.people.contains_key(&key) {
            return Vec::new();
        }
        let given_by = who.maker.clone();
        let person = Person {
            team: who.team.clone(),
            created_by: given_by.clone(),
            ..Person::new(who.person.clone(), who.side, who.scope(), now)
        };
        self.people.insert(key.clone(), person);
        let verbs = who.ceiling.without(Verbs::EVERYBODY);
        if verbs.is_empty() {
            return Vec::new();
        }
        // Whoever an org's own side begins with owns it.
        let first = who.org.clone().filter(|_| who.side == Side::Internal);
        let approval = Approval { by: given_by.clone().unwrap_or_else(|| key.clone()), at: now };
        let approvals = first.map(|org| (org, approval)).into_iter().collect();
        let grant = Grant {
            given_by,
            review_at: Some(now + Grant::review_after(verbs)),
            approvals,
            ..Grant::new(token.id.clone(), key, (verbs, who.scope()), "came with their first token", now)
        };
        self.grants.insert(grant.id.clone(), grant.clone());
        vec![grant]
    }
}
