//! A join token is worth what its maker may do, to the moment at which a machine comes.

use dogwatch_model::Side;

use super::{Command, Sha256, SignedDuration, Sim, org, person};
use crate::{
    access::{Principal, Verb, Verbs},
    core::NewJoinToken,
    refusal::Code,
};

impl Sim {
    /// Something happens to kim of the MSP, who makes the tokens.
    fn change_kim(&mut self, change: impl FnOnce(&mut crate::access::Register)) {
        change(&mut self.handle.shared.write().unwrap().access);
    }
}

#[test]
fn a_token_of_somebody_who_is_kept_out_lets_nobody_in() {
    let mut sim = Sim::new();
    sim.join_token(2);
    sim.enrol(b"first").unwrap();
    let (kim, now) = (person(Side::Msp).key(), sim.now);
    sim.change_kim(|access| access.people.get_mut(&kim).unwrap().disabled_at = Some(now));
    let refused = sim.enrol(b"second").unwrap_err();
    assert_eq!(refused.code, Code::NotAllowed);
    assert!(refused.what.contains("kim who made it is kept out"), "{refused}");
    assert!(refused.what.contains("lee") && refused.what.contains("can make a new one"), "{refused}");
    sim.change_kim(|access| access.people.get_mut(&kim).unwrap().disabled_at = None);
    sim.enrol(b"second").unwrap();
}

#[test]
fn a_token_of_somebody_who_lost_the_right_lets_nobody_in() {
    let mut sim = Sim::new();
    sim.join_token(1);
    let kim = person(Side::Msp).key();
    sim.change_kim(|access| {
        access.grants.values_mut().filter(|grant| grant.to == kim).for_each(|grant| {
            grant.verbs = grant.verbs.without(Verbs::of(&[Verb::Configure]));
        });
    });
    let refused = sim.enrol(b"key").unwrap_err();
    assert!(refused.what.contains("kim who made it has no `configure` on home/main any more"), "{refused}");
    assert_eq!(sim.handle.read(|state| state.join_tokens.values().map(|token| token.used).sum::<u32>()), 0);
}

#[test]
fn a_token_whose_maker_nobody_knows_goes_on_as_before() {
    let mut sim = Sim::new();
    sim.join_token(2);
    let kim = person(Side::Msp).key();
    sim.handle.shared.write().unwrap().join_tokens.values_mut().for_each(|token| token.created_side = None);
    sim.change_kim(|access| drop(access.people.remove(&kim)));
    sim.enrol(b"old").unwrap();
    let msp = Some(Side::Msp);
    sim.handle.shared.write().unwrap().join_tokens.values_mut().for_each(|token| token.created_side = msp);
    sim.enrol(b"set up").unwrap();
}

#[test]
fn a_token_that_a_program_made_counts_no_further_than_whoever_made_the_programs_own() {
    let mut sim = Sim::new();
    let kim = person(Side::Msp).key();
    let robot = Principal { person: "tim".parse().unwrap(), maker: Some(kim.clone()), ..person(Side::Msp) };
    let token = NewJoinToken {
        hash: Sha256::of(b"secret"),
        org: org(),
        site: "main".parse().unwrap(),
        lifetime: SignedDuration::from_mins(60),
        uses: 2,
        approval: false,
    };
    sim.ask(|reply| Command::CreateJoinToken(token, robot, reply)).unwrap();
    sim.enrol(b"first").unwrap();
    let now = sim.now;
    sim.change_kim(|access| access.people.get_mut(&kim).unwrap().disabled_at = Some(now));
    let refused = sim.enrol(b"second").unwrap_err();
    assert_eq!(refused.code, Code::NotAllowed);
    assert!(refused.what.contains("kim, who made the token of tim, is kept out"), "{refused}");
    sim.change_kim(|access| access.people.get_mut(&kim).unwrap().disabled_at = None);
    sim.enrol(b"second").unwrap();
}

#[test]
fn a_join_token_enrols_as_often_as_it_says_and_not_after_it_expired() {
    let mut sim = Sim::new();
    sim.join_token(2);
    assert_eq!(sim.enrol(b"one").unwrap().name, "srv");
    assert_eq!(sim.enrol(b"two").unwrap().name, "srv-2");
    assert!(sim.enrol(b"three").unwrap_err().what.contains("used up (2 of 2)"));
    let mut sim = Sim::new();
    sim.join_token(1);
    sim.now += SignedDuration::from_mins(61);
    assert!(sim.enrol(b"one").unwrap_err().what.contains("expired"));
}
