//! Programs, and tokens that somebody made for another: nobody's own doing by another hand.

use dogwatch_model::Side;

use super::cast::{
    account, acme, approve, broken, grant, invite, newcomer, noon, owned, principal, program, refuse, seal,
    set_up, token,
};
use crate::{
    access::{Act, Change, Factor, Login, Principal, Register, Sha256, Verb, Verbs},
    refusal::Code,
};

/// What pat, an owner who has `administer` and nothing else, made: a program of theirs and a token for sam.
fn hands_of_pat() -> (Register, Principal, [Principal; 2]) {
    let (mut register, _, omar) = owned();
    for (id, verbs) in [("pat", Verbs::of(&[Verb::Administer])), ("sam", Verbs::ALL)] {
        invite(&mut register, (Side::Internal, id, "acme"), verbs, &omar).unwrap();
    }
    let pat = principal(Side::Internal, "pat", "acme");
    let program = program(Side::Internal, "bot2", "acme");
    let hands = [program, newcomer(Side::Internal, "sam", "acme")].map(|person| {
        let made = register.act(&token(person, Verbs::ALL), &pat, noon()).unwrap();
        let Some(Change::Token(token)) = made.last() else { panic!("{made:?}") };
        token.principal.clone()
    });
    (register, pat, hands)
}

fn more_for(to: &Principal, id: &str) -> Act {
    grant(id, to, Verbs::of(&[Verb::Export, Verb::Sign]))
}

#[test]
fn nobody_gains_by_their_own_program_nor_by_a_token_that_they_made_for_another() {
    let (mut register, pat, hands) = hands_of_pat();
    for by in &hands {
        let refused = register.act(&more_for(&pat, "g1"), by, noon()).unwrap_err();
        assert!(refused.what.starts_with("pat stands behind what `"), "{refused}");
    }
    let omar = principal(Side::Internal, "omar", "acme");
    register.act(&more_for(&pat, "g2"), &omar, noon()).unwrap();
    register.act(&refuse("g2"), &omar, noon()).unwrap();
    for by in &hands {
        for act in [Act::Review("g2".into(), None), approve("g2")] {
            assert_eq!(register.act(&act, by, noon()).unwrap_err().code, Code::NotAllowed, "{act:?}");
        }
    }
    register.act(&approve("g2"), &omar, noon()).unwrap();
}

#[test]
fn a_program_gives_no_word_that_is_a_persons() {
    let (mut register, _, [bot, _]) = hands_of_pat();
    let sam = principal(Side::Internal, "sam", "acme");
    for act in [
        approve("first"),
        refuse("g-sam"),
        Act::Review("g-sam".into(), None),
        Act::Offboard(acme(), Side::Msp),
        Act::SecondFactor(acme(), true),
        seal("paper", "acme"),
    ] {
        assert_eq!(register.act(&act, &bot, noon()).unwrap_err().code, Code::NotAllowed, "{act:?}");
    }
    register.act(&more_for(&sam, "g1"), &bot, noon()).unwrap();
    assert!(register.grants["g1"].approvals.is_empty(), "what it gives waits for an owner");
}

#[test]
fn a_program_comes_by_tokens_alone_and_is_no_first_owner() {
    let (mut register, pat, [bot, _]) = hands_of_pat();
    let program = |id: &str| program(Side::Internal, id, "acme");
    let by_letter = Act::Invite {
        person: program("bot3"),
        verbs: (Verbs::EVERYBODY, "g3".into()),
        reason: "nights".into(),
        invitation: Some(Sha256::of(b"letter")),
    };
    assert_eq!(register.act(&by_letter, &pat, noon()).unwrap_err().code, Code::Invalid);
    register.accounts.insert(bot.key(), account());
    let login = Login {
        who: bot.key(),
        set_at: Some(noon()),
        factor: Factor::Totp(100),
        hash: Sha256::of(b"s"),
        browser: false,
        instead_of: None,
    };
    assert!(register.log_in(&login, noon()).is_err());
    let (mut empty, ann) = set_up(noon());
    let refused = empty.act(&token(program("omar"), Verbs::ALL), &ann, noon()).unwrap_err();
    assert!(refused.what.contains("let its first owner in, a person"), "{refused}");
}

#[test]
fn who_breaks_their_own_seal_gains_nothing_by_it() {
    let (mut register, pat, _) = hands_of_pat();
    register.act(&seal("paper", "acme"), &pat, noon()).unwrap();
    let glass = broken(&mut register, "paper");
    assert_eq!(register.act(&more_for(&pat, "g1"), &glass, noon()).unwrap_err().code, Code::NotAllowed);
    let sam = principal(Side::Internal, "sam", "acme");
    register.act(&more_for(&sam, "g2"), &glass, noon()).unwrap();
}

#[test]
fn a_token_made_by_somebody_else_makes_none_for_others() {
    let (mut register, _, omar) = owned();
    invite(&mut register, (Side::Internal, "sam", "acme"), Verbs::ALL, &omar).unwrap();
    let made =
        register.act(&token(newcomer(Side::Internal, "sam", "acme"), Verbs::ALL), &omar, noon()).unwrap();
    let [Change::Token(sams)] = made.as_slice() else { panic!("{made:?}") };
    let more = token(newcomer(Side::Internal, "eve", "acme"), Verbs::CREW);
    assert!(register.act(&more, &sams.principal, noon()).is_err());
    assert!(register.act(&token(newcomer(Side::Msp, "kim", "acme"), Verbs::CREW), &omar, noon()).is_err());
}
