//! Thousands of random histories of the register: people of all sides try everything, and nobody gets anywhere
//! that the rules do not lead to.

mod glass;
mod goodbye;
mod renewal;
mod rules;
mod signing;
mod ways_in;
mod word;
mod world;

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use dogwatch_model::Side;
use jiff::{SignedDuration, Timestamp};

use super::{Act, Change, Grant, PersonKey, Principal, Reach, Scope, Verb, Verbs};
use world::{Place, World};

/// Random histories of a run on every change; `DOGWATCH_HISTORIES=100000` asks for more.
const HISTORIES: u64 = 5_000;

fn histories() -> u64 {
    std::env::var("DOGWATCH_HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(HISTORIES)
}

/// Acts of each. What matters takes few: a grant, an approval, an end.
const ACTS: usize = 10;

type Rights = BTreeMap<(PersonKey, Place), Verbs>;

#[test]
fn nobody_gets_anywhere_that_the_rules_do_not_lead_to() {
    let threads = std::thread::available_parallelism().map_or(2, usize::from) as u64;
    let (all, done) = (histories(), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for first in 0..threads {
            let done = &done;
            scope.spawn(move || {
                for seed in (first..all).step_by(usize::try_from(threads).unwrap()) {
                    done.fetch_add(history(seed), Ordering::Relaxed);
                }
            });
        }
    });
    let done = done.into_inner();
    assert!(done > all, "{done} acts of {all} histories were allowed: that tries nothing");
}

/// Lives one through; gives how many acts were allowed.
fn history(seed: u64) -> u64 {
    let mut done = 0;
    let mut world = World::new(seed);
    let mut before = world.rights();
    for step in 0..ACTS {
        if world.dice(4) == 0 {
            let hours = world.dice(80) as i64;
            world.now += SignedDuration::from_hours(hours);
            before = world.rights();
        }
        if world.dice(5) == 0 {
            world.come_in();
            bare_tokens_pass_nothing_risky(&world, seed);
        }
        let caller = world.any_caller();
        let (act, by) = (world.any_act(&caller.by), &caller.by);
        let owned = world.register.owned(world.now);
        let reach = world.register.reach(by, world.now);
        let grants = world.register.grants.clone();
        let Ok(changes) = world.act(&act, &caller) else { continue };
        done += 1;
        let after = world.rights();
        let told = || format!("seed {seed}, step {step}: {} of {:?} did {act:?}", by.side, by.key());
        for org in &owned {
            assert!(
                world.register.owners(org, world.now).next().is_some(),
                "{} and {org} has no owner",
                told()
            );
            let later = world.now + SignedDuration::from_hours(24 * 4000);
            assert!(
                world.register.owners(org, later).next().is_some(),
                "{} and {org} loses its last",
                told()
            );
        }
        gains_are_given(&world, (&act, by, &reach), (&before, &after), &owned, &told);
        words_are_anothers(&world, by, (&changes, &grants), &owned, &told);
        the_msp_speaks_for_no_customer(&world, &act, by, &told);
        bare_tokens_pass_nothing_risky(&world, seed);
        if by.side == Side::Msp {
            lost_nothing_to_the_guest(&before, &after, &owned, &world, &told);
        }
        tokens_reach_no_further(&world, &told);
        before = after;
    }
    ends_are_to_the_second(&world);
    done
}

/// What somebody has gained was given by who may, and never by themself.
fn gains_are_given(
    world: &World,
    (act, by, reach): (&Act, &Principal, &Reach),
    (before, after): (&Rights, &Rights),
    owned: &std::collections::BTreeSet<dogwatch_model::OrgId>,
    told: &impl Fn() -> String,
) {
    for ((who, place), verbs) in after {
        let had = before.get(&(who.clone(), place.clone())).copied().unwrap_or_default();
        let gained = verbs.without(had).without(Verbs::EVERYBODY);
        if gained.is_empty() {
            continue;
        }
        let side = world.register.side_of(who);
        let administers = by.side == side
            && (reach.may(Verb::Administer, &place.0, Some(&place.1))
                || (side == Side::Msp && reach.everywhere().has(Verb::Administer)));
        let begins = !owned.contains(&place.0) && by.side == Side::Msp && side != Side::Msp;
        let approves = matches!(act, Act::Approve(_, org) if *org == place.0)
            && (by.side == Side::Internal || side == Side::Internal)
            && reach.may(Verb::Administer, &place.0, None);
        let vendors = side == Side::Vendor && reach.may(Verb::Administer, &place.0, Some(&place.1));
        assert!(
            !is_oneself(world, by, who),
            "{} and {who} gained {gained} at {place:?} for themself",
            told()
        );
        assert!(
            administers || begins || approves || vendors,
            "{}: {who} gained {gained} at {place:?}",
            told()
        );
        for risky in gained.risky() {
            assert!(risky_is_right(world, who, place, risky, owned), "{}: {who} gained {risky}", told());
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

/// Approvals, reviews and seals are a person's, and of what somebody else has; an org's first owner is brought in by whoever
/// may.
fn words_are_anothers(
    world: &World,
    by: &Principal,
    (changes, grants): (&[Change], &BTreeMap<String, Grant>),
    owned: &std::collections::BTreeSet<dogwatch_model::OrgId>,
    told: &impl Fn() -> String,
) {
    let program = world.register.people.get(&by.key()).is_some_and(|person| person.service);
    assert!(!program || !changes.iter().any(|change| matches!(change, Change::Seal(_))), "{}", told());
    for change in changes {
        let Change::Grant(grant) = change else { continue };
        let was = grants.get(&grant.id);
        let anew = |org| owned.contains(org) && was.is_none_or(|was| !was.approvals.contains_key(org));
        let approved = grant.approvals.keys().any(anew);
        let reviewed = grant.reviewed_at != was.and_then(|was| was.reviewed_at);
        if approved || reviewed {
            assert!(!program, "{}: a program said yes to {grant:?}", told());
            assert!(!is_oneself(world, by, &grant.to), "{}: said yes to their own {grant:?}", told());
        }
    }
}

/// What the MSP waits for from a customer is said by nobody who is there by its word alone, nor by whom those let in.
fn the_msp_speaks_for_no_customer(world: &World, act: &Act, by: &Principal, told: &impl Fn() -> String) {
    let (people, accounts) = (&world.register.people, &world.register.accounts);
    let word = matches!(
        act,
        Act::Approve(..) | Act::Refuse(..) | Act::Review(..) | Act::SecondFactor(..) | Act::Seal { .. }
    );
    let (mut hands, mut seen) = (vec![by.key()], Vec::new());
    hands.extend(by.maker.clone());
    while let Some(hand) = hands.pop().filter(|_| word && by.side == Side::Internal) {
        let Some(person) = people.get(&hand).filter(|_| !seen.contains(&hand)) else { continue };
        let by_msp = person.created_by.as_ref().is_some_and(|by| world.register.side_of(by) == Side::Msp);
        let alone = person.side == Side::Internal && by_msp && !person.is_kept_out(world.now);
        assert!(!alone || accounts.contains_key(&hand), "{}, which goes back to {hand}", told());
        hands.extend(person.created_by.clone());
        hands.extend(accounts.get(&hand).and_then(|account| account.set_by.clone()));
        seen.push(hand);
    }
}

/// A login by password alone opens nothing for who may administer or take out data, nor does what was made with it.
fn bare_tokens_pass_nothing_risky(world: &World, seed: u64) {
    for (hash, who) in &world.bare {
        let mut theirs = world.register.grants_of(who, world.now);
        let home = world.register.home_of(who).and_then(Scope::org);
        let by_rule = world.register.orgs.iter().any(|(org, standing)| {
            let here = home.map_or(!standing.left.contains_key(&Side::Msp), |home| home == org);
            here && standing.second_factor_for_all
        });
        let needs = theirs.any(|grant| !grant.verbs.risky().is_empty()) || by_rule;
        if needs {
            let reach = world.register.reach(&world.register.tokens[hash].principal, world.now);
            let sees = world::places().iter().any(|(org, site)| reach.sees(org, Some(site)));
            assert!(!sees && reach.anywhere().is_empty(), "seed {seed}: {who} came by password alone");
        }
    }
}

/// A risky verb of somebody counts where there is nobody to ask, or somebody else of the right side has said yes.
fn risky_is_right(
    world: &World,
    who: &PersonKey,
    place: &Place,
    verb: Verb,
    owned: &std::collections::BTreeSet<dogwatch_model::OrgId>,
) -> bool {
    if !owned.contains(&place.0) {
        return true;
    }
    let grants = world.register.grants_of(who, world.now);
    let there = grants.filter(|grant| grant.verbs.has(verb) && grant.scope.covers(&place.0, Some(&place.1)));
    there.filter_map(|grant| grant.approvals.get(&place.0)).any(|approval| {
        let by = world.register.side_of(&approval.by);
        approval.by != *who && (by == Side::Internal || who.org.is_some())
    })
}

/// Once an org has an owner, nothing that the MSP does takes anything from its own people.
fn lost_nothing_to_the_guest(
    before: &Rights,
    after: &Rights,
    owned: &std::collections::BTreeSet<dogwatch_model::OrgId>,
    world: &World,
    told: &impl Fn() -> String,
) {
    for ((who, place), had) in before.iter().filter(|((_, place), _)| owned.contains(&place.0)) {
        if world.register.side_of(who) == Side::Internal {
            let left = after.get(&(who.clone(), place.clone())).copied().unwrap_or_default();
            assert!(had.without(left).is_empty(), "{} and {who} lost {}", told(), had.without(left));
        }
    }
}

fn tokens_reach_no_further(world: &World, told: &impl Fn() -> String) {
    for token in world.register.tokens.values().filter(|token| token.is_valid(world.now)) {
        let of = &token.principal;
        let reach = world.register.reach(of, world.now);
        let own = world.register.own_reach(&of.key(), Verbs::EVERYTHING, Scope::Everywhere, world.now);
        let maker = of.maker.as_ref();
        let maker = maker
            .map(|maker| world.register.own_reach(maker, Verbs::EVERYTHING, Scope::Everywhere, world.now));
        for (org, site) in world::places() {
            let verbs = reach.verbs(&org, Some(&site));
            let outside = verbs.without(own.verbs(&org, Some(&site)));
            assert!(outside.is_empty(), "{}: a token of {} has {outside}", told(), of.key());
            assert!(verbs.without(of.ceiling).is_empty(), "{}", told());
            if let Some(maker) = &maker {
                let outside = verbs.without(maker.verbs(&org, Some(&site)).with_programs());
                assert!(outside.is_empty(), "{}: beyond its maker: {outside}", told());
            }
        }
    }
}

fn ends_are_to_the_second(world: &World) {
    let second = SignedDuration::from_secs(1);
    for grant in world.register.grants.values().filter(|grant| grant.ended.is_none()) {
        if let Some(end) = grant.expires_at {
            let counts =
                |at: Timestamp| world.register.grants_of(&grant.to, at).any(|found| found.id == grant.id);
            assert!(counts(end - second) && !counts(end));
        }
    }
}
