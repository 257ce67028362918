//! An org's first owner begins anew when they come in by themself: nothing stands that the MSP may have made in their name.

use std::collections::BTreeSet;

use dogwatch_model::Side;
use jiff::{SignedDuration, Timestamp};

use super::{
    cast::{acme, approve, grant, invite, newcomer, noon, principal, program, token},
    word::{bond, handed, taken_up},
    world::World,
};
use crate::{
    access::{Act, ApiToken, Change, PersonKey, Principal, Register, Sha256, Verb, Verbs},
    identity::{Proved, ProviderId},
    refusal::Code,
};

fn key(text: &str) -> PersonKey {
    text.parse().unwrap()
}

/// With a copy of Ivan's token the MSP has let in Mallory, who has come, and with her a program and Eve; there is a letter
/// that waits, a token for Olga, who comes by a provider, and rights that she was given.
fn planted() -> (Register, Principal, Principal) {
    let (mut register, ivan) = handed();
    let [mallory, olga] = ["mallory", "olga"].map(|id| principal(Side::Internal, id, "acme"));
    invite(&mut register, (Side::Internal, "mallory", "acme"), Verbs::ALL, &ivan).unwrap();
    taken_up(&mut register, &ivan, &mallory);
    invite(&mut register, (Side::Internal, "eve", "acme"), Verbs::ALL, &mallory).unwrap();
    let robot = program(Side::Internal, "robot", "acme");
    register.act(&token(robot, Verbs::ALL), &mallory, noon()).unwrap();
    register.act(&Act::Reinvite(key("acme:eve"), Sha256::of(b"waits")), &mallory, noon()).unwrap();
    let came = register.people[&ivan.key()].clone();
    let came = crate::access::Person { id: olga.person.clone(), created_by: None, ..came };
    register.apply(&[Change::Person(came), Change::Bond(bond(&olga))]);
    register.act(&grant("g-more", &olga, Verbs::ALL), &mallory, noon()).unwrap();
    register.act(&token(newcomer(Side::Internal, "olga", "acme"), Verbs::ALL), &ivan, noon()).unwrap();
    (register, ivan, mallory)
}

fn nothing_is_left(register: &Register, ivan: &Principal) {
    let ids = ["mallory", "eve", "robot", "olga"];
    for id in ids {
        let person = principal(Side::Internal, id, "acme");
        let key = person.key();
        assert_eq!(register.people[&key].is_out_for_good(), id != "olga", "{id}: a provider knows olga");
        assert!(!register.tokens.of(&key).any(|token: &ApiToken| token.is_valid(noon())), "{id}");
        assert!(!register.accounts.contains_key(&key) && register.grants_of(&key, noon()).next().is_none());
        assert!(!register.reach(&person, noon()).may(Verb::Administer, &acme(), None), "{id}");
    }
    assert!(register.invitations.is_empty(), "{:?}", register.invitations);
    assert_eq!(register.owners(&acme(), noon()).map(|own| own.key()).collect::<Vec<_>>(), [ivan.key()]);
}

#[test]
fn nobody_whom_the_msp_let_in_as_the_owner_stays_once_the_owner_comes() {
    let (mut register, ivan, mallory) = planted();
    taken_up(&mut register, &ivan, &ivan);
    nothing_is_left(&register, &ivan);
    for act in [approve("first"), Act::Disable(ivan.key()), Act::Enable(mallory.key())] {
        assert!(register.act(&act, &mallory, noon()).is_err(), "{act:?}");
    }
    let why = register.grants["g-more"].ended.as_ref().map(|ended| ended.why.clone()).unwrap();
    assert!(why.contains("a token that the MSP made"), "{why}");
    register.act(&Act::Enable(mallory.key()), &ivan, noon()).unwrap();
    let reach = register.reach(&mallory, noon());
    assert!(
        reach.sees_org(&acme()) && !reach.may(Verb::Claim, &acme(), None),
        "a way in and rights are anew"
    );
}

#[test]
fn a_first_owner_who_comes_by_a_provider_begins_anew_as_well() {
    let (mut register, ivan, _) = planted();
    let proved = Proved {
        provider: ProviderId::parse("acme-id").unwrap(),
        issuer: "https://id.example".into(),
        subject: "u-1".into(),
        principal: Principal { maker: None, ..ivan.clone() },
        adopts: true,
        grants: Vec::new(),
        lasts: SignedDuration::from_hours(24),
    };
    let signed = register.sign_in(&proved, noon()).unwrap();
    nothing_is_left(&register, &ivan);
    let news: Vec<_> = signed.news.iter().map(|(act, on)| format!("{act} {on}")).collect();
    assert!(news.contains(&"person.disable acme:mallory".to_owned()), "{news:?}");
    let mut again = planted().0;
    again.apply(&signed.changes());
    is_written(&again, &register);
}

/// What goes back to an owner whom the MSP let in, from before they came in by themself, is nobody's right any more.
pub(super) fn nothing_stands_of_a_beginning(world: &World, seed: u64) {
    let register = &world.register;
    for (owner, came) in &world.came {
        if !register.is_of_the_guest(&register.people[owner]) {
            continue;
        }
        let of_before =
            |by: Option<&PersonKey>, at: Timestamp| at < *came && goes_back(register, by, (owner, *came));
        for grant in
            register.grants.values().filter(|grant| grant.is_in_force(world.now) && grant.to != *owner)
        {
            assert!(!of_before(grant.given_by.as_ref(), grant.given_at), "seed {seed}: {grant:?}");
            let mut said = grant.approvals.values();
            assert!(!said.any(|said| of_before(Some(&said.by), said.at)), "seed {seed}: {grant:?}");
        }
        for token in register.tokens.values().filter(|token| token.is_valid(world.now)) {
            let (key, maker) = (token.principal.key(), token.principal.maker.as_ref());
            let theirs = [Some(&key), maker].into_iter().any(|by| of_before(by, token.created_at));
            assert!(!theirs, "seed {seed}: {token:?}");
        }
    }
}

/// Whether somebody is that owner, or was let in by whom that one had let in, before they came.
fn goes_back(register: &Register, by: Option<&PersonKey>, (owner, came): (&PersonKey, Timestamp)) -> bool {
    let (mut by, mut seen) = (by, BTreeSet::new());
    while let Some(hand) = by.filter(|hand| seen.insert((*hand).clone())) {
        if hand == owner {
            return true;
        }
        let person = register.people.get(hand).filter(|person| person.created_at < came);
        by = person.and_then(|person| person.created_by.as_ref());
    }
    false
}

/// What is written down of a login is all that it changed, passwords and letters included.
fn is_written(written: &Register, lived: &Register) {
    assert_eq!((&written.people, &written.grants), (&lived.people, &lived.grants));
    assert_eq!((&written.accounts, &written.invitations), (&lived.accounts, &lived.invitations));
}

#[test]
fn what_an_owner_does_from_then_on_stays_when_they_come_again() {
    let (mut register, ivan, _) = planted();
    taken_up(&mut register, &ivan, &ivan);
    invite(&mut register, (Side::Internal, "zoe", "acme"), Verbs::ALL, &ivan).unwrap();
    let zoe = principal(Side::Internal, "zoe", "acme");
    taken_up(&mut register, &ivan, &zoe);
    taken_up(&mut register, &ivan, &ivan);
    register.act(&approve("first"), &zoe, noon()).unwrap();
    assert!(register.accounts.contains_key(&zoe.key()));
}

#[test]
fn nobody_takes_the_rights_of_an_owner_who_has_not_come_nor_gives_the_msp_any() {
    let (mut register, ivan, mallory) = planted();
    let first = register.grants_of(&ivan.key(), noon()).next().unwrap().id.clone();
    for by in [&ivan, &mallory] {
        let refused = register.act(&Act::End(first.clone(), "over".into()), by, noon()).unwrap_err();
        assert_eq!(refused.code, Code::NotAllowed);
        assert!(refused.what.contains("`dogwatch access invite acme:ivan --again`"), "{refused}");
    }
    // Kept out the owner notices; what is said meanwhile in the customer's name is taken back when they come after all.
    for act in [Act::Disable(ivan.key()), approve("first"), Act::Enable(ivan.key())] {
        register.act(&act, &mallory, noon()).unwrap();
    }
    taken_up(&mut register, &mallory, &ivan);
    nothing_is_left(&register, &ivan);
    assert!(register.grants["first"].approvals.is_empty());
}
