//! What has ended goes, what lives stays, and nobody's last sign of life is lost.

use dogwatch_model::Side;

use super::*;
use crate::access::{Principal, Scope, Session, Verbs};

fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn token(person: &str, number: usize, created_at: Timestamp) -> ApiToken {
    let hash = Sha256::of(format!("{person} {number}").as_bytes());
    let principal = Principal::new(person.parse().unwrap(), Side::Msp, &Scope::Everywhere, Verbs::ALL);
    ApiToken {
        expires_at: Some(created_at + SignedDuration::from_hours(12)),
        session: Some(Session { browser: false }),
        used_at: Some(created_at),
        ..ApiToken::new(hash, principal, created_at)
    }
}

fn with(tokens: impl IntoIterator<Item = ApiToken>) -> Register {
    let mut register = Register::default();
    tokens.into_iter().for_each(|token| register.tokens.insert(token.hash, token));
    register
}

#[test]
fn what_ended_a_week_ago_goes_and_what_lives_stays() {
    let endless = ApiToken { expires_at: None, session: None, ..token("kim", 0, noon()) };
    let mut register =
        with([endless.clone(), token("kim", 1, noon()), token("kim", 2, noon()), token("lee", 1, noon())]);
    let ended = noon() + SignedDuration::from_hours(12);
    let before = ended + ENDED_KEPT - SignedDuration::from_secs(1);
    assert!(register.outlived(before, 100).is_empty());
    let outlived = register.outlived(ended + ENDED_KEPT, 100);
    assert_eq!(outlived.len(), 1, "of kim one session, the other was used last; lee has one alone");
    assert_eq!(register.outlived(ended + ENDED_KEPT, 0).len(), 0, "no more than is asked for");
    let kim = endless.principal.key();
    let seen = register.last_seen(&kim);
    register.let_go(&outlived);
    assert_eq!((register.tokens.len(), register.last_seen(&kim)), (3, seen));
    assert!(register.tokens.contains_key(&endless.hash));
    assert_eq!(register.tokens.of(&kim).count(), 2);
}

#[test]
fn somebody_who_ends_one_after_the_other_leaves_no_more_than_so_many() {
    let at = |number: usize| noon() + SignedDuration::from_secs(i64::try_from(number).unwrap());
    let all = (0..MAX_ENDED + 50).map(|number| token("kim", number, at(number)).revoked(at(number)));
    let mut register = with(all);
    let kim = token("kim", 0, noon()).principal.key();
    let outlived = register.outlived_of(&kim, at(MAX_ENDED + 50));
    assert_eq!(outlived.len(), 49, "one stays because it tells when they came last");
    assert!(outlived.contains(&token("kim", 0, noon()).hash), "the oldest goes first");
    register.let_go(&outlived);
    assert_eq!(register.tokens.len(), MAX_ENDED + 1);
}

#[test]
fn one_session_more_than_so_many_ends_the_oldest() {
    let at = |number: usize| noon() + SignedDuration::from_secs(i64::try_from(number).unwrap());
    let mut register = with((0..MAX_SESSIONS - 1).map(|number| token("kim", number, at(number))));
    let made = ApiToken { session: None, ..token("kim", 1000, noon()) };
    register.tokens.insert(made.hash, made);
    let kim = token("kim", 0, noon()).principal.key();
    assert!(register.crowded_out((&kim, None), at(100)).is_empty());
    let last = token("kim", MAX_SESSIONS, at(MAX_SESSIONS));
    register.tokens.insert(last.hash, last);
    let out = register.crowded_out((&kim, None), at(100));
    assert_eq!(out.iter().map(|token| token.hash).collect::<Vec<_>>(), [token("kim", 0, noon()).hash]);
    assert!(out[0].revoked_at == Some(at(100)));
}

#[test]
fn a_token_ends_at_the_first_of_its_ends() {
    let browser = Some(Session { browser: true });
    let token = ApiToken { session: browser, ..token("kim", 1, noon()) };
    let minutes = |minutes| noon() + SignedDuration::from_mins(minutes);
    assert_eq!(token.ended_at(minutes(29)), None);
    assert_eq!(token.ended_at(minutes(30)), Some(minutes(30)), "nobody used it");
    assert_eq!(token.revoked(minutes(10)).ended_at(minutes(800)), Some(minutes(10)));
    let used = ApiToken { used_at: Some(minutes(719)), ..token };
    assert_eq!(used.ended_at(minutes(720)), Some(minutes(720)), "its own end");
}
