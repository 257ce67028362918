//! What a broken seal may do, and how long that lasts.

mod back;
mod bounds;
mod code;
mod confirmed;

use jiff::{SignedDuration, Timestamp};

use super::{
    ACTS,
    cast::{acme, broken, noon, owned, seal},
    histories,
    world::World,
};
use crate::access::{Act, Principal, Register, Verb};

/// `acme` with its owner Omar, whose seal somebody has broken at noon.
fn opened() -> (Register, Principal, Principal, Principal) {
    let (mut register, ann, omar) = owned();
    register.act(&seal("paper", "acme"), &omar, noon()).unwrap();
    let glass = broken(&mut register, "paper");
    (register, ann, omar, glass)
}

fn administers(register: &Register, who: &Principal, when: Timestamp) -> bool {
    register.reach(who, when).may(Verb::Administer, &acme(), None)
}

/// Whether somebody ends a right of their own, being who they always were: that is theirs to end.
fn ends_their_own(register: &Register, act: &Act, by: &Principal) -> bool {
    let known = register.people.get(&by.key()).is_some_and(|person| person.back.is_none());
    known
        && matches!(act, Act::End(id, _) if register.grants.get(id).is_some_and(|grant| grant.to == by.key()))
}

/// For how long they try: after that, who came back with nobody objecting is taken for who they are.
const TRIED: SignedDuration = SignedDuration::from_hours(71);

/// Whoever broke the seal, and all whom that lets in or lets come back, try everything; a fortnight later everybody has what
/// they would have, and nobody but the paper itself has come in as somebody with risky rights.
#[test]
fn nothing_that_a_broken_seal_gives_or_takes_is_left_after_its_trial() {
    let mut done = 0;
    for seed in 0..histories() {
        let mut world = World::new(seed);
        let Some(glass) = world.break_seal() else { continue };
        let before = world.register.clone();
        world.entrust(&glass);
        let start = world.now;
        done += all_try(&mut world, &glass, &before, seed);
        world.now = start + SignedDuration::from_hours(14 * 24);
        nothing_is_left(&mut world, before, seed);
    }
    assert!(done > histories(), "{done} acts were allowed: that tries nothing");
}

/// Gives how many acts were allowed.
fn all_try(world: &mut World, glass: &Principal, before: &Register, seed: u64) -> u64 {
    let (start, mut done) = (world.now, 0);
    for step in 0..ACTS * 3 {
        if step > ACTS {
            let hours = world.dice(10) as i64;
            world.now = (world.now + SignedDuration::from_hours(hours)).min(start + TRIED);
        }
        let by = world.any_let_in(glass, before);
        let act = world.any_act(&by);
        if ends_their_own(&world.register, &act, &by) {
            continue;
        }
        let allowed = world.register.act(&act, &by, world.now).is_ok();
        done += u64::from(allowed);
        if let (true, Act::Reinvite(whom, _)) = (allowed && by.key() != glass.key(), &act) {
            let mut theirs = before.grants_of(whom, world.now);
            let risky = theirs.any(|grant| !grant.verbs.risky().is_empty());
            assert!(!risky, "seed {seed}: {} may come in as {whom}", by.key());
        }
        world.come_back();
    }
    done
}

/// Everybody has what they would have had without the seal.
fn nothing_is_left(world: &mut World, before: Register, seed: u64) {
    let after = world.rights();
    world.register = before;
    let had = world.rights();
    for (place, verbs) in &after {
        let gained = verbs.without(had.get(place).copied().unwrap_or_default());
        assert!(gained.is_empty(), "seed {seed}: still has {gained}: {place:?}");
    }
    for (place, verbs) in had {
        let lost = verbs.without(after.get(&place).copied().unwrap_or_default());
        assert!(lost.is_empty(), "seed {seed}: has lost {lost}: {place:?}");
    }
}
