//! How many an org may let in, and what that says of others: nothing.

use dogwatch_model::Side;

use super::cast::{invite, newcomer, noon, owned, principal, token};
use crate::{
    access::{Change, Person, Register, Verbs},
    refusal::Code,
};

/// As many of an org's own side as it may have.
fn fill(register: &mut Register, org: &str) {
    let one = |n: usize| {
        let id = format!("p{n}").parse().unwrap();
        Change::Person(Person::new(id, Side::Internal, org.parse().unwrap(), noon()))
    };
    register.apply(&(0..5_000).map(one).collect::<Vec<_>>());
}

#[test]
fn an_org_that_is_full_bars_nobody_elsewhere_and_tells_only_of_itself() {
    let (mut register, ann, omar) = owned();
    invite(&mut register, (Side::Internal, "gina", "globex"), Verbs::ALL, &ann).unwrap();
    let gina = principal(Side::Internal, "gina", "globex");
    fill(&mut register, "globex");
    let refused = invite(&mut register, (Side::Internal, "zoe", "globex"), Verbs::EVERYBODY, &gina);
    let refused = refused.unwrap_err();
    assert_eq!(refused.code, Code::Conflict);
    assert!(refused.what.starts_with("globex has 5000 people and programs, the most it may"), "{refused}");
    let bearer = token(newcomer(Side::Internal, "zoe", "globex"), Verbs::EVERYBODY);
    assert_eq!(register.act(&bearer, &gina, noon()).unwrap_err().code, Code::Conflict, "nor with a token");
    invite(&mut register, (Side::Internal, "sam", "acme"), Verbs::CREW, &omar).unwrap();
    invite(&mut register, (Side::Msp, "lee", "*"), Verbs::CREW, &ann).unwrap();
    let foreign = invite(&mut register, (Side::Internal, "zoe", "globex"), Verbs::CREW, &omar).unwrap_err();
    assert_eq!(foreign.code, Code::NotFound, "how full it is, is nobody else's to know");
}
