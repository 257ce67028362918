//! A sealed code: whose it is, and what it opens.

use jiff::SignedDuration;

use super::{super::cast::*, administers};
use crate::{
    access::{Act, SealState, Sha256},
    refusal::Code,
};

#[test]
fn a_sealed_code_is_known_to_who_may_seal_and_can_be_put_out_of_use() {
    let (mut register, ann, omar) = owned();
    register.act(&seal("paper", "acme"), &omar, noon()).unwrap();
    let known = register.seals_of(&omar, noon());
    let known: Vec<_> = known.iter().map(|seal| (&*seal.id, &seal.made_by)).collect();
    assert_eq!(known, [("paper", &omar.key())]);
    assert!(register.seals_of(&ann, noon()).is_empty(), "the guest keeps its own");
    let revoke = Act::Unseal("paper".into());
    assert_eq!(register.act(&revoke, &ann, noon()).unwrap_err().code, Code::NotFound);
    register.act(&revoke, &omar, noon()).unwrap();
    let opened = register.break_seal(&Sha256::of(b"paper"), Sha256::of(b"token"), noon());
    assert!(opened.is_err(), "the paper opens nothing any more");
    assert_eq!(register.seals_of(&omar, noon())[0].broken_at, Some(noon()), "and it is still told of");
}

#[test]
fn a_sealed_code_opens_an_hour_once_while_its_maker_may_seal() {
    let (mut register, _, omar) = owned();
    let (code, opened) = (Sha256::of(b"paper"), Sha256::of(b"token"));
    register.act(&seal("paper", "acme"), &omar, noon()).unwrap();
    register.break_seal(&code, opened, noon()).unwrap();
    let glass = register.tokens[&opened].clone();
    let at = |minutes| noon() + SignedDuration::from_mins(minutes);
    assert!(administers(&register, &glass.principal, at(59)));
    assert!(!administers(&register, &glass.principal, at(60)));
    assert!(!glass.is_valid(at(60)) && glass.is_valid(at(59)));
    assert!(register.break_seal(&code, Sha256::of(b"again"), at(1)).is_err());
    assert!(register.act(&Act::Disable(omar.key()), &glass.principal, at(1)).is_err(), "it makes no owner");
}

#[test]
fn who_puts_a_broken_code_out_of_use_ends_the_hour_that_it_opened() {
    let (mut register, _, omar) = owned();
    let (code, opened) = (Sha256::of(b"paper"), Sha256::of(b"token"));
    register.act(&seal("paper", "acme"), &omar, noon()).unwrap();
    let state = |register: &crate::access::Register, minutes| {
        let now = noon() + SignedDuration::from_mins(minutes);
        register.seal_state(&register.seals[&code], now)
    };
    assert_eq!(state(&register, 0), SealState::Sealed);
    register.break_seal(&code, opened, noon()).unwrap();
    assert_eq!((state(&register, 59), state(&register, 60)), (SealState::Open, SealState::Over));
    let glass = register.tokens[&opened].principal.clone();
    let refused = register.act(&Act::Unseal("paper".into()), &glass, noon()).unwrap_err();
    assert_eq!(refused.code, Code::NotAllowed, "not they themself: {refused}");
    register.act(&Act::Unseal("paper".into()), &omar, noon()).unwrap();
    assert_eq!(state(&register, 1), SealState::Over);
    assert!(!register.tokens[&opened].is_valid(noon()));
}
