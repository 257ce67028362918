//! `dogwatch-agent doctor` and `status --self`, as typed, on machines where something is broken.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    process::{Output, Stdio},
    sync::atomic::Ordering,
};

use dogwatch_agent::{config::Config, link_status};
use dogwatch_model::{Lane, LaneMarks};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
};

use crate::fake_collector::{FakeCollector, RunningAgent, eventually, soon};

struct Scene {
    collector: FakeCollector,
    config: Config,
    folder: tempfile::TempDir,
}

/// A machine that is enrolled and has a configuration file.
async fn scene_with(life: (i64, i64)) -> Scene {
    let (collector, folder) = (FakeCollector::start().await, tempfile::tempdir().unwrap());
    let config = Config::with_state_dir(folder.path().join("state"));
    fs::write(folder.path().join("agent.toml"), "[narrow]\ndisable = [\"patch\", \"software\"]\n").unwrap();
    *collector.life.lock().unwrap() = life;
    collector.enroll(&config).await.unwrap();
    Scene { collector, config, folder }
}

async fn scene() -> Scene {
    scene_with(crate::fake_collector::LONG).await
}

impl Scene {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dogwatch-agent"));
        command.arg("--config").arg(self.folder.path().join("agent.toml"));
        command.arg("--state-dir").arg(self.config.state.path()).args(arguments);
        command.stdin(Stdio::null()).stderr(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        command
    }

    async fn typed(&self, arguments: &[&str]) -> Output {
        soon("the command's end", self.command(arguments).output()).await.unwrap()
    }

    fn set_uplink(&self, address: &str) {
        let record = self.config.state.read("endpoint.json").unwrap().unwrap();
        let mut record: Value = serde_json::from_str(&record).unwrap();
        record["uplink"] = address.into();
        self.config.state.write("endpoint.json", record.to_string().as_bytes()).unwrap();
    }

    /// Exit code, and what does not work: subject → text.
    async fn faults(&self) -> (Option<i32>, BTreeMap<String, String>) {
        let output = self.typed(&["doctor", "-o", "json"]).await;
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = shown["findings"].as_array().unwrap();
        let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        let faults = findings.iter().filter(|finding| finding["verdict"] == "fail").map(|finding| {
            assert!(!text(finding, "mend").is_empty(), "{finding}");
            (text(finding, "subject"), text(finding, "text"))
        });
        (output.status.code(), faults.collect())
    }

    async fn only_fault(&self, subject: &str) -> String {
        let (code, mut faults) = self.faults().await;
        assert_eq!((code, faults.len()), (Some(1), 1), "{faults:?}");
        faults.remove(subject).unwrap_or_else(|| panic!("{subject} is not in {faults:?}"))
    }
}

#[tokio::test]
async fn on_a_machine_where_all_is_well_nothing_is_to_mend() {
    let scene = scene().await;
    let output = scene.typed(&["doctor"]).await;
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{shown}");
    for expected in
        ["ok    tls", "ok    certificate", "ok    name", "ok    health", "switched off", "0 to mend"]
    {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
}

#[tokio::test]
async fn an_expired_certificate_is_told_with_what_to_do() {
    let scene = scene_with((7_200, -3_600)).await;
    let (code, faults) = scene.faults().await;
    assert_eq!(code, Some(1));
    assert!(faults["certificate"].starts_with("has expired"), "{faults:?}");
    assert!(faults["tls"].contains("has expired"), "the collector says the same: {faults:?}");
}

#[tokio::test]
async fn files_that_others_may_read_are_told() {
    let scene = scene().await;
    let key = scene.config.state.path().join("key.pem");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(scene.only_fault("identity").await.contains("key.pem is open to others"));
}

#[tokio::test]
async fn each_step_on_the_way_fails_in_its_own_words() {
    let scene = scene().await;
    scene.set_uplink("no-such-host.invalid:7444");
    assert!(scene.only_fault("name").await.starts_with("no-such-host.invalid cannot be resolved"));
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    scene.set_uplink(&closed.to_string());
    assert!(scene.only_fault("connection").await.starts_with(&format!("nothing listens at {closed}")));
    let other = FakeCollector::start().await;
    scene.set_uplink(&other.agents);
    assert!(scene.only_fault("tls").await.contains("does not come from the root that this agent trusts"));
    scene.set_uplink(&scene.collector.agents);
    scene.collector.revoked.store(true, Ordering::SeqCst);
    assert!(scene.only_fault("tls").await.contains("has revoked this endpoint's certificate"));
}

#[tokio::test]
async fn a_configuration_with_a_fault_is_told_with_its_line_and_the_rest_is_looked_at() {
    let scene = scene().await;
    fs::write(scene.folder.path().join("agent.toml"), "\n[narow]\n").unwrap();
    let (code, faults) = scene.faults().await;
    assert_eq!(code, Some(1));
    assert!(faults["configuration"].contains("agent.toml, line 2: unknown field `narow`"), "{faults:?}");
    assert!(!faults.contains_key("tls"), "{faults:?}");
}

#[tokio::test]
async fn a_proxy_in_the_way_is_told() {
    let scene = scene().await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let text = format!("[narrow]\ndisable = [\"patch\"]\n[proxy]\nurl = \"http://{closed}\"\n");
    fs::write(scene.folder.path().join("agent.toml"), text).unwrap();
    assert!(scene.only_fault("connection").await.starts_with(&format!("the proxy {closed} cannot be used")));
}

#[tokio::test]
async fn a_running_agent_tells_what_it_costs_when_asked_and_shows_a_fault_of_its_file() {
    let mut scene = scene().await;
    let mut agent = scene.command(&["run"]).spawn().unwrap();
    let session = scene.collector.session().await;
    session.welcome(LaneMarks::default()).await;
    eventually("streaming", || {
        let status = link_status::read(&scene.config.state).unwrap()?;
        (status.link == link_status::LinkState::Streaming).then_some(())
    })
    .await;
    assert!(!scene.config.state.path().join("self.json").exists());
    let output = scene.typed(&["status", "--self", "-o", "json"]).await;
    assert!(output.status.success());
    let status: Value = serde_json::from_slice(&output.stdout).unwrap();
    let cost = &status["cost"];
    assert_eq!(cost["pid"].as_u64(), agent.id().map(u64::from));
    assert!(cost["process"]["rss_bytes"].as_u64().unwrap() > 1_000_000, "{cost}");
    assert!(cost["process"]["threads"].as_u64().unwrap() >= 1, "{cost}");
    assert!(cost["told"]["sent_bytes"].as_u64().unwrap() > 1_000, "{cost}");
    assert!(cost["told"]["received_bytes"].as_u64().unwrap() > 1_000, "{cost}");
    let shown = String::from_utf8(scene.typed(&["status", "--self"]).await.stdout).unwrap();
    assert!(shown.contains("memory") && shown.contains("TCP payload") && shown.contains("looks"), "{shown}");

    fs::write(scene.folder.path().join("agent.toml"), "[log]\nfilter = \n").unwrap();
    eventually("the fault shown", || {
        link_status::read(&scene.config.state).unwrap()?.config_fault.filter(|fault| fault.contains("line 2"))
    })
    .await;
    let shown = String::from_utf8(scene.typed(&["status"]).await.stdout).unwrap();
    assert!(shown.contains("not taken, the last good one is in force"), "{shown}");
    signal(&agent, Signal::TERM);
    drop(session);
    let ended = soon("the agent's end", agent.wait()).await.unwrap();
    assert!(ended.success());
}

fn signal(agent: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(agent.id().unwrap()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// What an agent logs that starts with the filter `error`, is told `info` by its file and SIGHUP, and ends.
async fn logged(environment: Option<&str>) -> String {
    let mut scene = scene().await;
    let file = scene.folder.path().join("agent.toml");
    fs::write(&file, "[log]\nfilter = \"error\"\n").unwrap();
    let log = fs::File::create(scene.folder.path().join("log")).unwrap();
    let mut command = scene.command(&["run"]);
    command.env_remove("DOGWATCH_LOG").envs(environment.map(|value| ("DOGWATCH_LOG", value))).stderr(log);
    let mut agent = command.spawn().unwrap();
    let session = scene.collector.session().await;
    session.welcome(LaneMarks::default()).await;
    fs::write(&file, "[log]\nfilter = \"info\"\n").unwrap();
    signal(&agent, Signal::HUP);
    eventually("the file taken", || {
        let taken = scene.config.state.read("agent.toml.good").unwrap()?;
        taken.contains("info").then_some(())
    })
    .await;
    signal(&agent, Signal::TERM);
    drop(session);
    assert!(soon("the agent's end", agent.wait()).await.unwrap().success());
    fs::read_to_string(scene.folder.path().join("log")).unwrap()
}

#[tokio::test]
async fn the_log_follows_the_file_while_the_agent_runs() {
    let log = logged(None).await;
    assert!(!log.contains("agent starting") && log.contains("agent stopping"), "{log}");
}

#[tokio::test]
async fn the_environments_log_filter_wins_over_the_file() {
    assert_eq!(logged(Some("error")).await, "");
    let log = logged(Some("info")).await;
    assert!(log.contains("agent starting") && log.contains("configuration changed"), "{log}");
}

#[tokio::test]
async fn a_key_that_was_open_is_closed_at_the_start_and_told() {
    let mut scene = scene().await;
    let key = scene.config.state.path().join("key.pem");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let agent = RunningAgent::start(&scene.config);
    let mut session = scene.collector.session().await;
    session.welcome(LaneMarks::default()).await;
    let event = loop {
        if let Some(event) = session.report(Lane::Kept).await.events.first() {
            break event.clone();
        }
    };
    assert_eq!(event.kind, "identity_exposed");
    assert!(event.detail.contains("key.pem"), "{}", event.detail);
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    agent.terminate();
    drop(session);
    agent.ended().await;
}
