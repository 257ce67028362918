//! Whose word makes last what a broken seal gave.

use dogwatch_model::Side;

use super::{super::cast::*, administers, opened};
use crate::{
    access::{Act, Factor, Login, NewGrant, Sha256, Verb, Verbs},
    refusal::Code,
};

#[test]
fn who_administers_for_good_confirms_whom_a_broken_seal_let_in() {
    let (mut register, _, omar, glass) = opened();
    for id in ["nora", "pete", "zoe"] {
        invite(&mut register, (Side::Internal, id, "acme"), Verbs::ALL, &glass).unwrap();
    }
    let named = |id| principal(Side::Internal, id, "acme");
    register.act(&approve("g-nora"), &omar, at(1)).unwrap();
    register.act(&grant("g2", &named("pete"), Verbs::CREW), &omar, at(1)).unwrap();
    let later = at(24 * 400);
    assert!(administers(&register, &named("nora"), later));
    let pete = register.reach(&named("pete"), later);
    assert!(pete.may(Verb::Claim, &acme(), None) && !administers(&register, &named("pete"), later));
    assert!(!register.reach(&named("zoe"), later).sees_org(&acme()));
    register.act(&grant("g3", &named("zoe"), Verbs::ALL), &named("nora"), at(2)).unwrap();
    assert!(administers(&register, &named("zoe"), later), "nora gives for good now");
}

#[test]
fn an_org_whose_owners_are_all_gone_is_mended_by_its_paper_and_the_word_of_the_msp() {
    let (mut register, ann, omar, glass) = opened();
    invite(&mut register, (Side::Internal, "nora", "acme"), Verbs::ALL, &glass).unwrap();
    let confirm = approve("g-nora");
    let early = register.act(&confirm, &ann, at(71)).unwrap_err();
    assert!(early.what.contains("(omar)") && early.what.contains("for 72 hours"), "{early}");
    let nora = principal(Side::Internal, "nora", "acme");
    let mut came = register.clone();
    let session = Login {
        who: omar.key(),
        set_at: None,
        factor: Factor::Elsewhere,
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
    register.accounts.insert(nora.key(), account());
    assert!(administers(&register, &nora, at(24 * 400)));
    register.act(&Act::Disable(omar.key()), &nora, at(73)).unwrap();
}

#[test]
fn confirming_keeps_the_end_that_the_giver_asked_for() {
    let (mut register, _, omar, glass) = opened();
    invite(&mut register, (Side::Internal, "sam", "acme"), Verbs::NONE, &omar).unwrap();
    let sam = principal(Side::Internal, "sam", "acme");
    for (id, end) in [("hour", 1), ("month", 720)] {
        let export = wanted(id, &sam, Verbs::of(&[Verb::Export]), "acme");
        let export = NewGrant { expires_at: Some(at(end)), ..export };
        register.act(&Act::Grant(export), &glass, noon()).unwrap();
    }
    assert_eq!(register.grants["month"].expires_at, Some(at(168)));
    for (id, end) in [("hour", 1), ("month", 720)] {
        register.act(&approve(id), &omar, noon()).unwrap();
        assert_eq!(register.grants[id].expires_at, Some(at(end)), "{id}");
    }
}
