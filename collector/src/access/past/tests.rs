//! What has ended is let go of in its time, and what holds or is still asked for stays.

use super::*;
use crate::access::{Bond, Ended, Invitation, Scope, Seal, Verbs};

fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn kim() -> PersonKey {
    "msp:kim".parse().unwrap()
}

fn grant(id: &str, ended: Option<Timestamp>) -> Grant {
    let ended = ended.map(|at| Ended { by: kim(), at, why: "done".into() });
    Grant { ended, ..Grant::new(id, kim(), (Verbs::ALL, Scope::Org("acme".parse().unwrap())), "r", noon()) }
}

fn with(grants: impl IntoIterator<Item = Grant>) -> Register {
    let mut register = Register::default();
    register.grants.extend(grants.into_iter().map(|grant| (grant.id.clone(), grant)));
    register
}

#[test]
fn what_ended_a_quarter_ago_goes_and_what_holds_stays() {
    let expired = Grant { expires_at: Some(noon()), ..grant("expired", None) };
    let mut register = with([grant("holds", None), grant("ended", Some(noon())), expired]);
    let seal = |code: &str, broken_at| Seal {
        id: code.into(),
        hash: Sha256::of(code.as_bytes()),
        side: dogwatch_model::Side::Msp,
        scope: Scope::Everywhere,
        made_by: kim(),
        made_at: noon(),
        broken_at,
    };
    for seal in [seal("whole", None), seal("broken", Some(noon()))] {
        register.seals.insert(seal.hash, seal);
    }
    let invitation =
        Invitation { to: kim(), by: kim(), maker: None, expires_at: noon(), through_seal: false };
    register.invitations.insert(Sha256::of(b"invitation"), invitation);
    assert!(register.past(noon() + PAST_KEPT - SignedDuration::from_secs(1), 10).is_empty());
    let past = register.past(noon() + PAST_KEPT, 10);
    let expected = [
        Past::Grant("expired".into()),
        Past::Grant("ended".into()),
        Past::Seal(Sha256::of(b"broken")),
        Past::Invitation(Sha256::of(b"invitation")),
    ];
    assert_eq!(past, expected);
    assert_eq!(register.past(noon() + PAST_KEPT, 1).len(), 1, "no more than is asked for");
    past.iter().for_each(|past| register.forget(past));
    assert_eq!(register.grants.keys().collect::<Vec<_>>(), ["holds"]);
    assert_eq!((register.grants.of(&kim()).count(), register.grants.of_orgs().count()), (1, 1));
    assert_eq!((register.seals.len(), register.invitations.len()), (1, 0));
}

#[test]
fn a_grant_that_a_group_gave_stays_ended_for_as_long_as_the_bond_names_it() {
    let mut register = with([grant("of-group", Some(noon()))]);
    let bond = Bond {
        person: kim(),
        provider: "acme-id".into(),
        issuer: "https://id.example".into(),
        subject: "u-1".into(),
        since: noon(),
        last_login: noon(),
        until: noon(),
        adopted: false,
        grants: [("it".to_owned(), "of-group".to_owned())].into(),
    };
    register.bonds.insert(kim(), bond);
    assert!(register.past(noon() + PAST_KEPT, 10).is_empty());
    register.bonds.clear();
    assert_eq!(register.past(noon() + PAST_KEPT, 10).len(), 1);
}

#[test]
fn of_rights_that_are_given_and_taken_away_all_day_so_many_are_kept() {
    let at = |number: usize| noon() + SignedDuration::from_secs(i64::try_from(number).unwrap());
    let register = with((0..MAX_PAST + 3).map(|n| grant(&format!("g{n:04}"), Some(at(n)))));
    let past = register.past(at(MAX_PAST + 3), 1_000);
    assert_eq!(past, ["g0002", "g0001", "g0000"].map(|id| Past::Grant(id.into())), "the oldest go");
}
