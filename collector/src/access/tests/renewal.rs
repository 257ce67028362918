//! What somebody changes of their own account.

use jiff::SignedDuration;

use super::cast::{account, noon, owned};
use crate::{
    access::{Change, Factor, Hidden, Login, PersonKey, Register, Renewal, Renewed, Sha256},
    refusal::Code,
};

fn hash(text: &str) -> Sha256 {
    Sha256::of(text.as_bytes())
}

/// `acme` with its owner Omar, who has logged in here and elsewhere.
fn with_two_logins() -> (Register, PersonKey) {
    let (mut register, _, omar) = owned();
    let key = omar.key();
    register.apply(&[Change::Account(key.clone(), Some(Box::new(account())))]);
    for (step, name) in [(100, "here"), (101, "elsewhere")] {
        let login = Login {
            who: key.clone(),
            set_at: Some(noon()),
            factor: Factor::Totp(step),
            hash: hash(name),
            browser: false,
            instead_of: None,
        };
        register.log_in(&login, noon()).unwrap();
    }
    (register, key)
}

fn renewal(who: &PersonKey, factor: Factor, what: Renewed) -> Renewal {
    Renewal { who: who.clone(), set_at: noon(), factor, what, by: hash("here") }
}

fn password() -> Renewed {
    Renewed::Password(Hidden::new("$other$".into()))
}

fn codes() -> Renewed {
    Renewed::RecoveryCodes([hash("new")].into())
}

#[test]
fn a_change_of_ones_own_account_is_judged_like_a_login_and_who_is_refused_changes_nothing() {
    let (mut register, key) = with_two_logins();
    let before = register.clone();
    for factor in [Factor::None, Factor::Totp(101), Factor::Recovery(hash("guess"))] {
        let refused = register.renew(&renewal(&key, factor, password()), noon()).unwrap_err();
        assert_eq!(refused.code, Code::Unauthenticated, "{refused}");
    }
    let spare = Factor::Recovery(hash("spare"));
    let refused = register.renew(&renewal(&key, spare.clone(), codes()), noon()).unwrap_err();
    assert_eq!(refused.reason, Some("second_factor"), "a recovery code makes no others, and is not used up");
    let overtaken =
        Renewal { set_at: noon() - SignedDuration::from_secs(1), ..renewal(&key, spare, password()) };
    assert!(register.renew(&overtaken, noon()).is_err(), "the password was changed meanwhile");
    assert_eq!(register.accounts, before.accounts);
    assert_eq!(register.tokens, before.tokens);
}

#[test]
fn a_new_password_ends_the_other_logins_and_new_codes_end_the_old_codes() {
    let (mut register, key) = with_two_logins();
    let later = noon() + SignedDuration::from_mins(1);
    register.renew(&renewal(&key, Factor::Totp(102), codes()), later).unwrap();
    assert!(register.tokens[&hash("elsewhere")].is_valid(later), "new codes end no login");
    let spare = Factor::Recovery(hash("spare"));
    assert!(register.renew(&renewal(&key, spare, password()), later).is_err(), "the old codes are over");
    register.renew(&renewal(&key, Factor::Recovery(hash("new")), password()), later).unwrap();
    let now = &register.accounts[&key];
    assert_eq!((now.password.reveal(), now.set_at, now.recovery.len()), ("$other$", later, 0));
    assert!(register.tokens[&hash("here")].is_valid(later));
    assert!(!register.tokens[&hash("elsewhere")].is_valid(later));
}
