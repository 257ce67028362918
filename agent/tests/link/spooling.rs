//! Outages that outlast the agent: what could not be delivered waits on the disk and is delivered once.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::Ordering,
    time::Duration,
};

use dogwatch_agent::{
    config::{Config, SourceName},
    farewell, spool,
};
use dogwatch_model::{Goodbye, Lane, LaneMarks, Report};
use dogwatch_proto::v1::{self, agent_message, collector_message::Message};
use tokio::task::JoinHandle;

use crate::fake_collector::{FakeCollector, RunningAgent, Session, eventually, quiet_config};

/// An enrolled endpoint whose reports go to the disk a moment after they were not acknowledged.
async fn enrolled() -> (FakeCollector, Config, tempfile::TempDir) {
    let (collector, folder) = (FakeCollector::start().await, tempfile::tempdir().unwrap());
    let mut config = quiet_config(folder.path());
    // History waits until it is late, and these tests do not.
    config.disabled.push(SourceName::Health);
    config.spool_after = Duration::from_millis(20);
    collector.enroll(&config).await.unwrap();
    (collector, config, folder)
}

/// A drop-in that is not understood becomes an agent event that names it.
fn drop_in(config: &Config, name: &str) {
    let folder = config.state.backup_drop_ins();
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("new.tmp"), "{}").unwrap();
    fs::rename(folder.join("new.tmp"), folder.join(format!("{name}.json"))).unwrap();
}

fn kept_segments(config: &Config) -> Vec<PathBuf> {
    let Ok(files) = fs::read_dir(config.state.path().join("spool/kept")) else { return Vec::new() };
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|kind| kind == "journal"));
    paths.sort();
    paths
}

fn holds(path: &Path, text: &str) -> bool {
    let bytes = fs::read(path).unwrap_or_default();
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

async fn on_disk(config: &Config, name: &str) {
    let part = format!("{name}.json");
    eventually("the event on the disk", || {
        kept_segments(config).iter().any(|path| holds(path, &part)).then_some(())
    })
    .await;
}

/// The drop-ins that events of this report name.
fn named(report: &Report) -> Vec<String> {
    let names = report.events.iter().filter(|event| event.kind == "bad_drop_in");
    names.map(|event| event.detail.split(".json").next().unwrap().to_owned()).collect()
}

/// Takes and acknowledges kept reports until all of `wanted` have come; gives their events in order.
async fn deliver(session: &mut Session, wanted: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    while wanted.iter().any(|name| !found.iter().any(|found| found == name)) {
        let report = session.report(Lane::Kept).await;
        session.acknowledge(Lane::Kept, report.sequence).await;
        found.extend(named(&report));
    }
    found
}

/// From here on the collector does what it should.
fn acknowledge_all(mut session: Session) -> JoinHandle<()> {
    tokio::spawn(async move {
        while let Some(message) = session.message().await {
            if let agent_message::Message::Report(report) = message {
                let lane = Report::try_from(report.clone()).unwrap().lane;
                session.acknowledge(lane, report.sequence).await;
            }
        }
    })
}

#[tokio::test]
async fn what_an_outage_left_is_delivered_once_after_a_restart_and_the_disk_is_empty_then() {
    let (mut collector, config, _folder) = enrolled().await;
    collector.revoked.store(true, Ordering::SeqCst);
    let agent = RunningAgent::start(&config);
    for name in ["one", "two"] {
        drop_in(&config, name);
        on_disk(&config, name).await;
    }
    agent.terminate();
    agent.ended().await;
    drop_in(&config, "three");
    let agent = RunningAgent::start(&config);
    on_disk(&config, "three").await;
    collector.revoked.store(false, Ordering::SeqCst);

    let mut session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    assert_eq!(deliver(&mut session, &["one", "two", "three"]).await, ["one", "two", "three"]);
    drop_in(&config, "four");
    assert_eq!(deliver(&mut session, &["four"]).await, ["four"]);
    let session = acknowledge_all(session);
    eventually("an empty spool", || kept_segments(&config).is_empty().then_some(())).await;
    agent.terminate();
    agent.ended().await;
    session.abort();
}

#[tokio::test]
async fn what_was_under_way_when_the_agent_died_is_asked_for_and_not_told_twice() {
    let (mut collector, config, folder) = enrolled().await;
    let file = impatient(folder.path());
    let process = Process::start(&config, &file);
    let mut session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    drop_in(&config, "taken");
    let mut stored = 0;
    while stored == 0 {
        let report = session.report(Lane::Kept).await;
        stored = if named(&report).is_empty() { 0 } else { report.sequence };
    }
    let epoch = session.hello.epoch.clone();
    on_disk(&config, "taken").await;
    // It dies, and the collector has what it never acknowledged.
    drop(process);
    drop(session);
    drop_in(&config, "after");

    let process = Process::start(&config, &file);
    let mut session = collector.session().await;
    assert_ne!(session.hello.epoch, epoch, "a process has an epoch of its own");
    assert_eq!(session.hello.previous_epoch, Some(epoch));
    let previous_stored = Some(v1::LaneMarks { kept: stored, ..v1::LaneMarks::default() });
    session.send(Message::Welcome(v1::Welcome { previous_stored, ..v1::Welcome::default() })).await;
    assert_eq!(deliver(&mut session, &["after"]).await, ["after"]);
    drop(process);
}

#[tokio::test]
async fn a_damaged_spool_is_read_around_set_aside_and_told() {
    let (mut collector, config, _folder) = enrolled().await;
    collector.revoked.store(true, Ordering::SeqCst);
    let agent = RunningAgent::start(&config);
    for name in ["one", "two", "three"] {
        drop_in(&config, name);
        on_disk(&config, name).await;
    }
    agent.terminate();
    agent.ended().await;
    let segment = kept_segments(&config).remove(0);
    let mut bytes = fs::read(&segment).unwrap();
    let at = bytes.windows(8).position(|window| window == b"two.json").unwrap();
    bytes[at] ^= 1;
    fs::write(&segment, bytes).unwrap();

    collector.revoked.store(false, Ordering::SeqCst);
    let agent = RunningAgent::start(&config);
    let mut session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    let (mut told, mut found) = (None, Vec::new());
    while told.is_none() {
        let report = session.report(Lane::Kept).await;
        session.acknowledge(Lane::Kept, report.sequence).await;
        found.extend(named(&report));
        told = report.events.into_iter().find(|event| event.kind == "spool_damaged");
    }
    assert_eq!(found, ["one", "three"]);
    assert!(told.unwrap().detail.contains("set aside"));
    let session = acknowledge_all(session);
    eventually("the segment aside", || {
        let mut files = fs::read_dir(config.state.path().join("spool/kept")).unwrap();
        files.any(|file| file.unwrap().path().extension().is_some_and(|kind| kind == "damaged")).then_some(())
    })
    .await;
    agent.terminate();
    agent.ended().await;
    session.abort();
}

/// A configuration with nothing but backups, and no patience.
fn impatient(folder: &Path) -> PathBuf {
    let file = folder.join("agent.toml");
    let text = "[narrow]\ndisable = [\"patch\", \"inventory\", \"health\"]\n[spool]\nafter_seconds = 1\n";
    fs::write(&file, text).unwrap();
    file
}

/// A process of its own, killed when it is dropped.
struct Process(Child);

impl Process {
    fn start(config: &Config, file: &Path) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_dogwatch-agent"))
            .args(["run", "--state-dir"])
            .arg(config.state.path())
            .arg("--config")
            .arg(file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SIGKILL: it gets to say nothing.
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test]
async fn twenty_kills_while_spooling_lose_and_double_nothing() {
    const ROUNDS: usize = 20;
    let (mut collector, config, folder) = enrolled().await;
    let file = impatient(folder.path());
    collector.revoked.store(true, Ordering::SeqCst);
    let mut names = Vec::new();
    for round in 0..ROUNDS {
        let process = Process::start(&config, &file);
        let name = format!("round-{round}");
        drop_in(&config, &name);
        on_disk(&config, &name).await;
        drop(process);
        names.push(name);
    }
    collector.revoked.store(false, Ordering::SeqCst);
    let process = Process::start(&config, &file);
    let mut session = collector.session().await;
    assert!(session.hello.starts > Some(ROUNDS as u64));
    session.welcome(LaneMarks::default()).await;
    let wanted: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(deliver(&mut session, &wanted).await, names);
    drop(process);
}

#[tokio::test]
async fn a_full_disk_costs_neither_the_agent_nor_what_memory_can_hold() {
    let (mut collector, config, _folder) = enrolled().await;
    let spool = config.state.path().join("spool");
    fs::create_dir(&spool).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=64k", "dogwatch-test"])
        .arg(&spool)
        .stderr(Stdio::null())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        // Only root may mount.
        println!("SKIP: a tmpfs cannot be mounted here");
        return;
    }
    let _mount = Mount(spool.clone());
    fs::write(spool.join("ballast"), vec![0; 60 * 1024]).unwrap();
    collector.away.store(true, Ordering::SeqCst);
    let agent = RunningAgent::start(&config);
    let names: Vec<String> = (0..20).map(|number| format!("full-{number:02}")).collect();
    for (before, name) in names.iter().enumerate() {
        drop_in(&config, name);
        eventually("its being taken in", || {
            let bad = fs::read_dir(config.state.backup_drop_ins().join("bad")).ok()?;
            (bad.count() == 2 * (before + 1)).then_some(())
        })
        .await;
    }
    collector.away.store(false, Ordering::SeqCst);
    let mut session = collector.session_after_outage().await;
    session.welcome(LaneMarks::default()).await;
    let wanted: Vec<&str> = names.iter().map(String::as_str).collect();
    let found = deliver(&mut session, &wanted).await;
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len(), "each once: {found:?}");
    agent.terminate();
    drop(session);
    agent.ended().await;
}

struct Mount(PathBuf);

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test]
async fn what_the_collector_acknowledges_never_touches_the_disk() {
    let (mut collector, config, _folder) = enrolled().await;
    let config = Config { spool_after: spool::STALE_AFTER, ..config };
    let agent = RunningAgent::start(&config);
    let mut session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    drop_in(&config, "one");
    let mut ending = false;
    while let Some(message) = session.message().await {
        if let agent_message::Message::Report(report) = message {
            let report = Report::try_from(report).unwrap();
            session.acknowledge(report.lane, report.sequence).await;
            if !named(&report).is_empty() && !std::mem::replace(&mut ending, true) {
                agent.terminate();
            }
        }
    }
    drop(session);
    agent.ended().await;
    assert!(!config.state.path().join("spool").exists());
}

#[tokio::test]
async fn a_reason_that_was_announced_is_told_with_the_goodbye() {
    let (mut collector, config, _folder) = enrolled().await;
    let agent = RunningAgent::start(&config);
    let mut session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    session.report(Lane::Kept).await;
    farewell::announce(&config.state, Goodbye::Upgrade).unwrap();
    agent.terminate();
    let reason = loop {
        match session.message().await {
            Some(agent_message::Message::Goodbye(goodbye)) => break goodbye.reason,
            Some(_) => {}
            None => panic!("no goodbye"),
        }
    };
    assert_eq!(reason, "upgrade");
    drop(session);
    agent.ended().await;
}

#[tokio::test]
async fn a_state_that_was_set_back_is_told_as_an_event() {
    let (mut collector, config, _folder) = enrolled().await;
    let agent = RunningAgent::start(&config);
    let mut session = collector.session().await;
    session.send(Message::Welcome(v1::Welcome { set_back: true, ..v1::Welcome::default() })).await;
    loop {
        let report = session.report(Lane::Kept).await;
        if report.events.iter().any(|event| event.kind == "state_set_back") {
            break;
        }
    }
    agent.terminate();
    drop(session);
    agent.ended().await;
}
