//! What nobody does on trial, and when what they did ends.

use dogwatch_model::Side;

use super::{super::cast::*, administers, opened};
use crate::{
    access::{Act, Sha256, Verb, Verbs},
    refusal::Code,
};

#[test]
fn a_broken_seal_does_nothing_that_outlives_it_in_another_form() {
    let (mut register, _, omar, glass) = opened();
    owner(&mut register, "eve", &omar);
    register.act(&Act::Disable("acme:eve".parse().unwrap()), &omar, noon()).unwrap();
    register.act(&seal("s3", "acme"), &omar, noon()).unwrap();
    let acts = [
        seal("next", "acme"),
        token(newcomer(Side::Internal, "vic", "acme"), Verbs::ALL),
        token(newcomer(Side::Internal, "break-glass", "acme"), Verbs::ALL),
        approve("first"),
        Act::SecondFactor(acme(), false),
        Act::Offboard(acme(), Side::Msp),
        Act::Reinvite(glass.key(), Sha256::of(b"way in")),
        Act::Review("g-omar".into(), Some(at(24 * 3000))),
        Act::End("g-omar".into(), "out".into()),
        refuse("first"),
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
    let (mut register, _, _, glass) = opened();
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
    let [pete, robot] = ["pete", "robot"].map(|id| principal(Side::Internal, id, "acme"));
    for who in [&nora, &pete, &robot] {
        assert!(register.reach(who, at(167)).sees_org(&acme()), "{}", who.person);
        assert!(!register.reach(who, at(168)).sees_org(&acme()), "{}", who.person);
    }
    // Nobody of them makes it last, nor takes over somebody who does.
    let omar = register.people.keys().find(|key| key.id.as_str() == "omar").unwrap().clone();
    for act in [seal("next", "acme"), approve("g-pete"), Act::Reinvite(omar, Sha256::of(b"x"))] {
        let refused = register.act(&act, &nora, at(2)).unwrap_err();
        assert_eq!(refused.code, Code::NotAllowed, "{act:?}: {refused}");
    }
    register.act(&grant("g2", &nora, Verbs::ALL), &pete, at(25)).unwrap();
    assert!(!administers(&register, &nora, at(168)), "they do not keep each other in");
    let due = register.due(at(25)).into_iter().find(|due| due.id == "g-nora").unwrap();
    assert!(due.why.contains("after a seal was broken, and ends on 2026-11-30 unless"), "{}", due.why);
}

#[test]
fn nobody_on_trial_comes_in_as_who_holds_risky_rights_for_good() {
    let (mut register, _, omar, glass) = opened();
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
    register.act(&seal("paper", "*"), &ann, noon()).unwrap();
    let glass = broken(&mut register, "paper");
    register.people.get_mut(&principal(Side::Msp, "mo", "*").key()).unwrap().home = "*".parse().unwrap();
    let [mo, kim] = ["mo", "kim"].map(|id| principal(Side::Msp, id, "*"));
    let all = wanted("all", &mo, Verbs::of(&[Verb::Administer]), "*");
    register.act(&Act::Grant(all), &glass, noon()).unwrap();
    register.act(&grant("g2", &kim, Verbs::CREW), &mo, at(1)).unwrap();
    assert_eq!(register.grants["g2"].expires_at, Some(at(168)));
    register.act(&grant("g3", &kim, Verbs::CREW), &ann, at(1)).unwrap();
    assert_eq!(register.grants["g3"].expires_at, None, "who administers the MSP gives for good");
}

#[test]
fn the_msps_broken_seal_begins_no_org() {
    let (mut register, ann) = set_up(noon());
    register.act(&seal("paper", "*"), &ann, noon()).unwrap();
    let glass = broken(&mut register, "paper");
    let first = invite(&mut register, (Side::Internal, "omar", "acme"), Verbs::ALL, &glass).unwrap_err();
    assert!(first.what.contains("not after a broken seal"), "{first}");
    invite(&mut register, (Side::Msp, "mira", "*"), Verbs::ALL, &glass).unwrap();
    let mira = principal(Side::Msp, "mira", "*");
    assert!(register.reach(&mira, at(167)).everywhere().has(Verb::Administer));
    assert!(!register.reach(&mira, at(168)).sees_everything());
}
