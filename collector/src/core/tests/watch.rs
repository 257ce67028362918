//! What an agent is told to watch, while it is there.

use super::*;

/// The names of the checks that an agent is told next; other messages are passed over.
fn told_checks(agent: &mut Agent) -> Option<Vec<String>> {
    while let Some(message) = next(&mut agent.inbox) {
        if let Message::Policy(policy) = message {
            return Some(policy.checks.into_iter().map(|check| check.name).collect());
        }
    }
    None
}

fn change_policy(sim: &mut Sim, watch: &str) {
    sim.core.policy.store(Arc::new(Policy::watching(&org(), watch)));
    sim.step(Input::PolicyChanged);
}

#[test]
fn a_live_agent_is_told_when_the_watch_list_changes_and_only_then() {
    let (mut sim, mut agent) = Sim::with_agent();
    change_policy(&mut sim, "[[check]]\nname = \"web\"\nkind = \"http\"\n");
    assert_eq!(told_checks(&mut agent), Some(vec!["web".to_owned()]));
    sim.pass(SignedDuration::from_mins(1));
    change_policy(&mut sim, "# the same\n[[check]]\nname = \"web\"\nkind = \"http\"\n");
    assert_eq!(told_checks(&mut agent), None, "nothing changed for it");
    change_policy(&mut sim, "");
    assert_eq!(told_checks(&mut agent), Some(vec![]));
}

#[test]
fn a_live_agent_is_told_when_what_it_tells_changes_what_it_watches() {
    let (mut sim, mut agent) = Sim::with_agent();
    let condition = "[[check]]\nname = \"lid\"\nkind = \"process\"\nwhen = 'class == \"laptop\"'\n";
    change_policy(&mut sim, condition);
    assert_eq!(told_checks(&mut agent), None, "it is a server as far as anybody knows");
    let wire = v1::Inventory {
        os: Some(v1::Os { family: "linux".into(), ..v1::Os::default() }),
        class: Some("laptop".into()),
        ..v1::Inventory::default()
    };
    let inventory = Some(wire.try_into().unwrap());
    let report = Report { inventory, ..Report::empty(Lane::Latest, 1, sim.now) };
    sim.report(&agent, &report);
    assert_eq!(told_checks(&mut agent), Some(vec!["lid".to_owned()]));
}
