//! What a broken seal may do, and how long that lasts.

use dogwatch_model::Side;
use jiff::{SignedDuration, Timestamp};

use super::{
    ACTS, histories,
    rules::{account, invite, newcomer, noon, owned, token},
    world::{World, principal},
};
use crate::{
    access::{Act, NewGrant, Principal, Register, Sha256, Verb, Verbs},
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
    let (mut register, _, omar, glass) = broken();
    owner(&mut register, "eve", &omar);
    register.act(&Act::Disable("acme:eve".parse().unwrap()), &omar, noon()).unwrap();
    let fresh = Act::Seal { id: "s3".into(), hash: Sha256::of(b"s3"), scope: "acme".parse().unwrap() };
    register.act(&fresh, &omar, noon()).unwrap();
    let acme: dogwatch_model::OrgId = "acme".parse().unwrap();
    let acts = [
        Act::Seal { id: "s2".into(), hash: Sha256::of(b"next"), scope: "acme".parse().unwrap() },
        token(newcomer(Side::Internal, "vic", "acme"), Verbs::ALL),
        token(newcomer(Side::Internal, "break-glass", "acme"), Verbs::ALL),
        Act::Approve("first".into(), acme.clone()),
        Act::SecondFactor(acme.clone(), false),
        Act::Offboard(acme, Side::Msp),
        Act::Reinvite(glass.key(), Sha256::of(b"way in")),
        Act::Review("g-omar".into(), Some(at(24 * 3000))),
        Act::End("g-omar".into(), "out".into()),
        Act::Refuse("first".into(), "acme".parse().unwrap()),
        Act::Enable("acme:eve".parse().unwrap()),
        Act::Unseal("s3".into()),
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

/// Omar, or who found his paper, has come in again by it.
fn back() -> (Register, Principal, Principal, Principal) {
    let (mut register, ann, omar, glass) = broken();
    comes_back(&mut register, &omar, &glass);
    (register, ann, omar, glass)
}

fn comes_back(register: &mut Register, who: &Principal, glass: &Principal) {
    let way_in = Sha256::of(who.person.as_str().as_bytes());
    register.act(&Act::Reinvite(who.key(), way_in), glass, noon()).unwrap();
    register.accept(&way_in, account(), noon()).unwrap();
}

fn confirm(id: &str) -> Act {
    Act::Approve(id.into(), "acme".parse().unwrap())
}

fn refuse(id: &str) -> Act {
    Act::Refuse(id.into(), "acme".parse().unwrap())
}

/// Lets another owner in, for good.
fn owner(register: &mut Register, id: &str, by: &Principal) -> Principal {
    invite(register, (Side::Internal, id, "acme"), Verbs::ALL, by).unwrap();
    principal(Side::Internal, id, "acme")
}

#[test]
fn who_is_known_comes_in_again_by_a_broken_seal_with_what_they_had() {
    let (mut register, _, omar, glass) = back();
    assert!(administers(&register, &omar, at(24 * 400)));
    let next = |letter: &[u8]| Act::Seal {
        id: "s2".into(),
        hash: Sha256::of(letter),
        scope: "acme".parse().unwrap(),
    };
    register.act(&next(b"early"), &omar, at(71)).unwrap_err();
    register.act(&next(b"next"), &omar, at(72)).expect("paper and time");
    assert!(register.act(&Act::Reinvite(omar.key(), Sha256::of(b"again")), &glass, at(73)).is_err());
}

#[test]
fn who_came_back_by_a_broken_seal_makes_nothing_last_until_somebody_says_so_or_time_does() {
    let (mut register, _, omar, glass) = broken();
    let zoe = owner(&mut register, "zoe", &omar);
    invite(&mut register, (Side::Internal, "pete", "acme"), Verbs::ALL, &glass).unwrap();
    comes_back(&mut register, &omar, &glass);
    let refused = register.act(&confirm("g-pete"), &omar, at(1)).unwrap_err();
    assert!(refused.what.contains("you came back through a broken seal"), "{refused}");
    let robot = token(newcomer(Side::Internal, "robot", "acme"), Verbs::CREW);
    let own = token(newcomer(Side::Internal, "omar", "acme"), Verbs::CREW);
    for act in [robot, own, refuse("g-zoe"), Act::Reinvite(zoe.key(), Sha256::of(b"zoe"))] {
        assert_eq!(register.act(&act, &omar, at(1)).unwrap_err().code, Code::NotAllowed, "{act:?}");
    }
    let pete = principal(Side::Internal, "pete", "acme");
    let asked = register.due(at(1)).into_iter().find(|due| due.id == "g-omar").unwrap();
    assert!(asked.why.contains("came back through a broken seal"), "{}", asked.why);
    register.act(&grant("g2", &pete, Verbs::CREW), &omar, at(1)).unwrap();
    assert!(register.grants["g2"].on_trial, "what they give is on trial");
    let mut confirmed = register.clone();
    confirmed.act(&confirm("g-omar"), &zoe, at(2)).unwrap();
    confirmed.act(&confirm("g-pete"), &omar, at(2)).expect("zoe knows him");
    assert!(administers(&confirmed, &pete, at(24 * 400)));
    register.act(&confirm("g-pete"), &omar, at(72)).expect("nobody objected");
}

#[test]
fn an_objection_ends_what_time_would_give_until_somebodys_word() {
    let (mut register, ann, omar, glass) = broken();
    register.act(&confirm("first"), &omar, noon()).unwrap();
    invite(&mut register, (Side::Internal, "pete", "acme"), Verbs::ALL, &glass).unwrap();
    comes_back(&mut register, &omar, &glass);
    register.act(&refuse("g-omar"), &ann, at(3)).unwrap();
    assert!(administers(&register, &omar, at(3)), "an objection takes nothing");
    register.act(&confirm("g-pete"), &omar, at(100)).unwrap_err();
    register.act(&confirm("g-omar"), &ann, at(71)).unwrap_err();
    register.act(&confirm("g-omar"), &ann, at(73)).expect("ann has rung him up");
    register.act(&confirm("g-pete"), &omar, at(100)).unwrap();
}

#[test]
fn time_decides_nothing_while_a_seal_keeps_out_who_might_object() {
    let (mut register, ann, omar, glass) = broken();
    let zoe = owner(&mut register, "zoe", &omar);
    for owner in [&omar, &zoe] {
        register.accounts.insert(owner.key(), account());
    }
    invite(&mut register, (Side::Internal, "pete", "acme"), Verbs::ALL, &glass).unwrap();
    let pete = principal(Side::Internal, "pete", "acme");
    let shut = register.act(&Act::Disable(zoe.key()), &pete, noon()).unwrap_err();
    assert_eq!(shut.code, Code::NotAllowed, "who is let in keeps no owner out: {shut}");
    register.act(&Act::Disable(zoe.key()), &glass, noon()).unwrap();
    comes_back(&mut register, &omar, &glass);
    register.act(&confirm("g-pete"), &omar, at(80)).unwrap_err();
    register.act(&confirm("g-pete"), &ann, at(80)).expect_err("nor the MSP beside her");
    assert!(!administers(&register, &zoe, at(167)) && administers(&register, &zoe, at(168)));
    let told = |hours| register.people[&zoe.key()].at(at(hours)).disabled_at;
    assert_eq!((told(167), told(168)), (Some(noon()), None), "what is over is not told of her");
    register.act(&Act::Disable(omar.key()), &zoe, at(169)).expect("she objects");
}

#[test]
fn nobody_on_trial_comes_in_as_who_holds_risky_rights_for_good() {
    let (mut register, _, omar, glass) = broken();
    let taken = Verbs::of(&[Verb::Export, Verb::View]);
    invite(&mut register, (Side::Internal, "iris", "acme"), taken, &omar).unwrap();
    invite(&mut register, (Side::Internal, "tom", "acme"), Verbs::ALL, &glass).unwrap();
    let [iris, tom] = ["iris", "tom"].map(|id| principal(Side::Internal, id, "acme"));
    let acts = [
        Act::Reinvite(iris.key(), Sha256::of(b"iris")),
        Act::Disable(iris.key()),
        Act::End("g-iris".into(), "mine now".into()),
        Act::Review("g-iris".into(), None),
    ];
    for act in acts {
        assert_eq!(register.act(&act, &tom, at(1)).unwrap_err().code, Code::NotAllowed, "{act:?}");
    }
}

#[test]
fn what_does_not_count_in_an_org_gives_nothing_there_for_good() {
    let (mut register, ann, _) = owned();
    invite(&mut register, (Side::Msp, "mo", "acme"), Verbs::of(&[Verb::Administer]), &ann).unwrap();
    invite(&mut register, (Side::Msp, "kim", "acme"), Verbs::NONE, &ann).unwrap();
    let (code, opened) = (Sha256::of(b"paper"), Sha256::of(b"opened"));
    let seal = Act::Seal { id: "s1".into(), hash: code, scope: "*".parse().unwrap() };
    register.act(&seal, &ann, noon()).unwrap();
    register.break_seal(&code, opened, noon()).unwrap();
    let glass = register.tokens[&opened].principal.clone();
    register.people.get_mut(&principal(Side::Msp, "mo", "*").key()).unwrap().home = "*".parse().unwrap();
    let [mo, kim] = ["mo", "kim"].map(|id| principal(Side::Msp, id, "*"));
    let all = NewGrant {
        id: "all".into(),
        to: mo.key(),
        verbs: Verbs::of(&[Verb::Administer]),
        scope: "*".parse().unwrap(),
        reason: "helps".into(),
        expires_at: None,
        review_at: None,
    };
    register.act(&Act::Grant(all), &glass, noon()).unwrap();
    register.act(&grant("g2", &kim, Verbs::CREW), &mo, at(1)).unwrap();
    assert_eq!(register.grants["g2"].expires_at, Some(at(168)));
    register.act(&grant("g3", &kim, Verbs::CREW), &ann, at(1)).unwrap();
    assert_eq!(register.grants["g3"].expires_at, None, "who administers the MSP gives for good");
}

#[test]
fn confirming_keeps_the_end_that_the_giver_asked_for() {
    let (mut register, _, omar, glass) = broken();
    invite(&mut register, (Side::Internal, "sam", "acme"), Verbs::NONE, &omar).unwrap();
    let mut hour = NewGrant {
        id: "hour".into(),
        to: principal(Side::Internal, "sam", "acme").key(),
        verbs: Verbs::of(&[Verb::Export]),
        scope: "acme".parse().unwrap(),
        reason: "one report".into(),
        expires_at: Some(at(1)),
        review_at: None,
    };
    register.act(&Act::Grant(hour.clone()), &glass, noon()).unwrap();
    (hour.id, hour.expires_at) = ("month".into(), Some(at(720)));
    register.act(&Act::Grant(hour), &glass, noon()).unwrap();
    assert_eq!(register.grants["month"].expires_at, Some(at(168)));
    for (id, end) in [("hour", 1), ("month", 720)] {
        register.act(&confirm(id), &omar, noon()).unwrap();
        assert_eq!(register.grants[id].expires_at, Some(at(end)), "{id}");
    }
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
        for step in 0..ACTS * 3 {
            if step > ACTS {
                let hours = world.dice(10) as i64;
                world.now = (world.now + SignedDuration::from_hours(hours)).min(start + TRIED);
            }
            let by = world.any_let_in(&glass, &before);
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
        world.now = start + SignedDuration::from_hours(14 * 24);
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
    assert!(done > histories(), "{done} acts were allowed: that tries nothing");
}
