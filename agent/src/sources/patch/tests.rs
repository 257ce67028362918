//! Several sources on one machine, of which some fail; and the real tools, where they are installed.

mod machine;
mod real;

use std::{fs, time::Duration};

use dogwatch_model::{ScanResult, Update, UpdateClass};
use machine::Machine;

use super::*;
use crate::state_dir::StateDir;

const APT_SAYS: &str = "Inst bash [5.2-1] (5.2-2 Debian-Security:12/stable-security [amd64])\n\
    1 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n";

fn update(number: usize, class: UpdateClass) -> Update {
    Update {
        installed: Some("1.0-1+deb12u1".into()),
        available: Some("1.0-1+deb12u2".into()),
        class,
        origin: Some("Debian-Security:12/oldstable-security".into()),
        ..Update::missing("apt", &format!("package-{number:05}"))
    }
}

/// A Debian whose apt answers at once, and an Arch beside it whose pacman does what it is told.
fn machine(pacman: &str) -> Machine {
    let machine = Machine::new();
    machine.file("var/lib/apt/lists/deb_InRelease", "");
    machine.file("var/lib/dpkg/status", "");
    machine.tool("apt-get", &format!("cat <<'END'\n{APT_SAYS}END\n"));
    machine.tool("apt-mark", "");
    machine.tool("apt-config", "");
    machine.file("var/lib/pacman/local/bash-5-1/desc", "");
    machine.file("var/lib/pacman/sync/core.db", "");
    machine.tool("pacman", pacman);
    machine
}

fn ids(status: &PatchStatus) -> Vec<&str> {
    status.updates.iter().flatten().map(|update| update.id.as_str()).collect()
}

#[test]
fn a_list_that_no_message_can_hold_keeps_the_security_updates() {
    let mut updates: Vec<Update> = (0..5_000).map(|n| update(n, UpdateClass::Regular)).collect();
    updates.extend((5_000..5_100).map(|n| update(n, UpdateClass::Security)));
    let mut status = board::Board::default().status(jiff::Timestamp::UNIX_EPOCH);
    (status.updates, status.error) = (Some(updates), Some("one more thing".into()));
    let status = bounded(status);
    assert!(v1::PatchStatus::from(&status).encoded_len() < limits::MESSAGE_BYTES - FRAME / 2);
    assert_eq!(status.result, ScanResult::Partial);
    let kept = status.updates.unwrap();
    assert!(kept.len() > 1_000);
    assert_eq!(kept.iter().filter(|update| update.class == UpdateClass::Security).count(), 100);
    let error = status.error.unwrap();
    assert!(error.contains("of 5100 updates") && error.ends_with("one more thing"), "{error}");
}

#[tokio::test]
async fn a_machine_without_a_known_package_manager_is_unsupported_not_fine() {
    let root = tempfile::tempdir().unwrap();
    let status = Scanner::new(root.path(), &StateDir::new(root.path())).scan().await;
    assert_eq!((status.result, status.updates), (ScanResult::Unsupported, None));
}

#[tokio::test]
async fn two_sources_are_merged_and_each_has_its_entry() {
    let machine = machine("echo 'foo 1.0-1 -> 1.1-1'");
    let status = machine.scanner(Duration::from_secs(60)).scan().await;
    assert_eq!(
        (status.source.as_str(), status.result, status.error.clone()),
        ("apt+pacman", ScanResult::Ok, None)
    );
    assert_eq!(ids(&status), ["apt:bash", "pacman:foo"]);
    assert_eq!(status.updates.as_ref().unwrap()[0].class, UpdateClass::Security);
    assert!(status.sources.iter().all(|source| source.known_at == Some(source.scanned_at)));
}

#[tokio::test]
async fn a_tool_that_hangs_is_stopped_and_the_other_source_is_told() {
    let machine = machine("sleep 600");
    let status = machine.scanner(Duration::from_millis(700)).scan().await;
    assert_eq!((status.result, ids(&status)), (ScanResult::Partial, vec!["apt:bash"]));
    let error = status.sources[1].error.as_deref().unwrap();
    assert!(error.contains("did not end within") && status.sources[1].known_at.is_none(), "{error}");
}

#[tokio::test]
async fn the_quick_do_not_wait_for_the_slow() {
    let machine = machine("sleep 600");
    let mut scanner = machine.scanner(Duration::from_secs(600)).impatient();
    scanner.start(Look::Due);
    scanner.news().await;
    let status = scanner.status().await;
    assert_eq!(
        (status.source.as_str(), status.result, ids(&status)),
        ("apt", ScanResult::Ok, vec!["apt:bash"])
    );
}

#[tokio::test]
async fn what_a_source_told_before_it_failed_stays() {
    let machine = machine("echo 'foo 1.0-1 -> 1.1-1'");
    let mut scanner = machine.scanner(Duration::from_secs(60));
    scanner.scan().await;
    machine.tool("pacman", "echo 'error: failed to initialize alpm library' >&2; exit 1");
    let status = scanner.scan().await;
    assert_eq!((status.result, ids(&status)), (ScanResult::Partial, vec!["apt:bash", "pacman:foo"]));
    let expected = "pacman: pacman says: failed to initialize alpm library";
    assert_eq!(status.error.as_deref(), Some(expected));
    let pacman = &status.sources[1];
    assert!(pacman.known_at.unwrap() < pacman.scanned_at);
}

#[tokio::test]
async fn a_tool_that_cannot_be_run_is_named() {
    let machine = machine("");
    fs::write(machine.root().join("usr/bin/pacman"), "no program").unwrap();
    let status = machine.scanner(Duration::from_secs(60)).scan().await;
    let error = status.sources[1].error.as_deref().unwrap();
    assert!(error.starts_with("cannot run") || error.contains("pacman says"), "{error}");
    assert_eq!(status.result, ScanResult::Partial);
}

#[tokio::test]
async fn output_that_is_no_text_is_tamed() {
    let machine = machine(r"printf 'f\377\033o 1.0 -> \303(\n'");
    let status = machine.scanner(Duration::from_secs(60)).scan().await;
    assert_eq!(status.result, ScanResult::Ok);
    let updates = status.updates.unwrap();
    assert_eq!(updates[1].id, "pacman:f\u{fffd}\u{fffd}o");
}

#[tokio::test]
async fn what_nobody_touched_is_not_asked_again_unless_somebody_wants_to_know() {
    let machine = machine("");
    let calls = machine.root().join("calls");
    machine.tool("pacman", &format!("echo call >> {}", calls.display()));
    let called = || fs::read_to_string(&calls).unwrap_or_default().lines().count();
    let mut scanner = machine.scanner(Duration::from_secs(60));
    let first = scanner.scan().await;
    scanner.start(Look::Due);
    let quiet = timeout(Duration::from_millis(50), scanner.news()).await;
    assert!(quiet.is_err(), "what still holds is not told again");
    scanner.start(Look::Changed);
    scanner.news().await;
    let again = scanner.status().await;
    assert_eq!(called(), 1);
    assert!(again.sources[1].scanned_at > first.sources[1].scanned_at, "it was looked at all the same");
    machine.file("var/lib/pacman/sync/extra.db", "");
    scanner.start(Look::Changed);
    scanner.news().await;
    assert_eq!(called(), 2);
    scanner.scan().await;
    assert_eq!(called(), 3);
}

#[tokio::test]
async fn nothing_is_written_when_nothing_changed() {
    let machine = machine("echo 'foo 1.0-1 -> 1.1-1'");
    let mut scanner = machine.scanner(Duration::from_secs(60));
    let first = scanner.scan().await;
    let memory = machine.state().path().join("patch-first-seen.json");
    let written = fs::metadata(&memory).unwrap().modified().unwrap();
    let again = scanner.scan().await;
    assert_eq!(fs::metadata(&memory).unwrap().modified().unwrap(), written);
    assert_eq!(again.updates, first.updates);
}
