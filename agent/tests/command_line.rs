//! What people see when they type something that cannot be.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// Exit code and standard error.
fn agent(state: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_dogwatch-agent"))
        .arg("--state-dir")
        .arg(state)
        .args(arguments)
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn an_agent_that_is_not_enrolled_says_how_to_enrol() {
    let state = tempfile::tempdir().unwrap();
    for command in ["run", "status"] {
        let (code, error) = agent(state.path(), &[command]);
        assert_eq!(code, Some(1));
        assert_eq!(
            error,
            format!(
                "dogwatch-agent: this endpoint is not enrolled: run `dogwatch-agent enroll TOKEN` first (looked in {})\n",
                state.path().display()
            )
        );
    }
}

#[test]
fn a_cut_token_is_refused_without_showing_what_is_left_of_it() {
    let state = tempfile::tempdir().unwrap();
    let token = format!("dwj1~127.0.0.1:7443~acme~toronto~{}~SECRETSECRET", "ab".repeat(32));
    let (code, error) = agent(state.path(), &["enroll", &token]);
    assert_eq!(code, Some(2));
    assert_eq!(error, "dogwatch-agent: the join token's secret is not valid; copy the token again, whole\n");
}

#[test]
fn an_unknown_key_in_the_configuration_is_named_with_its_line() {
    let state = tempfile::tempdir().unwrap();
    let config = state.path().join("agent.toml");
    fs::write(&config, "[narow]\n").unwrap();
    let (code, error) = agent(state.path(), &["--config", config.to_str().unwrap(), "preview"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("agent.toml, line 1: unknown field `narow`"), "{error}");
    assert!(error.ends_with("did you mean `narrow`?\n"), "{error}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("agent.toml");
    fs::write(&config, "[narrow]\ndisable = [\"patch\", \"health\"]\n").unwrap();
    let mut preview = Command::new(env!("CARGO_BIN_EXE_dogwatch-agent"))
        .args([
            "--config",
            config.to_str().unwrap(),
            "--state-dir",
            folder.path().to_str().unwrap(),
            "preview",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(preview.stdout.take());
    let output = preview.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A preview with a configuration of these lines.
fn preview(lines: &str, arguments: &[&str]) -> serde_json::Value {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("agent.toml");
    fs::write(&config, lines).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dogwatch-agent"))
        .arg("--config")
        .arg(&config)
        .arg("--state-dir")
        .arg(folder.path().join("state"))
        .arg("preview")
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!folder.path().join("state").exists(), "a look leaves no trace");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_preview_tells_sizes_and_what_the_owner_has_taken_away() {
    let shown = preview("[narrow]\ndisable = [\"patch\"]\nsample_at_least_seconds = 120\n", &[]);
    assert_eq!(shown["narrowing"]["switched_off"], serde_json::json!(["patch"]));
    assert_eq!(shown["narrowing"]["sample_at_least_seconds"], 120);
    let reports = shown["reports"].as_array().unwrap();
    assert!(reports.iter().all(|report| report.get("patch").is_none() && report.get("sequence").is_none()));
    let health = reports.iter().find(|report| report.get("health").is_some()).unwrap();
    // The summary is the heartbeat, and no more often than the samples that it is made of.
    assert_eq!(health["times_a_day"], 720);
    // As it goes over the wire: packed.
    assert!(health["wire_bytes"].as_u64().unwrap() > 20, "{health}");
    let sum: u64 = reports.iter().map(|report| report["wire_bytes"].as_u64().unwrap()).sum();
    assert_eq!(shown["wire_bytes"], sum);
    let a_day = 720 * health["wire_bytes"].as_u64().unwrap();
    assert!(shown["wire_bytes_a_day"].as_u64().unwrap() >= a_day);
}

#[test]
fn a_preview_of_one_source_shows_that_one_alone() {
    let shown = preview("", &["--source", "inventory"]);
    let reports = shown["reports"].as_array().unwrap();
    assert_eq!(reports.len(), 1, "{shown}");
    assert!(reports[0].get("inventory").is_some());
}

#[test]
fn a_bad_configuration_does_not_keep_a_backup_from_running() {
    let state = tempfile::tempdir().unwrap();
    let config = state.path().join("agent.toml");
    fs::write(&config, "nonsense").unwrap();
    let arguments = ["--config", config.to_str().unwrap(), "backup", "run", "--job", "n", "--", "true"];
    let (code, error) = agent(state.path(), &arguments);
    assert_eq!(code, Some(0), "{error}");
}

#[test]
fn a_folder_named_from_where_we_stand_is_told_in_full() {
    let here = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dogwatch-agent"))
        .args(["--state-dir", "state", "status"])
        .current_dir(here.path())
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains(&format!("(looked in {}/state)", here.path().display())), "{error}");
}
