//! What ends when the MSP leaves, what was its word alone, and that nothing of another org is touched; and that whoever comes
//! in by themself is alone with what is theirs.

use dogwatch_model::Side;

use super::cast::{account, acme, invite, newcomer, noon, owned, principal, program, set_up, token, wanted};
use crate::{
    access::{
        Act, Approval, Change, Factor, Grant, Login, NewPerson, NewToken, Principal, Register, Scope, Sha256,
        Verb, Verbs,
    },
    refusal::{Code, Refusal},
};

fn leave(register: &mut Register, by: &Principal) -> Result<Vec<Change>, Refusal> {
    register.act(&Act::Offboard(acme(), Side::Msp), by, noon())
}

/// A token with that text, for somebody at a scope.
fn made(register: &mut Register, person: NewPerson, (text, scope): (&str, &str), by: &Principal) -> Sha256 {
    let hash = Sha256::of(text.as_bytes());
    let wanted = NewToken {
        hash,
        person,
        scope: scope.parse().unwrap(),
        verbs: Verbs::CREW,
        expires_at: None,
        endless: false,
        asked_until: None,
    };
    register.act(&Act::MakeToken(Box::new(wanted)), by, noon()).unwrap();
    hash
}

fn works(register: &Register, hash: Sha256) -> bool {
    register.tokens[&hash].is_valid(noon())
}

fn give(register: &mut Register, (id, to): (&str, &Principal), (verb, scope): (Verb, &str), by: &Principal) {
    let wanted = wanted(id, to, Verbs::of(&[verb, Verb::View]), scope);
    register.act(&Act::Grant(wanted), by, noon()).unwrap();
}

/// Ivan, whom the MSP let in with a token that it made, and a token that was made with that.
fn handed() -> (Register, Principal, Principal, [Sha256; 2]) {
    let (mut register, ann) = set_up(noon());
    register.act(&token(newcomer(Side::Internal, "ivan", "acme"), Verbs::ALL), &ann, noon()).unwrap();
    let first = Sha256::of(b"ivan");
    let ivan = register.tokens[&first].principal.clone();
    let second = made(&mut register, newcomer(Side::Internal, "ivan", "acme"), ("second", "acme"), &ivan);
    (register, ann, ivan, [first, second])
}

/// Somebody takes up an invitation that they, or others for them, have asked for.
fn come_in(register: &mut Register, whom: &Principal, by: &Principal) {
    let letter = Sha256::of(b"letter");
    register.act(&Act::Reinvite(whom.key(), letter), by, noon()).unwrap();
    register.accept(&letter, account(), noon()).unwrap();
}

#[test]
fn what_the_msp_handed_over_ends_when_its_person_comes_in_by_themself() {
    let (mut register, ann, ivan, both) = handed();
    let refused = leave(&mut register, &ivan).unwrap_err();
    assert!(refused.code == Code::Conflict && refused.what.contains("invite ivan --again"), "{refused}");
    let letter = Sha256::of(b"letter");
    register.act(&Act::Reinvite(ivan.key(), letter), &ivan, noon()).unwrap();
    assert!(both.iter().all(|hash| works(&register, *hash)), "the invitation may get lost");
    let (_, changes) = register.accept(&letter, account(), noon()).unwrap();
    assert!(!both.iter().any(|hash| works(&register, *hash)), "nor what was made with it");
    assert_eq!(changes.iter().filter(|change| matches!(change, Change::Token(_))).count(), 2, "{changes:?}");
    leave(&mut register, &ivan).unwrap();
    assert!(register.reach(&ivan, noon()).may(Verb::Export, &acme(), None));
    assert!(!register.reach(&ann, noon()).sees_org(&acme()));
}

#[test]
fn a_login_ends_what_was_handed_over_and_was_not_ended_yet() {
    let (mut register, _, ivan, both) = handed();
    register.accounts.insert(ivan.key(), account());
    let login = Login {
        who: ivan.key(),
        set_at: Some(noon()),
        factor: Factor::Totp(1),
        hash: Sha256::of(b"session"),
        browser: false,
        instead_of: None,
    };
    let changes = register.log_in(&login, noon()).unwrap();
    assert!(!both.iter().any(|hash| works(&register, *hash)) && works(&register, login.hash), "{changes:?}");
    let own = made(&mut register, newcomer(Side::Internal, "ivan", "acme"), ("own", "acme"), &ivan);
    register.log_in(&Login { factor: Factor::Totp(2), hash: Sha256::of(b"next"), ..login }, noon()).unwrap();
    assert!(works(&register, own), "what they make from then on is theirs");
}

#[test]
fn an_owner_who_never_came_in_by_themself_goes_with_the_msp_that_holds_their_token() {
    let (mut register, ann, ivan, both) = handed();
    invite(&mut register, (Side::Internal, "ines", "acme"), Verbs::ALL, &ivan).unwrap();
    let ines = principal(Side::Internal, "ines", "acme");
    come_in(&mut register, &ines, &ivan);
    let changes = leave(&mut register, &ines).unwrap();
    assert!(!both.iter().any(|hash| works(&register, *hash)), "{changes:?}");
    assert!(
        register.people[&ivan.key()].disabled_at.is_some()
            && !register.grants[&register.tokens[&both[0]].id].is_in_force(noon())
    );
    assert!(register.reach(&ines, noon()).may(Verb::Administer, &acme(), None));
    assert!(!register.reach(&ann, noon()).sees_org(&acme()));
}

#[test]
fn who_is_there_by_the_msps_word_alone_goes_with_it_and_whom_an_owner_confirmed_stays() {
    let (mut register, ann) = set_up(noon());
    for name in ["vic", "val"] {
        invite(&mut register, (Side::Vendor, name, "acme"), Verbs::CREW, &ann).unwrap();
    }
    invite(&mut register, (Side::Internal, "omar", "acme"), Verbs::ALL, &ann).unwrap();
    let omar = principal(Side::Internal, "omar", "acme");
    let [vic, val, sam] = [(Side::Vendor, "vic"), (Side::Vendor, "val"), (Side::Internal, "sam")]
        .map(|(side, name)| principal(side, name, "acme"));
    invite(&mut register, (Side::Internal, "sam", "acme"), Verbs::CREW, &omar).unwrap();
    give(&mut register, ("g-kept", &val), (Verb::Claim, "acme"), &omar);
    let approvals = [(acme(), Approval { by: ann.key(), at: noon() })].into();
    let out = (Verbs::of(&[Verb::Export]), Scope::Org(acme()));
    register.apply(&[Change::Grant(Grant {
        given_by: Some(omar.key()),
        approvals,
        ..Grant::new("g-out", sam.key(), out, "quarterly", noon())
    })]);
    register.accounts.insert(omar.key(), account());
    register.accounts.insert(vic.key(), account());
    assert!(register.reach(&sam, noon()).may(Verb::Export, &acme(), None));
    leave(&mut register, &omar).unwrap();
    assert!(
        register.people[&vic.key()].disabled_at.is_some() && !register.reach(&vic, noon()).sees_org(&acme())
    );
    assert!(!register.grants["g-vic"].is_in_force(noon()) && !register.grants["g-val"].is_in_force(noon()));
    let val = register.reach(&val, noon());
    assert!(val.may(Verb::Claim, &acme(), None) && !val.may(Verb::Close, &acme(), None), "as the owner said");
    assert!(!register.reach(&sam, noon()).may(Verb::Export, &acme(), None), "the approval was a guest's");
    assert!(
        register.grants["g-out"].ended.is_none()
            && register.reach(&omar, noon()).may(Verb::Export, &acme(), None)
    );
}

#[test]
fn a_goodbye_touches_nothing_of_another_org() {
    let (mut register, ann, omar) = owned();
    register.accounts.insert(omar.key(), account());
    for name in ["gus", "gil"] {
        invite(&mut register, (Side::Msp, name, "acme"), Verbs::CREW, &ann).unwrap();
    }
    let [gus, gil] = ["gus", "gil"].map(|name| principal(Side::Msp, name, "*"));
    give(&mut register, ("g-home", &gus), (Verb::Claim, "home"), &ann);
    let robot = program(Side::Msp, "robot", "acme");
    let at = |text: &'static str, scope: &'static str| (text, scope);
    let here = made(&mut register, robot.clone(), at("robot-acme", "acme"), &ann);
    give(&mut register, ("g-robot", &principal(Side::Msp, "robot", "*")), (Verb::Claim, "home"), &ann);
    let there = made(&mut register, robot, at("robot-home", "home"), &ann);
    let of_gus = made(&mut register, newcomer(Side::Msp, "gus", "acme"), at("gus-home", "home"), &ann);
    let of_gil = made(&mut register, newcomer(Side::Msp, "gil", "acme"), at("gil-acme", "acme"), &ann);
    let changes = leave(&mut register, &omar).unwrap();
    let home = "home".parse().unwrap();
    assert!(!works(&register, here) && !works(&register, of_gil));
    for hash in [there, of_gus] {
        let token = &register.tokens[&hash];
        assert!(
            works(&register, hash) && register.reach(&token.principal, noon()).may(Verb::Claim, &home, None)
        );
    }
    assert!(
        !register.reach(&gus, noon()).sees_org(&acme()) && register.people[&gil.key()].disabled_at.is_some()
    );
    let elsewhere = |change: &Change| match change {
        Change::Token(token) => token.principal.org.as_ref() == Some(&home),
        Change::Grant(grant) => grant.scope.touches(&home) && !grant.approvals.is_empty(),
        Change::Person(person) => person.key() == gus.key(),
        _ => false,
    };
    assert!(!changes.iter().any(elsewhere), "{changes:?}");
    register.act(&Act::Disable(gus.key()), &ann, noon()).unwrap();
    assert!(!works(&register, of_gus), "the MSP still looks after its own");
}

#[test]
fn a_new_invitation_shuts_out_whoever_else_is_in_somebodys_place() {
    let (mut register, _, omar) = owned();
    invite(&mut register, (Side::Internal, "sam", "acme"), Verbs::CREW, &omar).unwrap();
    let sam = principal(Side::Internal, "sam", "acme");
    let own = made(&mut register, newcomer(Side::Internal, "sam", "acme"), ("sam's", "acme"), &sam);
    let changes = register.act(&Act::Reinvite(sam.key(), Sha256::of(b"letter")), &omar, noon()).unwrap();
    assert!(!works(&register, own), "{changes:?}");
    let late = made(&mut register, newcomer(Side::Internal, "sam", "acme"), ("late", "acme"), &sam);
    register.accept(&Sha256::of(b"letter"), account(), noon()).unwrap();
    assert!(!works(&register, late), "nor what was made till it was taken up");
}
