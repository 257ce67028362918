//! Linux: the thin part that reads. Every package system that is there is asked; one that is not adds nothing.

use std::{
    fs,
    io::BufReader,
    path::Path,
    time::{Duration, SystemTime},
};

use dogwatch_model::Software;

use super::{apk, dpkg, entry, pacman, snap};
use crate::sources::process;

const DPKG: &str = "var/lib/dpkg/status";
const RPM: &[&str] =
    &["var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite", "var/lib/rpm/Packages"];
const PACMAN: &str = "var/lib/pacman/local";
const APK: &str = "lib/apk/db/installed";
const SNAPS: &str = "var/lib/snapd/snaps";
const FLATPAK: &str = "var/lib/flatpak/app";
/// The database of a large server is read within two seconds.
const RPM_LIMIT: Duration = Duration::from_secs(60);

/// When each database was last written.
pub(super) fn stamps(root: &Path) -> Vec<Option<SystemTime>> {
    let files = [DPKG, PACMAN, APK, SNAPS, FLATPAK].iter().chain(RPM);
    files.map(|path| fs::metadata(root.join(path)).ok()?.modified().ok()).collect()
}

pub(super) async fn list(root: &Path) -> Vec<Software> {
    let mut software = Vec::new();
    // By line: the file is several megabytes on a desktop, and what is read at once stays with the allocator.
    if let Ok(status) = fs::File::open(root.join(DPKG)) {
        software.extend(dpkg::installed(BufReader::new(status)));
    }
    if RPM.iter().any(|path| root.join(path).exists()) {
        software.extend(rpm(root).await);
    }
    software.extend(names(root, PACMAN).iter().filter_map(|folder| pacman::package(folder)));
    if let Ok(installed) = fs::read_to_string(root.join(APK)) {
        software.extend(apk::installed(&installed));
    }
    for file in names(root, SNAPS) {
        let Some(name) = snap::name(&file) else { continue };
        let about = fs::read_to_string(root.join(format!("snap/{name}/current/meta/snap.yaml")));
        let version = about.ok().and_then(|yaml| snap::version(&yaml));
        software.push(entry("snap", name, version.as_deref().unwrap_or_default()));
    }
    software.extend(names(root, FLATPAK).iter().map(|app| entry("flatpak", app, "")));
    software
}

async fn rpm(root: &Path) -> Vec<Software> {
    let root = root.to_string_lossy();
    let arguments = ["--root", &root, "-qa", "--queryformat", "%{NAME}\\t%{EVR}\\n"];
    match process::run("rpm", &arguments, RPM_LIMIT).await {
        Ok(output) => output
            .stdout
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .map(|(name, version)| entry("rpm", name, version))
            .collect(),
        Err(error) => {
            tracing::debug!(%error, "rpm packages not listed");
            Vec::new()
        }
    }
}

/// What a folder holds, by name.
fn names(root: &Path, folder: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the real dpkg, where there is one.
    #[tokio::test]
    async fn on_this_machine_as_many_packages_are_found_as_dpkg_lists() {
        let format = ["-W", "-f", "${db:Status-Status} ${Package} ${Version}\n"];
        let Ok(output) = process::run("dpkg-query", &format, RPM_LIMIT).await else {
            assert!(fs::metadata(Path::new("/").join(DPKG)).is_err(), "a database without its tool");
            return;
        };
        let mut listed: Vec<&str> =
            output.stdout.lines().filter_map(|line| line.strip_prefix("installed ")).collect();
        listed.sort_unstable();
        listed.dedup();
        let found = list(Path::new("/")).await;
        let mut found: Vec<String> = found
            .iter()
            .filter(|software| software.source == "dpkg")
            .map(|software| format!("{} {}", software.name, software.version))
            .collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, listed);
    }

    #[tokio::test]
    async fn snaps_and_apps_are_found_by_their_folders() {
        let root = tempfile::tempdir().unwrap();
        let make = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        make("var/lib/snapd/snaps/firefox_4848.snap", "");
        make("snap/firefox/current/meta/snap.yaml", "name: firefox\nversion: '130.0-2'\n");
        make("var/lib/flatpak/app/org.gimp.GIMP/current", "");
        make("var/lib/pacman/local/zlib-1:1.3.1-2/desc", "");
        let found = list(root.path()).await;
        assert_eq!(
            found,
            [
                entry("pacman", "zlib", "1:1.3.1-2"),
                entry("snap", "firefox", "130.0-2"),
                entry("flatpak", "org.gimp.GIMP", ""),
            ]
        );
    }
}
