//! The part of the access register that is hidden, and what stands beside it: people of the MSP who work everywhere, whose
//! rights in the hidden place must not be told either.

use std::collections::BTreeMap;

use dogwatch_model::{PersonId, Side, SiteId};

use super::{
    super::{noon, org},
    world::{key, token},
};
use crate::access::{
    Account, Approval, Bond, Grant, Hidden, Invitation, OrgStanding, Person, PersonKey, Register, Role,
    Scope, Seal, Session, Sha256, Verb, Verbs,
};

/// Adds all of it.
pub(super) fn fill(access: &mut Register, zebra: bool, yak: bool) {
    let yard = Scope::Site(org("globex"), SiteId::new("yak").unwrap());
    known(access, msp("kim"), Side::Msp, Scope::Everywhere);
    let mut everywhere = grant("g-kim", Scope::Everywhere, Verbs::ALL);
    everywhere.approvals = BTreeMap::from([approval("globex", "admin")]);
    if zebra {
        everywhere.approvals.extend([approval("zebra", "owner")]);
        of_zebra(access);
    }
    keep(access, everywhere);
    proves(access, key("viewer", "globex"), "own");
    seals(access, "own", "globex", "admin");
    if yak {
        keep(access, grant("g-yak", yard, Verbs::of(&[Verb::Configure])));
        proves(access, key("yak", "globex"), "yak");
    }
}

fn of_zebra(access: &mut Register) {
    let zebra = || Scope::Org(org("zebra"));
    keep(access, grant("g-zebra", zebra(), Verbs::of(&[Verb::Configure, Verb::Export])));
    known(access, msp("zebra-guest"), Side::Msp, zebra());
    // A name that is somebody's here, too.
    known(access, key("viewer", "zebra"), Side::Internal, zebra());
    proves(access, key("owner", "zebra"), "zebra");
    seals(access, "zebra", "zebra", "owner");
    let standing = OrgStanding { second_factor_for_all: true, ..OrgStanding::default() };
    access.orgs.insert(org("zebra"), standing);
    for (person, letter) in [("zebra-guest", 'w'), ("kim", 'k')] {
        let mut guest = token(person, letter, Some(("zebra", None)), Role::Member);
        guest.principal.side = Side::Msp;
        access.tokens.insert(guest.hash, guest);
    }
    let mut session = token("owner", 'q', Some(("zebra", None)), Role::Admin);
    session.id = "s-zebra".into();
    session.session = Some(Session { browser: true });
    access.tokens.insert(session.hash, session);
}

fn msp(person: &str) -> PersonKey {
    PersonKey { org: None, id: PersonId::new(person).unwrap() }
}

fn known(access: &mut Register, who: PersonKey, side: Side, home: Scope) {
    let person = Person::new(who.id.clone(), side, home, noon());
    access.people.insert(who, person);
}

fn approval(of: &str, by: &str) -> (dogwatch_model::OrgId, Approval) {
    (org(of), Approval { by: key(by, of), at: noon() })
}

/// Rights of kim's, which somebody should look at again.
fn grant(id: &str, scope: Scope, verbs: Verbs) -> Grant {
    let reason = format!("work in {scope}");
    Grant { review_at: Some(noon()), ..Grant::new(id, msp("kim"), (verbs, scope), reason, noon()) }
}

fn keep(access: &mut Register, grant: Grant) {
    access.grants.insert(grant.id.clone(), grant);
}

/// A way in for somebody, and an invitation that waits.
fn proves(access: &mut Register, who: PersonKey, word: &str) {
    // Of a password that nobody knows.
    let password =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let account = Account {
        password: Hidden::new(password.into()),
        totp: None,
        pending: Some(Hidden::new("ZEBRA234".into())),
        recovery: [Sha256::of(format!("{word}-recovery").as_bytes())].into(),
        set_at: noon(),
        set_by: None,
    };
    access.accounts.insert(who.clone(), account);
    let expires_at = "2026-11-25T00:00:00Z".parse().unwrap();
    let invitation =
        Invitation { by: who.clone(), to: who.clone(), maker: None, expires_at, through_seal: false };
    access.invitations.insert(Sha256::of(format!("{word}-invitation").as_bytes()), invitation);
    let bond = Bond {
        person: who.clone(),
        provider: "own".into(),
        issuer: "https://id.example".into(),
        subject: format!("{word}-subject"),
        since: noon(),
        last_login: noon(),
        until: noon(),
        adopted: true,
        grants: BTreeMap::new(),
    };
    access.bonds.insert(who, bond);
}

/// A code for the bad day of an org.
fn seals(access: &mut Register, word: &str, of: &str, by: &str) {
    let hash = Sha256::of(format!("{word}-code").as_bytes());
    let seal = Seal {
        id: format!("x-{word}"),
        hash,
        side: Side::Internal,
        scope: Scope::Org(org(of)),
        made_by: key(by, of),
        made_at: noon(),
        broken_at: None,
    };
    access.seals.insert(hash, seal);
}
