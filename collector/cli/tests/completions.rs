//! Real shells complete commands, options and the names that a collector knows.
//!
//! A program in our place answers `__complete`, as the collector's names would come; the scripts are our own.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "this whole program is a test, and says what it skips"
)]

use std::{
    env, fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// What is typed before Tab, and what stands there after it.
const TYPED: [(&str, &str); 5] = [
    ("dogwatch alert show 1", "dogwatch alert show 1042"),
    ("dogwatch endpoint show s", "dogwatch endpoint show srv-0"),
    ("dogwatch who backup --endpoint lap", "dogwatch who backup --endpoint lap-07"),
    ("dogwatch que", "dogwatch queue"),
    ("dogwatch endpoint retir", "dogwatch endpoint retire"),
];

/// A folder with a program that knows two servers, a laptop and an item, beside the script of a shell.
fn folder(shell: &str, script: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new(env!("CARGO_BIN_EXE_dogwatch")).args(["completions", shell]).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    fs::write(folder.path().join(script), made.stdout).unwrap();
    let program = folder.path().join("dogwatch");
    let names = "#!/bin/sh\nshift 2\ncase \"$*\" in\n  'endpoint show '* | *' --endpoint '*) printf 'srv-01\\nsrv-02\\nlap-07\\n' ;;\n  'alert show '*) echo 1042 ;;\nesac\n";
    fs::write(&program, names).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// What a shell says that runs a driver in the folder; nothing where there is no such shell.
fn said(shell: &str, folder: &Path, arguments: &[&str]) -> Option<String> {
    let without = env::var("DOGWATCH_TESTS_WITHOUT").unwrap_or_default();
    let path = format!("{}:{}", folder.display(), env::var("PATH").unwrap_or_default());
    let mut command = Command::new(shell);
    command.args(arguments).env("PATH", path).env("HOME", folder).current_dir(folder).stdin(Stdio::null());
    let done = command.output();
    if without.split_ascii_whitespace().any(|tool| tool == shell) || done.is_err() {
        println!("SKIP completions of {shell}: there is no {shell} on this machine");
        return None;
    }
    let done = done.unwrap();
    assert!(done.status.success(), "{done:?}");
    Some(String::from_utf8(done.stdout).unwrap())
}

fn completed(said: &str) -> Vec<&str> {
    said.lines().map(str::trim_end).collect()
}

#[test]
fn bash_completes_names_and_commands() {
    let folder = folder("bash", "dogwatch.bash");
    let driver = "source ./dogwatch.bash; for line in \"$@\"; do read -ra COMP_WORDS <<<\"$line\"; \
                  COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE=$line; COMP_POINT=${#line}; COMPREPLY=(); \
                  _dogwatch_named dogwatch \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"; \
                  echo \"${COMPREPLY[*]}\"; done";
    let lines: Vec<&str> = TYPED.iter().map(|(line, _)| *line).collect();
    let arguments = [&["--norc", "-c", driver, "driver"], lines.as_slice()].concat();
    let Some(said) = said("bash", folder.path(), &arguments) else { return };
    assert_eq!(completed(&said), ["1042", "srv-01 srv-02", "lap-07", "queue", "retire"]);
}

#[test]
fn zsh_completes_names_and_commands() {
    let folder = folder("zsh", "_dogwatch");
    fs::write(folder.path().join("driver.zsh"), include_str!("completions/driver.zsh")).unwrap();
    let lines = TYPED.map(|(line, _)| line);
    let arguments = [&["-f", "driver.zsh"], lines.as_slice()].concat();
    let Some(said) = said("zsh", folder.path(), &arguments) else { return };
    assert_eq!(completed(&said), TYPED.map(|(_, after)| after));
}

#[test]
fn fish_completes_names_and_commands() {
    let folder = folder("fish", "dogwatch.fish");
    let driver = "source dogwatch.fish; for line in $argv; complete -C $line | string replace -r '\\t.*' '' | string join ' '; end; true";
    let lines = TYPED.map(|(line, _)| line);
    let arguments = [&["--no-config", "-c", driver], lines.as_slice()].concat();
    let Some(said) = said("fish", folder.path(), &arguments) else { return };
    assert_eq!(completed(&said), ["1042", "srv-01 srv-02", "lap-07", "queue", "retire"]);
}
