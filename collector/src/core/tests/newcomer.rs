//! Two machines with one key, machines that were set back, and agents that ask what was stored before they died.

use super::*;

fn machine(epoch: u128, starts: u64, machine_id: &str) -> Machine {
    let evidence = MachineEvidence { machine_id_hash: Some(machine_id.into()), ..MachineEvidence::default() };
    Machine { epoch, starts: Some(starts), evidence, previous: None }
}

/// One enrolled endpoint that attached once as a machine.
fn with_machine(machine: Machine) -> (Sim, Agent) {
    let mut sim = Sim::new();
    sim.join_token(1);
    let enrolled = sim.enrol(b"key").unwrap();
    let (agent, _) = sim.attach_as(enrolled.id, machine).unwrap();
    (sim, agent)
}

fn reason(outcome: Result<(Agent, v1::Welcome), Refusal>) -> &'static str {
    outcome.map(|_| ()).unwrap_err().reason.unwrap()
}

#[test]
fn a_second_machine_is_kept_out_while_the_first_is_connected_and_one_alert_says_so() {
    let (mut sim, first) = with_machine(machine(1, 1, "original"));
    for copy in 0..20 {
        let refused = sim.attach_as(first.id, machine(100 + copy, 2, &format!("copy {copy}")));
        assert_eq!(reason(refused), "clone_suspected");
    }
    assert!(!first.cut.is_cancelled(), "the first goes on");
    let alerts = sim.alerts("clone-suspected");
    assert_eq!(alerts.len(), 1);
    assert_ne!(alerts[0].alert.work, Work::Done, "{alerts:?}");
}

#[test]
fn of_perfect_copies_the_original_is_back_at_once_and_the_copy_stays_outside() {
    let (mut sim, first) = with_machine(machine(1, 7, "same"));
    let (copy, _) = sim.attach_as(first.id, machine(2, 7, "same")).unwrap();
    assert!(first.cut.is_cancelled(), "it might have been a restart");
    let (original, _) = sim.attach_as(first.id, machine(1, 7, "same")).unwrap();
    assert!(copy.cut.is_cancelled());
    assert_eq!(reason(sim.attach_as(first.id, machine(2, 7, "same"))), "clone_suspected");
    // Also when the original's stream was cut by the network meanwhile, and it came anew.
    let (_again, _) = sim.attach_as(first.id, machine(1, 7, "same")).unwrap();
    assert!(original.cut.is_cancelled());
    assert_eq!(reason(sim.attach_as(first.id, machine(2, 7, "same"))), "clone_suspected");
    assert_eq!(sim.alerts("clone-suspected").len(), 1);
}

#[test]
fn the_alert_tells_both_machines_and_since_when() {
    let (mut sim, first) = with_machine(machine(1, 1, "original"));
    let began = sim.now;
    for epoch in [7, 8] {
        assert!(sim.attach_as(first.id, machine(epoch, 2, "a copy of it")).is_err());
        sim.now += 10.minutes();
    }
    let alerts = sim.alerts("clone-suspected");
    let told: Vec<String> =
        alerts[0].alert.evidence.iter().map(|line| format!("{}: {}", line.name, line.value)).collect();
    assert_eq!(told[0], "why: its machine id is another");
    assert_eq!(told[1], "taken for it: 192.0.2.1, machine id original");
    assert!(
        told[2].starts_with("the other: 192.0.2.") && told[2].ends_with(", machine id a copy of it"),
        "{told:?}"
    );
    assert!(told[3].starts_with("first seen: "), "{told:?}");
    let second = sim.handle.read(|state| state.members[&first.id].endpoint.presence.second.clone()).unwrap();
    assert_eq!(second.first_seen_at, began);
}

#[test]
fn copies_of_the_running_memory_are_found_by_taking_each_others_place() {
    let (mut sim, first) = with_machine(machine(1, 7, "same"));
    let mut streams = Vec::new();
    let refused = (0..10).find_map(|_| match sim.attach_as(first.id, machine(1, 7, "same")) {
        Ok(stream) => {
            streams.push(stream);
            None
        }
        Err(refusal) => refusal.reason,
    });
    assert_eq!((refused, streams.len()), (Some("clone_suspected"), 4));
}

#[test]
fn an_agent_that_reconnects_restarts_or_reboots_is_nobody_else() {
    let (mut sim, first) = with_machine(machine(1, 1, "same"));
    let mut evidence = machine(1, 1, "same").evidence;
    evidence.boot_id = Some("another boot".into());
    for (epoch, starts) in [(1, 1), (2, 2), (3, 3)] {
        let machine = Machine { evidence: evidence.clone(), ..machine(epoch, starts, "same") };
        let (_, attached) = sim.attach_as(first.id, machine).unwrap();
        assert!(!attached.set_back);
    }
    assert!(sim.alerts("clone-suspected").is_empty());
}

#[test]
fn a_machine_that_changed_while_it_was_away_is_let_in_and_told() {
    let (mut sim, first) = with_machine(machine(1, 1, "old board"));
    sim.detach(&first, None);
    assert!(sim.attach_as(first.id, machine(2, 2, "new board")).is_ok());
    assert_eq!(sim.alerts("clone-suspected").len(), 1);
}

#[test]
fn a_state_that_was_set_back_is_seen_by_its_count_of_starts() {
    let (mut sim, first) = with_machine(machine(1, 5, "same"));
    sim.detach(&first, None);
    let (second, attached) = sim.attach_as(first.id, machine(2, 6, "same")).unwrap();
    assert!(!attached.set_back);
    sim.detach(&second, None);
    let (_, attached) = sim.attach_as(first.id, machine(3, 6, "same")).unwrap();
    assert!(attached.set_back, "a sixth start was seen before");
}

#[test]
fn what_was_stored_of_an_earlier_epoch_is_told_when_it_is_asked_for() {
    let (mut sim, mut first) = with_machine(machine(1, 1, "same"));
    sim.backup(&mut first, RunResult::Success);
    sim.backup(&mut first, RunResult::Success);
    sim.detach(&first, None);
    let again = Machine { previous: Some(1), ..machine(2, 2, "same") };
    let (_, attached) = sim.attach_as(first.id, again).unwrap();
    assert_eq!(attached.stored, Some(LaneMarks::default().into()));
    assert_eq!(attached.previous_stored, Some(LaneMarks { kept: 2, ..LaneMarks::default() }.into()));
    let unknown = Machine { previous: Some(99), ..machine(3, 3, "same") };
    let (_, attached) = sim.attach_as(first.id, unknown).unwrap();
    assert_eq!(attached.previous_stored, Some(LaneMarks::default().into()));
}

#[test]
fn while_there_may_be_two_nobody_s_goodbye_silences_the_endpoint() {
    let (mut sim, first) = with_machine(machine(1, 7, "same"));
    let (_copy, _) = sim.attach_as(first.id, machine(2, 7, "same")).unwrap();
    let (again, _) = sim.attach_as(first.id, machine(1, 7, "same")).unwrap();
    sim.detach(&again, Some(Goodbye::Shutdown));
    let goodbye = sim.handle.read(|state| state.members[&first.id].endpoint.presence.goodbye);
    assert_eq!(goodbye, None, "the other may well be alive and outside");
}
