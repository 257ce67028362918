//! What a broken seal may do, and how long that lasts.

use dogwatch_model::Side;
use jiff::{SignedDuration, Timestamp};

use super::{
    ACTS, histories,
    rules::{account, invite, newcomer, noon, owned, token},
    world::{World, principal},
};
use crate::{
    access::{Act, Change, NewGrant, Principal, Register, Sha256, Verb, Verbs},
    refusal::Code,
};

fn at(hours: i64) -> Timestamp {
    noon() + SignedDuration::from_hours(hours)
}

/// `acme` with its owner Omar, whose seal somebody has broken at noon.
fn broken() -> (Register, Principal, Principal, Principal) {
    let (mut register, ann, omar) = owned();
    let code = Sha256::of(b"paper");
    let seal = Act::Seal { id: "s1".into(), hash: code, scope: "acme".parse().unwrap() };
    register.act(&seal, &omar, noon()).unwrap();
    let opened = Sha256::of(b"opened");
    register.break_seal(&code, opened, noon()).unwrap();
    let glass = register.tokens[&opened].principal.clone();
    (register, ann, omar, glass)
}

fn administers(register: &Register, who: &Principal, when: Timestamp) -> bool {
    register.reach(who, when).may(Verb::Administer, &"acme".parse().unwrap(), None)
}

pub(super) fn grant(id: &str, to: &Principal, verbs: Verbs) -> Act {
    Act::Grant(NewGrant {
        id: id.into(),
        to: to.key(),
        verbs,
        scope: "acme".parse().unwrap(),
        reason: "back to work".into(),
        expires_at: None,
        review_at: None,
    })
}

#[test]
fn a_broken_seal_does_nothing_that_outlives_it_in_another_form() {
    let (mut register, _, _, glass) = broken();
    let acme: dogwatch_model::OrgId = "acme".parse().unwrap();
    let acts = [
        Act::Seal { id: "s2".into(), hash: Sha256::of(b"next"), scope: "acme".parse().unwrap() },
        token(newcomer(Side::Internal, "eve", "acme"), Verbs::ALL),
        token(newcomer(Side::Internal, "break-glass", "acme"), Verbs::ALL),
        Act::Approve("first".into(), acme.clone()),
        Act::SecondFactor(acme.clone(), false),
        Act::Offboard(acme, Side::Msp),
        Act::Reinvite(glass.key(), Sha256::of(b"way in")),
    ];
    let before = register.clone();
    for act in acts {
        let refused = register.act(&act, &glass, noon()).unwrap_err();
        assert_eq!(refused.code, Code::NotAllowed, "{act:?}: {refused}");
    }
    assert_eq!(register, before);
}

#[test]
fn what_a_broken_seal_lets_in_ends_after_a_week_whoever_passes_it_on() {
    let (mut register, _, _, glass) = broken();
    invite(&mut register, (Side::Internal, "nora", "acme"), Verbs::ALL, &glass).unwrap();
    let nora = principal(Side::Internal, "nora", "acme");
    assert!(administers(&register, &nora, at(2)), "the hour has ended, her rights have not");
    register.act(&token(newcomer(Side::Internal, "robot", "acme"), Verbs::CREW), &nora, at(2)).unwrap();
    let act = Act::Invite {
        person: newcomer(Side::Internal, "pete", "acme"),
        verbs: (Verbs::ALL, "g-pete".into()),
        reason: "helps nora".into(),
        invitation: None,
    };
    register.act(&act, &nora, at(24)).unwrap();
    let (pete, robot) =
        (principal(Side::Internal, "pete", "acme"), principal(Side::Internal, "robot", "acme"));
    for who in [&nora, &pete, &robot] {
        assert!(register.reach(who, at(167)).sees_org(&"acme".parse().unwrap()), "{}", who.person);
        assert!(!register.reach(who, at(168)).sees_org(&"acme".parse().unwrap()), "{}", who.person);
    }
    // Nobody of them makes it last, nor takes over somebody who does.
    let seal = Act::Seal { id: "s2".into(), hash: Sha256::of(b"next"), scope: "acme".parse().unwrap() };
    let omar = register.people.keys().find(|key| key.id.as_str() == "omar").unwrap().clone();
    for act in
        [seal, Act::Approve("g-pete".into(), "acme".parse().unwrap()), Act::Reinvite(omar, Sha256::of(b"x"))]
    {
        let refused = register.act(&act, &nora, at(2)).unwrap_err();
        assert_eq!(refused.code, Code::NotAllowed, "{act:?}: {refused}");
    }
    register.act(&grant("g2", &nora, Verbs::ALL), &pete, at(25)).unwrap();
    assert!(!administers(&register, &nora, at(168)), "they do not keep each other in");
    let due = register.due(at(25)).into_iter().find(|due| due.id == "g-nora").unwrap();
    assert!(due.why.contains("after a seal was broken, and ends on 2026-11-30 unless"), "{}", due.why);
}

#[test]
fn who_administers_for_good_confirms_whom_a_broken_seal_let_in() {
    let (mut register, _, omar, glass) = broken();
    for id in ["nora", "pete", "zoe"] {
        invite(&mut register, (Side::Internal, id, "acme"), Verbs::ALL, &glass).unwrap();
    }
    let named = |id| principal(Side::Internal, id, "acme");
    register.act(&Act::Approve("g-nora".into(), "acme".parse().unwrap()), &omar, at(1)).unwrap();
    register.act(&grant("g2", &named("pete"), Verbs::CREW), &omar, at(1)).unwrap();
    let later = at(24 * 400);
    assert!(administers(&register, &named("nora"), later));
    let pete = register.reach(&named("pete"), later);
    assert!(
        pete.may(Verb::Claim, &"acme".parse().unwrap(), None)
            && !administers(&register, &named("pete"), later)
    );
    assert!(!register.reach(&named("zoe"), later).sees_org(&"acme".parse().unwrap()));
    register.act(&grant("g3", &named("zoe"), Verbs::ALL), &named("nora"), at(2)).unwrap();
    assert!(administers(&register, &named("zoe"), later), "nora gives for good now");
}

#[test]
fn an_org_whose_owners_are_all_gone_is_mended_by_its_paper_and_the_word_of_the_msp() {
    let (mut register, ann, omar, glass) = broken();
    invite(&mut register, (Side::Internal, "nora", "acme"), Verbs::ALL, &glass).unwrap();
    let confirm = Act::Approve("g-nora".into(), "acme".parse().unwrap());
    let early = register.act(&confirm, &ann, at(71)).unwrap_err();
    assert!(early.what.contains("(omar)") && early.what.contains("for 72 hours"), "{early}");
    let mut came = register.clone();
    let session = crate::access::Login {
        who: omar.key(),
        set_at: None,
        factor: crate::access::Factor::Elsewhere,
        hash: Sha256::of(b"session"),
        browser: true,
        instead_of: None,
    };
    came.log_in(&session, at(50)).unwrap();
    assert_eq!(
        came.act(&confirm, &ann, at(72)).unwrap_err().code,
        Code::NotAllowed,
        "omar is there, and decides"
    );
    register.act(&confirm, &ann, at(72)).unwrap();
    let nora = principal(Side::Internal, "nora", "acme");
    register.accounts.insert(nora.key(), account());
    assert!(administers(&register, &nora, at(24 * 400)));
    register.act(&Act::Disable(omar.key()), &nora, at(73)).unwrap();
}

#[test]
fn who_is_known_comes_in_again_by_a_broken_seal_with_what_they_had() {
    let (mut register, _, omar, glass) = broken();
    let anew = register.act(&Act::Reinvite(omar.key(), Sha256::of(b"way in")), &glass, noon()).unwrap();
    assert!(matches!(anew.as_slice(), [Change::Invitation(_, Some(_))]), "{anew:?}");
    register.accept(&Sha256::of(b"way in"), account(), noon()).unwrap();
    assert!(administers(&register, &omar, at(24 * 400)));
    let next = Act::Seal { id: "s2".into(), hash: Sha256::of(b"next"), scope: "acme".parse().unwrap() };
    register.act(&next, &omar, at(1)).unwrap();
}

#[test]
fn the_msps_broken_seal_begins_no_org() {
    let (mut register, ann) = super::world::set_up(noon());
    let code = Sha256::of(b"paper");
    register
        .act(&Act::Seal { id: "s1".into(), hash: code, scope: "*".parse().unwrap() }, &ann, noon())
        .unwrap();
    let opened = Sha256::of(b"opened");
    register.break_seal(&code, opened, noon()).unwrap();
    let glass = register.tokens[&opened].principal.clone();
    let first = invite(&mut register, (Side::Internal, "omar", "acme"), Verbs::ALL, &glass).unwrap_err();
    assert!(first.what.contains("not after a broken seal"), "{first}");
    invite(&mut register, (Side::Msp, "mira", "*"), Verbs::ALL, &glass).unwrap();
    let mira = principal(Side::Msp, "mira", "*");
    assert!(register.reach(&mira, at(167)).everywhere().has(Verb::Administer));
    assert!(!register.reach(&mira, at(168)).sees_everything());
}

/// Whoever broke the seal, and all whom that lets in, try everything; a fortnight later nobody has more than they would have.
#[test]
fn nothing_that_a_broken_seal_gives_is_left_after_its_trial() {
    let mut done = 0;
    for seed in 0..histories() {
        let mut world = World::new(seed);
        let Some(glass) = world.break_seal() else { continue };
        let before = world.register.clone();
        let end = world.now + SignedDuration::from_hours(14 * 24);
        for step in 0..ACTS {
            if step > ACTS / 2 {
                let hours = world.dice(40) as i64;
                world.now += SignedDuration::from_hours(hours);
            }
            let by = world.any_let_in(&glass, &before);
            let act = world.any_act(&by);
            done += u64::from(world.register.act(&act, &by, world.now).is_ok());
        }
        world.now = end;
        let after = world.rights();
        world.register = before;
        let had = world.rights();
        for ((who, place), verbs) in after {
            let gained = verbs.without(had.get(&(who.clone(), place.clone())).copied().unwrap_or_default());
            assert!(gained.is_empty(), "seed {seed}: {who} still has {gained} at {place:?}");
        }
    }
    assert!(done > histories(), "{done} acts were allowed: that tries nothing");
}
