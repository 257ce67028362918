//! The customer's word is theirs, and not that of an MSP which holds what their first owner began with.

use dogwatch_model::Side;

use super::cast::{
    account, acme, approve, grant, invite, newcomer, noon, principal, refuse, seal, set_up, token,
};
use crate::{
    access::{Account, Act, Change, Person, Principal, Register, Sha256, Verb, Verbs},
    refusal::Code,
};

/// Ann of the MSP, and the token that she made for Ivan, the first owner of `acme`.
fn handed() -> (Register, Principal) {
    let (mut register, ann) = set_up(noon());
    register.act(&token(newcomer(Side::Internal, "ivan", "acme"), Verbs::ALL), &ann, noon()).unwrap();
    let ivan = register.tokens[&Sha256::of(b"ivan")].principal.clone();
    (register, ivan)
}

/// Whoever reads it takes up the invitation that somebody sent.
fn taken_up(register: &mut Register, by: &Principal, whom: &Principal) {
    let letter = Sha256::of(whom.person.as_str().as_bytes());
    register.act(&Act::Reinvite(whom.key(), letter), by, noon()).unwrap();
    register.accept(&letter, Account { set_at: noon(), ..account() }, noon()).unwrap();
}

/// What the MSP waits for from the customer.
fn words() -> [Act; 5] {
    [
        approve("first"),
        refuse("first"),
        Act::Review("g-zed".into(), None),
        Act::SecondFactor(acme(), true),
        seal("paper", "acme"),
    ]
}

fn says_nothing(register: &mut Register, by: &Principal, why: &str) {
    let before = register.clone();
    for act in words() {
        let refused = register.act(&act, by, noon()).unwrap_err();
        assert_eq!(refused.code, Code::NotAllowed, "{act:?}: {refused}");
        assert!(refused.what.starts_with(why), "{act:?}: {refused}");
        assert!(refused.what.contains("`dogwatch access invite acme:ivan --again`"), "{refused}");
    }
    let refused = register.by_own_hand(by, (&acme(), &[]), noon()).unwrap_err();
    assert!(refused.what.contains("acme:ivan --again"), "{refused}");
    assert_eq!(*register, before);
}

#[test]
fn what_the_msp_made_for_a_first_owner_says_nothing_for_the_customer_until_they_come_in() {
    let (mut register, ivan) = handed();
    invite(&mut register, (Side::Internal, "zed", "acme"), Verbs::CREW, &ivan).unwrap();
    says_nothing(&mut register, &ivan, "the MSP made the token by which ivan began");
    let zed = principal(Side::Internal, "zed", "acme");
    register.act(&grant("g1", &zed, Verbs::of(&[Verb::Claim])), &ivan, noon()).unwrap();
    taken_up(&mut register, &ivan, &ivan);
    register.by_own_hand(&ivan, (&acme(), &[]), noon()).unwrap();
    for act in words() {
        register.act(&act, &ivan, noon()).unwrap();
    }
}

#[test]
fn nor_does_anybody_whom_it_was_used_to_let_in_through_however_many_hands() {
    let (mut register, ivan) = handed();
    invite(&mut register, (Side::Internal, "zed", "acme"), Verbs::CREW, &ivan).unwrap();
    invite(&mut register, (Side::Internal, "ines", "acme"), Verbs::ALL, &ivan).unwrap();
    let ines = principal(Side::Internal, "ines", "acme");
    taken_up(&mut register, &ivan, &ines);
    invite(&mut register, (Side::Internal, "otto", "acme"), Verbs::ALL, &ines).unwrap();
    let otto = principal(Side::Internal, "otto", "acme");
    taken_up(&mut register, &ines, &otto);
    taken_up(&mut register, &otto, &ines);
    register.act(&token(newcomer(Side::Internal, "pat", "acme"), Verbs::ALL), &ivan, noon()).unwrap();
    let pat = register.tokens[&Sha256::of(b"pat")].principal.clone();
    for (by, why) in [(&ines, "ines"), (&otto, "otto")] {
        says_nothing(&mut register, by, &format!("acme:ivan let {why} in with a token that the MSP made"));
    }
    let refused = register.act(&approve("first"), &pat, noon()).unwrap_err();
    assert!(refused.what.starts_with("acme:ivan let pat in"), "{refused}");
    taken_up(&mut register, &ivan, &ivan);
    for by in [&ines, &otto] {
        register.act(&approve("first"), by, noon()).unwrap();
        register.act(&refuse("first"), by, noon()).unwrap();
    }
}

#[test]
fn nor_who_came_by_a_provider_and_was_given_a_password_with_it() {
    let (mut register, ivan) = handed();
    invite(&mut register, (Side::Internal, "olga", "acme"), Verbs::ALL, &ivan).unwrap();
    let olga = principal(Side::Internal, "olga", "acme");
    // Who comes by a provider is brought in by nobody.
    let by_provider = Person { created_by: None, ..register.people[&olga.key()].clone() };
    register.apply(&[Change::Person(by_provider)]);
    register.act(&approve("first"), &olga, noon()).unwrap();
    register.act(&refuse("first"), &olga, noon()).unwrap();
    taken_up(&mut register, &ivan, &olga);
    assert_eq!(register.act(&approve("first"), &olga, noon()).unwrap_err().code, Code::NotAllowed);
    taken_up(&mut register, &ivan, &ivan);
    register.act(&approve("first"), &olga, noon()).unwrap();
}

#[test]
fn a_first_owner_who_is_kept_out_holds_up_nobody() {
    let (mut register, ivan) = handed();
    invite(&mut register, (Side::Internal, "ines", "acme"), Verbs::ALL, &ivan).unwrap();
    let ines = principal(Side::Internal, "ines", "acme");
    taken_up(&mut register, &ivan, &ines);
    assert!(register.act(&approve("first"), &ines, noon()).is_err());
    register.act(&Act::Disable(ivan.key()), &ines, noon()).unwrap();
    register.act(&approve("first"), &ines, noon()).unwrap();
}
