use std::{fs, time::SystemTime};

use dogwatch_model::{BackupJob, RunResult};
use proptest::prelude::*;

use tokio_util::sync::CancellationToken;

use super::{drop_in::DropInError, *};
use crate::{
    config::{Config, Password, Product, Repository},
    policy::Policy,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

struct Scene {
    state: StateDir,
    _folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { state: StateDir::new(folder.path()), _folder: folder }
    }

    fn open(&self) -> Intake {
        Intake::open(&self.state).unwrap()
    }

    fn drop_in(&self, name: &str, text: &str) {
        let path = self.state.backup_drop_ins().join(name);
        fs::write(&path, text).unwrap();
        // Old enough not to be taken for one that is still being written.
        self.written(name, SystemTime::now() - Duration::from_secs(3600));
    }

    fn written(&self, name: &str, at: SystemTime) {
        let file = fs::File::options().write(true).open(self.state.backup_drop_ins().join(name));
        file.unwrap().set_modified(at).unwrap();
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.state.backup_drop_ins().join(folder)).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn job(intake: &Intake) -> BackupJob {
    intake.status(at(0)).jobs[0].clone()
}

#[test]
fn a_run_is_taken_in_and_remembered_across_a_restart() {
    let scene = Scene::new();
    let mut intake = scene.open();
    scene.drop_in(
        "1.json",
        r#"{"job": "nightly", "result": "failed", "exit_code": 1, "every_seconds": 86400}"#,
    );
    let (events, unfinished) = intake.take_in(at(0));
    assert!(events.is_empty() && unfinished == Again::Later);
    assert_eq!(scene.names("done"), ["1.json"]);
    let reopened = job(&scene.open());
    assert_eq!(reopened, job(&intake));
    assert_eq!((reopened.name.as_str(), reopened.consecutive_failures), ("nightly", 1));
    assert_eq!(reopened.last_run.unwrap().result, RunResult::Failed);
    assert_eq!((reopened.every_seconds, reopened.first_seen), (Some(86_400), at(0)));
}

#[test]
fn failures_in_a_row_are_counted_until_a_success() {
    let scene = Scene::new();
    let mut intake = scene.open();
    let mut counts = Vec::new();
    for (second, result) in
        ["failed", "failed", "cancelled", "failed", "success", "failed"].iter().enumerate()
    {
        let ended = at(i64::try_from(second).unwrap());
        let text = format!(r#"{{"job": "nightly", "result": "{result}", "ended_at": "{ended}"}}"#);
        scene.drop_in(&format!("{second}.json"), &text);
        intake.take_in(ended);
        counts.push(job(&intake).consecutive_failures);
    }
    assert_eq!(counts, [1, 2, 2, 3, 0, 1]);
    assert_eq!(job(&intake).last_success, Some(at(4)));
}

#[test]
fn the_same_run_told_twice_counts_once() {
    let scene = Scene::new();
    let mut intake = scene.open();
    for name in ["a.json", "b.json"] {
        scene.drop_in(name, r#"{"job": "nightly", "result": "failed", "id": "run-7"}"#);
        intake.take_in(at(0));
    }
    assert_eq!(job(&intake).consecutive_failures, 1);
    assert_eq!(scene.names("done"), ["a.json", "b.json"]);
}

#[test]
fn a_late_run_does_not_undo_a_newer_one() {
    let scene = Scene::new();
    let mut intake = scene.open();
    scene.drop_in("new.json", &format!(r#"{{"job": "n", "result": "success", "ended_at": "{}"}}"#, at(500)));
    scene.drop_in("old.json", &format!(r#"{{"job": "n", "result": "failed", "ended_at": "{}"}}"#, at(100)));
    intake.take_in(at(600));
    let job = job(&intake);
    assert_eq!(job.last_run.unwrap().result, RunResult::Success);
    assert_eq!((job.last_success, job.consecutive_failures), (Some(at(500)), 0));
}

#[test]
fn a_restore_test_stands_beside_the_runs_of_its_job() {
    let scene = Scene::new();
    let mut intake = scene.open();
    scene.drop_in("1.json", r#"{"job": "nightly", "result": "success"}"#);
    scene.drop_in("2.json", r#"{"job": "nightly", "result": "failed", "kind": "restore_test"}"#);
    intake.take_in(at(0));
    let job = job(&intake);
    assert_eq!(job.kind, dogwatch_model::BackupKind::Backup);
    assert_eq!(job.last_run.unwrap().result, RunResult::Success);
    assert_eq!(job.restore_test.unwrap().result, RunResult::Failed);
}

#[test]
fn bad_files_are_set_aside_with_a_reason_and_become_events() {
    let scene = Scene::new();
    let mut intake = scene.open();
    scene.drop_in("1.json", "rubbish");
    scene.drop_in("2.json", r#"{"job": "n", "result": "sucess"}"#);
    scene.drop_in("3.json", r#"{"job": "n", "result": "success", "jub": 1}"#);
    scene.drop_in("4.json", r#"{"job": "n", "result": "success", "ended_at": "9999-01-01T00:00:00Z"}"#);
    scene.drop_in("5.json", r#"{"job": " ", "result": "success"}"#);
    scene.drop_in("6.json", r#"{"job": "n", "#);
    scene.drop_in("7.json", &"x".repeat(70_000));
    let (events, _) = intake.take_in(at(0));
    let details: Vec<&str> = events.iter().map(|event| event.detail.as_str()).collect();
    let expected = [
        "not a backup drop-in: expected value",
        "`result` is wrong: `sucess` is not one of success, warning, failed",
        "unknown field `jub`",
        "`ended_at` lies in the future",
        "`job` is empty",
        "EOF while parsing",
        "is larger than 65536 bytes",
    ];
    for (number, expected) in expected.iter().enumerate() {
        let name = format!("{}.json: ", number + 1);
        let detail = details.iter().find(|detail| detail.starts_with(&name)).unwrap();
        assert!(detail.contains(expected), "{detail}");
    }
    assert_eq!(scene.names("").iter().filter(|name| name.ends_with(".json")).count(), 0);
    let reason = fs::read_to_string(scene.state.backup_drop_ins().join("bad/5.json.reason")).unwrap();
    assert_eq!(reason, "`job` is empty\n");
    assert!(intake.status(at(0)).jobs.is_empty());
}

#[cfg(unix)]
#[test]
fn a_link_is_not_followed() {
    let scene = Scene::new();
    let mut intake = scene.open();
    std::os::unix::fs::symlink("/etc/hostname", scene.state.backup_drop_ins().join("1.json")).unwrap();
    let (events, _) = intake.take_in(at(0));
    assert_eq!(events.len(), 1);
    assert!(events[0].detail.contains("is not a plain file"), "{events:?}");
}

#[test]
fn a_file_that_is_still_being_written_is_left_alone() {
    let scene = Scene::new();
    let mut intake = scene.open();
    let path = scene.state.backup_drop_ins().join("1.json");
    fs::write(&path, r#"{"job": "nightly","#).unwrap();
    let (events, unfinished) = intake.take_in(at(0));
    assert!(events.is_empty() && unfinished == Again::Soon);
    fs::write(&path, r#"{"job": "nightly", "result": "success"}"#).unwrap();
    assert_eq!(intake.take_in(at(1)), (Vec::new(), Again::Later));
    assert_eq!(job(&intake).name, "nightly");
}

#[test]
fn only_so_many_jobs_and_only_so_many_old_files_are_kept() {
    let scene = Scene::new();
    let mut intake = scene.open();
    for number in 0..257 {
        scene.drop_in(
            &format!("{number:03}.json"),
            &format!(r#"{{"job": "{number}", "result": "failed", "message": "{}"}}"#, "m".repeat(2_000)),
        );
    }
    let mut events = Vec::new();
    let mut rounds = 0;
    while !scene.names("").iter().all(|name| !name.ends_with(".json")) {
        events.extend(intake.take_in(at(0)).0);
        rounds += 1;
    }
    assert_eq!(rounds, 2, "one look takes so many");
    assert_eq!(events.len(), 1, "{events:?}");
    assert!(events[0].detail.contains("256 jobs are known already"), "{}", events[0].detail);
    assert_eq!(scene.names("done").len(), 64);
    let status = intake.status(at(0));
    assert_eq!(status.jobs.len(), 256);
    let bytes = prost::Message::encoded_len(&dogwatch_proto::v1::BackupStatus::from(&status));
    assert!(bytes < dogwatch_proto::conversions::limits::MESSAGE_BYTES, "{bytes}");
}

#[test]
fn a_damaged_ledger_is_set_aside() {
    let scene = Scene::new();
    scene.state.write("backup-jobs.json", b"{").unwrap();
    assert!(scene.open().status(at(0)).jobs.is_empty());
    assert!(scene.state.read("backup-jobs.damaged.json").unwrap().is_some());
}

/// Ten thousand files, as after a weekend of scripts while the agent was away: each is accounted for, in steps that
/// are bounded, and the newest runs decide.
#[test]
fn ten_thousand_at_once_are_all_taken_in_and_counted_right() {
    const FILES: u32 = 10_000;
    let scene = Scene::new();
    let mut intake = scene.open();
    let start = SystemTime::now() - Duration::from_secs(86_400);
    for number in 0..FILES {
        // Every tenth is rubbish; the last success of each of 25 jobs is its third last run but one.
        let name = format!("{:05}.json", (number * 7919) % FILES);
        let text = match number {
            number if number % 10 == 9 => "rubbish".to_owned(),
            number if number < FILES - 100 => format!(r#"{{"job": "{}", "result": "success"}}"#, number % 25),
            number => format!(r#"{{"job": "{}", "result": "failed"}}"#, number % 25),
        };
        fs::write(scene.state.backup_drop_ins().join(&name), text).unwrap();
        scene.written(&name, start + Duration::from_secs(u64::from(number)));
    }
    let (mut looks, mut told) = (0, 0);
    loop {
        let (events, again) = intake.take_in(Timestamp::now());
        assert!(events.len() <= 9, "{}", events.len());
        told += events
            .iter()
            .map(|event| match event.detail.split_once(" more drop-ins") {
                Some((others, _)) => others.parse::<u32>().unwrap(),
                None => 1,
            })
            .sum::<u32>();
        looks += 1;
        if again == Again::Later {
            break;
        }
    }
    assert_eq!(looks, FILES.div_ceil(256));
    assert_eq!(told, FILES / 10);
    assert_eq!(scene.names("").iter().filter(|name| name.ends_with(".json")).count(), 0);
    let jobs = intake.status(at(0)).jobs;
    let failures: Vec<u32> = jobs.iter().map(|job| job.consecutive_failures).collect();
    let expected = |job: u32| (FILES - 100..FILES).filter(|n| n % 10 != 9 && n % 25 == job).count();
    let named = |job: &BackupJob| u32::try_from(expected(job.name.parse().unwrap())).unwrap();
    assert_eq!(failures, jobs.iter().map(named).collect::<Vec<_>>());
    assert!(failures.contains(&4) && jobs.len() == 25);
}

#[test]
fn a_ledger_that_cannot_be_written_leaves_the_files_where_they_are_tells_them_and_says_so_once() {
    let scene = Scene::new();
    let mut intake = scene.open();
    // A folder where the new ledger would be written: even root cannot.
    let obstacle = scene.state.path().join("backup-jobs.tmp");
    fs::create_dir(&obstacle).unwrap();
    scene.drop_in("1.json", r#"{"job": "nightly", "result": "failed"}"#);
    let (events, again) = intake.take_in(at(0));
    assert_eq!((events.len(), events[0].kind.as_str(), again), (1, "backup_ledger", Again::Later));
    assert_eq!((job(&intake).last_run.unwrap().result, job(&intake).first_seen), (RunResult::Failed, at(0)));
    let before = job(&intake);
    assert_eq!(intake.take_in(at(1)).0, []);
    assert!(scene.names("").contains(&"1.json".to_owned()));
    assert_eq!(job(&intake), before, "told once more it is the same");
    fs::remove_dir(obstacle).unwrap();
    assert_eq!(intake.take_in(at(2)).0, []);
    assert_eq!((scene.names("done"), job(&intake)), (vec!["1.json".to_owned()], before));
}

#[test]
fn a_job_is_forgotten_by_an_explicit_word_and_told_as_such_for_a_month() {
    let scene = Scene::new();
    let mut intake = scene.open();
    let run = |name: &str, ended: Timestamp| {
        let text = format!(
            r#"{{"job": "nightly", "result": "failed", "every_seconds": 60, "ended_at": "{ended}"}}"#
        );
        scene.drop_in(name, &text);
    };
    let forget = |name: &str, at: Timestamp| {
        scene.drop_in(name, &format!(r#"{{"forget": "nightly", "by": "ann", "at": "{at}"}}"#));
    };
    run("1.json", at(1));
    intake.take_in(at(1));
    forget("2.json", at(2));
    let (events, _) = intake.take_in(at(3));
    let told: Vec<_> = events.iter().map(|event| (&*event.kind, &*event.detail)).collect();
    assert_eq!(told, [("backup_job_forgotten", "backup job nightly is forgotten, by ann")]);
    let mut intake = scene.open();
    let told = job(&intake);
    assert_eq!((told.forgotten_at, told.last_run, told.every_seconds), (Some(at(2)), None, None));
    // What is older does not bring it back, what is newer does, as a new job.
    run("3.json", at(1));
    intake.take_in(at(4));
    assert_eq!(job(&intake).forgotten_at, Some(at(2)));
    run("4.json", at(5));
    intake.take_in(at(6));
    let back = job(&intake);
    assert_eq!((back.forgotten_at, back.first_seen, back.consecutive_failures), (None, at(6), 1));
    // The word of before does not reach it.
    forget("5.json", at(2));
    let (events, _) = intake.take_in(at(7));
    assert!(events[0].detail.contains("no job `nightly` is known that has not run since"), "{events:?}");
    forget("6.json", at(8));
    intake.take_in(at(9));
    let month = 30 * 86_400;
    intake.take_in(at(8 + month));
    assert_eq!(intake.status(at(0)).jobs.len(), 1);
    intake.take_in(at(9 + month));
    assert!(intake.status(at(0)).jobs.is_empty() && scene.open().status(at(0)).jobs.is_empty());
}

#[cfg(unix)]
#[test]
fn what_is_no_plain_file_is_refused_and_never_followed() {
    use std::os::unix::{ffi::OsStrExt as _, fs::symlink};
    let scene = Scene::new();
    let mut intake = scene.open();
    let folder = scene.state.backup_drop_ins();
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret.json");
    fs::write(&secret, r#"{"job": "secret", "result": "success"}"#).unwrap();
    symlink(&secret, folder.join("link.json")).unwrap();
    symlink("loop.json", folder.join("loop.json")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        folder.join("pipe.json"),
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .unwrap();
    fs::create_dir(folder.join("folder.json")).unwrap();
    let long = format!("{}.json", "n".repeat(250));
    fs::write(folder.join(&long), r#"{"job": "long", "result": "success"}"#).unwrap();
    let odd = std::ffi::OsStr::from_bytes(b"\xff\xfe.json");
    fs::write(folder.join(odd), r#"{"job": "odd", "result": "success"}"#).unwrap();
    fs::write(folder.join("text.json"), b"{\"job\": \"\xff\", \"result\": \"success\"}").unwrap();
    let (events, _) = intake.take_in(Timestamp::now());
    let told = |name: &str| events.iter().filter(|event| event.detail.starts_with(name)).count();
    for name in [
        "link.json: is not a plain",
        "loop.json: is not a plain",
        "pipe.json: is not a plain",
        "folder.json: is not a plain",
        "text.json: cannot be read",
    ] {
        assert_eq!(told(name), 1, "{name}: {events:?}");
    }
    assert!(events.iter().any(|event| event.detail.contains("no UTF-8")), "{events:?}");
    let names: Vec<String> = intake.status(at(0)).jobs.into_iter().map(|job| job.name).collect();
    assert_eq!(names, ["long"]);
    assert!(secret.exists() && scene.names("").iter().all(|name| !name.ends_with(".json")));
}

#[test]
fn a_file_without_an_instant_is_of_when_it_was_written() {
    let scene = Scene::new();
    let mut intake = scene.open();
    scene.drop_in("1.json", r#"{"job": "nightly", "result": "success"}"#);
    let written = SystemTime::now() - Duration::from_secs(3 * 86_400);
    scene.written("1.json", written);
    intake.take_in(Timestamp::now());
    let success = job(&intake).last_success.unwrap();
    assert_eq!(success, Timestamp::try_from(written).unwrap(), "an agent that was away makes nothing fresh");
    scene.drop_in("2.json", r#"{"job": "nightly", "result": "success"}"#);
    scene.written("2.json", SystemTime::now() + Duration::from_secs(3 * 86_400));
    let now = Timestamp::now();
    intake.take_in(now);
    assert_eq!(job(&intake).last_success, Some(now), "a file of the future is of now");
}

/// A repository that hangs, here by its password, holds up neither what is told nor what is seen elsewhere.
#[tokio::test]
async fn one_that_hangs_holds_up_no_other() {
    let scene = Scene::new();
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("etc")).unwrap();
    fs::create_dir_all(root.path().join("srv/alpha.0")).unwrap();
    fs::write(root.path().join("etc/rsnapshot.conf"), "snapshot_root\t/srv/\nretain\talpha\t6\n").unwrap();
    let hanging = Repository {
        product: Product::Kopia,
        name: "hanging".into(),
        location: "elsewhere".into(),
        password: Password::Command(vec!["/bin/sleep".into(), "600".into()]),
        environment_file: None,
        every: None,
        schedule: None,
        host: None,
        rpo: None,
    };
    let config = Config {
        root: root.path().to_owned(),
        repositories: vec![hanging],
        ..Config::with_state_dir(scene.state.path())
    };
    let config = tokio::sync::watch::Sender::new(Arc::new(config)).subscribe();
    let intake = scene.open();
    scene.drop_in("1.json", r#"{"job": "told", "result": "success"}"#);
    let (sender, mut seen) = tokio::sync::mpsc::channel(64);
    let (policy, cancel) = (tokio::sync::watch::Sender::new(Policy::default()), CancellationToken::new());
    let desk = Desk::new(sender, policy.subscribe(), Arc::default(), cancel.clone());
    let running = tokio::spawn(run(desk, intake, Looks::new(config), Arc::default()));
    let wanted = async {
        loop {
            let Observation::Backup(status) = seen.recv().await.unwrap().what else { continue };
            let names: Vec<String> = status.jobs.into_iter().map(|job| job.name).collect();
            if names == ["rsnapshot", "told"] {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wanted).await.unwrap();
    cancel.cancel();
    tokio::time::timeout(Duration::from_secs(20), running).await.unwrap().unwrap();
}

proptest! {
    #[test]
    fn no_text_makes_a_drop_in_panic(text in "[ -~\\n]{0,200}") {
        let parsed: Result<_, DropInError> = drop_in::parse(&text, "x.json", at(0), at(0));
        prop_assert!(parsed.is_err() || text.contains("job"));
    }
}
