//! Is a reboot waiting? Strong evidence: `/run/reboot-required`, written by packages that want one. Weak evidence: a
//! newer kernel of the running flavour is installed. Without either source the answer is not known, which is not "no".

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use dogwatch_model::{Confidence, Reboot};
use dogwatch_proto::conversions::limits;
use jiff::Timestamp;

/// Looks below `root`.
pub(super) fn look(root: &Path) -> Option<Reboot> {
    asked_for(root).or_else(|| newer_kernel(root, &running_kernel(root)?))
}

fn asked_for(root: &Path) -> Option<Reboot> {
    let flag = root.join("run/reboot-required");
    let since = modified(&flag).ok()?;
    let packages = fs::read_to_string(root.join("run/reboot-required.pkgs")).unwrap_or_default();
    let mut reasons: Vec<String> = packages
        .lines()
        .map(str::trim)
        .filter(|package| !package.is_empty())
        .map(|package| limits::clip(package, limits::NAME_BYTES))
        .collect();
    reasons.sort();
    reasons.dedup();
    reasons.truncate(limits::REBOOT_REASONS);
    Some(Reboot { pending: true, reasons, since, confidence: Confidence::Strong })
}

fn newer_kernel(root: &Path, running: &str) -> Option<Reboot> {
    let installed = installed_kernels(root);
    let newest = newest_of_flavour(running, installed.iter().map(|(version, _)| version.as_str()))?;
    let none = Reboot { pending: false, reasons: Vec::new(), since: None, confidence: Confidence::Weak };
    if newest == running {
        return Some(none);
    }
    let (_, image) = installed.iter().find(|(version, _)| version == newest)?;
    let reason = format!("kernel {newest} is installed, {running} is running");
    Some(Reboot { pending: true, reasons: vec![reason], since: modified(image).ok().flatten(), ..none })
}

fn running_kernel(root: &Path) -> Option<String> {
    let release = fs::read_to_string(root.join("proc/sys/kernel/osrelease")).ok()?;
    Some(release.trim().to_owned())
}

fn installed_kernels(root: &Path) -> Vec<(String, PathBuf)> {
    let Ok(boot) = fs::read_dir(root.join("boot")) else { return Vec::new() };
    let image = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        Some((name.strip_prefix("vmlinuz-")?.to_owned(), entry.path()))
    };
    boot.flatten().filter_map(image).collect()
}

/// The newest of the installed kernels that has the running one's flavour. `None` when the running one is not among
/// them: a machine whose kernel comes from outside, as containers' does, tells nothing by what lies in `/boot`.
fn newest_of_flavour<'a>(running: &str, installed: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    installed.clone().find(|version| *version == running)?;
    installed
        .filter(|version| flavour(version) == flavour(running))
        .max_by(|a, b| version_key(a).cmp(&version_key(b)))
}

/// `amd64` of `6.1.0-40-amd64`, `generic` of `5.15.0-91-generic`.
fn flavour(version: &str) -> &str {
    let is_number = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    version.rsplit('-').next().filter(|last| !is_number(last)).unwrap_or_default()
}

/// The numbers of a version, in order.
fn version_key(version: &str) -> Vec<u64> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

fn modified(path: &Path) -> io::Result<Option<Timestamp>> {
    let time: SystemTime = fs::metadata(path)?.modified()?;
    Ok(Timestamp::try_from(time).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_kernel_of_the_same_flavour_is_found_by_number_not_by_letter() {
        let debian = ["6.1.0-9-amd64", "6.1.0-40-amd64", "6.1.0-40-cloud-amd64-unsigned", "6.1.0-39-amd64"];
        assert_eq!(newest_of_flavour("6.1.0-39-amd64", debian.into_iter()), Some("6.1.0-40-amd64"));
        let ubuntu = ["5.15.0-91-generic", "5.15.0-100-lowlatency"];
        assert_eq!(newest_of_flavour("5.15.0-91-generic", ubuntu.into_iter()), Some("5.15.0-91-generic"));
    }

    #[test]
    fn a_kernel_from_outside_tells_nothing() {
        assert_eq!(newest_of_flavour("6.18.44-host", ["6.1.0-40-amd64"].into_iter()), None);
    }

    #[test]
    fn packages_that_ask_for_a_reboot_are_named_once() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("run")).unwrap();
        fs::write(root.path().join("run/reboot-required"), "*** System restart required ***\n").unwrap();
        fs::write(root.path().join("run/reboot-required.pkgs"), "libc6\nlinux-base\nlibc6\n").unwrap();
        let reboot = look(root.path()).unwrap();
        assert!(reboot.pending && reboot.since.is_some());
        assert_eq!(reboot.reasons, ["libc6", "linux-base"]);
        assert_eq!(reboot.confidence, Confidence::Strong);
    }

    #[test]
    fn no_evidence_is_not_an_answer() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(look(root.path()), None);
    }
}
