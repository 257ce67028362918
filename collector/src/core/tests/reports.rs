//! What an agent reports: acknowledged once it is kept, and applied once.

use super::*;

#[test]
fn a_report_is_acknowledged_once_it_is_committed_and_applied_once_however_often_it_comes() {
    let (mut sim, mut agent) = Sim::with_agent();
    let at = sim.now;
    sim.report(&agent, &backup_report(1, at, RunResult::Failed));
    sim.report(&agent, &backup_report(1, at, RunResult::Failed));
    let acks = messages(&mut agent);
    let ack = Message::Ack(v1::Ack { lane: v1::Lane::Kept.into(), up_to: 1 });
    assert_eq!(acks, [ack.clone(), ack]);
    assert_eq!(sim.alerts("backup-failed").len(), 1);
    assert_eq!(sim.alerts("backup-failed")[0].alert.version, 1);
}

#[test]
fn a_report_ahead_of_its_turn_is_refused_with_the_sequence_that_is_wanted() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.report(&agent, &backup_report(5, sim.now, RunResult::Failed));
    let reject = Message::Reject(v1::Reject { lane: v1::Lane::Kept.into(), expected: 1 });
    assert_eq!(messages(&mut agent), [reject]);
    assert!(sim.alerts("backup-failed").is_empty());
}

#[test]
fn nothing_is_acknowledged_when_the_disk_fails() {
    let (mut sim, mut agent) = Sim::with_agent();
    *sim.disk.broken.lock().unwrap() = true;
    let report = backup_report(1, sim.now, RunResult::Failed);
    let incoming = Incoming {
        lane: v1::Lane::Kept.into(),
        sequence: 1,
        wire: prost::Message::encode_to_vec(&v1::Report::from(&report)),
        report: Ok(report),
        at: sim.now,
    };
    let message = FromAgent::Report(Box::new(incoming));
    let input = Input::FromAgent { session: agent.session, endpoint: agent.id, message };
    assert!(sim.core.step(&mut vec![input], sim.now).is_err());
    assert_eq!(messages(&mut agent), []);
    assert!(matches!(sim.handle.health(), crate::state::Health::Degraded { .. }));
}

#[test]
fn what_was_acknowledged_is_there_after_a_crash_and_is_known_to_the_agent() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let before = sim.alerts("backup-failed");
    let mut sim = sim.restart_after(SignedDuration::from_secs(3));
    assert_eq!(sim.alerts("backup-failed"), before);
    let (_, stored) = sim.attach(agent.id, 1);
    assert_eq!(stored.kept, 1);
}

#[test]
fn a_report_that_cannot_be_understood_is_set_aside_counts_as_done_and_stays_done_after_a_crash() {
    let (mut sim, mut agent) = Sim::with_agent();
    let wire = prost::Message::encode_to_vec(&v1::Report {
        lane: v1::Lane::Kept.into(),
        sequence: 1,
        ..Default::default()
    });
    let incoming = Incoming {
        lane: v1::Lane::Kept.into(),
        sequence: 1,
        wire,
        report: Err("made up".into()),
        at: sim.now,
    };
    sim.incoming(&agent, incoming);
    let told = messages(&mut agent);
    assert!(matches!(told[..], [Message::Poisoned(_), Message::Ack(_)]), "{told:?}");
    let mut sim = sim.restart_after(SignedDuration::from_secs(3));
    assert_eq!(sim.attach(agent.id, 1).1.kept, 1);
}

#[test]
fn a_report_from_long_ago_changes_no_live_state() {
    let (mut sim, agent) = Sim::with_agent();
    let mut report = backup_report(1, sim.now - 10.minutes(), RunResult::Failed);
    report.age_ms = 600_000;
    sim.report(&agent, &report);
    assert!(sim.alerts("backup-failed").is_empty());
    assert_eq!(sim.handle.read(|state| state.members[&agent.id].marks().kept), 1);
}

#[test]
fn a_wrong_clock_on_an_endpoint_is_a_clock_offset_and_nothing_else() {
    let (mut sim, agent) = Sim::with_agent();
    let mut report = backup_report(1, sim.now - 1.hours(), RunResult::Failed);
    report.observed_at = sim.now - 1.hours();
    sim.report(&agent, &report);
    assert_eq!(sim.alerts("backup-failed").len(), 1);
    let offset = sim.handle.read(|state| state.members[&agent.id].endpoint.facts.clock_offset_seconds);
    assert_eq!(offset, Some(-3600.0));
}

#[test]
fn a_burst_of_large_reports_is_spread_over_several_commits_and_none_is_lost() {
    let (mut sim, mut agent) = Sim::with_agent();
    let mut inputs: Vec<Input> = (1..=40)
        .map(|sequence| {
            let report = backup_report(sequence, sim.now, RunResult::Success);
            let mut wire = prost::Message::encode_to_vec(&v1::Report::from(&report));
            // An unknown field of 200 KiB, as a later version might send.
            wire.extend([0xfa, 0x7f, 0x80, 0xc0, 0x0c]);
            wire.resize(wire.len() + 200 * 1024, 0);
            let incoming =
                Incoming { lane: v1::Lane::Kept.into(), sequence, wire, report: Ok(report), at: sim.now };
            let message = FromAgent::Report(Box::new(incoming));
            Input::FromAgent { session: agent.session, endpoint: agent.id, message }
        })
        .collect();
    let mut commits = 0;
    while !inputs.is_empty() {
        sim.core.step(&mut inputs, sim.now).unwrap();
        commits += 1;
    }
    assert_eq!(commits, 2, "4 MiB each");
    let last = messages(&mut agent).pop();
    assert_eq!(last, Some(Message::Ack(v1::Ack { lane: v1::Lane::Kept.into(), up_to: 40 })));
    let mut sim = sim.restart_after(SignedDuration::from_secs(1));
    assert_eq!(sim.attach(agent.id, 1).1.kept, 40);
}
