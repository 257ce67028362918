//! The customer's word is theirs, and not that of an MSP which holds what their first owner began with.

use dogwatch_model::Side;

use super::cast::{
    account, acme, approve, at, grant, invite, newcomer, noon, principal, refuse, seal, set_up, token,
};
use crate::{
    access::{Account, Act, Approval, Bond, Change, Grant, Person, Principal, Register, Sha256, Verb, Verbs},
    refusal::Code,
};

/// Ann of the MSP, and the token that she made for Ivan, the first owner of `acme`.
pub(super) fn handed() -> (Register, Principal) {
    let (mut register, ann) = set_up(noon());
    register.act(&token(newcomer(Side::Internal, "ivan", "acme"), Verbs::ALL), &ann, noon()).unwrap();
    let ivan = register.tokens[&Sha256::of(b"ivan")].principal.clone();
    (register, ivan)
}

/// How somebody is known who came by a provider.
pub(super) fn bond(whom: &Principal) -> Bond {
    Bond {
        person: whom.key(),
        provider: "acme-id".into(),
        issuer: "https://id.example".into(),
        subject: whom.person.to_string(),
        since: noon(),
        last_login: noon(),
        until: at(24),
        adopted: false,
        grants: [].into(),
    }
}

/// Whoever reads it takes up the invitation that somebody sent.
pub(super) fn taken_up(register: &mut Register, by: &Principal, whom: &Principal) {
    let letter = Sha256::of(whom.person.as_str().as_bytes());
    register.act(&Act::Reinvite(whom.key(), letter), by, noon()).unwrap();
    register.accept(&letter, Account { set_at: noon(), ..account() }, noon()).unwrap();
}

/// What the MSP waits for from the customer; reviewed is that grant.
fn words(reviewed: &str) -> [Act; 5] {
    [
        approve("first"),
        refuse("first"),
        Act::Review(reviewed.into(), None),
        Act::SecondFactor(acme(), true),
        seal("paper", "acme"),
    ]
}

fn says_nothing(register: &mut Register, by: &Principal, why: &str) {
    let before = register.clone();
    for act in words("g-zed") {
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
    register.act(&Act::Enable(zed.key()), &ivan, noon()).unwrap();
    register.act(&grant("g2", &zed, Verbs::of(&[Verb::Claim])), &ivan, noon()).unwrap();
    for act in words("g2") {
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
    for by in [&ines, &otto, &pat] {
        assert!(register.act(&approve("first"), by, noon()).is_err(), "{} is kept out", by.person);
        assert!(register.people[&by.key()].is_out_for_good() && !register.accounts.contains_key(&by.key()));
    }
    for act in [Act::Enable(ines.key()), grant("g-back", &ines, Verbs::ALL)] {
        register.act(&act, &ivan, noon()).unwrap();
    }
    taken_up(&mut register, &ivan, &ines);
    register.act(&approve("first"), &ines, noon()).unwrap();
}

#[test]
fn nor_who_came_by_a_provider_and_was_given_a_password_with_it() {
    let (mut register, ivan) = handed();
    let ann = principal(Side::Msp, "ann", "*");
    invite(&mut register, (Side::Internal, "olga", "acme"), Verbs::ALL, &ivan).unwrap();
    let olga = principal(Side::Internal, "olga", "acme");
    // Who comes by a provider is brought in by nobody, and has what their groups give.
    let by_provider = Person { created_by: None, ..register.people[&olga.key()].clone() };
    let of_group = Grant { given_by: None, ..register.grants["g-olga"].clone() };
    let of_group = Grant { approvals: [(acme(), Approval { by: ann.key(), at: noon() })].into(), ..of_group };
    let bond = bond(&olga);
    register.apply(&[Change::Person(by_provider), Change::Grant(of_group), Change::Bond(bond)]);
    register.act(&approve("first"), &olga, noon()).unwrap();
    register.act(&refuse("first"), &olga, noon()).unwrap();
    taken_up(&mut register, &ivan, &olga);
    assert_eq!(register.act(&approve("first"), &olga, noon()).unwrap_err().code, Code::NotAllowed);
    taken_up(&mut register, &ivan, &ivan);
    assert!(!register.accounts.contains_key(&olga.key()), "the MSP may know that password");
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
