//! The people of `acme` as most rules meet them, and what they do in a word.

use dogwatch_model::{OrgId, PersonId, Side};
use jiff::{SignedDuration, Timestamp};

use crate::{
    access::{
        Account, Act, ApiToken, Change, Hidden, NewGrant, NewPerson, NewToken, Principal, Register, Sha256,
        Verbs,
    },
    refusal::Refusal,
};

pub(super) fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// So many hours after noon.
pub(super) fn at(hours: i64) -> Timestamp {
    noon() + SignedDuration::from_hours(hours)
}

pub(super) fn acme() -> OrgId {
    "acme".parse().unwrap()
}

pub(super) fn principal(side: Side, person: &str, scope: &str) -> Principal {
    Principal::new(PersonId::new(person).unwrap(), side, &scope.parse().unwrap(), Verbs::EVERYTHING)
}

pub(super) fn set_up(now: Timestamp) -> (Register, Principal) {
    let ann = Principal { ceiling: Verbs::ALL, ..principal(Side::Msp, "ann", "*") };
    let token = ApiToken::new(Sha256::of(b"first"), ann.clone(), now);
    let mut register = Register::default();
    register.enlist(&ApiToken { id: "first".into(), ..token }, now);
    (register, ann)
}

pub(super) fn newcomer(side: Side, id: &str, home: &str) -> NewPerson {
    NewPerson { id: id.parse().unwrap(), side, home: home.parse().unwrap(), team: None, service: false }
}

pub(super) fn program(side: Side, id: &str, home: &str) -> NewPerson {
    NewPerson { service: true, ..newcomer(side, id, home) }
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

/// Lets another owner in, for good.
pub(super) fn owner(register: &mut Register, id: &str, by: &Principal) -> Principal {
    invite(register, (Side::Internal, id, "acme"), Verbs::ALL, by).unwrap();
    principal(Side::Internal, id, "acme")
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

/// Rights at a place, as they are wanted.
pub(super) fn wanted(id: &str, to: &Principal, verbs: Verbs, scope: &str) -> NewGrant {
    NewGrant::new(id, to.key(), (verbs, scope.parse().unwrap()), "needed")
}

/// Rights in `acme`.
pub(super) fn grant(id: &str, to: &Principal, verbs: Verbs) -> Act {
    Act::Grant(wanted(id, to, verbs, "acme"))
}

pub(super) fn approve(id: &str) -> Act {
    Act::Approve(id.into(), acme())
}

pub(super) fn refuse(id: &str) -> Act {
    Act::Refuse(id.into(), acme())
}

/// Seals the code of this text.
pub(super) fn seal(text: &str, scope: &str) -> Act {
    Act::Seal { id: text.into(), hash: Sha256::of(text.as_bytes()), scope: scope.parse().unwrap() }
}

/// Breaks the code of this text; gives whoever comes in by it.
pub(super) fn broken(register: &mut Register, text: &str) -> Principal {
    let opened = Sha256::of(format!("{text} opened").as_bytes());
    register.break_seal(&Sha256::of(text.as_bytes()), opened, noon()).unwrap();
    register.tokens[&opened].principal.clone()
}
