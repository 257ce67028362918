use std::{fs, time::SystemTime};

use dogwatch_model::{BackupJob, RunResult};
use proptest::prelude::*;

use super::{drop_in::DropInError, *};

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
        let old = SystemTime::now() - Duration::from_secs(3600);
        fs::File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
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
    assert!(events.is_empty() && !unfinished);
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
        scene.drop_in(&format!("{second}.json"), &format!(r#"{{"job": "nightly", "result": "{result}"}}"#));
        intake.take_in(at(i64::try_from(second).unwrap()));
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
    assert!(events.is_empty() && unfinished);
    fs::write(&path, r#"{"job": "nightly", "result": "success"}"#).unwrap();
    assert_eq!(intake.take_in(at(1)), (Vec::new(), false));
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
    assert_eq!(events.len(), 1);
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

proptest! {
    #[test]
    fn no_text_makes_a_drop_in_panic(text in "[ -~\\n]{0,200}") {
        let parsed: Result<_, DropInError> = drop_in::parse(&text, "x.json", at(0));
        prop_assert!(parsed.is_err() || text.contains("job"));
    }
}
