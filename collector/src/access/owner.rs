//! Owners of an org: people of its own side who administer all of it, by rights that end with nobody's silence.
//!
//! What somebody was given and what they may do are not the same: a right at a place that they do not see is none. So an owner
//! is told by what comes of all that they have, as their reach is, and an org keeps one through whatever changes.

use std::collections::BTreeSet;

use dogwatch_model::{OrgId, Side};
use jiff::Timestamp;

use super::{Change, Grant, Person, PersonKey, Register, Scope, Verb};

impl Register {
    /// The owners of an org: people of its own side who may administer all of it.
    pub fn owners<'r>(&'r self, org: &'r OrgId, now: Timestamp) -> impl Iterator<Item = &'r Person> {
        self.owning(now).filter(move |(_, owned)| *owned == org).map(|(person, _)| person)
    }

    /// The orgs that have an owner.
    pub(super) fn owned(&self, now: Timestamp) -> BTreeSet<OrgId> {
        self.owning(now).map(|(_, org)| org.clone()).collect()
    }

    /// The orgs that have an owner who can come in: with a password, or by a provider. Who was invited may never come.
    fn attended(&self, now: Timestamp) -> BTreeSet<OrgId> {
        let owning = self.owning(now).filter(|(person, _)| self.comes_by_themself(&person.key(), now));
        owning.map(|(_, org)| org.clone()).collect()
    }

    /// Owners, each with what they own. A program owns nothing: its token ends with whoever made it.
    fn owning(&self, now: Timestamp) -> impl Iterator<Item = (&Person, &OrgId)> {
        self.grants.of_orgs().filter_map(move |grant| {
            let Scope::Org(org) = &grant.scope else { return None };
            // Asked with every request: people are looked up for the few grants that may make an owner.
            let whole = grant.verbs.has(Verb::Administer) && grant.approvals.contains_key(org);
            if !whole || !grant.lasts(now) {
                return None;
            }
            let person = self.people.get(&grant.to)?;
            // On trial nobody is here to stay.
            let stays = !person.is_kept_out(now) && person.trial_until.is_none();
            let may = person.side == Side::Internal && stays && !person.service;
            (may && self.keeps_sight(person, org, now)).then_some((person, org))
        })
    }

    /// Whether somebody sees all of an org, and goes on to.
    fn keeps_sight(&self, person: &Person, org: &OrgId, now: Timestamp) -> bool {
        person.home.covers(org, None)
            || self
                .grants
                .of(&person.key())
                .any(|grant| grant.lasts(now) && grant.scope.covers(org, None) && grant.verbs.has_sight())
    }

    /// An org that changes would leave without an owner, or without one who ever came in.
    pub(super) fn org_left_alone(&self, changes: &[Change], now: Timestamp) -> Option<OrgId> {
        let whose: BTreeSet<PersonKey> = changes.iter().filter_map(Change::of_rights).collect();
        if whose.is_empty() {
            return None;
        }
        let touched = self.owning(now).filter(|(person, _)| whose.contains(&person.key()));
        let orgs: BTreeSet<&OrgId> = touched.map(|(_, org)| org).collect();
        let mut part = self.part_of_owners(&orgs, now);
        let (owned, attended) = (part.owned(now), part.attended(now));
        part.apply(changes);
        let (still_owned, still_attended) = (part.owned(now), part.attended(now));
        owned.difference(&still_owned).chain(attended.difference(&still_attended)).next().cloned()
    }

    /// The owners of some orgs and what they were given, nobody else: a copy of everything would cost every act as much as
    /// there are people.
    fn part_of_owners(&self, orgs: &BTreeSet<&OrgId>, now: Timestamp) -> Self {
        let mut part = Self::default();
        for (person, _) in self.owning(now).filter(|(_, org)| orgs.contains(org)) {
            let key = person.key();
            part.accounts.extend(self.accounts.get(&key).map(|account| (key.clone(), account.clone())));
            part.bonds.extend(self.bonds.get(&key).map(|bond| (key.clone(), bond.clone())));
            let theirs = self.grants_of(&key, now).map(|grant| (grant.id.clone(), grant.clone()));
            part.grants.extend(theirs);
            part.people.insert(key, person.clone());
        }
        part
    }
}

impl Grant {
    /// Whether it counts and does not end by itself: a day would come without an owner.
    fn lasts(&self, now: Timestamp) -> bool {
        self.is_in_force(now) && self.expires_at.is_none()
    }
}
