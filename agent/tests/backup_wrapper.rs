//! `dogwatch-agent backup run`, as cron runs it: a process around a process.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

fn wrapper(state: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dogwatch-agent"));
    command.arg("--state-dir").arg(state).args(["backup", "run", "--job", "nightly"]).args(arguments);
    command
}

fn run(state: &Path, arguments: &[&str]) -> Output {
    wrapper(state, arguments).output().unwrap()
}

/// The one drop-in that was written.
fn drop_in(state: &Path) -> Value {
    let mut files = fs::read_dir(state.join("backup.d")).unwrap();
    let file = files.next().unwrap().unwrap();
    assert!(files.next().is_none(), "more than one drop-in");
    serde_json::from_slice(&fs::read(file.path()).unwrap()).unwrap()
}

#[test]
fn output_and_exit_code_pass_through_and_the_run_is_reported() {
    let state = tempfile::tempdir().unwrap();
    fs::write(state.path().join("endpoint.json"), "{}").unwrap();
    let script = "echo copied; echo 'disk full' >&2; exit 3";
    let output = run(state.path(), &["--every", "24h", "--", "sh", "-c", script]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(output.stdout, b"copied\n");
    assert_eq!(output.stderr, b"disk full\n");
    let run = drop_in(state.path());
    assert_eq!(run["result"], "failed");
    assert_eq!(run["exit_code"], 3);
    assert_eq!(run["message"], "disk full");
    assert_eq!(run["every_seconds"], 86_400);
    assert_eq!(run["product"], "sh");
    assert!(run["started_at"].as_str() <= run["ended_at"].as_str());
}

#[test]
fn a_schedule_is_told_with_its_zone_and_refused_before_the_command_runs() {
    let state = tempfile::tempdir().unwrap();
    fs::write(state.path().join("endpoint.json"), "{}").unwrap();
    for (wrong, expected) in [
        (&["--cron", "30 2 * *"][..], "`30 2 * *` has 4 fields, not 5"),
        (&["--cron", "30 2 * * *", "--zone", "Mars/Olympus"], "`Mars/Olympus` is no zone"),
        (&["--cron", "30 2 * * *", "--every", "24h"], "cannot be used with"),
    ] {
        let output = run(state.path(), &[wrong, &["--", "echo", "ran"]].concat());
        assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(expected), "{said}");
    }
    let output = run(state.path(), &["--cron", "30 2 * * *", "--zone", "America/Toronto", "--", "true"]);
    assert!(output.status.success());
    let told = drop_in(state.path());
    assert_eq!((&told["cron"], &told["zone"]), (&json!("30 2 * * *"), &json!("America/Toronto")));
}

#[test]
fn a_run_that_no_agent_will_read_says_so() {
    let state = tempfile::tempdir().unwrap();
    let output = run(state.path(), &["--", "true"]);
    assert!(output.status.success());
    let warning = String::from_utf8(output.stderr).unwrap();
    assert!(warning.contains("no agent is enrolled in") && warning.contains("--state-dir"), "{warning}");
}

#[test]
fn a_success_is_reported_with_its_last_words() {
    let state = tempfile::tempdir().unwrap();
    let output = run(state.path(), &["--", "echo", "snapshot 4bba3d9e saved"]);
    assert!(output.status.success());
    assert_eq!(drop_in(state.path())["message"], "snapshot 4bba3d9e saved");
    assert_eq!(drop_in(state.path())["result"], "success");
}

#[test]
fn a_command_that_is_not_there_fails_as_in_a_shell_and_is_reported() {
    let state = tempfile::tempdir().unwrap();
    let output = run(state.path(), &["--", "no-such-command"]);
    assert_eq!(output.status.code(), Some(127));
    assert_eq!(drop_in(state.path())["result"], "failed");
    assert!(drop_in(state.path())["message"].as_str().unwrap().starts_with("cannot run no-such-command"));
}

#[test]
fn a_command_that_a_signal_ends_gives_the_shells_code() {
    let state = tempfile::tempdir().unwrap();
    let output = run(state.path(), &["--", "sh", "-c", "kill -9 $$"]);
    assert_eq!(output.status.code(), Some(137));
    assert_eq!(drop_in(state.path())["result"], "failed");
}

#[test]
fn asked_to_end_it_asks_the_command_and_reports_that_it_was_cancelled() {
    let state = tempfile::tempdir().unwrap();
    let script = "trap 'exit 9' TERM; echo ready; while :; do sleep 0.02; done";
    let mut child =
        wrapper(state.path(), &["--", "sh", "-c", script]).stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(9));
    assert_eq!(drop_in(state.path())["result"], "cancelled");
}

#[test]
fn a_report_that_cannot_be_written_does_not_break_the_backup() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    let output = run(&file.join("state"), &["--", "true"]);
    assert!(output.status.success());
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.starts_with("dogwatch-agent: this run is not reported: cannot create"), "{complaint}");
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
}

#[test]
fn what_is_reported_by_hand_is_checked_before_it_is_written() {
    let state = tempfile::tempdir().unwrap();
    let report = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dogwatch-agent"));
        command
            .arg("--state-dir")
            .arg(state.path())
            .args(["backup", "report", "--job", "db"])
            .args(arguments);
        command.output().unwrap()
    };
    let future = report(&["--result", "success", "--ended-at", "2099-01-01T00:00:00Z"]);
    assert_eq!(future.status.code(), Some(1));
    assert!(String::from_utf8(future.stderr).unwrap().contains("`ended_at` lies in the future"));
    let good = report(&["--result", "success", "--kind", "restore_test", "--bytes-total", "7"]);
    assert!(good.status.success());
    let run = drop_in(state.path());
    assert_eq!((&run["kind"], &run["bytes_total"]), (&json!("restore_test"), &json!(7)));
}

#[test]
fn what_a_tool_says_in_json_becomes_the_runs_numbers() {
    let state = tempfile::tempdir().unwrap();
    // The last line of restic 0.14.0.
    let script = r#"echo '{"message_type":"summary","files_new":2,"files_changed":0,"data_added":301054,"total_bytes_processed":300006,"snapshot_id":"74f27c47"}'; exit 3"#;
    let output = run(state.path(), &["--product", "restic", "--", "sh", "-c", script]);
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.starts_with(b"{\"message_type\""), "passed on as it came");
    let run = drop_in(state.path());
    assert_eq!((&run["result"], &run["exit_code"]), (&json!("warning"), &json!(3)), "incomplete");
    assert_eq!((&run["snapshot"], &run["bytes_total"]), (&json!("74f27c47"), &json!(300_006)));
    assert_eq!(run["message"], Value::Null, "the numbers say it");
}

#[test]
fn a_job_is_forgotten_by_its_name_and_a_misspelt_one_is_not() {
    let state = tempfile::tempdir().unwrap();
    fs::write(state.path().join("endpoint.json"), "{}").unwrap();
    let forget = |job: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dogwatch-agent"));
        command.arg("--state-dir").arg(state.path()).args(["backup", "forget", job]);
        command.env("SUDO_USER", "ann").output().unwrap()
    };
    let ledger = r#"{"nightly": {"job": {"name": "nightly", "product": "sh", "kind": "backup",
        "first_seen": "2026-01-01T00:00:00Z", "consecutive_failures": 2}}}"#;
    fs::write(state.path().join("backup-jobs.json"), ledger).unwrap();
    let unknown = forget("nigthly");
    assert_eq!(unknown.status.code(), Some(1));
    let said = String::from_utf8(unknown.stderr).unwrap();
    assert!(said.contains("no job `nigthly` is known here; known are: nightly"), "{said}");
    assert!(!state.path().join("backup.d").exists());
    let output = forget("nightly");
    assert!(output.status.success(), "{output:?}");
    let word = drop_in(state.path());
    assert_eq!((&word["forget"], &word["by"]), (&json!("nightly"), &json!("ann")));
}

fn restore_test(state: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dogwatch-agent"));
    command
        .arg("--state-dir")
        .arg(state)
        .args(["backup", "restore-test", "--job", "nightly"])
        .args(arguments);
    command.env("SUDO_USER", "ann").output().unwrap()
}

#[test]
fn a_restore_test_leaves_its_evidence() {
    let state = tempfile::tempdir().unwrap();
    let script = "printf 12; echo compared >&2; exit 5";
    let output = restore_test(
        state.path(),
        &["--kind", "database", "--rto", "4h", "--", "sh", "-c", script, "s3cret"],
    );
    assert_eq!(output.status.code(), Some(5));
    let run = drop_in(state.path());
    let text = |name: &str| run[name].as_str().unwrap().to_owned();
    assert_eq!(
        (text("kind"), text("result"), text("by")),
        ("restore_test".into(), "failed".into(), "ann".into())
    );
    assert_eq!((text("restore_kind"), &run["rto_seconds"]), ("database".into(), &json!(14_400)));
    // The hash of `12`.
    let expected = "sh: exit code 5, 2 bytes of output, sha256 \
                    6b51d431df5d7f141cbececcf79edf3dd861c3b4069f0b11661a3eefacbba918\ncompared";
    assert_eq!(text("evidence"), expected);
    assert!(!run.to_string().contains("s3cret"), "arguments may be secret");
}

#[test]
fn a_restore_test_of_a_kind_that_is_none_is_refused_before_it_runs() {
    let state = tempfile::tempdir().unwrap();
    let output = restore_test(state.path(), &["--kind", "some", "--", "sh", "-c", "echo ran"]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("full, file, database, application, boot"), "{said}");
}

/// A small disk at a folder; `None` where only root may mount one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=256k", "dogwatch-test"]).arg(folder.path());
        let mounted = mount.stderr(Stdio::null()).status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(folder))
    }

    fn state(&self) -> &Path {
        self.0.path()
    }

    /// Writes until nothing more goes in.
    fn fill(&self) {
        let mut ballast = fs::File::create(self.0.path().join("ballast")).unwrap();
        for block in [4096, 1] {
            while ballast.write(&vec![0; block]).is_ok_and(|written| written > 0) {}
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[test]
fn a_backup_that_fills_the_disk_is_reported_from_the_reserve() {
    let Some(disk) = SmallDisk::mount() else {
        println!("SKIP: a tmpfs cannot be mounted here");
        return;
    };
    fs::write(disk.state().join("endpoint.json"), "{}").unwrap();
    fs::create_dir(disk.state().join("backup.d")).unwrap();
    let script = r#"cat /dev/zero > "$0"; echo "no room" >&2; exit 4"#;
    let ballast = disk.state().join("ballast");
    let output = run(disk.state(), &["--", "sh", "-c", script, ballast.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(4));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("the disk is full; this run is reported from the reserve"), "{said}");
    let told = drop_in(disk.state());
    assert_eq!((&told["result"], &told["exit_code"]), (&json!("failed"), &json!(4)));
    assert!(told["message"].as_str().unwrap().ends_with("no room"));
    // Others come from what is left; the first one that does not says how to report it by hand, and none breaks its
    // command.
    let reported = (1..64).find(|_| {
        let output = run(disk.state(), &["--", "true"]);
        assert!(output.status.success());
        let said = String::from_utf8(output.stderr).unwrap();
        said.ends_with("dogwatch-agent backup report --job 'nightly' --result success\n")
    });
    let files = fs::read_dir(disk.state().join("backup.d")).unwrap();
    assert_eq!(Some(files.count()), reported, "nothing half written");
    assert!(reported > Some(3), "{reported:?}");
}

#[test]
fn a_disk_that_was_full_before_the_first_run_says_how_to_report_it() {
    let Some(disk) = SmallDisk::mount() else {
        println!("SKIP: a tmpfs cannot be mounted here");
        return;
    };
    fs::create_dir(disk.state().join("backup.d")).unwrap();
    disk.fill();
    let output = run(disk.state(), &["--", "false"]);
    assert_eq!(output.status.code(), Some(1), "the command's");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("dogwatch-agent: this run is not reported: cannot write"), "{said}");
    assert!(said.ends_with("--job 'nightly' --result failed\n"), "{said}");
}
