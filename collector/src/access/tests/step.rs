//! One act of a history, and what holds after each: nobody has gained, lost or said anything that the rules do not lead to.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};

use dogwatch_model::{OrgId, Side};
use jiff::SignedDuration;

use super::world::{Place, World, places};
use crate::access::{Act, Change, Grants, PersonKey, Principal, Reach, Scope, Verb, Verbs};

/// What everybody may do everywhere.
pub(super) type Rights = BTreeMap<(PersonKey, Place), Verbs>;

/// An act, by whom, and what there was before.
pub(super) struct Step<'b> {
    seed: u64,
    number: usize,
    act: &'b Act,
    by: &'b Principal,
    reach: Reach,
    rights: &'b Rights,
    grants: Grants,
    /// Orgs that had an owner.
    owned: BTreeSet<OrgId>,
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, number, act, by, .. } = self;
        write!(f, "seed {seed}, step {number}: {} of {:?} did {act:?}", by.side, by.key())
    }
}

impl<'b> Step<'b> {
    pub(super) fn before(
        world: &World,
        (seed, number): (u64, usize),
        (act, by): (&'b Act, &'b Principal),
        rights: &'b Rights,
    ) -> Self {
        let (reach, owned) = (world.register.reach(by, world.now), world.register.owned(world.now));
        Self { seed, number, act, by, reach, rights, grants: world.register.grants.clone(), owned }
    }

    /// What holds once it was allowed.
    pub(super) fn led_to(&self, world: &World, changes: &[Change], rights: &Rights) {
        self.owners_stay(world);
        self.gains_are_given(world, rights);
        self.words_are_anothers(world, changes);
        self.nobody_is_overruled();
        self.the_msp_speaks_for_no_customer(world);
        if self.by.side == Side::Msp {
            self.lost_nothing_to_the_guest(world, rights);
        }
        self.tokens_reach_no_further(world);
    }

    /// An org that had an owner has one, and whatever ends by itself leaves one.
    fn owners_stay(&self, world: &World) {
        let later = world.now + SignedDuration::from_hours(24 * 4000);
        for org in &self.owned {
            assert!(world.register.owners(org, world.now).next().is_some(), "{self} and {org} has no owner");
            assert!(world.register.owners(org, later).next().is_some(), "{self} and {org} loses its last");
            for owner in world.register.owners(org, world.now) {
                let all = world.register.own_reach(&owner.key(), Verbs::EVERYTHING, Scope::Everywhere, later);
                assert!(
                    all.may(Verb::Administer, org, None),
                    "{self}: {} owns {org} by name alone",
                    owner.id
                );
            }
        }
    }

    /// What somebody has gained was given by who may, and never by themself.
    fn gains_are_given(&self, world: &World, rights: &Rights) {
        for ((who, place), verbs) in rights {
            let had = self.rights.get(&(who.clone(), place.clone())).copied().unwrap_or_default();
            let gained = verbs.without(had).without(Verbs::EVERYBODY);
            if gained.is_empty() {
                continue;
            }
            assert!(
                !is_oneself(world, self.by, who),
                "{self} and {who} gained {gained} at {place:?} for themself"
            );
            assert!(
                self.may_give(world.register.side_of(who), place),
                "{self}: {who} gained {gained} at {place:?}"
            );
            for risky in gained.risky() {
                assert!(self.risky_is_right(world, who, place, risky), "{self}: {who} gained {risky}");
            }
        }
    }

    /// Whether who acts may give something to people of a side at a place.
    fn may_give(&self, side: Side, place: &Place) -> bool {
        let Self { act, by, reach, .. } = self;
        let there = reach.may(Verb::Administer, &place.0, Some(&place.1));
        let administers =
            by.side == side && (there || (side == Side::Msp && reach.everywhere().has(Verb::Administer)));
        let begins = !self.owned.contains(&place.0) && by.side == Side::Msp && side != Side::Msp;
        let approves = matches!(act, Act::Approve(_, org) if *org == place.0)
            && (by.side == Side::Internal || side == Side::Internal)
            && reach.may(Verb::Administer, &place.0, None);
        administers || begins || approves || (side == Side::Vendor && there)
    }

    /// A risky verb of somebody counts where there is nobody to ask, or somebody else of the right side has said yes.
    fn risky_is_right(&self, world: &World, who: &PersonKey, place: &Place, verb: Verb) -> bool {
        if !self.owned.contains(&place.0) {
            return true;
        }
        let grants = world.register.grants_of(who, world.now);
        let there =
            grants.filter(|grant| grant.verbs.has(verb) && grant.scope.covers(&place.0, Some(&place.1)));
        there.filter_map(|grant| grant.approvals.get(&place.0)).any(|approval| {
            let by = world.register.side_of(&approval.by);
            approval.by != *who && (by == Side::Internal || who.org.is_some())
        })
    }

    /// Approvals, reviews and seals are a person's, and of what somebody else has; an org's first owner is brought in by
    /// whoever may.
    fn words_are_anothers(&self, world: &World, changes: &[Change]) {
        let program = world.register.people.get(&self.by.key()).is_some_and(|person| person.service);
        assert!(!program || !changes.iter().any(|change| matches!(change, Change::Seal(_))), "{self}");
        for change in changes {
            let Change::Grant(grant) = change else { continue };
            let was = self.grants.get(&grant.id);
            let anew =
                |org| self.owned.contains(org) && was.is_none_or(|was| !was.approvals.contains_key(org));
            let approved = grant.approvals.keys().any(anew);
            let reviewed = grant.reviewed_at != was.and_then(|was| was.reviewed_at);
            if approved || reviewed {
                assert!(!program, "{self}: a program said yes to {grant:?}");
                assert!(!is_oneself(world, self.by, &grant.to), "{self}: said yes to their own {grant:?}");
            }
        }
    }

    /// Who keeps somebody else out, or lets them in again, administers wherever those hold risky rights.
    fn nobody_is_overruled(&self) {
        let (Act::Disable(whom) | Act::Enable(whom)) = self.act else { return };
        let everywhere = self.by.side == Side::Msp && self.reach.everywhere().has(Verb::Administer);
        let theirs = self.rights.iter().filter(|((who, _), verbs)| who == whom && !verbs.risky().is_empty());
        for ((_, (org, site)), verbs) in theirs.filter(|_| *whom != self.by.key() && !everywhere) {
            let there = self.reach.may(Verb::Administer, org, Some(site));
            assert!(there, "{self}, who has {verbs} at {org}/{site}");
        }
    }

    /// What the MSP waits for from a customer is said by nobody who is there by its word alone, nor by whom those let in.
    fn the_msp_speaks_for_no_customer(&self, world: &World) {
        let word = matches!(
            self.act,
            Act::Approve(..) | Act::Refuse(..) | Act::Review(..) | Act::SecondFactor(..) | Act::Seal { .. }
        );
        if !word || self.by.side != Side::Internal {
            return;
        }
        let (register, mut seen) = (&world.register, BTreeSet::new());
        let mut hands: Vec<PersonKey> =
            [Some(self.by.key()), self.by.maker.clone()].into_iter().flatten().collect();
        while let Some(hand) = hands.pop() {
            let Some(person) = register.people.get(&hand).filter(|_| !seen.contains(&hand)) else { continue };
            let by_msp = person.created_by.as_ref().is_some_and(|by| register.side_of(by) == Side::Msp);
            let alone = person.side == Side::Internal && by_msp && !person.is_kept_out(world.now);
            assert!(!alone || register.accounts.contains_key(&hand), "{self}, which goes back to {hand}");
            hands.extend(person.created_by.clone());
            hands.extend(register.accounts.get(&hand).and_then(|account| account.set_by.clone()));
            seen.insert(hand);
        }
    }

    /// Once an org has an owner, nothing that the MSP does takes anything from its own people.
    fn lost_nothing_to_the_guest(&self, world: &World, rights: &Rights) {
        let theirs = self.rights.iter().filter(|((who, place), _)| {
            self.owned.contains(&place.0) && world.register.side_of(who) == Side::Internal
        });
        for (place, had) in theirs {
            let lost = had.without(rights.get(place).copied().unwrap_or_default());
            assert!(lost.is_empty(), "{self} and {} lost {lost}", place.0);
        }
    }

    /// A token has nothing that its person, or whoever made it, has not.
    fn tokens_reach_no_further(&self, world: &World) {
        let all =
            |key: &PersonKey| world.register.own_reach(key, Verbs::EVERYTHING, Scope::Everywhere, world.now);
        for token in world.register.tokens.values().filter(|token| token.is_valid(world.now)) {
            let of = &token.principal;
            let (reach, own) = (world.register.reach(of, world.now), all(&of.key()));
            let maker = of.maker.as_ref().map(all);
            for (org, site) in places() {
                let verbs = reach.verbs(&org, Some(&site));
                let outside = verbs.without(own.verbs(&org, Some(&site)));
                assert!(outside.is_empty(), "{self}: a token of {} has {outside}", of.key());
                assert!(verbs.without(of.ceiling).is_empty(), "{self}");
                if let Some(maker) = &maker {
                    let outside = verbs.without(maker.verbs(&org, Some(&site)).with_programs());
                    assert!(outside.is_empty(), "{self}: beyond its maker: {outside}");
                }
            }
        }
    }
}

/// Whether what is done may be somebody's own doing: by their token, one that they made, or their program.
fn is_oneself(world: &World, by: &Principal, who: &PersonKey) -> bool {
    let key = by.key();
    let program = world.register.people.get(&key).filter(|person| person.service);
    key == *who
        || by.maker.as_ref() == Some(who)
        || program.is_some_and(|program| program.created_by.as_ref() == Some(who))
}
