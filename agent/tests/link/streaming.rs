//! Reports up, acknowledgements down, and every way in which a stream can end.

use std::sync::atomic::Ordering;

use dogwatch_agent::{
    config::Config,
    link_status::{self, LinkState},
};
use dogwatch_model::{Lane, LaneMarks};
use dogwatch_proto::v1::{self, agent_message, collector_message::Message};
use prost::Message as _;
use tonic::Status;

use crate::fake_collector::{FakeCollector, RunningAgent, eventually, quiet_config};

struct Scene {
    collector: FakeCollector,
    config: Config,
    agent: RunningAgent,
    _folder: tempfile::TempDir,
}

/// A collector and an enrolled agent that runs.
async fn scene() -> Scene {
    let (collector, folder) = (FakeCollector::start().await, tempfile::tempdir().unwrap());
    let config = quiet_config(folder.path());
    collector.enroll(&config).await.unwrap();
    let agent = RunningAgent::start(&config);
    Scene { collector, config, agent, _folder: folder }
}

fn fast_policy() -> Message {
    Message::Policy(v1::Policy {
        version: "p1".into(),
        sample_ms: 50,
        summary_ms: 50,
        ..v1::Policy::default()
    })
}

#[tokio::test]
async fn a_connected_agent_tells_what_it_is_and_how_it_is() {
    let Scene { mut collector, agent, _folder, .. } = scene().await;
    let mut session = collector.session().await;
    assert_eq!(session.hello.epoch.len(), 16);
    assert_eq!(session.hello.next, Some(v1::LaneMarks { kept: 1, latest: 1, samples: 1 }));
    session.welcome(LaneMarks::default()).await;
    let (mut inventory, mut health, mut facts) = (None, None, None);
    while inventory.is_none() || health.is_none() || facts.is_none() {
        let Some(agent_message::Message::Report(report)) = session.message().await else {
            panic!("no report")
        };
        inventory = report.inventory.or(inventory);
        health = report.health.or(health);
        facts = report.agent.or(facts);
    }
    assert!(health.unwrap().disks.iter().any(|disk| disk.mount == "/"));
    assert_eq!(inventory.unwrap().os.unwrap().family, "linux");
    agent.terminate();
    drop(session);
    agent.ended().await;
}

#[tokio::test]
async fn a_policy_takes_effect_at_once_and_sequences_have_no_gap() {
    let Scene { mut collector, _folder, .. } = scene().await;
    let mut session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    session.send(fast_policy()).await;
    for expected in 1..=10 {
        let report = session.report(Lane::Samples).await;
        assert_eq!(report.sequence, expected);
        session.acknowledge(Lane::Samples, expected).await;
    }
}

#[tokio::test]
async fn what_was_not_acknowledged_comes_again_after_a_reconnect_and_what_was_does_not() {
    let Scene { mut collector, _folder, .. } = scene().await;
    let mut session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    session.send(fast_policy()).await;
    let mut sent = Vec::new();
    for _ in 0..4 {
        sent.push(session.report(Lane::Samples).await);
    }
    let epoch = session.hello.epoch.clone();
    drop(session);

    let mut session = collector.session().await;
    assert_eq!(session.hello.epoch, epoch);
    session.welcome(LaneMarks { samples: 2, ..LaneMarks::default() }).await;
    for before in &sent[2..] {
        let again = session.report(Lane::Samples).await;
        assert_eq!((again.sequence, again.observed_at), (before.sequence, before.observed_at));
        assert!(again.age_ms > before.age_ms, "late is told from fresh by the age");
    }
    assert_eq!(session.report(Lane::Samples).await.sequence, 5);
}

#[tokio::test]
async fn what_waited_for_a_reconnect_is_told_again_as_the_present() {
    let Scene { mut collector, agent, _folder, .. } = scene().await;
    let mut session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    let unacknowledged = session.report(Lane::Kept).await;
    assert!(unacknowledged.backup.is_some() || unacknowledged.patch.is_some());
    drop(session);
    let mut session = collector.session().await;
    session.send(Message::Welcome(v1::Welcome { late_after_ms: 1, ..v1::Welcome::default() })).await;
    // What waited comes again as what it was, and the state of now beside it: live state, of which the newest is enough.
    let (mut again, mut present) = (None, None);
    while again.is_none() || present.is_none() {
        let Some(agent_message::Message::Report(report)) = session.message().await else {
            panic!("no report")
        };
        if report.backup.is_some() {
            let told = if report.lane() == v1::Lane::Latest { &mut present } else { &mut again };
            *told = Some(report);
        }
    }
    let (again, present) = (again.unwrap(), present.unwrap());
    assert_eq!(again.sequence, unacknowledged.sequence);
    assert!(present.observed_at_us > again.observed_at_us, "observed anew");
    agent.terminate();
    drop(session);
    agent.ended().await;
}

#[tokio::test]
async fn a_rejected_lane_is_sent_again_from_the_expected_sequence() {
    let Scene { mut collector, _folder, .. } = scene().await;
    let mut session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    session.send(fast_policy()).await;
    while session.report(Lane::Samples).await.sequence < 3 {}
    session.send(Message::Reject(v1::Reject { lane: v1::Lane::Samples.into(), expected: 2 })).await;
    let mut sequences = vec![3];
    while !sequences.ends_with(&[2, 3]) {
        sequences.push(session.report(Lane::Samples).await.sequence);
    }
    // Whatever was under way when the wish arrived came first, in order.
    assert!(sequences[..sequences.len() - 2].windows(2).all(|pair| pair[0] + 1 == pair[1]), "{sequences:?}");
}

#[tokio::test]
async fn health_is_packed_for_a_collector_that_understands_it_and_plain_for_others() {
    let Scene { mut collector, _folder, .. } = scene().await;
    let mut session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    let plain = session.report(Lane::Samples).await;
    drop(session);

    let mut session = collector.session().await;
    session.welcome_packed().await;
    session.send(fast_policy()).await;
    let mut sizes = Vec::new();
    while sizes.len() < 5 {
        let Some(agent_message::Message::Report(report)) = session.message().await else {
            panic!("no report")
        };
        if report.lane() == v1::Lane::Samples {
            assert!(report.health.is_none());
            sizes.push(report.encoded_len());
        }
    }
    let plain = v1::Report::from(&plain).encoded_len();
    assert!(sizes[1..].iter().all(|size| *size <= 80), "plain {plain}, packed {sizes:?}");
}

#[tokio::test]
async fn what_is_sent_again_on_the_same_stream_is_packed_against_what_went_before() {
    let Scene { mut collector, _folder, .. } = scene().await;
    let mut session = collector.session().await;
    session.welcome_packed().await;
    session.send(fast_policy()).await;
    let mut sent = Vec::new();
    while sent.len() < 3 {
        sent.push(session.report(Lane::Samples).await);
    }
    session.send(Message::Reject(v1::Reject { lane: v1::Lane::Samples.into(), expected: 2 })).await;
    let again = loop {
        let report = session.report(Lane::Samples).await;
        if report.sequence == 2 {
            break report;
        }
    };
    assert_eq!((again.observed_at, again.health), (sent[1].observed_at, sent[1].health.clone()));
}

#[tokio::test]
async fn a_poisoned_report_becomes_an_agent_event() {
    let Scene { mut collector, _folder, .. } = scene().await;
    let mut session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    let report = session.report(Lane::Samples).await;
    let poisoned = v1::Poisoned {
        lane: v1::Lane::Samples.into(),
        sequence: report.sequence,
        reason: "disk.mount: holds a NUL character".into(),
    };
    session.send(Message::Poisoned(poisoned)).await;
    loop {
        let report = session.report(Lane::Kept).await;
        if let Some(event) = report.events.first() {
            assert_eq!(event.kind, "report_poisoned");
            assert!(event.detail.contains("disk.mount: holds a NUL"), "{}", event.detail);
            break;
        }
    }
}

#[tokio::test]
async fn a_collector_that_lost_its_memory_gets_a_new_epoch_with_everything_unacknowledged() {
    let Scene { mut collector, _folder, .. } = scene().await;
    let session = collector.session().await;
    let first = session.hello.epoch.clone();
    session.welcome(LaneMarks { samples: 1_000, ..LaneMarks::default() }).await;
    let mut session = collector.session().await;
    assert_ne!(session.hello.epoch, first);
    session.welcome(LaneMarks::default()).await;
    assert_eq!(session.report(Lane::Samples).await.sequence, 1);
}

#[tokio::test]
async fn a_draining_collector_is_left_and_found_again() {
    let Scene { mut collector, _folder, .. } = scene().await;
    let session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    session.send(Message::Drain(v1::Drain { jitter_ms: 10 })).await;
    let again = collector.session().await;
    assert_eq!(again.hello.epoch, session.hello.epoch);
}

#[tokio::test]
async fn what_a_refresh_asks_for_is_looked_at_and_told_even_if_nothing_is_new() {
    let Scene { mut collector, _folder, .. } = scene().await;
    let mut session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    assert!(session.report(Lane::Kept).await.backup.is_some());
    // Nothing has changed since, and it is told again all the same. What is not known here is for newer agents.
    let sources = vec!["backup".into(), "from-the-future".into()];
    session.send(Message::Refresh(v1::Refresh { sources })).await;
    while session.report(Lane::Kept).await.backup.is_none() {}
}

#[tokio::test]
async fn a_terminated_agent_sends_what_it_has_and_says_goodbye() {
    let Scene { mut collector, config, agent, _folder } = scene().await;
    let mut session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    session.report(Lane::Samples).await;
    agent.terminate();
    let goodbye = loop {
        match session.message().await {
            Some(agent_message::Message::Goodbye(goodbye)) => break goodbye,
            Some(_) => {}
            None => panic!("no goodbye"),
        }
    };
    assert_eq!(goodbye.reason, "shutdown");
    assert!(session.message().await.is_none(), "goodbye is the last word");
    drop(session);
    agent.ended().await;
    assert_eq!(link_status::read(&config.state).unwrap().unwrap().link, LinkState::Stopped);
}

#[tokio::test]
async fn what_does_not_fit_into_the_window_still_goes_out_before_the_goodbye() {
    let Scene { mut collector, config, agent, _folder } = scene().await;
    let mut session = collector.session().await;
    let welcome = v1::Welcome { window: 1, ..v1::Welcome::default() };
    session.send(Message::Welcome(welcome)).await;
    session.report(Lane::Kept).await;
    for number in 0..5 {
        std::fs::write(config.state.backup_drop_ins().join(format!("{number}.json")), "{}").unwrap();
    }
    eventually("all of them taken in", || {
        let bad = std::fs::read_dir(config.state.backup_drop_ins().join("bad")).ok()?;
        (bad.count() == 10).then_some(())
    })
    .await;
    agent.terminate();
    let (mut events, mut sequence) = (0, 1);
    session.acknowledge(Lane::Kept, sequence).await;
    while let Some(message) = session.message().await {
        match message {
            agent_message::Message::Report(report) if report.lane() == v1::Lane::Kept => {
                assert_eq!(report.sequence, sequence + 1);
                sequence = report.sequence;
                events += report.events.len();
                session.acknowledge(Lane::Kept, sequence).await;
            }
            agent_message::Message::Goodbye(_) => break,
            _ => {}
        }
    }
    assert_eq!(events, 5);
    drop(session);
    agent.ended().await;
}

#[tokio::test]
async fn a_collector_that_does_not_answer_cannot_hold_up_the_end() {
    let Scene { mut collector, config, agent, _folder } = scene().await;
    let session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    let asked = std::time::Instant::now();
    agent.terminate();
    agent.ended().await;
    assert!(asked.elapsed() < config.drain * 4, "{:?}", asked.elapsed());
    drop(session);
}

/// Why the agent is offline, once the reason holds `part`.
async fn reason_offline(config: &Config, part: &str) -> String {
    eventually("the reason", || {
        let status = link_status::read(&config.state).unwrap()?;
        status.reason.filter(|reason| status.link == LinkState::Offline && reason.contains(part))
    })
    .await
}

#[tokio::test]
async fn a_revoked_agent_says_so_in_one_line_and_keeps_trying() {
    let Scene { mut collector, config, agent, _folder } = scene().await;
    let session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    collector.revoked.store(true, Ordering::SeqCst);
    drop(session);
    let reason = reason_offline(&config, "revoked").await;
    assert_eq!(
        reason,
        "the collector has revoked this endpoint's certificate; to come back, enrol again with a new token"
    );
    agent.terminate();
    agent.ended().await;
}

#[tokio::test]
async fn a_refusal_is_given_in_the_collectors_words() {
    let Scene { mut collector, config, _folder, .. } = scene().await;
    let session = collector.session().await;
    session.refuse(Status::failed_precondition("this endpoint waits for approval")).await;
    let reason = reason_offline(&config, "").await;
    assert_eq!(
        reason,
        format!("the collector at {} says: this endpoint waits for approval", collector.agents)
    );
}

#[tokio::test]
async fn an_agent_of_another_ca_is_told_apart() {
    let Scene { config, agent, _folder, collector } = scene().await;
    agent.terminate();
    drop(collector);
    agent.ended().await;
    let other = FakeCollector::start().await;
    let record = config.state.read("endpoint.json").unwrap().unwrap();
    let mut record: serde_json::Value = serde_json::from_str(&record).unwrap();
    record["uplink"] = other.agents.clone().into();
    config.state.write("endpoint.json", record.to_string().as_bytes()).unwrap();
    std::fs::remove_file(config.state.path().join("status.json")).unwrap();
    let _agent = RunningAgent::start(&config);
    let reason = reason_offline(&config, "").await;
    assert_eq!(
        reason,
        format!(
            "the certificate shown by {} is not trusted: it does not come from the root that this agent trusts",
            other.agents
        )
    );
}
