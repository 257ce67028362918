//! Thousands of random histories of the register: people of all sides try everything, and nobody gets anywhere
//! that the rules do not lead to.

mod beginning;
mod cast;
mod glass;
mod goodbye;
mod hands;
mod owner;
mod renewal;
mod room;
mod rules;
mod second_factor;
mod signing;
mod site;
mod step;
mod ways_in;
mod word;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};

use dogwatch_model::Side;
use jiff::{SignedDuration, Timestamp};

use beginning::nothing_stands_of_a_beginning;
use step::Step;
use world::World;

use super::Scope;

/// Random histories of a run on every change; `DOGWATCH_HISTORIES=100000` asks for more.
const HISTORIES: u64 = 5_000;

fn histories() -> u64 {
    std::env::var("DOGWATCH_HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(HISTORIES)
}

/// Acts of each. What matters takes few: a grant, an approval, an end.
const ACTS: usize = 10;

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
    let mut rights = world.rights();
    for number in 0..ACTS {
        if world.dice(4) == 0 {
            let hours = world.dice(80) as i64;
            world.now += SignedDuration::from_hours(hours);
            rights = world.rights();
        }
        if world.dice(5) == 0 {
            world.come_in();
            nothing_stands_of_a_beginning(&world, seed);
            // An owner who comes in by themself ends what others had.
            rights = world.rights();
            bare_tokens_pass_nothing_risky(&world, seed);
        }
        let caller = world.any_caller();
        let act = world.any_act(&caller.by);
        let step = Step::before(&world, (seed, number), (&act, &caller.by), &rights);
        let Ok(changes) = world.act(&act, &caller) else { continue };
        done += 1;
        let after = world.rights();
        step.led_to(&world, &changes, &after);
        nothing_stands_of_a_beginning(&world, seed);
        bare_tokens_pass_nothing_risky(&world, seed);
        rights = after;
    }
    ends_are_to_the_second(&world);
    done
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
