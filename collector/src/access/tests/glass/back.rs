//! Who came back through a broken seal, and may be somebody else who found the paper.

use dogwatch_model::Side;

use super::{super::cast::*, administers, opened};
use crate::{
    access::{Act, Principal, Register, Sha256, Verbs},
    refusal::Code,
};

/// Omar, or who found his paper, has come in again by it.
fn back() -> (Register, Principal, Principal, Principal) {
    let (mut register, ann, omar, glass) = opened();
    comes_back(&mut register, &omar, &glass);
    (register, ann, omar, glass)
}

fn comes_back(register: &mut Register, who: &Principal, glass: &Principal) {
    let way_in = Sha256::of(who.person.as_str().as_bytes());
    register.act(&Act::Reinvite(who.key(), way_in), glass, noon()).unwrap();
    register.accept(&way_in, account(), noon()).unwrap();
}

#[test]
fn who_is_known_comes_in_again_by_a_broken_seal_with_what_they_had() {
    let (mut register, _, omar, glass) = back();
    assert!(administers(&register, &omar, at(24 * 400)));
    register.act(&seal("early", "acme"), &omar, at(71)).unwrap_err();
    register.act(&seal("next", "acme"), &omar, at(72)).expect("paper and time");
    assert!(register.act(&Act::Reinvite(omar.key(), Sha256::of(b"again")), &glass, at(73)).is_err());
}

#[test]
fn who_came_back_by_a_broken_seal_makes_nothing_last_until_somebody_says_so_or_time_does() {
    let (mut register, _, omar, glass) = opened();
    let zoe = owner(&mut register, "zoe", &omar);
    invite(&mut register, (Side::Internal, "pete", "acme"), Verbs::ALL, &glass).unwrap();
    comes_back(&mut register, &omar, &glass);
    let refused = register.act(&approve("g-pete"), &omar, at(1)).unwrap_err();
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
    confirmed.act(&approve("g-omar"), &zoe, at(2)).unwrap();
    confirmed.act(&approve("g-pete"), &omar, at(2)).expect("zoe knows him");
    assert!(administers(&confirmed, &pete, at(24 * 400)));
    register.act(&approve("g-pete"), &omar, at(72)).expect("nobody objected");
}

#[test]
fn an_objection_ends_what_time_would_give_until_somebodys_word() {
    let (mut register, ann, omar, glass) = opened();
    register.act(&approve("first"), &omar, noon()).unwrap();
    invite(&mut register, (Side::Internal, "pete", "acme"), Verbs::ALL, &glass).unwrap();
    comes_back(&mut register, &omar, &glass);
    register.act(&refuse("g-omar"), &ann, at(3)).unwrap();
    assert!(administers(&register, &omar, at(3)), "an objection takes nothing");
    register.act(&approve("g-pete"), &omar, at(100)).unwrap_err();
    register.act(&approve("g-omar"), &ann, at(71)).unwrap_err();
    register.act(&approve("g-omar"), &ann, at(73)).expect("ann has rung him up");
    register.act(&approve("g-pete"), &omar, at(100)).unwrap();
}

#[test]
fn time_decides_nothing_while_a_seal_keeps_out_who_might_object() {
    let (mut register, ann, omar, glass) = opened();
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
    register.act(&approve("g-pete"), &omar, at(80)).unwrap_err();
    register.act(&approve("g-pete"), &ann, at(80)).expect_err("nor the MSP beside her");
    assert!(!administers(&register, &zoe, at(167)) && administers(&register, &zoe, at(168)));
    let told = |hours| register.people[&zoe.key()].at(at(hours)).disabled_at;
    assert_eq!((told(167), told(168)), (Some(noon()), None), "what is over is not told of her");
    register.act(&Act::Disable(omar.key()), &zoe, at(169)).expect("she objects");
}
