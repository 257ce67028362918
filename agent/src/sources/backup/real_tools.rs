//! Looks at real repositories, made here by the tools themselves. Where a tool is missing its tests say so.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use dogwatch_model::RunResult;
use jiff::tz::TimeZone;

use super::{
    ledger::Ledger,
    repository::{self, Around},
    rsnapshot,
    sighting::Sighting,
};
use crate::{
    config::{Password, Product, Repository},
    sources::process,
    state_dir::StateDir,
};

/// `tests/run.sh` names what it could not install; who runs the tests without it may lack a tool too.
fn is_missing(tool: &str) -> bool {
    let without = std::env::var("DOGWATCH_TESTS_WITHOUT").unwrap_or_default();
    let here = Path::new(&process::installed(tool)).is_absolute();
    let missing = !here || without.split_whitespace().any(|missing| missing == tool);
    if missing {
        println!("SKIP {tool}: not on this machine");
    }
    missing
}

struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    /// A folder with data of a known size and a password.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        fs::write(folder.path().join("data/file"), vec![7; 300_000]).unwrap();
        fs::write(folder.path().join("password"), "correct horse\n").unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a tool as its user would; gives what it said.
    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let password = self.path("password");
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder.path()).env("HOME", self.path("home"));
        command.env("RESTIC_PASSWORD_FILE", &password).env("RESTIC_CACHE_DIR", self.path("cache"));
        command.env("BORG_PASSCOMMAND", format!("cat {}", password.display()));
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn repository(&self, product: Product) -> Repository {
        Repository {
            product,
            name: "nightly".into(),
            location: self.path("repository").to_str().unwrap().into(),
            password: Password::File(self.path("password")),
            environment_file: None,
            every: None,
            schedule: None,
            host: None,
            rpo: None,
        }
    }

    async fn look(&self, repository: &Repository) -> Sighting {
        repository::look(repository, &Around { work: self.path("work"), host: None }).await
    }
}

fn make_restic(scene: &Scene) {
    scene.run("restic", &["-r", "repository", "init"]);
    for _ in 0..2 {
        scene.run("restic", &["-r", "repository", "backup", "data"]);
    }
}

#[tokio::test]
async fn snapshots_of_a_real_restic_are_seen_even_while_it_is_locked() {
    if is_missing("restic") {
        return;
    }
    let scene = Scene::new();
    make_restic(&scene);
    let repository = scene.repository(Product::Restic);
    let seen = scene.look(&repository).await;
    assert_eq!((seen.problem.as_deref(), seen.facts.versions_kept), (None, Some(2)));
    assert_eq!(seen.facts.encrypted, Some(true));
    assert!(seen.runs.iter().all(|run| run.result == RunResult::Success && run.snapshot.is_some()));
    assert!(fs::read_dir(scene.path("repository/locks")).unwrap().next().is_none(), "we never lock");
    // Nobody can lock a repository whose locks cannot be read, and we need not.
    fs::write(scene.path("repository/locks").join("0".repeat(64)), "someone else's").unwrap();
    assert_eq!(scene.look(&repository).await.facts.versions_kept, Some(2));
    assert!(!scene.path("work").exists(), "nothing is written for a look");
}

#[tokio::test]
async fn what_is_wrong_with_a_real_restic_is_said_and_is_no_failed_run() {
    if is_missing("restic") {
        return;
    }
    let scene = Scene::new();
    make_restic(&scene);
    let mut repository = scene.repository(Product::Restic);
    let snapshots: Vec<_> = fs::read_dir(scene.path("repository/snapshots")).unwrap().flatten().collect();
    let damaged = snapshots[0].path();
    fs::remove_file(&damaged).unwrap();
    fs::write(&damaged, "damaged").unwrap();
    let seen = scene.look(&repository).await;
    assert!(seen.problem.as_deref().unwrap().contains("could not load snapshot"), "{seen:?}");
    assert_eq!(seen.runs.len(), 1, "the other one is there");

    fs::write(scene.path("password"), "wrong").unwrap();
    let seen = scene.look(&repository).await;
    assert!(seen.problem.as_deref().unwrap().contains("wrong password"), "{seen:?}");
    assert_eq!((seen.runs.len(), seen.facts.versions_kept), (0, None));
    repository.password = Password::Command(vec!["/bin/echo".into(), "correct horse".into()]);
    assert_eq!(scene.look(&repository).await.runs.len(), 1);
    repository.location = scene.path("nowhere").to_str().unwrap().into();
    assert!(scene.look(&repository).await.problem.unwrap().contains("unable to open config file"));
}

#[tokio::test]
async fn a_real_run_that_was_told_in_json_and_seen_counts_once() {
    if is_missing("restic") {
        return;
    }
    let scene = Scene::new();
    make_restic(&scene);
    let said = scene.run("restic", &["-r", "repository", "backup", "--json", "data"]);
    let mut noticed = super::noticed::Noticed::default();
    noticed.note(said.as_bytes());
    let mut drop_in =
        super::drop_in::DropIn { job: "nightly".into(), result: "success".into(), ..Default::default() };
    noticed.finish().unwrap().lay_over(&mut drop_in);
    assert_eq!(drop_in.bytes_total, Some(300_000));
    let now = jiff::Timestamp::now();
    let json = serde_json::to_string(&drop_in).unwrap();
    let mut ledger = Ledger::load(StateDir::new(scene.folder.path())).unwrap();
    ledger.record(super::drop_in::parse(&json, "1.json", now, now).unwrap(), now).unwrap();
    ledger.see(scene.look(&scene.repository(Product::Restic)).await, now).unwrap();
    let job = ledger.status(now).jobs.remove(0);
    assert_eq!((job.versions_kept, job.last_run.unwrap().bytes_total), (Some(3), Some(300_000)));
}

#[tokio::test]
async fn archives_of_a_real_borg_are_seen_even_while_it_is_locked() {
    if is_missing("borg") {
        return;
    }
    let scene = Scene::new();
    scene.run("borg", &["init", "-e", "repokey", "repository"]);
    scene.run("borg", &["create", "repository::one", "data"]);
    let said = scene.run("borg", &["create", "--json", "repository::two", "data"]);
    let mut noticed = super::noticed::Noticed::default();
    noticed.note(said.as_bytes());
    let mut drop_in = super::drop_in::DropIn::default();
    noticed.finish().unwrap().lay_over(&mut drop_in);
    assert_eq!((drop_in.snapshot.as_deref(), drop_in.encrypted), (Some("two"), Some(true)));
    assert!(drop_in.bytes_total.is_some_and(|bytes| bytes >= 300_000));

    let repository = scene.repository(Product::Borg);
    fs::create_dir(scene.path("repository/lock.exclusive")).unwrap();
    fs::write(scene.path("repository/lock.exclusive/other@1.1-1"), "").unwrap();
    let seen = scene.look(&repository).await;
    assert_eq!((seen.problem.as_deref(), seen.facts.versions_kept), (None, Some(2)));
    assert_eq!(seen.facts.encrypted, Some(true));
    let names: Vec<_> = seen.runs.iter().map(|run| run.snapshot.as_deref().unwrap()).collect();
    assert_eq!(names, ["one", "two"]);
    let age = jiff::Timestamp::now().duration_since(seen.runs[1].started_at);
    assert!(age.as_secs().abs() < 600, "its local time is understood: {age:?}");

    fs::write(scene.path("password"), "wrong").unwrap();
    let seen = scene.look(&repository).await;
    assert!(seen.problem.as_deref().unwrap().contains("incorrect"), "{seen:?}");
    let gone = Repository { location: scene.path("nowhere").to_str().unwrap().into(), ..repository };
    assert!(scene.look(&gone).await.problem.unwrap().contains("does not exist"));
}

#[test]
fn the_copies_and_failures_of_a_real_rsnapshot_are_seen() {
    if is_missing("rsnapshot") {
        return;
    }
    let scene = Scene::new();
    let root = scene.folder.path().to_str().unwrap().to_owned();
    let configure = |source: &str| {
        let lines = format!(
            "config_version\t1.2\nsnapshot_root\t{root}/copies/\ncmd_rsync\t/usr/bin/rsync\nretain\talpha\t6\n\
             loglevel\t3\nlogfile\t{root}/log\nlockfile\t{root}/pid\nbackup\t{source}\tlocalhost/\n"
        );
        fs::write(scene.path("rsnapshot.conf"), lines).unwrap();
    };
    configure(&format!("{root}/data/"));
    scene.run("rsnapshot", &["-c", "rsnapshot.conf", "alpha"]);
    // The agent finds it where every rsnapshot looks, below the root that it is given.
    fs::create_dir(scene.path("etc")).unwrap();
    let seen = |scene: &Scene| {
        let text = fs::read_to_string(scene.path("rsnapshot.conf")).unwrap().replace(&root, "");
        fs::write(scene.path(rsnapshot::FILE), text).unwrap();
        rsnapshot::look(Path::new(&root), &TimeZone::system(), "rsnapshot").unwrap().unwrap()
    };
    let first = seen(&scene);
    assert_eq!((first.runs.len(), first.runs[0].result), (1, RunResult::Success));
    assert_eq!(first.facts.retention.as_deref(), Some("6 alpha"));
    configure("rsync://127.0.0.1:1/nothing/");
    let failing =
        Command::new("rsnapshot").args(["-c", "rsnapshot.conf", "alpha"]).current_dir(&root).output();
    // Its exit code is that of a success.
    assert!(failing.is_ok());
    let last = seen(&scene).runs.pop().unwrap();
    assert_eq!(last.result, RunResult::Failed, "whatever stamp it left");
    assert!(last.message.unwrap().contains("rsync returned 10"));
}
