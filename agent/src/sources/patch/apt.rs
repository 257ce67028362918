//! apt: Debian, Ubuntu and their kin.
//!
//! A dist-upgrade is simulated against the lists that are there, without locks, so that it never stands in the way of
//! a real one. apt knows no severity; security is told by where an update comes from. Held packages are simulated a
//! second time with the hold ignored, so that what the hold keeps away is seen, as declined.

mod history;
mod lists;
mod periodic;
mod simulation;

use std::{path::Path, time::Duration};

use dogwatch_model::{PatchStatus, ScanResult, Update, UpdateClass, UpdateSeverity, UpdateState};
use dogwatch_proto::conversions::limits;
use jiff::Timestamp;
use simulation::{Simulation, Upgrade};

use crate::sources::process::{self, Output, ProcessError};

/// A simulation takes about a second; on a loaded small machine a hundred times that.
const SIMULATION: Duration = Duration::from_secs(300);
/// Tools that only read a small file.
const SMALL: Duration = Duration::from_secs(30);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum AptError {
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error("apt-get says: {0}")]
    Says(String),
    #[error("there are no package lists; run `apt-get update`, or let the system do it")]
    NoLists,
}

/// Whether this is a system with apt.
pub(super) fn is_here(root: &Path) -> bool {
    root.join("usr/bin/apt-get").exists()
}

/// Asks apt.
pub(super) async fn scan(root: &Path) -> PatchStatus {
    let status = PatchStatus {
        metadata_at: lists::refreshed_at(root),
        last_install_at: history::last_install_at(root),
        auto_update: auto_update().await,
        ..super::empty("apt", ScanResult::Ok)
    };
    match updates(root).await {
        Ok(updates) => PatchStatus { updates: Some(updates), ..status },
        Err(error) => {
            let error = Some(limits::clip(&error.to_string(), limits::TEXT_BYTES));
            PatchStatus { result: ScanResult::Failed, error, ..status }
        }
    }
}

async fn updates(root: &Path) -> Result<Vec<Update>, AptError> {
    if !lists::are_there(root) {
        return Err(AptError::NoLists);
    }
    let plain = simulate(&[]).await?;
    let held = held_packages().await?;
    let forced = if held.is_empty() { Simulation::default() } else { simulate(&["--ignore-hold"]).await? };
    Ok(merge(plain, &held, &forced))
}

/// What is missing: what would be upgraded, what a hold keeps away, and what apt cannot upgrade for other reasons.
/// What is deferred by phasing is not offered to this machine yet and not missing.
fn merge(plain: Simulation, held: &[String], forced: &Simulation) -> Vec<Update> {
    let is_held = |package: &str| held.iter().any(|held| held == package);
    let mut updates: Vec<Update> =
        plain.upgrades.iter().map(|upgrade| update(upgrade, UpdateState::Missing)).collect();
    for upgrade in forced.upgrades.iter().filter(|upgrade| is_held(&upgrade.package)) {
        updates.push(update(upgrade, UpdateState::Declined));
    }
    for package in plain.kept_back.into_iter().filter(|package| !is_held(package)) {
        let upgrade = Upgrade { package, installed: None, available: None, origins: Vec::new() };
        updates.push(update(&upgrade, UpdateState::Missing));
    }
    updates.sort_by(|a, b| a.id.cmp(&b.id));
    updates.dedup_by(|a, b| a.id == b.id);
    updates
}

fn update(upgrade: &Upgrade, state: UpdateState) -> Update {
    let security = upgrade.is_security();
    let clip = |text: &str| limits::clip(text, limits::NAME_BYTES);
    Update {
        id: clip(&format!("apt:{}", upgrade.package)),
        package: clip(&upgrade.package),
        installed: upgrade.installed.as_deref().map(clip),
        available: upgrade.available.as_deref().map(clip),
        class: if security { UpdateClass::Security } else { UpdateClass::Regular },
        severity: UpdateSeverity::Unspecified,
        cves: Vec::new(),
        kbs: Vec::new(),
        origin: (!upgrade.origins.is_empty()).then(|| clip(&upgrade.origins.join(", "))),
        first_seen_missing: Timestamp::UNIX_EPOCH,
        state,
    }
}

async fn simulate(more: &[&str]) -> Result<Simulation, AptError> {
    let arguments = [&["-s", "-o", "Debug::NoLocking=true"], more, &["dist-upgrade"]].concat();
    let output = said(process::run("apt-get", &arguments, SIMULATION).await?)?;
    Ok(Simulation::parse(&output))
}

async fn held_packages() -> Result<Vec<String>, AptError> {
    let output = said(process::run("apt-mark", &["showhold"], SMALL).await?)?;
    Ok(output.lines().map(|line| line.trim().to_owned()).filter(|name| !name.is_empty()).collect())
}

/// Whether the system upgrades by itself; not known when apt cannot say.
async fn auto_update() -> Option<bool> {
    let output = process::run("apt-config", &["dump"], SMALL).await.ok()?;
    output.success.then(|| periodic::upgrades_by_itself(&output.stdout))
}

/// The output of a tool that was successful, or its complaint.
fn said(output: Output) -> Result<String, AptError> {
    if output.success {
        return Ok(output.stdout);
    }
    let complaints: Vec<&str> = output.stderr.lines().filter_map(|line| line.strip_prefix("E: ")).collect();
    let complaint =
        if complaints.is_empty() { output.stderr.trim().to_owned() } else { complaints.join("; ") };
    Err(AptError::Says(if complaint.is_empty() { "nothing, and failed".into() } else { complaint }))
}

/// The face of the simulation's parser in the table of parsers.
pub(in crate::sources) fn survives(output: &str) {
    Simulation::parse(output);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upgrade(package: &str) -> Upgrade {
        Upgrade {
            package: package.into(),
            installed: Some("1".into()),
            available: Some("2".into()),
            origins: Vec::new(),
        }
    }

    #[test]
    fn a_held_update_is_declined_and_a_phased_one_is_not_missing() {
        let plain = Simulation {
            upgrades: vec![upgrade("bash")],
            kept_back: vec!["held".into(), "stuck".into()],
            phased: vec!["phased".into()],
        };
        let forced = Simulation { upgrades: vec![upgrade("bash"), upgrade("held")], ..Simulation::default() };
        let updates = merge(plain, &["held".into()], &forced);
        let states: Vec<(&str, UpdateState)> =
            updates.iter().map(|update| (update.package.as_str(), update.state)).collect();
        let expected = [
            ("bash", UpdateState::Missing),
            ("held", UpdateState::Declined),
            ("stuck", UpdateState::Missing),
        ];
        assert_eq!(states, expected);
    }

    #[test]
    fn a_complaint_is_told_without_its_letters() {
        let output = Output {
            stdout: String::new(),
            stderr: "W: odd\nE: Unmet dependencies. Try 'apt --fix-broken install'.\n".into(),
            success: false,
            code: Some(100),
        };
        let error = said(output).unwrap_err().to_string();
        assert_eq!(error, "apt-get says: Unmet dependencies. Try 'apt --fix-broken install'.");
    }

    /// Against the real apt, where there is one.
    #[tokio::test]
    async fn on_this_machine_as_many_updates_are_found_as_apt_counts() {
        let root = Path::new("/");
        if !is_here(root) || !lists::are_there(root) {
            assert!(updates(root).await.is_err(), "without apt there is no answer");
            return;
        }
        let output =
            process::run("apt-get", &["-s", "-o", "Debug::NoLocking=true", "dist-upgrade"], SIMULATION);
        let output = output.await.unwrap();
        if !output.success {
            assert!(matches!(updates(root).await, Err(AptError::Says(_))), "apt's own failure is ours");
            return;
        }
        let counted = output.stdout.lines().find_map(|line| line.split_once(" upgraded, ")).unwrap().0;
        let simulation = Simulation::parse(&output.stdout);
        assert_eq!(simulation.upgrades.len().to_string(), counted);
        assert!(simulation.upgrades.iter().all(|upgrade| upgrade.installed.is_some()));
    }
}
