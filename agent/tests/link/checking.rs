//! Policies with services and checks: what an agent does for a collector, and what it does for no one.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use dogwatch_agent::config::{Config, SourceName};
use dogwatch_model::{Check, CheckState, Lane, LaneMarks, Service};
use dogwatch_proto::v1::{
    self, FileProbe, HttpProbe, LogProbe, ProcessProbe, TcpProbe, collector_message::Message,
    watched_check::Probe,
};
use tokio::net::TcpListener;

use crate::fake_collector::{FakeCollector, RunningAgent, Session};

struct Scene {
    session: Session,
    folder: tempfile::TempDir,
    _agent: RunningAgent,
    _collector: FakeCollector,
}

/// An agent that makes checks and nothing else, connected.
async fn scene() -> Scene {
    let (mut collector, folder) = (FakeCollector::start().await, tempfile::tempdir().unwrap());
    let checks_alone = SourceName::ALL.iter().copied().filter(|source| *source != SourceName::Checks);
    let config = Config { disabled: checks_alone.collect(), ..Config::with_state_dir(folder.path()) };
    collector.enroll(&config).await.unwrap();
    let agent = RunningAgent::start(&config);
    let session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    Scene { session, folder, _agent: agent, _collector: collector }
}

fn check(name: &str, probe: Probe) -> v1::WatchedCheck {
    v1::WatchedCheck { name: name.into(), every_seconds: 0, probe: Some(probe) }
}

fn policy(version: &str, services: &[&str], checks: Vec<v1::WatchedCheck>) -> Message {
    let services = services
        .iter()
        .map(|name| v1::WatchedService { name: (*name).into(), expected: "running".into() })
        .collect();
    Message::Policy(v1::Policy { version: version.into(), services, checks, ..v1::Policy::default() })
}

/// The next report of services and checks that has so many checks.
async fn told(session: &mut Session, count: usize) -> (Vec<Service>, Vec<Check>) {
    loop {
        let report = session.report(Lane::Kept).await;
        if let (Some(services), Some(checks)) = (report.services, report.checks)
            && checks.len() == count
        {
            return (services, checks);
        }
    }
}

#[tokio::test]
async fn a_changed_policy_is_followed_at_once_and_an_empty_one_ends_it() {
    let Scene { mut session, folder, .. } = scene().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let open = u32::from(listener.local_addr().unwrap().port());
    let closed = {
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
        u32::from(gone.local_addr().unwrap().port())
    };
    let tcp = |port| check("db", Probe::Tcp(TcpProbe { host: None, port }));
    let own = fs::read_to_string("/proc/self/comm").unwrap().trim().to_owned();
    let process = check("own", Probe::Process(ProcessProbe { name: own }));
    session.send(policy("1", &[], vec![tcp(closed), process.clone()])).await;
    let (_, checks) = told(&mut session, 2).await;
    assert_eq!((checks[0].name.as_str(), checks[0].state), ("db", CheckState::Failed));
    assert_eq!((checks[1].name.as_str(), checks[1].state), ("own", CheckState::Ok));
    session.send(policy("2", &[], vec![tcp(open), process])).await;
    let (_, checks) = told(&mut session, 2).await;
    assert_eq!(checks[0].state, CheckState::Ok);
    session.send(policy("3", &[], vec![])).await;
    assert_eq!(told(&mut session, 0).await, (vec![], vec![]));
    drop(folder);
}

/// None of this may reach a file, another machine or a program; all of it is told as unknown, with the reason.
#[tokio::test]
async fn a_hostile_policy_reads_nothing_reaches_nobody_and_runs_nothing() {
    let Scene { mut session, folder, .. } = scene().await;
    let bait = folder.path().join("bait");
    let bait = bait.to_str().unwrap().to_owned();
    let file = |path: &str| Probe::File(FileProbe { path: path.into(), ..FileProbe::default() });
    let tcp = |host: &str| Probe::Tcp(TcpProbe { host: Some(host.into()), port: 22 });
    let http = |host: Option<&str>, path: &str| {
        let host = host.map(str::to_owned);
        Probe::Http(HttpProbe { host, port: 80, path: path.into(), ..HttpProbe::default() })
    };
    let log = |log: &str| Probe::Log(LogProbe { log: log.into(), within_seconds: 60, max_count: 0 });
    let hostile = [
        file("/etc/shadow"),
        file("/etc/passwd"),
        file("/var/../etc/shadow"),
        file("etc/shadow"),
        file("/proc/self/environ"),
        tcp("192.0.2.1"),
        tcp("169.254.169.254"),
        tcp("evil.example"),
        tcp("0.0.0.0"),
        tcp("::ffff:192.0.2.1"),
        http(Some("192.0.2.1"), "/"),
        http(None, "/admin?delete=all"),
        http(None, "/ HTTP/1.1\r\nHost: evil\r\nX: "),
        http(None, "http://192.0.2.1/"),
        log("/etc/shadow"),
        log(&format!("x; touch {bait}")),
    ];
    let checks: Vec<_> =
        hostile.into_iter().enumerate().map(|(n, probe)| check(&format!("{n:02}"), probe)).collect();
    let count = checks.len();
    let names = ["-H192.0.2.1", "--host=evil", "a b", "$(touch bait)", "*"];
    session.send(policy("evil", &names, checks)).await;
    let (services, checks) = told(&mut session, count).await;
    assert!(services.is_empty(), "{services:?}");
    for check in &checks {
        assert_eq!(check.state, CheckState::Unknown, "{check:?}");
        let why = check.detail.as_deref().unwrap();
        let ours = why == "not allowed here" || why.contains(": out of range, ") || why.contains(": holds ");
        assert!(ours && check.value.is_none(), "{check:?}");
    }
    assert!(!std::path::Path::new(&bait).exists());
}

/// A thousand policies in a row, each with sixty-four new checks of the same port.
#[tokio::test]
async fn a_collector_that_changes_its_mind_all_the_time_makes_no_flood() {
    let Scene { mut session, .. } = scene().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = u32::from(listener.local_addr().unwrap().port());
    let connections = Arc::new(AtomicUsize::new(0));
    tokio::spawn({
        let connections = connections.clone();
        async move {
            while listener.accept().await.is_ok() {
                connections.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    let begun = std::time::Instant::now();
    for round in 0..1000 {
        let one = |n| check(&format!("{round}-{n}"), Probe::Tcp(TcpProbe { host: None, port }));
        session.send(policy(&round.to_string(), &[], (0..64).map(one).collect())).await;
        if round % 50 == 0 {
            session.send(Message::Refresh(v1::Refresh::default())).await;
        }
    }
    // What comes last is followed all the same, and tells that the rest was worked off.
    session.send(policy("last", &[], vec![])).await;
    told(&mut session, 0).await;
    let allowed = 64.0 * (1.0 + begun.elapsed().as_secs_f64() / 30.0) + 1.0;
    let connections = connections.load(Ordering::Relaxed);
    println!("{connections} connections in {:?}", begun.elapsed());
    assert!(f64::from(u32::try_from(connections).unwrap()) <= allowed, "{connections} connections");
}
