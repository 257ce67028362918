//! The access register: who there is, what they were given, and by which tokens they speak.
//!
//! Pure: time is an argument, and what changes is handed back as rows to write. [`crate::core`] keeps one in its state.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use dogwatch_model::{OrgId, Side, SiteId};
use jiff::Timestamp;

use super::{ApiToken, Grant, Person, PersonKey, Principal, Reach, Scope, Sha256, Verb, Verbs, reach::Held};
use crate::refusal::{Code, Refusal};

/// Everybody, and what they may do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Register {
    /// People.
    pub people: BTreeMap<PersonKey, Person>,
    /// Grants by their short id, ended ones included.
    pub grants: BTreeMap<String, Grant>,
    /// API tokens by the hash of their text.
    pub tokens: HashMap<Sha256, ApiToken>,
    /// Orgs that a side has left.
    pub left: BTreeMap<Side, BTreeSet<OrgId>>,
}

impl Register {
    /// What somebody may do at `now`.
    pub fn reach(&self, who: &Principal, now: Timestamp) -> Reach {
        let maker = who.maker.as_ref().filter(|maker| **maker != who.key());
        let maker = maker.map(|maker| self.own_reach(maker, Verbs::ALL, Scope::Everywhere, now));
        let mut reach = self.own_reach(&who.key(), who.ceiling, who.scope(), now);
        reach.maker = maker.map(Box::new);
        reach
    }

    fn own_reach(&self, key: &PersonKey, ceiling: Verbs, within: Scope, now: Timestamp) -> Reach {
        let person = self.people.get(key).filter(|person| person.disabled_at.is_none());
        let side = person.map_or(Side::Vendor, |person| person.side);
        let held = self.grants_of(key, now).map(|grant| Held {
            scope: grant.scope.clone(),
            verbs: grant.verbs,
            approved_in: grant.approvals.keys().cloned().collect(),
        });
        Reach {
            side,
            home: person.map(|person| person.home.clone()),
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
        self.grants.values().filter(move |grant| grant.to == *key && grant.is_in_force(now))
    }

    /// The owners of an org: people of its own side who may administer all of it.
    pub fn owners<'r>(&'r self, org: &'r OrgId, now: Timestamp) -> impl Iterator<Item = &'r Person> {
        self.owning(now).filter(move |(_, scope)| scope.covers(org, None)).map(|(person, _)| person)
    }

    /// The orgs that have an owner.
    fn owned(&self, now: Timestamp) -> BTreeSet<OrgId> {
        self.owning(now).filter_map(|(_, scope)| scope.org()).cloned().collect()
    }

    fn owning(&self, now: Timestamp) -> impl Iterator<Item = (&Person, &Scope)> {
        let whole = |scope: &Scope| matches!(scope, Scope::Org(_));
        let grants = self.grants.values().filter(move |grant| {
            grant.verbs.has(Verb::Administer) && whole(&grant.scope) && grant.is_in_force(now)
        });
        grants.filter_map(|grant| {
            let person = self.people.get(&grant.to)?;
            (person.side == Side::Internal && person.disabled_at.is_none()).then_some((person, &grant.scope))
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
        let what = match self.givers(who.side, verb, org, now).as_slice() {
            [] => format!("`{verb}` on {scope} is missing, and nobody can give it yet"),
            givers => format!(
                "`{verb}` on {scope} is missing; {} can give it: `dogwatch access grant {} {verb} --scope {scope} --reason …`",
                givers.join(" or "),
                who.person
            ),
        };
        Refusal::new(Code::NotAllowed, what)
    }

    /// Who can give a right at an org to people of a side, a few of them.
    fn givers(&self, side: Side, verb: Verb, org: &OrgId, now: Timestamp) -> Vec<String> {
        /// Names that one sentence bears.
        const NAMED: usize = 3;
        let gives = |person: &&Person| {
            let all = self.own_reach(&person.key(), Verbs::ALL, Scope::Everywhere, now);
            person.side == side && all.may(Verb::Administer, org, None) && all.may(verb, org, None)
        };
        self.people.values().filter(gives).take(NAMED).map(|person| person.id.to_string()).collect()
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
            id: who.person.clone(),
            side: who.side,
            home: who.scope(),
            team: who.team.clone(),
            created_at: now,
            created_by: given_by.clone(),
            disabled_at: None,
        };
        self.people.insert(key.clone(), person);
        let verbs = who.ceiling.without(Verbs::EVERYBODY);
        if verbs.is_empty() {
            return Vec::new();
        }
        let grant = Grant {
            id: token.id.clone(),
            to: key,
            verbs,
            scope: who.scope(),
            reason: "came with their first token".to_owned(),
            given_at: now,
            given_by,
            expires_at: None,
            review_at: None,
            approvals: BTreeMap::new(),
            ended: None,
        };
        self.grants.insert(grant.id.clone(), grant.clone());
        vec![grant]
    }

    /// Whether somebody may see and revoke a token: their own, and those of their side's people whom they administer.
    pub fn manages_tokens(&self, by: &Principal, of: &Principal, now: Timestamp) -> bool {
        if by.key() == of.key() {
            return true;
        }
        let reach = self.reach(by, now);
        match &of.org {
            None => reach.everywhere().has(Verb::Administer),
            Some(org) => reach.may(Verb::Administer, org, of.site.as_ref()),
        }
    }
}
