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

/// Ann of the MSP, and Omar who owns `acme`.
pub(super) fn owned() -> (Register, Principal, Principal) {
    let (mut register, ann) = set_up(noon());
    invite(&mut register, (Side::Internal, "omar", "acme"), Verbs::ALL, &ann).unwrap();
    (register, ann, principal(Side::Internal, "omar", "acme"))
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
    let (mut register, ann, omar) = owned();
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
    let (mut register, ann, omar) = owned();
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
