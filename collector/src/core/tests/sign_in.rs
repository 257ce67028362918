//! A login by a provider is judged by the policy in force, too.

use dogwatch_model::Side;

use super::{Command, SignedDuration, Sim, org, person};
use crate::{
    access::{Principal, Role, Scope},
    identity::{GroupGrant, Proved, ProviderId},
    refusal::Code,
};

/// Noa of the customer's side, whose group works in a team.
fn noa(team: &str) -> Box<Proved> {
    let team = Some(team.parse().unwrap());
    let group =
        |team| GroupGrant { group: "it".into(), verbs: Role::Member.verbs(), scope: Scope::Org(org()), team };
    Box::new(Proved {
        provider: ProviderId::parse("entra").unwrap(),
        issuer: "https://id.example".into(),
        subject: "0815".into(),
        principal: Principal { person: "noa".parse().unwrap(), team: team.clone(), ..person(Side::Internal) },
        adopts: false,
        grants: vec![group(team)],
        lasts: SignedDuration::from_hours(1),
    })
}

#[test]
fn a_group_puts_nobody_into_a_team_of_the_other_side() {
    let mut sim = Sim::new();
    let refused = sim.ask(|reply| Command::SignIn(noa("msp-noc"), reply)).unwrap_err();
    assert_eq!(refused.code, Code::NotAllowed);
    assert!(
        refused.what.contains("team `msp-noc` is of the msp side") && refused.what.contains("identity.toml"),
        "{refused}"
    );
    assert!(sim.handle.read(|state| !state.access.people.contains_key(&noa("msp-noc").principal.key())));
    let in_it = sim.ask(|reply| Command::SignIn(noa("internal-it"), reply)).unwrap();
    assert_eq!(in_it.team.unwrap().as_str(), "internal-it");
}
