//! What happens on the machine reaches the collector within a moment.

use std::{fs, time::Instant};

use dogwatch_agent::config::Config;
use dogwatch_model::{BackupStatus, Lane, LaneMarks, RunResult};

use crate::fake_collector::{FakeCollector, RunningAgent, Session, quiet_config};

async fn connected() -> (FakeCollector, Config, Session, RunningAgent, tempfile::TempDir) {
    let (mut collector, folder) = (FakeCollector::start().await, tempfile::tempdir().unwrap());
    let config = quiet_config(folder.path());
    collector.enroll(&config).await.unwrap();
    let agent = RunningAgent::start(&config);
    let session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    (collector, config, session, agent, folder)
}

/// The next word on backups; other sources tell things in the same lane.
async fn backups(session: &mut Session) -> BackupStatus {
    loop {
        if let Some(backup) = session.report(Lane::Kept).await.backup {
            return backup;
        }
    }
}

#[tokio::test]
async fn a_failed_backup_is_told_at_once_and_so_is_the_success_after_it() {
    let (_collector, config, mut session, _agent, _folder) = connected().await;
    assert!(backups(&mut session).await.jobs.is_empty(), "nothing ran yet");
    for (name, result) in [("1.json", "failed"), ("2.json", "success")] {
        let dropped = Instant::now();
        let text = format!(r#"{{"job": "nightly", "result": "{result}"}}"#);
        let folder = config.state.backup_drop_ins();
        fs::write(folder.join("new.tmp"), text).unwrap();
        fs::rename(folder.join("new.tmp"), folder.join(name)).unwrap();
        let job = backups(&mut session).await.jobs.remove(0);
        assert!(dropped.elapsed().as_secs_f64() < 5.0, "{:?}", dropped.elapsed());
        assert_eq!(job.last_run.unwrap().result, result.parse::<RunResult>().unwrap());
    }
}

#[tokio::test]
async fn a_bad_drop_in_becomes_an_agent_event() {
    let (_collector, config, mut session, _agent, _folder) = connected().await;
    fs::write(config.state.backup_drop_ins().join("x.json"), "{}").unwrap();
    loop {
        let report = session.report(Lane::Kept).await;
        if let Some(event) = report.events.first() {
            assert_eq!(event.kind, "bad_drop_in");
            assert!(
                event.detail.starts_with("x.json: not a backup drop-in: missing field `job`"),
                "{event:?}"
            );
            break;
        }
    }
}
