//! An agent has one stream, and a revoked one none.

use super::*;

#[test]
fn a_second_stream_of_the_same_key_takes_the_place_of_the_first() {
    let (mut sim, mut first) = Sim::with_agent();
    let (mut second, _) = sim.attach(first.id, 1);
    assert!(first.cut.is_cancelled());
    sim.backup(&mut first, RunResult::Failed);
    assert!(sim.alerts("backup-failed").is_empty(), "a stream that was replaced is not listened to");
    sim.detach(&first, None);
    sim.backup(&mut second, RunResult::Failed);
    assert_eq!(sim.alerts("backup-failed").len(), 1);
    assert!(sim.handle.read(|state| state.members[&second.id].endpoint.presence.online));
}

#[test]
fn a_revoked_endpoint_is_cut_refused_and_leaves_the_queue() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let (id, by) = (agent.id, person(Side::Msp));
    sim.ask(|reply| Command::SetEndpointState(id, dogwatch_model::EndpointState::Revoked, by, reply))
        .unwrap();
    assert!(agent.cut.is_cancelled());
    assert_eq!(sim.alerts("backup-failed")[0].alert.work, Work::Done);
    let (outbound, _inbox) = mpsc::channel(8);
    let (reply, mut answer) = oneshot::channel();
    let epoch = Epoch(Uuid::from_u128(1));
    sim.step(Input::Attach(Box::new(Attach {
        endpoint: id,
        epoch,
        first: LaneMarks::default(),
        previous: None,
        starts: None,
        evidence: MachineEvidence::default(),
        address: std::net::Ipv4Addr::LOCALHOST.into(),
        welcome: v1::Welcome::default(),
        outbound,
        cut: CancellationToken::new(),
        at: sim.now,
        reply,
    })));
    assert_eq!(answer.try_recv().unwrap().map(|_| ()).unwrap_err().code, Code::Unauthenticated);
}

#[test]
fn a_stream_that_ended_while_it_was_being_opened_is_found_gone() {
    let (mut sim, agent) = Sim::with_agent();
    let id = agent.id;
    // No word of the end comes: the session never began.
    drop(agent);
    sim.pass(SignedDuration::from_secs(20));
    assert!(!sim.handle.read(|state| state.members[&id].endpoint.presence.online));
    sim.pass(SignedDuration::from_mins(4));
    assert_eq!(sim.alerts("silent").len(), 1);
}
