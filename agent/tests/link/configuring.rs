//! The owner changes the configuration of a running agent.

use std::{fs, path::PathBuf};

use dogwatch_agent::{config::Config, link_status};
use dogwatch_model::{AgentEvent, Lane, LaneMarks, Report, ScanResult};
use dogwatch_proto::v1::{self, agent_message::Message, collector_message};

use crate::fake_collector::{FakeCollector, RunningAgent, Session, eventually};

struct Scene {
    session: Session,
    config: Config,
    file: PathBuf,
    _agent: RunningAgent,
    _collector: FakeCollector,
    _folder: tempfile::TempDir,
}

/// An agent that follows a file, connected.
async fn scene(text: &str) -> Scene {
    let (mut collector, folder) = (FakeCollector::start().await, tempfile::tempdir().unwrap());
    let (file, state) = (folder.path().join("etc/agent.toml"), folder.path().join("state"));
    fs::create_dir(folder.path().join("etc")).unwrap();
    fs::write(&file, text).unwrap();
    let config = Config::load(Some(&file), Some(&state)).unwrap();
    collector.enroll(&config).await.unwrap();
    let agent = RunningAgent::start(&config);
    let session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    Scene { session, config, file, _agent: agent, _collector: collector, _folder: folder }
}

async fn event(session: &mut Session) -> AgentEvent {
    loop {
        if let Some(event) = session.report(Lane::Kept).await.events.first() {
            return event.clone();
        }
    }
}

/// Reads on until each of the conditions was met by some report.
async fn until(session: &mut Session, mut conditions: Vec<fn(&Report) -> bool>) {
    while !conditions.is_empty() {
        if let Some(Message::Report(report)) = session.message().await {
            let report = Report::try_from(report).unwrap();
            conditions.retain(|is_met| !is_met(&report));
        }
    }
}

fn tells_off(report: &Report, source: &str) -> bool {
    let sources = report.agent.iter().flat_map(|agent| &agent.sources);
    sources.clone().any(|known| known.name == source && known.result == ScanResult::Unsupported)
}

const QUIET: &str = "[narrow]\ndisable = [\"patch\", \"software\", \"drives\", \"incidents\"]\n";

#[tokio::test]
async fn a_file_with_a_fault_keeps_the_good_one_and_both_ends_of_it_are_told() {
    let mut scene = scene(QUIET).await;
    let Scene { session, config, file, .. } = &mut scene;
    fs::write(&file, "[narrow]\ndisable = [\"pach\"]\n").unwrap();
    let bad = event(session).await;
    assert_eq!(bad.kind, "bad_config");
    assert!(bad.detail.contains("agent.toml, line 2: unknown variant `pach`"), "{}", bad.detail);
    assert!(bad.detail.ends_with("did you mean `patch`?"), "{}", bad.detail);
    let shown = link_status::read(&config.state).unwrap().unwrap();
    assert_eq!(shown.config_fault, Some(bad.detail));
    fs::write(&file, QUIET).unwrap();
    assert_eq!(event(session).await.kind, "config_mended");
    assert_eq!(link_status::read(&config.state).unwrap().unwrap().config_fault, None);
}

#[tokio::test]
async fn a_source_is_switched_off_and_on_again_while_the_agent_runs() {
    let mut scene = scene(QUIET).await;
    let Scene { session, file, .. } = &mut scene;
    until(session, vec![|report| report.backup.is_some()]).await;
    let new = file.with_extension("new");
    fs::write(&new, "[narrow]\ndisable = [\"patch\", \"backup\"]\n").unwrap();
    fs::rename(&new, &file).unwrap();
    until(session, vec![|report| tells_off(report, "backup")]).await;
    fs::write(&file, QUIET).unwrap();
    let agent_says_so = |report: &Report| report.agent.is_some() && !tells_off(report, "backup");
    until(session, vec![|report| report.backup.is_some(), agent_says_so]).await;
}

#[tokio::test]
async fn what_was_asked_for_is_narrowed_anew_when_the_file_changes() {
    let mut scene = scene(QUIET).await;
    let Scene { session, file, config, .. } = &mut scene;
    let policy = v1::Policy { version: "p1".into(), sample_ms: 50, summary_ms: 50, ..v1::Policy::default() };
    session.send(collector_message::Message::Policy(policy)).await;
    for _ in 0..5 {
        session.report(Lane::Samples).await;
    }
    fs::write(&file, format!("{QUIET}sample_at_least_seconds = 3600\n")).unwrap();
    eventually("the file taken", || {
        let taken = config.state.read("agent.toml.good").unwrap()?;
        taken.contains("3600").then_some(())
    })
    .await;
    // What is under way still comes; then nothing more of it.
    let quiet = std::time::Duration::from_millis(500);
    while tokio::time::timeout(quiet, session.report(Lane::Samples)).await.is_ok() {}
}
