//! zypper: SUSE and openSUSE.
//!
//! Updates and patches are asked as XML, without a refresh. A patch is an advisory: it says by its conflicts which
//! packages it mends, and only zypper's text tells them. One whose packages are not among the updates is listed by
//! itself. Tumbleweed has no patches; there every update is an ordinary one.

mod answers;
mod conflicts;

use std::{fs, path::PathBuf};

use answers::Listed;
use dogwatch_model::{Update, UpdateState};
use jiff::Timestamp;

use super::{
    ground::{Ground, ScanError, modified, said},
    reboot, rpm,
    scan::Scan,
};
use crate::sources::process::Output;

/// More patches than this are looked up in several runs.
const AT_ONCE: usize = 200;

/// Asks zypper.
pub(super) async fn scan(ground: &Ground) -> Scan {
    let metadata_at = refreshed_at(ground);
    let installed = match rpm::installed(ground).await {
        Ok(installed) => installed,
        Err(error) => return Scan { metadata_at, ..Scan::from(Err(error)) },
    };
    let mut warning = None;
    let updates = if metadata_at.is_none() {
        Err(ScanError::NoIndex { remedy: "run `zypper refresh`, or let the system do it" })
    } else {
        updates(ground, &mut warning).await
    };
    Scan {
        warning,
        metadata_at,
        last_install_at: installed.last_install_at(),
        auto_update: Some(upgrades_by_itself(ground)),
        since_boot: reboot::boot_at(ground.root()).map(|boot| installed.since(boot)),
        ..Scan::from(updates)
    }
}

async fn updates(ground: &Ground, warning: &mut Option<String>) -> Result<Vec<Update>, ScanError> {
    let plain = answers::parse(&xml(ground, &["list-updates"]).await?).packages;
    let locked = if has_locks(ground) {
        let all = answers::parse(&xml(ground, &["list-updates", "--all"]).await?).packages;
        all.into_iter().filter(|package| !plain.iter().any(|other| other.name == package.name)).collect()
    } else {
        Vec::new()
    };
    let mut updates: Vec<Update> = plain.iter().map(Listed::update).collect();
    let declined = |package: &Listed| Update { state: UpdateState::Declined, ..package.update() };
    updates.extend(locked.iter().map(declined));
    match patches(ground).await {
        Ok(patches) => answers::apply(patches, &mut updates),
        Err(error) => *warning = Some(format!("which of them mend security faults is not known: {error}")),
    }
    Ok(updates)
}

/// The patches that are needed, each with the packages it mends.
async fn patches(ground: &Ground) -> Result<Vec<(Listed, Vec<String>)>, ScanError> {
    let patches = answers::parse(&xml(ground, &["list-patches"]).await?).patches;
    let mut all = Vec::with_capacity(patches.len());
    for some in patches.chunks(AT_ONCE) {
        let mut arguments = arguments(ground);
        arguments.extend(["info", "-t", "patch"]);
        arguments.extend(some.iter().map(|patch| patch.name.as_str()));
        let mended = conflicts::parse(&said("zypper", ground.run("env", &arguments).await?)?);
        all.extend(
            some.iter().map(|patch| (patch.clone(), mended.get(&patch.name).cloned().unwrap_or_default())),
        );
    }
    Ok(all)
}

async fn xml(ground: &Ground, command: &[&str]) -> Result<String, ScanError> {
    let mut arguments = arguments(ground);
    arguments.push("--xmlout");
    arguments.extend(command);
    let output = ground.run("env", &arguments).await?;
    // What is wrong is said in the document.
    let stderr = format!("{}{}", output.stderr, answers::parse(&output.stdout).errors.join("\n"));
    said("zypper", Output { stderr, ..output })
}

/// zypper with an environment that keeps it from writing its log.
fn arguments(ground: &Ground) -> Vec<&str> {
    let mut arguments = vec!["ZYPP_LOGFILE=/dev/null", "zypper"];
    arguments.extend(ground.elsewhere("--root"));
    arguments.extend(["--non-interactive", "--no-refresh"]);
    arguments
}

/// When any repository was last refreshed.
pub(super) fn refreshed_at(ground: &Ground) -> Option<Timestamp> {
    let repositories = fs::read_dir(ground.path("var/cache/zypp/raw")).ok()?;
    let index = |repository: PathBuf| modified(&repository.join("repodata/repomd.xml"));
    let cookie = |repository: PathBuf| modified(&repository.join("cookie"));
    repositories.flatten().filter_map(|entry| index(entry.path()).max(cookie(entry.path()))).max()
}

fn has_locks(ground: &Ground) -> bool {
    let locks = fs::read_to_string(ground.path("etc/zypp/locks")).unwrap_or_default();
    locks.lines().any(|line| line.contains("solvable_name"))
}

fn upgrades_by_itself(ground: &Ground) -> bool {
    let timer = "etc/systemd/system/timers.target.wants/transactional-update.timer";
    let online = fs::read_to_string(ground.path("etc/sysconfig/automatic_online_update")).unwrap_or_default();
    fs::symlink_metadata(ground.path(timer)).is_ok()
        || online.lines().any(|line| line.trim() == "AOU_ENABLE_CRONJOB=\"true\"")
}

/// The faces of the parsers in the table of parsers.
pub(in crate::sources) fn survives(output: &str) {
    answers::parse(output);
    conflicts::parse(output);
}
