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
