//! Certificates are renewed over the stream, for the same key, and only if they are ours.

use dogwatch_agent::{config::Config, identity::Identity};
use dogwatch_model::{Lane, LaneMarks};
use dogwatch_proto::v1::{self, agent_message, collector_message::Message};

use crate::{
    authority::Authority,
    fake_collector::{FakeCollector, LONG, RunningAgent, Session, eventually, quiet_config},
};

/// A certificate past its half life: due at once.
const DUE: (i64, i64) = (900, 300);

async fn due_for_renewal() -> (FakeCollector, Config, Session, RunningAgent, tempfile::TempDir) {
    let (mut collector, folder) = (FakeCollector::start().await, tempfile::tempdir().unwrap());
    let config = quiet_config(folder.path());
    *collector.life.lock().unwrap() = DUE;
    collector.enroll(&config).await.unwrap();
    let agent = RunningAgent::start(&config);
    let session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    (collector, config, session, agent, folder)
}

async fn renewal_request(session: &mut Session) -> v1::Renew {
    loop {
        if let Some(agent_message::Message::Renew(renew)) = session.message().await {
            return renew;
        }
    }
}

fn certificate(chain: Vec<Vec<u8>>) -> Message {
    Message::Certificate(v1::Certificate { chain_der: chain.into_iter().map(Into::into).collect() })
}

#[tokio::test]
async fn a_certificate_past_its_half_life_is_renewed_and_used_from_the_next_connection_on() {
    let (mut collector, config, mut session, agent, _folder) = due_for_renewal().await;
    let before = Identity::load(&config.state).unwrap().validity().unwrap();
    let renew = renewal_request(&mut session).await;
    session.send(certificate(collector.authority.sign(&renew.csr_der, LONG))).await;
    eventually("the stored certificate", || {
        let now = Identity::load(&config.state).unwrap().validity().unwrap();
        (now.not_after > before.not_after).then_some(())
    })
    .await;
    drop(session);
    let session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    agent.terminate();
    drop(session);
    agent.ended().await;
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused_and_reported() {
    let (_collector, config, mut session, _agent, _folder) = due_for_renewal().await;
    let before = config.state.read("chain.pem").unwrap();
    let renew = renewal_request(&mut session).await;
    session.send(certificate(Authority::new().sign(&renew.csr_der, LONG))).await;
    loop {
        let report = session.report(Lane::Kept).await;
        if let Some(event) = report.events.first() {
            assert_eq!(event.kind, "renewal_refused");
            assert!(event.detail.contains("does not lead to the root"), "{}", event.detail);
            break;
        }
    }
    assert_eq!(config.state.read("chain.pem").unwrap(), before);
}

#[tokio::test]
async fn a_certificate_for_another_key_is_refused() {
    let (collector, config, mut session, _agent, _folder) = due_for_renewal().await;
    let before = config.state.read("chain.pem").unwrap();
    renewal_request(&mut session).await;
    let other = dogwatch_agent::identity::new_key().unwrap();
    let request = dogwatch_agent::identity::certificate_request(&other).unwrap();
    session.send(certificate(collector.authority.sign(&request, LONG))).await;
    loop {
        let report = session.report(Lane::Kept).await;
        if let Some(event) = report.events.first() {
            assert!(event.detail.ends_with("it is for another key"), "{}", event.detail);
            break;
        }
    }
    assert_eq!(config.state.read("chain.pem").unwrap(), before);
}

#[tokio::test]
async fn a_certificate_that_comes_past_its_half_life_is_not_renewed_in_a_circle() {
    let (collector, config, mut session, agent, _folder) = due_for_renewal().await;
    let before = config.state.read("chain.pem").unwrap();
    let renew = renewal_request(&mut session).await;
    session.send(certificate(collector.authority.sign(&renew.csr_der, DUE))).await;
    eventually("the stored certificate", || {
        (config.state.read("chain.pem").unwrap() != before).then_some(())
    })
    .await;
    agent.terminate();
    while let Some(message) = session.message().await {
        assert!(!matches!(message, agent_message::Message::Renew(_)), "asked again at once");
    }
}
