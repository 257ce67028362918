//! A collector hands its agents over to another one, as far as their owner allows.

use std::fs;

use dogwatch_agent::config::{Allow, Config, Target};
use dogwatch_model::{Lane, LaneMarks};
use dogwatch_proto::v1::{Rehome, collector_message::Message};

use crate::fake_collector::{FakeCollector, RunningAgent, Session, quiet_config};

async fn enrolled(old: &FakeCollector, folder: &tempfile::TempDir, allowed: &[&str]) -> Config {
    let collectors = allowed.iter().map(|text| Target::try_from((*text).to_owned()).unwrap()).collect();
    let config = Config { allow: Allow { collectors, ..Allow::default() }, ..quiet_config(folder.path()) };
    old.enroll(&config).await.unwrap();
    config
}

async fn event(session: &mut Session, kind: &str) -> String {
    loop {
        let report = session.report(Lane::Kept).await;
        if let Some(event) = report.events.into_iter().find(|event| event.kind == kind) {
            return event.detail;
        }
    }
}

#[tokio::test]
async fn an_agent_moves_to_a_collector_that_its_owner_allows_and_stays_there() {
    let (mut old, folder) = (FakeCollector::start().await, tempfile::tempdir().unwrap());
    let mut new = old.twin().await;
    let config = enrolled(&old, &folder, &[&new.agents]).await;
    let _agent = RunningAgent::start(&config);
    let session = old.session().await;
    session.welcome(LaneMarks::default()).await;
    let root_sha256 = old.authority.root_sha256().to_vec();
    session
        .send(Message::Rehome(Rehome { address: new.agents.clone(), root_sha256: root_sha256.into() }))
        .await;
    let mut session = new.session().await;
    session.welcome(LaneMarks::default()).await;
    let told = event(&mut session, "rehomed").await;
    assert_eq!(told, format!("moved from {} to {}", old.agents, new.agents));
    let record = fs::read_to_string(folder.path().join("endpoint.json")).unwrap();
    assert!(record.contains(&new.agents) && !record.contains(&old.agents), "{record}");
}

#[tokio::test]
async fn nobody_is_moved_where_the_owner_did_not_allow_it_or_under_another_root() {
    let (mut old, folder) = (FakeCollector::start().await, tempfile::tempdir().unwrap());
    let stranger = FakeCollector::start().await;
    let config = enrolled(&old, &folder, &[&stranger.agents]).await;
    let _agent = RunningAgent::start(&config);
    let mut session = old.session().await;
    session.welcome(LaneMarks::default()).await;
    let root = |collector: &FakeCollector| collector.authority.root_sha256().to_vec();
    for (address, root_sha256, why) in [
        ("127.0.0.1:9".to_owned(), root(&old), "[allow] collectors"),
        (stranger.agents.clone(), root(&stranger), "enrol there anew"),
        ("/etc/shadow".to_owned(), root(&old), "no address"),
    ] {
        session.send(Message::Rehome(Rehome { address, root_sha256: root_sha256.into() })).await;
        let told = event(&mut session, "rehome_refused").await;
        assert!(told.contains(why), "{told}");
    }
}
