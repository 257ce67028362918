//! Sessions that have ended leave memory and the store, and an act writes down what was before it.

use dogwatch_triage::audit::Chain;

use super::*;
use crate::{
    access::{self, ENDED_KEPT, Factor, Grant, Login, MAX_SESSIONS, PAST_KEPT, PersonKey, Scope, Verbs},
    core::chores::Chores,
};

impl Sim {
    /// A login that a provider has looked after.
    fn log_in(&mut self, number: usize) -> ApiToken {
        let login = Login {
            who: PersonKey { org: None, id: "kim".parse().unwrap() },
            set_at: None,
            factor: Factor::Elsewhere,
            hash: Sha256::of(format!("login {number}").as_bytes()),
            browser: false,
            instead_of: None,
        };
        self.ask(|reply| Command::Login(Box::new(login), reply)).unwrap()
    }

    fn tokens(&self) -> usize {
        self.handle.read(|state| state.access.tokens.len())
    }

    /// What the collector's own chain has of an act.
    fn told(&mut self, act: &str) -> Vec<serde_json::Value> {
        let lines = self.ask(|reply| Command::ReadAudit(Chain::Collector, 0, reply)).unwrap();
        let all = lines.iter().map(|line| serde_json::from_slice::<serde_json::Value>(line).unwrap());
        all.filter(|record| record["act"] == act).collect()
    }
}

#[test]
fn logins_do_not_grow_without_a_limit_in_memory_nor_on_the_disk() {
    let mut sim = Sim::new();
    for number in 0..MAX_SESSIONS + 3 {
        sim.now += SignedDuration::from_secs(1);
        sim.log_in(number);
    }
    let now = sim.now;
    let valid =
        |state: &crate::state::State| state.access.tokens.values().filter(|t| t.is_valid(now)).count();
    assert_eq!(sim.handle.read(valid), MAX_SESSIONS, "one more ends the oldest");
    assert_eq!(sim.told("token.revoke").len(), 3);
    assert_eq!(sim.tokens(), MAX_SESSIONS + 3, "lists show them for a while");
    sim.now += ENDED_KEPT + SignedDuration::from_hours(13);
    let mut chores = Chores::new(&settings(), START.parse().unwrap());
    sim.core.do_chores(&mut chores, sim.now).unwrap();
    assert_eq!(sim.tokens(), 1, "the last one tells when they came last");
    let mut sim = sim.restart_after(SignedDuration::from_secs(1));
    assert_eq!(sim.tokens(), 1, "and the store has no more");
    assert_eq!(sim.told("login").len(), MAX_SESSIONS + 3);
}

#[test]
fn what_gave_rights_long_ago_leaves_memory_and_the_store_and_stays_in_the_audit() {
    let mut sim = Sim::new();
    for code in ["one", "two"] {
        let hash = Sha256::of(code.as_bytes());
        let seal = access::Act::Seal { id: code.into(), hash, scope: Scope::Everywhere };
        sim.ask(|reply| Command::Access(Box::new(seal), person(Side::Msp), reply)).unwrap();
    }
    let kim = PersonKey { org: None, id: "kim".parse().unwrap() };
    let expired = Grant::new("past", kim, (Verbs::ALL, Scope::Everywhere), "r", sim.now);
    let expired = Grant { expires_at: Some(sim.now), ..expired };
    sim.handle.shared.write().unwrap().access.grants.insert("past".into(), expired);
    let held = |sim: &Sim| {
        sim.handle.read(|state| (state.access.seals.len(), state.access.grants.contains_key("past")))
    };
    assert_eq!(held(&sim), (2, true));
    sim.now += PAST_KEPT + SignedDuration::from_hours(1);
    let mut chores = Chores::new(&settings(), START.parse().unwrap());
    sim.core.do_chores(&mut chores, sim.now).unwrap();
    assert_eq!(held(&sim), (1, false), "the first was put out of use by the second");
    let mut sim = sim.restart_after(SignedDuration::from_secs(1));
    assert_eq!(held(&sim), (1, false), "nor does the store bring it back");
    assert_eq!(sim.told("break-glass.seal").len(), 2);
}

#[test]
fn an_act_tells_what_was_before_it() {
    let mut sim = Sim::new();
    let token = sim.log_in(1);
    let revoke = access::Act::RevokeToken(token.id);
    sim.ask(|reply| Command::Access(Box::new(revoke), person(Side::Msp), reply)).unwrap();
    let told = sim.told("token.revoke").remove(0);
    let revoked = |of: &serde_json::Value| of[0]["token"]["revoked_at"].clone();
    assert!(revoked(&told["before"]).is_null(), "{told}");
    assert!(revoked(&told["after"]).is_string(), "{told}");
}

#[test]
fn a_token_that_has_ended_and_is_still_used_is_told_of_once_an_hour_with_the_address_and_the_count() {
    let mut sim = Sim::new();
    let login = sim.log_in(1);
    sim.now += SignedDuration::from_hours(13);
    let knock =
        |sim: &mut Sim, hash: Sha256| sim.step(Input::TokenRefused(hash, Some([192, 0, 2, 7].into())));
    knock(&mut sim, login.hash);
    knock(&mut sim, Sha256::of(b"nobody's"));
    assert!(
        sim.told("token.refused").is_empty(),
        "a login that ran out, and a text that is none, are nothing to tell"
    );

    let token = sim.log_in(2);
    let revoke = access::Act::RevokeToken(token.id.clone());
    sim.ask(|reply| Command::Access(Box::new(revoke), person(Side::Msp), reply)).unwrap();
    for _ in 0..20 {
        knock(&mut sim, token.hash);
        sim.now += 1.minutes();
    }
    let told = sim.told("token.refused");
    assert_eq!((told.len(), &told[0]["on"], &told[0]["from"]), (1, &token.id.into(), &"192.0.2.7".into()));
    assert_eq!(told[0]["after"]["name"], "msp:kim");
    sim.now += 41.minutes();
    knock(&mut sim, token.hash);
    let counts: Vec<_> = sim.told("token.refused").iter().map(|one| one["after"]["count"].clone()).collect();
    assert_eq!(counts, [1, 20]);
}
