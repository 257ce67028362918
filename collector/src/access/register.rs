//! The access register: who there is, what they were given, and by which tokens they speak.
//!
//! Pure: time is an argument, and what changes is handed back as rows to write. [`crate::core`] keeps one in its state.

use std::collections::{BTreeMap, BTreeSet};

use dogwatch_model::{OrgId, Side};
use jiff::Timestamp;

use super::{
    Account, Bond, Grant, Grants, Invitation, OrgStanding, Person, PersonKey, Principal, Reach, Scope, Seal,
    Sha256, Tokens, Verbs, reach::Held,
};

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

    /// Whether a side has left an org.
    pub fn has_left(&self, side: Side, org: &OrgId) -> bool {
        self.left.get(&side).is_some_and(|left| left.contains(org))
    }

    /// The grants of somebody that are in force.
    pub fn grants_of<'r>(&'r self, key: &'r PersonKey, now: Timestamp) -> impl Iterator<Item = &'r Grant> {
        self.grants.of(key).filter(move |grant| grant.is_in_force(now))
    }
}
