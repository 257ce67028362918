//! Who says nothing any more, and who has said that they would not.

use super::*;

#[test]
fn silence_is_raised_after_its_time_and_cleared_by_a_return() {
    let (mut sim, agent) = Sim::with_agent();
    sim.detach(&agent, None);
    sim.pass(SignedDuration::from_secs(179));
    assert!(sim.alerts("silent").is_empty());
    sim.pass(SignedDuration::from_secs(2));
    assert_eq!(sim.alerts("silent").len(), 1);
    sim.attach(agent.id, 1);
    assert_eq!(sim.alerts("silent")[0].alert.work, Work::Done);
}

#[test]
fn an_agent_that_said_goodbye_is_not_silent() {
    let (mut sim, agent) = Sim::with_agent();
    sim.detach(&agent, Some(Goodbye::Shutdown));
    sim.pass(SignedDuration::from_hours(3));
    assert!(sim.alerts("silent").is_empty());
}

#[test]
fn a_restart_raises_nothing_false_and_still_finds_who_is_gone() {
    let (sim, agent) = Sim::with_agent();
    // A long stop: nobody was watching, so nobody is silent yet.
    let mut sim = sim.restart_after(SignedDuration::from_hours(5));
    sim.pass(SignedDuration::from_secs(170));
    assert!(sim.alerts("silent").is_empty());
    sim.pass(SignedDuration::from_secs(20));
    assert_eq!(sim.alerts("silent").len(), 1, "{}", agent.id);
}

#[test]
fn a_hold_that_runs_when_the_collector_stops_goes_on_from_there() {
    let (mut sim, agent) = Sim::with_agent();
    sim.detach(&agent, None);
    sim.pass(SignedDuration::from_secs(100));
    let mut sim = sim.restart_after(SignedDuration::from_mins(30));
    sim.pass(SignedDuration::from_secs(60));
    assert!(sim.alerts("silent").is_empty());
    sim.pass(SignedDuration::from_secs(130));
    assert_eq!(sim.alerts("silent").len(), 1);
}

#[test]
fn an_endpoint_that_was_enrolled_and_never_came_is_silent_after_its_time() {
    let mut sim = Sim::new();
    sim.join_token(1);
    sim.enrol(b"key").unwrap();
    sim.pass(SignedDuration::from_mins(4));
    assert_eq!(sim.alerts("silent").len(), 1);
}
