//! Who owns an org is who effectively administers it, and one of them stays.

use dogwatch_model::Side;

use super::cast::{account, acme, approve, grant, invite, noon, owned, principal, seal};
use crate::{
    access::{Act, Change, Principal, Register, Verb, Verbs},
    refusal::Code,
};

fn owners(register: &Register) -> Vec<String> {
    register.owners(&acme(), noon()).map(|owner| owner.id.to_string()).collect()
}

/// Nora, at home at one site and able to come in, with `administer` on the org and no sight of it.
fn sightless() -> (Register, [Principal; 3]) {
    let (mut register, ann, omar) = owned();
    invite(&mut register, (Side::Internal, "nora", "acme/north"), Verbs::EVERYBODY, &omar).unwrap();
    let nora = principal(Side::Internal, "nora", "acme");
    register.apply(&[Change::Account(nora.key(), Some(Box::new(account())))]);
    register.act(&grant("g-nora", &nora, Verbs::of(&[Verb::Administer])), &omar, noon()).unwrap();
    (register, [ann, omar, nora])
}

#[test]
fn who_does_not_see_an_org_owns_none_of_it_and_takes_no_owners_place() {
    let (mut register, [ann, omar, nora]) = sightless();
    assert!(register.act(&seal("paper", "acme"), &nora, noon()).is_err());
    assert_eq!(owners(&register), ["omar"]);
    for act in [Act::End("g-omar".into(), "I leave".into()), Act::Disable(omar.key())] {
        let refused = register.act(&act, &omar, noon()).unwrap_err();
        assert_eq!(refused.code, Code::Conflict, "{act:?}: {refused}");
    }
    let sight = Verbs::of(&[Verb::View]);
    register.act(&grant("g-sight", &nora, sight), &omar, noon()).unwrap();
    assert_eq!(owners(&register), ["nora", "omar"]);
    register.act(&Act::End("g-omar".into(), "I leave".into()), &omar, noon()).unwrap();
    register.act(&approve("first"), &nora, noon()).unwrap();
    for id in ["g-sight", "g-nora"] {
        let refused = register.act(&Act::End(id.into(), "not needed".into()), &nora, noon()).unwrap_err();
        assert_eq!(
            refused.code,
            Code::Conflict,
            "{id}: what makes them see it makes them an owner: {refused}"
        );
    }
    assert!(invite(&mut register, (Side::Internal, "new", "acme"), Verbs::ALL, &ann).is_err());
}

#[test]
fn where_nobody_effectively_owns_an_org_the_msp_begins_it_anew() {
    let (mut register, [ann, omar, _]) = sightless();
    // As a collector of before may have left it.
    register.grants.remove("g-omar");
    assert!(owners(&register).is_empty() && register.reach(&ann, noon()).may(Verb::Export, &acme(), None));
    invite(&mut register, (Side::Internal, "zoe", "acme"), Verbs::ALL, &ann).unwrap();
    assert_eq!(owners(&register), ["zoe"]);
    assert!(!register.reach(&omar, noon()).may(Verb::Administer, &acme(), None));
}
