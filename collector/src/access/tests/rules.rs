//! The rules one by one, as people meet them.

use dogwatch_model::Side;
use jiff::{SignedDuration, Timestamp};

use super::world::{principal, set_up};
use crate::{
    access::{
        Account, Act, Change, DueKind, Factor, Hidden, Login, NewGrant, NewPerson, NewToken, Principal,
        Register, Sha256, Totp, Verb, Verbs,
    },
    refusal::{Code, Refusal},
};

pub(super) fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

pub(super) fn newcomer(side: Side, id: &str, home: &str) -> NewPerson {
    NewPerson { id: id.parse().unwrap(), side, home: home.parse().unwrap(), team: None, service: false }
}

pub(super) fn invite(
    register: &mut Register,
    (side, id, home): (Side, &str, &str),
    verbs: Verbs,
    by: &Principal,
) -> Result<Vec<Change>, Refusal> {
    let act = Act::Invite {
        person: newcomer(side, id, home),
        verbs: (verbs, format!("g-{id}")),
        reason: "works here".into(),
        invitation: None,
    };
    register.act(&act, by, noon())
}

/// Ann of the MSP, and Omar who owns `acme` and has not come yet.
pub(super) fn begun() -> (Register, Principal, Principal) {
    let (mut register, ann) = set_up(noon());
    invite(&mut register, (Side::Internal, "omar", "acme"), Verbs::ALL, &ann).unwrap();
    (register, ann, principal(Side::Internal, "omar", "acme"))
}

/// The same, once he has come in by himself.
pub(super) fn owned() -> (Register, Principal, Principal) {
    let (mut register, ann, omar) = begun();
    register.apply(&[Change::Account(omar.key(), Some(Box::new(account())))]);
    (register, ann, omar)
}

/// What somebody set who took their invitation up, and has not shown a code yet.
pub(super) fn account() -> Account {
    let hidden = |text: &str| Hidden::new(text.into());
    Account {
        password: hidden("$argon2id$"),
        totp: None,
        pending: Some(hidden("JBSWY3DP")),
        recovery: [Sha256::of(b"spare")].into(),
        set_at: noon(),
        set_by: None,
    }
}

pub(super) fn token(person: NewPerson, verbs: Verbs) -> Act {
    let scope = person.home.clone();
    let hash = Sha256::of(person.id.as_str().as_bytes());
    Act::MakeToken(Box::new(NewToken {
        hash,
        person,
        scope,
        verbs,
        expires_at: None,
        endless: false,
        asked_until: None,
    }))
}

#[test]
fn the_msp_makes_the_first_owner_and_nobody_else_of_that_side() {
    let (mut register, ann, omar) = owned();
    let again = invite(&mut register, (Side::Internal, "forged", "acme"), Verbs::ALL, &ann).unwrap_err();
    assert_eq!(again.code, Code::NotAllowed);
    assert!(again.what.ends_with("ask omar"), "{again}");
    let forged = register.act(&token(newcomer(Side::Internal, "omar", "acme"), Verbs::CREW), &ann, noon());
    assert_eq!(forged.unwrap_err().code, Code::NotAllowed, "nor a token for the owner");
    invite(&mut register, (Side::Internal, "sam", "acme"), Verbs::CREW, &omar).unwrap();
}

#[test]
fn the_first_of_a_customers_side_is_its_owner() {
    let (mut register, ann) = set_up(noon());
    let crew = invite(&mut register, (Side::Internal, "sam", "acme"), Verbs::CREW, &ann).unwrap_err();
    assert!(crew.what.contains("let its first owner in"), "{crew}");
}

#[test]
fn a_guests_risky_verbs_count_where_an_owner_said_so() {
    let (mut register, ann, omar) = owned();
    let acme = "acme".parse().unwrap();
    let may = |register: &Register, verb| register.reach(&ann, noon()).may(verb, &acme, None);
    assert!(!may(&register, Verb::Export) && may(&register, Verb::Configure));
    let missing = register.missing(&ann, Verb::Export, (&acme, None), noon());
    assert!(missing.what.contains("omar can: `dogwatch access approve first --org acme`"), "{missing}");
    assert!(
        register.act(&Act::Approve("first".into(), acme.clone()), &ann, noon()).is_err(),
        "not by oneself"
    );
    register.act(&Act::Approve("first".into(), acme.clone()), &omar, noon()).unwrap();
    assert!(may(&register, Verb::Export));
    register.act(&Act::Refuse("first".into(), acme.clone()), &omar, noon()).unwrap();
    assert!(!may(&register, Verb::Export));
}

#[test]
fn the_last_owner_stays_whoever_asks() {
    let (mut register, ann, omar) = begun();
    let acts = [Act::End("g-omar".into(), "bye".into()), Act::Disable(omar.key())];
    for act in &acts {
        for by in [&ann, &omar] {
            assert!(register.act(act, by, noon()).is_err(), "{act:?}");
        }
    }
    invite(&mut register, (Side::Internal, "zoe", "acme"), Verbs::ALL, &omar).unwrap();
    register.act(&acts[0], &omar, noon()).unwrap();
    let ending = NewGrant {
        id: "g2".into(),
        to: omar.key(),
        verbs: Verbs::ALL,
        scope: "acme".parse().unwrap(),
        reason: "back".into(),
        expires_at: Some(noon() + SignedDuration::from_hours(1)),
        review_at: None,
    };
    let zoe = principal(Side::Internal, "zoe", "acme");
    let refused = register.act(&Act::Grant(ending), &zoe, noon()).unwrap_err();
    assert!(refused.what.contains("an owner's grant has no end"), "{refused}");
}

#[test]
fn a_guest_brings_back_nobody_whom_the_owners_refused() {
    let (mut register, ann, omar) = owned();
    invite(&mut register, (Side::Internal, "zoe", "acme"), Verbs::ALL, &omar).unwrap();
    let acme: dogwatch_model::OrgId = "acme".parse().unwrap();
    let owns = |register: &Register| register.owners(&acme, noon()).any(|owner| owner.id.as_str() == "zoe");
    assert!(owns(&register));
    register.act(&Act::Refuse("g-zoe".into(), acme.clone()), &omar, noon()).unwrap();
    let back = Act::Approve("g-zoe".into(), acme.clone());
    assert_eq!(register.act(&back, &ann, noon()).unwrap_err().code, Code::NotAllowed);
    register.act(&Act::Approve("first".into(), acme.clone()), &omar, noon()).unwrap();
    assert_eq!(register.act(&back, &ann, noon()).unwrap_err().code, Code::NotAllowed, "approved or not");
    register.act(&back, &omar, noon()).unwrap();
    assert!(owns(&register));
    assert!(register.act(&back, &omar, noon()).unwrap().is_empty(), "said once is enough");
}

#[test]
fn neither_a_program_nor_somebody_who_never_came_stands_in_for_the_last_owner() {
    let (mut register, _, omar) = owned();
    register.accounts.insert(omar.key(), account());
    let robot = NewPerson { service: true, ..newcomer(Side::Internal, "robot", "acme") };
    register.act(&token(robot, Verbs::ALL), &omar, noon()).unwrap();
    invite(&mut register, (Side::Internal, "ghost", "acme"), Verbs::ALL, &omar).unwrap();
    for act in [Act::End("g-omar".into(), "bye".into()), Act::Disable(omar.key())] {
        let refused = register.act(&act, &omar, noon()).unwrap_err();
        assert_eq!(refused.code, Code::Conflict, "{act:?}");
    }
    let ghost = principal(Side::Internal, "ghost", "acme");
    register.accounts.insert(ghost.key(), account());
    register.act(&Act::Disable(omar.key()), &omar, noon()).unwrap();
}

#[test]
fn the_guest_leaves_with_all_that_it_has() {
    let (mut register, ann, omar) = owned();
    let acme = "acme".parse().unwrap();
    invite(&mut register, (Side::Msp, "kim", "acme"), Verbs::CREW, &ann).unwrap();
    register.act(&token(newcomer(Side::Msp, "kim", "acme"), Verbs::CREW), &ann, noon()).unwrap();
    register.accounts.insert(omar.key(), account());
    let leave = Act::Offboard("acme".parse().unwrap(), Side::Msp);
    assert_eq!(register.act(&leave, &ann, noon()).unwrap_err().code, Code::NotAllowed);
    register.act(&leave, &omar, noon()).unwrap();
    assert!(!register.reach(&ann, noon()).sees_org(&acme));
    assert!(register.tokens.values().all(|token| token.principal.org.is_none() || !token.is_valid(noon())));
    assert!(!register.grants["g-kim"].is_in_force(noon()));
    assert!(register.reach(&omar, noon()).may(Verb::Export, &acme, None));
    let back = invite(&mut register, (Side::Msp, "lee", "acme"), Verbs::CREW, &ann);
    assert!(back.is_err(), "nobody of it comes in again");
}

#[test]
fn a_sealed_code_is_known_to_who_may_seal_and_can_be_put_out_of_use() {
    let (mut register, ann, omar) = owned();
    let code = Sha256::of(b"paper");
    let seal = Act::Seal { id: "s1".into(), hash: code, scope: "acme".parse().unwrap() };
    register.act(&seal, &omar, noon()).unwrap();
    let known = register.seals_of(&omar, noon());
    assert_eq!(
        known.iter().map(|seal| (&*seal.id, &seal.made_by)).collect::<Vec<_>>(),
        [("s1", &omar.key())]
    );
    assert!(register.seals_of(&ann, noon()).is_empty(), "the guest keeps its own");
    let revoke = Act::Unseal("s1".into());
    assert_eq!(register.act(&revoke, &ann, noon()).unwrap_err().code, Code::NotFound);
    register.act(&revoke, &omar, noon()).unwrap();
    assert!(
        register.break_seal(&code, Sha256::of(b"token"), noon()).is_err(),
        "the paper opens nothing any more"
    );
    assert_eq!(register.seals_of(&omar, noon())[0].broken_at, Some(noon()), "and it is still told of");
}

#[test]
fn a_sealed_code_opens_an_hour_once_while_its_maker_may_seal() {
    let (mut register, _, omar) = owned();
    let acme = "acme".parse().unwrap();
    let (code, opened) = (Sha256::of(b"paper"), Sha256::of(b"token"));
    let seal = Act::Seal { id: "s1".into(), hash: code, scope: "acme".parse().unwrap() };
    register.act(&seal, &omar, noon()).unwrap();
    register.break_seal(&code, opened, noon()).unwrap();
    let glass = register.tokens[&opened].clone();
    let at = |minutes| noon() + SignedDuration::from_mins(minutes);
    assert!(register.reach(&glass.principal, at(59)).may(Verb::Administer, &acme, None));
    assert!(!register.reach(&glass.principal, at(60)).may(Verb::Administer, &acme, None));
    assert!(!glass.is_valid(at(60)) && glass.is_valid(at(59)));
    assert!(register.break_seal(&code, Sha256::of(b"again"), at(1)).is_err());
    assert!(register.act(&Act::Disable(omar.key()), &glass.principal, at(1)).is_err(), "it makes no owner");
}

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

/// What pat, an owner who has `administer` and nothing else, made: a program of theirs and a token for sam.
fn hands_of_pat() -> (Register, Principal, [Principal; 2]) {
    let (mut register, _, omar) = owned();
    for (id, verbs) in [("pat", Verbs::of(&[Verb::Administer])), ("sam", Verbs::ALL)] {
        invite(&mut register, (Side::Internal, id, "acme"), verbs, &omar).unwrap();
    }
    let pat = principal(Side::Internal, "pat", "acme");
    let program = NewPerson { service: true, ..newcomer(Side::Internal, "bot2", "acme") };
    let hands = [program, newcomer(Side::Internal, "sam", "acme")].map(|person| {
        let made = register.act(&token(person, Verbs::ALL), &pat, noon()).unwrap();
        let Some(Change::Token(token)) = made.last() else { panic!("{made:?}") };
        token.principal.clone()
    });
    (register, pat, hands)
}

fn more_for(to: &Principal, id: &str) -> Act {
    Act::Grant(NewGrant {
        id: id.into(),
        to: to.key(),
        verbs: Verbs::of(&[Verb::Export, Verb::Sign]),
        scope: "acme".parse().unwrap(),
        reason: "needed".into(),
        expires_at: None,
        review_at: None,
    })
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
    register.act(&Act::Refuse("g2".into(), "acme".parse().unwrap()), &omar, noon()).unwrap();
    for by in &hands {
        for act in [Act::Review("g2".into(), None), Act::Approve("g2".into(), "acme".parse().unwrap())] {
            assert_eq!(register.act(&act, by, noon()).unwrap_err().code, Code::NotAllowed, "{act:?}");
        }
    }
    register.act(&Act::Approve("g2".into(), "acme".parse().unwrap()), &omar, noon()).unwrap();
}

#[test]
fn a_program_gives_no_word_that_is_a_persons() {
    let (mut register, _, [bot, _]) = hands_of_pat();
    let acme: dogwatch_model::OrgId = "acme".parse().unwrap();
    let sam = principal(Side::Internal, "sam", "acme");
    for act in [
        Act::Approve("first".into(), acme.clone()),
        Act::Refuse("g-sam".into(), acme.clone()),
        Act::Review("g-sam".into(), None),
        Act::Offboard(acme.clone(), Side::Msp),
        Act::SecondFactor(acme, true),
        Act::Seal { id: "s1".into(), hash: Sha256::of(b"paper"), scope: "acme".parse().unwrap() },
    ] {
        assert_eq!(register.act(&act, &bot, noon()).unwrap_err().code, Code::NotAllowed, "{act:?}");
    }
    register.act(&more_for(&sam, "g1"), &bot, noon()).unwrap();
    assert!(register.grants["g1"].approvals.is_empty(), "what it gives waits for an owner");
}

#[test]
fn a_program_comes_by_tokens_alone_and_is_no_first_owner() {
    let (mut register, pat, [bot, _]) = hands_of_pat();
    let program = |id: &str| NewPerson { service: true, ..newcomer(Side::Internal, id, "acme") };
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
    let (code, opened) = (Sha256::of(b"paper"), Sha256::of(b"token"));
    let seal = Act::Seal { id: "s1".into(), hash: code, scope: "acme".parse().unwrap() };
    register.act(&seal, &pat, noon()).unwrap();
    register.break_seal(&code, opened, noon()).unwrap();
    let glass = register.tokens[&opened].principal.clone();
    assert_eq!(register.act(&more_for(&pat, "g1"), &glass, noon()).unwrap_err().code, Code::NotAllowed);
    let sam = principal(Side::Internal, "sam", "acme");
    register.act(&more_for(&sam, "g2"), &glass, noon()).unwrap();
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
    let acme: dogwatch_model::OrgId = "acme".parse().unwrap();
    assert!(opened.iter().all(|by| register.reach(by, noon()).sees_org(&acme)));
    let more = NewGrant {
        id: "g2".into(),
        to: opened[0].key(),
        verbs: Verbs::of(&[Verb::Administer, Verb::Export]),
        scope: "acme".parse().unwrap(),
        reason: "second owner".into(),
        expires_at: None,
        review_at: None,
    };
    register.act(&Act::Grant(more), &omar, noon()).unwrap();
    for by in &opened {
        let reach = register.reach(by, noon());
        assert!(reach.lacks_second_factor() && reach.anywhere().is_empty() && !reach.sees_org(&acme));
        assert!(reach.gives(&"acme".parse().unwrap()).is_empty());
        let friend = (Side::Internal, "friend", "acme");
        let refused = invite(&mut register, friend, Verbs::ALL, by).unwrap_err();
        assert_eq!((refused.code, refused.reason), (Code::Unauthenticated, Some("second_factor")));
        assert!(refused.what.ends_with("log in again with the second factor: `dogwatch login`"), "{refused}");
    }
    let anew = session(&mut register, Factor::Totp(100));
    assert!(register.reach(&anew, noon()).may(Verb::Export, &acme, None));
    register.act(&Act::End("g2".into(), "over".into()), &omar, noon()).unwrap();
    let mut bare = register.tokens.values().filter(|token| opened.contains(&token.principal));
    assert!(bare.all(|token| !token.is_valid(noon())), "what ended does not come back");
}

#[test]
fn an_orgs_rule_counts_for_whoever_is_in_already() {
    let (mut register, omar, opened) = without_second_factor();
    let acme: dogwatch_model::OrgId = "acme".parse().unwrap();
    register.act(&Act::SecondFactor(acme.clone(), true), &omar, noon()).unwrap();
    assert!(opened.iter().all(|by| !register.reach(by, noon()).sees_org(&acme)));
    assert!(register.reach(&omar, noon()).sees_org(&acme), "no session by password alone");
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

#[test]
fn a_first_owner_whose_invitation_went_astray_is_invited_anew_until_they_have_come() {
    let (mut register, ann, omar) = begun();
    let anew = |text: &[u8]| Act::Reinvite(omar.key(), Sha256::of(text));
    register.act(&anew(b"one"), &ann, noon()).unwrap();
    register.act(&anew(b"two"), &ann, noon()).unwrap();
    assert_eq!(register.invitations.len(), 1, "the one before is void");
    register.act(&token(newcomer(Side::Internal, "omar", "acme"), Verbs::CREW), &omar, noon()).unwrap();
    let late = register.act(&anew(b"three"), &ann, noon()).unwrap_err();
    assert_eq!(late.code, Code::NotAllowed, "their own side looks after them now: {late}");
}

#[test]
fn the_first_administrators_grant_is_looked_at_too() {
    let (mut register, ann) = set_up(noon());
    let reviews = |register: &Register, days: i64| {
        let due = register.due(noon() + SignedDuration::from_hours(24 * days));
        due.into_iter().filter(|due| due.kind == DueKind::Review).map(|due| due.why).collect::<Vec<_>>()
    };
    assert_eq!(reviews(&register, 89), [""; 0]);
    assert_eq!(reviews(&register, 90), ["its review was to be by 2027-02-21"]);
    // One from before set-up gave a day.
    register.grants.get_mut("first").unwrap().review_at = None;
    assert_eq!(
        reviews(&register, 0),
        ["it has neither an end nor a day of review; `dogwatch access review` sets one"]
    );
    register.act(&Act::Review("first".into(), None), &ann, noon()).unwrap_err();
    invite(&mut register, (Side::Msp, "mira", "*"), Verbs::ALL, &ann).unwrap();
    register.act(&Act::Review("first".into(), None), &principal(Side::Msp, "mira", "*"), noon()).unwrap();
    assert_eq!(reviews(&register, 0), [""; 0]);
}

#[test]
fn nobody_comes_in_by_a_name_that_dogwatch_uses_itself() {
    let (mut register, ann) = set_up(noon());
    for id in ["dogwatch", "set-up", "break-glass", "nobody"] {
        let invited = invite(&mut register, (Side::Msp, id, "*"), Verbs::CREW, &ann).unwrap_err();
        let robot = NewPerson { service: true, ..newcomer(Side::Msp, id, "acme") };
        let made = register.act(&token(robot, Verbs::CREW), &ann, noon()).unwrap_err();
        for refused in [invited, made] {
            assert_eq!(refused.code, Code::Invalid);
            assert!(refused.what.contains("choose another id"), "{refused}");
        }
    }
    assert_eq!(register.people.len(), 1);
}

#[test]
fn who_is_refused_a_token_hears_what_is_missing_and_who_can_give_it() {
    let (mut register, ann, omar) = owned();
    invite(&mut register, (Side::Internal, "vera", "acme"), Verbs::EVERYBODY, &omar).unwrap();
    let vera = principal(Side::Internal, "vera", "acme");
    let refused = register.act(&token(newcomer(Side::Internal, "vera", "acme"), Verbs::CREW), &vera, noon());
    assert_eq!(
        refused.unwrap_err().what,
        "claim, handoff, snooze, close on acme is missing: a token never does more than its maker; ask for less (`--role \
         viewer`), or omar can give it: `dogwatch access grant vera claim handoff snooze close --scope acme --reason …`"
    );
    let narrow = Principal { ceiling: Verbs::EVERYBODY, ..ann };
    let refused =
        register.act(&token(newcomer(Side::Msp, "ann", "*"), Verbs::CREW), &narrow, noon()).unwrap_err();
    assert!(refused.what.contains("this token does not let it through: log in anew"), "{refused}");
}

#[test]
fn what_waits_for_an_owner_is_an_owners_to_give_and_nobody_gives_themself() {
    let (register, ann, omar) = owned();
    let told = |who: &Principal, verb, scope: &str| {
        let reach = register.reach(&omar, noon());
        register.explain(&who.key(), verb, &scope.parse().unwrap(), (&reach, noon()))
    };
    let export = told(&ann, Verb::Export, "acme");
    assert!(
        !export.allowed && export.because.iter().any(|why| why.contains("nobody has approved it in acme"))
    );
    assert_eq!(export.givers, ["omar"], "not ann herself");
    let everywhere = told(&ann, Verb::Export, "*");
    assert!(
        everywhere.allowed && everywhere.because.last().unwrap().contains("once an owner has approved it")
    );
    let intake = told(&omar, Verb::Intake, "acme");
    assert_eq!((intake.allowed, intake.givers), (false, Vec::<String>::new()), "he is the only one");
}
