//! apt: Debian, Ubuntu and their kin.
//!
//! A dist-upgrade is simulated against the lists that are there, without locks, so that it never stands in the way of
//! a real one. apt knows no severity; security is told by where an update comes from. Held packages are simulated a
//! second time with the hold ignored, so that what the hold keeps away is seen, as declined.

mod held;
mod history;
mod lists;
mod periodic;
mod simulation;

use dogwatch_model::{Update, UpdateClass, UpdateState};
pub(super) use history::tail;
use jiff::Timestamp;
use simulation::{Simulation, Upgrade};

use super::{
    ground::{Ground, ScanError, name},
    scan::Scan,
};
use crate::sources::order;

/// Has apt take what is phased for other machines first, so that what it is gets known.
const UNPHASED: &[&str] = &["-o", "APT::Get::Always-Include-Phased-Updates=true"];

/// Asks apt.
pub(super) async fn scan(ground: &Ground) -> Scan {
    let root = ground.root();
    // Where apt cannot say, the defaults count; what is really wrong the simulation says.
    let dump = ground.ask("apt-config", &["dump"]).await;
    Scan {
        metadata_at: lists::refreshed_at(root),
        last_install_at: history::last_install_at(root),
        last_install_result: history::last_result(root),
        auto_update: dump.as_deref().ok().map(periodic::upgrades_by_itself),
        ..Scan::from(updates(ground, dump.as_deref().unwrap_or_default()).await)
    }
}

/// When the lists were last refreshed; nothing without lists.
pub(super) fn refreshed_at(ground: &Ground) -> Option<Timestamp> {
    let root = ground.root();
    lists::are_there(root).then(|| lists::refreshed_at(root)).flatten()
}

async fn updates(ground: &Ground, dump: &str) -> Result<Vec<Update>, ScanError> {
    if !lists::are_there(ground.root()) {
        return Err(ScanError::NoIndex { remedy: "run `apt-get update`, or let the system do it" });
    }
    let plain = simulate(ground, &[]).await?;
    let held = held_packages(ground, periodic::status_file(dump))?;
    let forced =
        if held.is_empty() { Simulation::default() } else { simulate(ground, &["--ignore-hold"]).await? };
    let phased =
        if plain.phased.is_empty() { Simulation::default() } else { simulate(ground, UNPHASED).await? };
    Ok(merge(plain, &held, &forced, &phased))
}

/// What is missing: what would be upgraded, what a hold keeps away, and what apt cannot upgrade for other reasons.
/// What is deferred by phasing is not offered to this machine yet: it is listed as such, and not missing.
fn merge(plain: Simulation, held: &[String], forced: &Simulation, unphased: &Simulation) -> Vec<Update> {
    let is_held = |package: &str| held.iter().any(|held| held == package);
    let mut updates: Vec<Update> =
        plain.upgrades.iter().map(|upgrade| update(upgrade, UpdateState::Missing)).collect();
    let bare = |package| Upgrade { package, installed: None, available: None, origins: Vec::new() };
    for upgrade in forced.upgrades.iter().filter(|upgrade| is_held(&upgrade.package)) {
        updates.push(update(upgrade, UpdateState::Declined));
    }
    for package in plain.kept_back.into_iter().filter(|package| !is_held(package)) {
        updates.push(update(&bare(package), UpdateState::Missing));
    }
    for package in plain.phased {
        let known = unphased.upgrades.iter().find(|upgrade| upgrade.package == package).cloned();
        updates.push(update(&known.unwrap_or_else(|| bare(package)), UpdateState::Phased));
    }
    // Stable, so that of two the first stays.
    order::by(&mut updates, |a, b| a.id.cmp(&b.id));
    updates.dedup_by(|a, b| a.id == b.id);
    updates
}

fn update(upgrade: &Upgrade, state: UpdateState) -> Update {
    Update {
        installed: upgrade.installed.as_deref().map(name),
        available: upgrade.available.as_deref().map(name),
        class: if upgrade.is_security() { UpdateClass::Security } else { UpdateClass::Regular },
        origin: (!upgrade.origins.is_empty()).then(|| name(&upgrade.origins.join(", "))),
        state,
        ..Update::missing("apt", &name(&upgrade.package))
    }
}

/// Without a lock, and without writing a cache: apt would renew its own on the way.
async fn simulate(ground: &Ground, more: &[&str]) -> Result<Simulation, ScanError> {
    const READ_ONLY: [&str; 7] = [
        "-s",
        "-o",
        "Debug::NoLocking=true",
        "-o",
        "Dir::Cache::pkgcache=",
        "-o",
        "Dir::Cache::srcpkgcache=",
    ];
    let arguments = [&READ_ONLY, more, &["dist-upgrade"]].concat();
    Ok(Simulation::parse(&ground.ask("apt-get", &arguments).await?))
}

fn held_packages(ground: &Ground, status: &str) -> Result<Vec<String>, ScanError> {
    let unreadable = |error: std::io::Error| ScanError::Garbled { tool: "dpkg", detail: error.to_string() };
    held::packages(&ground.path(status.trim_start_matches('/'))).map_err(unreadable)
}

/// The face of the simulation's parser in the table of parsers.
pub(in crate::sources) fn survives(output: &str) {
    Simulation::parse(output);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

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
    fn a_held_update_is_declined_and_a_phased_one_is_listed_apart() {
        let plain = Simulation {
            upgrades: vec![upgrade("bash")],
            kept_back: vec!["held".into(), "stuck".into()],
            phased: vec!["phased".into()],
        };
        let forced = Simulation { upgrades: vec![upgrade("bash"), upgrade("held")], ..Simulation::default() };
        let unphased = Simulation { upgrades: vec![upgrade("phased")], ..Simulation::default() };
        let updates = merge(plain, &["held".into()], &forced, &unphased);
        let phased = updates.iter().find(|update| update.package == "phased").unwrap();
        assert_eq!(phased.available.as_deref(), Some("2"), "what it is is known");
        let states: Vec<(&str, UpdateState)> =
            updates.iter().map(|update| (update.package.as_str(), update.state)).collect();
        let expected = [
            ("bash", UpdateState::Missing),
            ("held", UpdateState::Declined),
            ("phased", UpdateState::Phased),
            ("stuck", UpdateState::Missing),
        ];
        assert_eq!(states, expected);
    }

    /// Against the real apt, where there is one.
    #[tokio::test]
    async fn on_this_machine_as_many_updates_are_found_as_apt_counts() {
        let ground = Ground::new(Path::new("/"));
        if !ground.path("usr/bin/apt-get").is_file() || !lists::are_there(ground.root()) {
            assert!(updates(&ground, "").await.is_err(), "without apt there is no answer");
            return;
        }
        let output = ground.run("apt-get", &["-s", "-o", "Debug::NoLocking=true", "dist-upgrade"]);
        let output = output.await.unwrap();
        if !output.success {
            let refused = updates(&ground, "").await;
            assert!(matches!(refused, Err(ScanError::Says { .. })), "apt's own failure is ours");
            return;
        }
        let counted = output.stdout.lines().find_map(|line| line.split_once(" upgraded, ")).unwrap().0;
        let simulation = Simulation::parse(&output.stdout);
        assert_eq!(simulation.upgrades.len().to_string(), counted);
        assert!(simulation.upgrades.iter().all(|upgrade| upgrade.installed.is_some()));
    }
}
