use dogwatch_model::{BackupKind, BackupRun, RestoreKind, RunResult};
use proptest::prelude::*;

use super::{
    super::{
        drop_in::{self, Restore},
        facts::Facts,
    },
    *,
};

const GIB: u64 = 1 << 30;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn run(kind: BackupKind, result: RunResult, second: i64) -> Run {
    let run = BackupRun {
        ended_at: Some(at(second)),
        ..BackupRun::new(format!("{kind:?} {second}"), at(second), result)
    };
    Run { job: "n".into(), kind, product: None, facts: Facts::default(), run, restore: Restore::default() }
}

fn sized(bytes: u64, second: i64) -> Run {
    let mut run = run(BackupKind::Backup, RunResult::Success, second);
    run.run.bytes_total = Some(bytes);
    run
}

struct Scene {
    ledger: Ledger,
    folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { ledger: Ledger::load(StateDir::new(folder.path())).unwrap(), folder }
    }

    fn told(&mut self, runs: impl IntoIterator<Item = Run>) -> BackupJob {
        runs.into_iter().for_each(|run| self.ledger.record(run, at(0)).unwrap());
        self.ledger.commit().unwrap();
        self.job()
    }

    fn seen(&mut self, ids: &[(&str, i64)]) -> BackupJob {
        let run = |(id, second): &(&str, i64)| BackupRun {
            ended_at: Some(at(*second)),
            ..BackupRun::new((*id).to_owned(), at(*second), RunResult::Success)
        };
        let seen = Sighting::new("n", "restic", "restic n").with_copies(ids.iter().map(run).collect());
        self.ledger.see(seen, at(0)).unwrap();
        self.ledger.commit().unwrap();
        self.job()
    }

    fn job(&self) -> BackupJob {
        self.ledger.status(at(0)).jobs.remove(0)
    }

    /// What tells one write from the next: a file that is replaced is another file.
    #[cfg(unix)]
    fn file(&self) -> u64 {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::metadata(self.folder.path().join(FILE)).unwrap().ino()
    }
}

use BackupKind::{Backup, Check, Prune, RestoreTest};
use RunResult::{Failed, Success};

#[test]
fn a_success_that_holds_nothing_is_none_and_one_that_shrank_is_doubted() {
    let mut scene = Scene::new();
    let job = scene.told((0..5).map(|n| sized(GIB, n)));
    assert_eq!((job.last_success, job.size_anomaly.as_deref()), (Some(at(4)), None));
    let job = scene.told([sized(0, 10)]);
    assert_eq!(
        (job.last_success, job.size_anomaly.as_deref()),
        (Some(at(4)), Some("the copy holds nothing"))
    );
    assert_eq!(job.last_run.unwrap().result, Success, "what was told is not rewritten");
    let job = scene.told([sized(GIB / 8, 20)]);
    assert_eq!(job.last_success, Some(at(20)), "there is a copy");
    assert_eq!(job.size_anomaly.as_deref(), Some("the copy holds 128 MiB, usually 1.0 GiB"));
    assert_eq!(scene.told([sized(GIB, 30)]).size_anomaly, None);
}

#[test]
fn checks_prunes_and_tests_stand_beside_the_copies() {
    let mut scene = Scene::new();
    scene.told([
        run(Backup, Success, 1),
        run(Check, Failed, 2),
        run(Prune, Success, 3),
        run(RestoreTest, Success, 4),
    ]);
    let job = scene.job();
    assert_eq!((job.kind, job.last_run.unwrap().result, job.consecutive_failures), (Backup, Success, 0));
    assert_eq!(job.last_check.map(|check| (check.at, check.result)), Some((at(2), Failed)));
    assert_eq!(job.last_prune.map(|prune| prune.at), Some(at(3)));
    assert_eq!(job.restore_test.map(|test| test.at), Some(at(4)));
}

#[test]
fn a_job_that_began_with_a_check_or_a_test_becomes_a_backup() {
    let mut scene = Scene::new();
    let job = scene.told([run(Check, Failed, 1), run(RestoreTest, Success, 2), run(Backup, Success, 3)]);
    assert_eq!((job.kind, job.last_success, job.consecutive_failures), (Backup, Some(at(3)), 0));
    assert_eq!(job.last_check.map(|check| check.result), Some(Failed));
    assert_eq!(job.restore_test.map(|test| test.at), Some(at(2)));
}

#[test]
fn a_success_that_arrives_late_undoes_only_the_failures_before_it() {
    let mut scene = Scene::new();
    let job = scene.told([run(Backup, Failed, 10), run(Backup, Failed, 30), run(Backup, Success, 20)]);
    assert_eq!((job.consecutive_failures, job.last_success), (1, Some(at(20))));
    assert_eq!(job.last_run.unwrap().started_at, at(30));
}

#[test]
fn a_run_that_was_told_and_seen_counts_once() {
    let mut scene = Scene::new();
    let mut told = run(Backup, Success, 5);
    told.run.snapshot = Some("74f27c47".into());
    told.run.message = Some("the wrapper's words".into());
    scene.told([told]);
    let job = scene.seen(&[("0d9b3f1c8e0f3a9a", 1), ("74f27c4742202aa13a082594", 5)]);
    assert_eq!(job.last_run.unwrap().message.as_deref(), Some("the wrapper's words"));
    assert_eq!((job.versions_kept, job.oldest_version), (Some(2), Some(at(1))));
    let job = scene.seen(&[("tank/data@daily-1", 6), ("tank/data@daily-10", 7)]);
    assert_eq!(job.last_success, Some(at(7)), "names that begin alike are not the same snapshot");
}

#[cfg(unix)]
#[test]
fn what_is_seen_again_is_not_written_again() {
    let mut scene = Scene::new();
    scene.seen(&[("74f27c4742202aa13a082594", 5)]);
    let written = scene.file();
    scene.seen(&[("74f27c4742202aa13a082594", 5)]);
    let problem =
        Sighting { problem: Some("wrong password".into()), ..Sighting::new("n", "restic", "restic n") };
    scene.ledger.see(problem, at(0)).unwrap();
    scene.ledger.commit().unwrap();
    assert_eq!(scene.job().problem.as_deref(), Some("wrong password"));
    assert_eq!(scene.job().last_success, Some(at(5)), "what was known stays");
    assert_eq!(scene.file(), written);
    scene.seen(&[("74f27c4742202aa13a082594", 5), ("84f27c4742202aa13a082594", 6)]);
    assert_eq!(scene.job().problem, None);
    assert_ne!(scene.file(), written);
}

#[test]
fn a_repository_that_is_no_longer_named_takes_its_job_with_it_unless_somebody_told_of_it() {
    let mut scene = Scene::new();
    scene.seen(&[("74f27c4742202aa13a082594", 5)]);
    scene.ledger.keep_looked_at(|name| name == "restic n");
    assert_eq!(scene.ledger.status(at(0)).jobs.len(), 1);
    scene.told([run(Backup, Success, 9)]);
    scene.ledger.keep_looked_at(|_| false);
    assert_eq!(scene.ledger.status(at(0)).jobs.len(), 1);
    let mut scene = Scene::new();
    scene.seen(&[("74f27c4742202aa13a082594", 5)]);
    scene.ledger.keep_looked_at(|_| false);
    assert_eq!(scene.ledger.status(at(0)).jobs, []);
}

#[test]
fn a_forgotten_job_whose_repository_is_still_there_comes_back_with_its_next_snapshot() {
    let mut scene = Scene::new();
    scene.seen(&[("74f27c4742202aa13a082594", 5)]);
    scene.ledger.forget(&Forgetting { job: "n".into(), by: None, at: at(6) }).unwrap();
    assert_eq!(scene.ledger.names(), Vec::<&str>::new());
    assert_eq!(scene.seen(&[("74f27c4742202aa13a082594", 5)]).forgotten_at, Some(at(6)));
    let job = scene.seen(&[("74f27c4742202aa13a082594", 5), ("84f27c4742202aa13a082594", 7)]);
    assert_eq!((job.forgotten_at, job.last_success), (None, Some(at(7))));
}

#[test]
fn forgotten_jobs_make_way_for_new_ones() {
    let mut scene = Scene::new();
    let named = |name: usize, second| Run { job: format!("{name:03}"), ..run(Backup, Failed, second) };
    scene.told((0..limits::JOBS).map(|name| named(name, 1)));
    assert!(scene.ledger.record(named(limits::JOBS, 1), at(0)).is_err());
    for (name, second) in [("007", 3), ("009", 2)] {
        scene.ledger.forget(&Forgetting { job: name.into(), by: None, at: at(second) }).unwrap();
    }
    scene.told([named(limits::JOBS, 4)]);
    let jobs = scene.ledger.status(at(0)).jobs;
    assert_eq!(jobs.len(), limits::JOBS);
    assert!(jobs.iter().any(|job| job.name == "007") && jobs.iter().all(|job| job.name != "009"));
}

#[test]
fn by_a_schedule_the_next_success_is_expected_at_its_next_time_and_as_long_as_the_last_took() {
    let mut scene = Scene::new();
    let mut told = |started: &str, ended: &str, more: &str| {
        let text = format!(
            r#"{{"job": "n", "result": "success", "started_at": "{started}", "ended_at": "{ended}"{more}}}"#
        );
        let now = "2026-12-01T00:00:00Z".parse().unwrap();
        let job = scene.told([drop_in::parse(&text, &format!("{started}.json"), now, now).unwrap()]);
        (job.schedule, job.expected_at.map(|at| at.to_string()), job.every_seconds)
    };
    let nightly = r#", "cron": "30 2 * * 1-5", "zone": "America/Toronto""#;
    // The Friday before the clocks change: two hours from half past two on Monday, an hour later by UTC.
    let (schedule, expected, every) = told("2026-10-30T06:30:02Z", "2026-10-30T08:30:02Z", nightly);
    assert_eq!(schedule.as_deref(), Some("30 2 * * 1-5 America/Toronto"));
    assert_eq!((expected.as_deref(), every), (Some("2026-11-02T09:30:00Z"), Some(86_400)));
    // A run that does not say when it should have been keeps the schedule; one that names an interval ends it.
    let (_, expected, _) = told("2026-11-02T07:30:00Z", "2026-11-02T07:31:00Z", "");
    assert_eq!(expected.as_deref(), Some("2026-11-03T07:31:00Z"));
    let plain = told("2026-11-03T07:30:00Z", "2026-11-03T07:31:00Z", r#", "every_seconds": 60"#);
    assert_eq!(plain, (None, None, Some(60)));
}

#[test]
fn a_restore_test_keeps_its_evidence() {
    let text = r#"{"job": "n", "kind": "restore_test", "result": "success", "started_at": "2026-03-01T02:00:00Z",
        "ended_at": "2026-03-01T03:00:00Z", "rto_seconds": 1800, "restore_kind": "database", "by": "ann",
        "evidence": "exit code 0\n12 tables"}"#;
    let mut scene = Scene::new();
    let job = scene.told([drop_in::parse(text, "x.json", at(0), at(0)).unwrap()]);
    let test = job.restore_test.unwrap();
    assert_eq!((test.kind, test.by.as_deref()), (Some(RestoreKind::Database), Some("ann")));
    assert_eq!((test.duration_seconds, test.rto_seconds), (Some(3600), Some(1800)));
    assert_eq!(test.evidence.as_deref(), Some("exit code 0\n12 tables"));
}

#[test]
fn the_ledger_of_an_older_agent_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let state = StateDir::new(folder.path());
    let old = r#"{"n": {"job": {"name": "n", "product": "restic", "kind": "backup", "first_seen": "2026-01-01T00:00:00Z",
        "consecutive_failures": 2}, "runs": ["1.json"]}}"#;
    state.write(FILE, old.as_bytes()).unwrap();
    assert_eq!(Ledger::load(state).unwrap().status(at(0)).jobs[0].consecutive_failures, 2);
}

proptest! {
    /// In whatever order runs arrive, the failures counted are those after the last success.
    #[test]
    fn failures_are_counted_whatever_the_order(
        results in prop::collection::vec(any::<bool>(), 1..24).prop_flat_map(|results| {
            let count = results.len();
            (Just(results), Just((0..count).collect::<Vec<_>>()).prop_shuffle())
        })
    ) {
        let (results, order) = results;
        let mut scene = Scene::new();
        for index in order {
            let result = if results[index] { Success } else { Failed };
            scene.ledger.record(run(Backup, result, i64::try_from(index).unwrap()), at(0)).unwrap();
        }
        let expected = results.iter().rev().take_while(|success| !**success).count();
        prop_assert_eq!(scene.job().consecutive_failures as usize, expected);
    }
}
