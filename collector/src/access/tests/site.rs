//! Who administers one site looks after its people: they overrule no owner, and hear of nobody elsewhere.

use dogwatch_model::Side;

use super::cast::{acme, grant, invite, newcomer, noon, owned, principal, token};
use crate::{
    access::{Act, ApiToken, Principal, Register, Sha256, Verb, Verbs},
    refusal::{Code, Refusal},
};

/// Tim administers `acme/north`, where Nora is at home, who administers all of `acme`; Sam is at home there and has nothing
/// else, Sara at the other site.
fn at_north() -> (Register, [Principal; 4]) {
    let (mut register, ann, omar) = owned();
    let (nobody, tims) = (Verbs::EVERYBODY, Verbs::of(&[Verb::Administer]));
    for (id, home, verbs) in [
        ("tim", "north", tims),
        ("nora", "north", nobody),
        ("sam", "north", nobody),
        ("sara", "south", nobody),
    ] {
        invite(&mut register, (Side::Internal, id, &format!("acme/{home}")), verbs, &omar).unwrap();
    }
    let [tim, nora] = ["tim", "nora"].map(|id| principal(Side::Internal, id, "acme"));
    let owns = Verbs::of(&[Verb::View, Verb::Administer]);
    register.act(&grant("g-owns", &nora, owns), &omar, noon()).unwrap();
    let session = ApiToken::new(Sha256::of(b"nora's"), nora.clone(), noon());
    register.tokens.insert(session.hash, session);
    (register, [ann, omar, tim, nora])
}

#[test]
fn a_sites_administrator_keeps_no_owner_out_and_brings_none_back() {
    let (mut register, [_, omar, tim, nora]) = at_north();
    let session = register.tokens.of(&nora.key()).next().unwrap().id.clone();
    let refused = register.act(&Act::Disable(nora.key()), &tim, noon()).unwrap_err();
    assert_eq!(refused.code, Code::NotAllowed);
    assert!(refused.what.contains("which you cannot give; ask an administrator who can"), "{refused}");
    let unseen = register.act(&Act::RevokeToken(session.clone()), &tim, noon()).unwrap_err();
    assert_eq!(unseen.code, Code::NotFound, "{unseen}");
    assert!(register.managed_tokens(&tim, noon()).iter().all(|token| token.principal.key() != nora.key()));
    assert!(register.managed_tokens(&omar, noon()).iter().any(|token| token.id == session));
    register.act(&Act::Disable(nora.key()), &omar, noon()).unwrap();
    assert_eq!(register.act(&Act::Enable(nora.key()), &tim, noon()).unwrap_err().code, Code::NotAllowed);
    register.act(&Act::Enable(nora.key()), &omar, noon()).unwrap();
    let sam = principal(Side::Internal, "sam", "acme").key();
    for act in [Act::Disable(sam.clone()), Act::Enable(sam)] {
        assert_eq!(register.act(&act, &tim, noon()).unwrap().len(), 1, "{act:?}");
    }
    register.act(&Act::Disable(tim.key()), &tim, noon()).unwrap();
}

/// The answer to a token for somebody of `acme/north`, where it is none.
fn asked(register: &Register, (side, id): (Side, &str), by: &Principal) -> Refusal {
    register.clone().act(&token(newcomer(side, id, "acme/north"), Verbs::EVERYBODY), by, noon()).unwrap_err()
}

#[test]
fn a_token_for_somebody_out_of_sight_is_answered_as_for_nobody() {
    let (mut register, [ann, omar, tim, _]) = at_north();
    invite(&mut register, (Side::Msp, "gil", "globex/vault"), Verbs::EVERYBODY, &ann).unwrap();
    let sam = principal(Side::Internal, "sam", "acme");
    for side in [Side::Internal, Side::Vendor] {
        let [sara, nobody] = ["sara", "zork"].map(|id| asked(&register, (side, id), &sam));
        assert_eq!(sara.what, nobody.what);
        assert!(!sara.what.contains("sara") && !sara.what.contains("south"), "{sara}");
    }
    let gus = principal(Side::Msp, "gus", "*");
    invite(&mut register, (Side::Msp, "gus", "acme"), Verbs::of(&[Verb::Administer]), &ann).unwrap();
    register.act(&Act::Approve("g-gus".into(), acme()), &omar, noon()).unwrap();
    // Who may let people in hears that an id is not free, and nothing of whose it is.
    for (by, side, id) in
        [(&tim, Side::Internal, "sara"), (&tim, Side::Vendor, "sara"), (&gus, Side::Msp, "gil")]
    {
        let taken = asked(&register, (side, id), by);
        assert_eq!(taken.what, format!("`{id}` is somebody's id already; choose another one"));
        let again = invite(&mut register, (side, id, "acme/north"), Verbs::EVERYBODY, by).unwrap_err();
        assert_eq!(again.what, taken.what);
    }
    let own = token(newcomer(Side::Internal, "sara", "acme/south"), Verbs::EVERYBODY);
    register.act(&own, &omar, noon()).unwrap();
}
