//! Signing, sealing and giving rights in somebody else's name.

use dogwatch_model::{PersonId, Side};
use jiff::{SignedDuration, Timestamp};

use super::cast::{
    account, acme, approve, begun, broken, grant, invite, newcomer, noon, owned, principal, program, seal,
    token,
};
use crate::{
    access::{Account, Act, Change, NewPerson, Principal, Register, Sha256, Verb, Verbs},
    refusal::Code,
};

/// Omar and Olga own `acme`; a token that Olga made for Omar.
fn two_owners() -> (Register, Principal, Principal, Principal) {
    let (mut register, _, omar) = owned();
    invite(&mut register, (Side::Internal, "olga", "acme"), Verbs::ALL, &omar).unwrap();
    let olga = principal(Side::Internal, "olga", "acme");
    let made = token_by(&mut register, &olga, newcomer(Side::Internal, "omar", "acme"));
    (register, omar, olga, made)
}

fn token_by(register: &mut Register, by: &Principal, person: NewPerson) -> Principal {
    let made = register.act(&token(person, Verbs::ALL), by, noon()).unwrap();
    let Some(Change::Token(token)) = made.last() else { panic!("{made:?}") };
    token.principal.clone()
}

fn more_for(to: &Principal, id: &str) -> Act {
    grant(id, to, Verbs::of(&[Verb::Export, Verb::Sign, Verb::Configure]))
}

#[test]
fn a_signature_is_by_a_persons_own_hand_whether_they_are_named_or_not() {
    let (mut register, omar, olga, by_olga) = two_owners();
    let program = program(Side::Internal, "robot", "acme");
    let program = token_by(&mut register, &olga, program);
    let named: [PersonId; 1] = ["omar".parse().unwrap()];
    for signers in [&named[..], &[]] {
        register.by_own_hand(&omar, (&acme(), signers), noon()).unwrap();
        for (by, why) in [(&by_olga, "olga made this token for omar"), (&program, "`robot` is a program")] {
            let refused = register.by_own_hand(by, (&acme(), signers), noon()).unwrap_err();
            assert_eq!(refused.code, Code::NotAllowed, "{refused}");
            assert!(refused.what.starts_with(why) && refused.what.contains("`dogwatch login`"), "{refused}");
        }
    }
}

#[test]
fn what_a_broken_seal_gives_signs_nothing_until_it_is_confirmed() {
    let (mut register, omar, ..) = two_owners();
    register.act(&seal("paper", "acme"), &omar, noon()).unwrap();
    let glass = broken(&mut register, "paper");
    invite(&mut register, (Side::Internal, "sam", "acme"), Verbs::ALL, &glass).unwrap();
    let sam = principal(Side::Internal, "sam", "acme");
    for by in [&glass, &sam] {
        let refused = register.by_own_hand(by, (&acme(), &[]), noon()).unwrap_err();
        assert!(refused.what.contains("on trial alone, after a seal was broken"), "{refused}");
    }
    register.act(&approve("g-sam"), &omar, noon()).unwrap();
    register.by_own_hand(&sam, (&acme(), &[]), noon()).unwrap();
}

#[test]
fn who_seals_does_it_with_what_they_opened_themself() {
    let (mut register, omar, _, by_olga) = two_owners();
    let refused = register.act(&seal("theirs", "acme"), &by_olga, noon()).unwrap_err();
    assert!(refused.what.starts_with("olga made this token for omar"), "{refused}");
    assert!(register.seals.is_empty());
    register.act(&seal("own", "acme"), &omar, noon()).unwrap();
}

#[test]
fn nobody_gains_by_their_own_broken_seal_once_another_is_broken() {
    let (mut register, omar, olga, _) = two_owners();
    register.act(&seal("first", "acme"), &olga, noon()).unwrap();
    let older = broken(&mut register, "first");
    let grant = more_for(&olga, "g1");
    assert_eq!(register.act(&grant, &older, noon()).unwrap_err().code, Code::NotAllowed);
    let valid =
        |register: &Register, text: &str| register.tokens[&Sha256::of(text.as_bytes())].is_valid(noon());
    assert!(valid(&register, "first opened"));
    register.act(&seal("next", "acme"), &omar, noon()).unwrap();
    let newer = broken(&mut register, "next");
    assert!(!valid(&register, "first opened"), "the older one is over");
    assert!(valid(&register, "next opened"));
    assert_eq!(register.act(&more_for(&omar, "g2"), &newer, noon()).unwrap_err().code, Code::NotAllowed);
}

/// Whoever takes up the invitation that somebody sent to somebody, at an instant.
fn taken_up(register: &mut Register, (by, whom): (&Principal, &Principal), when: Timestamp) {
    let hash = Sha256::of(format!("{} for {}", by.person, whom.person).as_bytes());
    register.act(&Act::Reinvite(whom.key(), hash), by, when).unwrap();
    register.accept(&hash, Account { set_at: when, ..account() }, when).unwrap();
}

#[test]
fn who_sent_an_invitation_stands_behind_whoever_took_it_up_for_a_fortnight() {
    let (mut register, omar, olga, _) = two_owners();
    taken_up(&mut register, (&olga, &omar), noon());
    let refused = register.act(&more_for(&olga, "g1"), &omar, noon()).unwrap_err();
    assert!(
        refused.what.starts_with("olga invited omar, and stands behind what they do for 14 days"),
        "{refused}"
    );
    let review = Act::Review("g-olga".into(), None);
    assert_eq!(register.act(&review, &omar, noon()).unwrap_err().code, Code::NotAllowed);
    // Nor through one whom they invite as omar, nor by a code that they seal as omar.
    let newcomer_of_omar = principal(Side::Internal, "pat", "acme");
    invite(&mut register, (Side::Internal, "pat", "acme"), Verbs::ALL, &omar).unwrap();
    taken_up(&mut register, (&omar, &newcomer_of_omar), noon());
    assert!(register.act(&more_for(&olga, "g2"), &newcomer_of_omar, noon()).is_err());
    register.act(&seal("paper", "acme"), &omar, noon()).unwrap();
    let glass = broken(&mut register, "paper");
    assert!(register.act(&more_for(&olga, "g3"), &glass, noon()).is_err());
    // Others are given what they need, and a fortnight later nothing is left of it.
    register
        .act(&more_for(&newcomer_of_omar, "g4"), &principal(Side::Internal, "olga", "acme"), noon())
        .unwrap();
    let fortnight = noon() + SignedDuration::from_hours(14 * 24);
    let eve = fortnight - SignedDuration::from_secs(1);
    assert!(register.act(&more_for(&olga, "g5"), &omar, eve).is_err());
    register.act(&more_for(&olga, "g5"), &omar, fortnight).unwrap();
}

#[test]
fn another_administrators_invitation_takes_the_place_of_the_one_that_was_taken_up() {
    let (mut register, omar, olga, by_olga) = two_owners();
    invite(&mut register, (Side::Internal, "pat", "acme"), Verbs::ALL, &omar).unwrap();
    let pat = principal(Side::Internal, "pat", "acme");
    taken_up(&mut register, (&olga, &omar), noon());
    assert!(register.act(&more_for(&olga, "g1"), &omar, noon()).is_err());
    taken_up(&mut register, (&pat, &omar), noon());
    register.act(&more_for(&olga, "g1"), &omar, noon()).unwrap();
    // With a token that Olga made for Omar it is Olga who invites.
    taken_up(&mut register, (&by_olga, &pat), noon());
    assert!(register.act(&more_for(&olga, "g2"), &pat, noon()).is_err());
    register.act(&more_for(&omar, "g3"), &pat, noon()).unwrap();
}

#[test]
fn nobody_gets_rid_of_who_stands_behind_them_by_an_invitation_of_their_own() {
    let (mut register, omar, olga, _) = two_owners();
    invite(&mut register, (Side::Internal, "pat", "acme"), Verbs::ALL, &olga).unwrap();
    let pat = principal(Side::Internal, "pat", "acme");
    taken_up(&mut register, (&olga, &pat), noon());
    taken_up(&mut register, (&pat, &pat), noon());
    assert!(register.act(&more_for(&olga, "g1"), &pat, noon()).is_err(), "by oneself");
    invite(&mut register, (Side::Internal, "quin", "acme"), Verbs::ALL, &pat).unwrap();
    let quin = principal(Side::Internal, "quin", "acme");
    taken_up(&mut register, (&pat, &quin), noon());
    taken_up(&mut register, (&quin, &pat), noon());
    for by in [&pat, &quin] {
        assert!(register.act(&more_for(&olga, "g2"), by, noon()).is_err(), "in a round");
    }
    taken_up(&mut register, (&omar, &pat), noon());
    register.act(&more_for(&olga, "g3"), &pat, noon()).unwrap();
}

#[test]
fn an_orgs_first_owner_signs_and_approves_at_once_though_the_msp_invited_them() {
    let (mut register, ann, omar) = begun();
    taken_up(&mut register, (&ann, &omar), noon());
    register.by_own_hand(&omar, (&acme(), &[]), noon()).unwrap();
    register.act(&approve("first"), &omar, noon()).unwrap();
    let approved = &register.grants["first"];
    assert_eq!((approved.to.clone(), approved.approvals.contains_key(&acme())), (ann.key(), true));
}

#[test]
fn who_was_invited_by_somebody_who_does_not_sign_signs_a_fortnight_later() {
    let (mut register, omar, olga, _) = two_owners();
    let named: [PersonId; 1] = ["omar".parse().unwrap()];
    taken_up(&mut register, (&olga, &omar), noon());
    let refused = register.by_own_hand(&omar, (&acme(), &named), noon()).unwrap_err();
    assert!(refused.what.starts_with("olga invited omar, does not sign for acme"), "{refused}");
    register.by_own_hand(&omar, (&acme(), &[]), noon()).unwrap();
    let fortnight = noon() + SignedDuration::from_hours(14 * 24);
    register.by_own_hand(&omar, (&acme(), &named), fortnight).unwrap();
}
