//! The second factor: when it is asked for, and what a password alone does not open.

use dogwatch_model::Side;
use jiff::SignedDuration;

use super::cast::{account, acme, grant, invite, newcomer, noon, owned, principal, token};
use crate::{
    access::{Act, Change, Factor, Hidden, Login, Principal, Register, Scope, Sha256, Totp, Verb, Verbs},
    refusal::Code,
};

#[test]
fn a_code_of_the_second_factor_works_once_and_administrators_need_one() {
    let (mut register, _, omar) = owned();
    let key = omar.key();
    register.apply(&[Change::Account(key.clone(), Some(Box::new(account())))]);
    let login = |factor, text: &str| Login {
        who: key.clone(),
        set_at: Some(noon()),
        factor,
        hash: Sha256::of(text.as_bytes()),
        browser: true,
        instead_of: None,
    };
    let without = register.log_in(&login(Factor::None, "a"), noon()).unwrap_err();
    assert_eq!(without.reason, Some("second_factor"));
    let early = register.log_in(&login(Factor::Recovery(Sha256::of(b"spare")), "0"), noon()).unwrap_err();
    assert_eq!((early.code, early.reason), (Code::Unauthenticated, Some("second_factor")));
    assert!(early.what.starts_with("a recovery code counts once you have logged in"), "{early}");
    let guessed = register.log_in(&login(Factor::Recovery(Sha256::of(b"guess")), "0"), noon()).unwrap_err();
    assert_eq!(guessed.what, crate::access::NO_LOGIN, "a wrong one is told nothing");
    register.log_in(&login(Factor::Totp(100), "b"), noon()).unwrap();
    assert_eq!(register.accounts[&key].totp, Some(Totp { key: Hidden::new("JBSWY3DP".into()), used: 100 }));
    assert!(register.log_in(&login(Factor::Totp(100), "c"), noon()).is_err(), "a replay");
    assert!(register.log_in(&login(Factor::Totp(99), "d"), noon()).is_err(), "an older one");
    let spare = Factor::Recovery(Sha256::of(b"spare"));
    register.log_in(&login(spare.clone(), "e"), noon()).unwrap();
    assert!(register.log_in(&login(spare, "f"), noon()).is_err(), "each once");
    let session = &register.tokens[&Sha256::of(b"b")];
    assert!(session.is_valid(noon() + SignedDuration::from_mins(29)));
    assert!(!session.is_valid(noon() + SignedDuration::from_mins(30)), "nobody used it");
}

/// A program's session of `acme:sam`, who shows this besides the password.
pub(super) fn session(register: &mut Register, factor: Factor) -> Principal {
    let hash = Sha256::of(format!("{factor:?}").as_bytes());
    let who = principal(Side::Internal, "sam", "acme").key();
    register
        .log_in(&Login { who, set_at: Some(noon()), factor, hash, browser: false, instead_of: None }, noon())
        .unwrap();
    register.tokens[&hash].principal.clone()
}

/// Sam, who may work and came with a password alone, and a token that they made with that session.
pub(super) fn without_second_factor() -> (Register, Principal, [Principal; 2]) {
    let (mut register, _, omar) = owned();
    invite(&mut register, (Side::Internal, "sam", "acme"), Verbs::CREW, &omar).unwrap();
    for key in [omar.key(), principal(Side::Internal, "sam", "acme").key()] {
        register.apply(&[Change::Account(key, Some(Box::new(account())))]);
    }
    let session = session(&mut register, Factor::None);
    let act = token(newcomer(Side::Internal, "sam", "acme"), Verbs::EVERYBODY);
    let made = register.act(&act, &session, noon()).unwrap();
    let [Change::Token(made)] = made.as_slice() else { panic!("{made:?}") };
    (register, omar, [session, made.principal.clone()])
}

#[test]
fn rights_that_ask_for_a_second_factor_end_what_a_password_alone_opened() {
    let (mut register, omar, opened) = without_second_factor();
    assert!(opened.iter().all(|by| register.reach(by, noon()).sees_org(&acme())));
    let more = grant("g2", &opened[0], Verbs::of(&[Verb::Administer, Verb::Export]));
    register.act(&more, &omar, noon()).unwrap();
    for by in &opened {
        let reach = register.reach(by, noon());
        assert!(reach.lacks_second_factor() && reach.anywhere().is_empty() && !reach.sees_org(&acme()));
        assert!(reach.gives(&Scope::Org(acme())).is_empty());
        let friend = (Side::Internal, "friend", "acme");
        let refused = invite(&mut register, friend, Verbs::ALL, by).unwrap_err();
        assert_eq!((refused.code, refused.reason), (Code::Unauthenticated, Some("second_factor")));
        assert!(refused.what.ends_with("log in again with the second factor: `dogwatch login`"), "{refused}");
    }
    let anew = session(&mut register, Factor::Totp(100));
    assert!(register.reach(&anew, noon()).may(Verb::Export, &acme(), None));
    register.act(&Act::End("g2".into(), "over".into()), &omar, noon()).unwrap();
    let mut bare = register.tokens.values().filter(|token| opened.contains(&token.principal));
    assert!(bare.all(|token| !token.is_valid(noon())), "what ended does not come back");
}

#[test]
fn an_orgs_rule_counts_for_whoever_is_in_already() {
    let (mut register, omar, opened) = without_second_factor();
    register.act(&Act::SecondFactor(acme(), true), &omar, noon()).unwrap();
    assert!(opened.iter().all(|by| !register.reach(by, noon()).sees_org(&acme())));
    assert!(register.reach(&omar, noon()).sees_org(&acme()), "no session by password alone");
}
