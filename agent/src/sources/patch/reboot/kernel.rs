//! Is a newer kernel installed than the one that runs? Weak evidence: the newest need not be the one that boots next.
//!
//! Kernels are compared within their flavour only (`amd64`, `generic`, Red Hat's own, Oracle's `uek`). A machine whose
//! running kernel is not among the installed ones tells nothing: in a container, or with a kernel of one's own, what lies
//! in `/boot` is not what boots. Arch removes the running kernel's modules with the upgrade; there that is the evidence.

use std::{
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use crate::sources::patch::ground::modified;

/// What the kernels tell.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kernel {
    /// The running one is the newest.
    Newest,
    /// A newer one waits.
    Newer { reason: String, since: Option<Timestamp> },
}

pub(super) fn look(root: &Path) -> Option<Kernel> {
    let running = fs::read_to_string(root.join("proc/sys/kernel/osrelease")).ok()?.trim().to_owned();
    let installed = installed(root);
    let versions = installed.iter().map(String::as_str);
    let newest = newest_of_flavour(&running, versions).or_else(|| replaced(root, &running))?;
    if newest == running {
        return Some(Kernel::Newest);
    }
    // The image has the date of its making; its modules' folder that of its installation.
    let places = ["lib/modules", "usr/lib/modules"].map(|modules| root.join(modules).join(&newest));
    let image = root.join("boot").join(format!("vmlinuz-{newest}"));
    let since = places.iter().find_map(|place| modified(place)).or_else(|| modified(&image));
    Some(Kernel::Newer { reason: format!("kernel {newest} is installed, {running} is running"), since })
}

/// The versions of the kernels in `/boot`.
fn installed(root: &Path) -> Vec<String> {
    let Ok(boot) = fs::read_dir(root.join("boot")) else { return Vec::new() };
    let version = |entry: fs::DirEntry| {
        Some(entry.file_name().into_string().ok()?.strip_prefix("vmlinuz-")?.to_owned())
    };
    boot.flatten().filter_map(version).collect()
}

/// On Arch: the one kernel of the running one's flavour, when the running one's own modules are gone.
fn replaced(root: &Path, running: &str) -> Option<String> {
    let modules: Vec<PathBuf> =
        fs::read_dir(root.join("usr/lib/modules")).ok()?.flatten().map(|entry| entry.path()).collect();
    let packaged = modules.iter().filter(|folder| folder.join("pkgbase").is_file());
    let mut versions = packaged.filter_map(|folder| folder.file_name()?.to_str());
    versions.find(|version| flavour(version) == flavour(running)).map(str::to_owned)
}

/// The newest of the installed kernels that has the running one's flavour; `None` when that one is not among them.
fn newest_of_flavour<'a>(running: &str, installed: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    installed.clone().find(|version| *version == running)?;
    let same = installed.filter(|version| flavour(version) == flavour(running));
    let newest = same.max_by_key(|version| version_key(version))?;
    let is_newer = version_key(newest) > version_key(running);
    Some(if is_newer { newest } else { running }.to_owned())
}

/// `amd64` of `6.1.0-40-amd64`, `generic` of `5.15.0-91-generic`; without such a word the letters of the release:
/// `el x` of `5.14.0-362.8.1.el9_3.x86_64`, `arch` of `6.6.7-arch1-1`.
fn flavour(version: &str) -> String {
    let starts_with_letter = |part: &&str| part.starts_with(|c: char| c.is_ascii_alphabetic());
    let last = version.rsplit('-').next().filter(starts_with_letter).filter(|last| !last.contains("arch"));
    if let Some(word) = last {
        return word.to_owned();
    }
    let (_, release) = version.split_once('-').unwrap_or((version, ""));
    let words = release.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// The numbers of a version, in order.
fn version_key(version: &str) -> Vec<u64> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newest(running: &str, installed: &[&str]) -> Option<String> {
        newest_of_flavour(running, installed.iter().copied())
    }

    #[test]
    fn a_newer_kernel_of_the_same_flavour_is_found_by_number_not_by_letter() {
        let debian = ["6.1.0-9-amd64", "6.1.0-40-amd64", "6.1.0-40-cloud-amd64-unsigned", "6.1.0-39-amd64"];
        assert_eq!(newest("6.1.0-39-amd64", &debian).as_deref(), Some("6.1.0-40-amd64"));
        let ubuntu = ["5.15.0-91-generic", "5.15.0-100-lowlatency"];
        assert_eq!(newest("5.15.0-91-generic", &ubuntu).as_deref(), Some("5.15.0-91-generic"));
        let suse = ["5.14.21-150500.55.39-default", "5.14.21-150500.55.44-default"];
        assert_eq!(newest(suse[0], &suse).as_deref(), Some(suse[1]));
    }

    #[test]
    fn the_kernels_of_rpm_are_compared_among_their_kind() {
        let red_hat = [
            "5.14.0-362.8.1.el9_3.x86_64",
            "5.14.0-427.13.1.el9_4.x86_64",
            "5.15.0-205.149.5.1.el9uek.x86_64",
            "0-rescue-8f3b1c5d9e2a4f6b",
        ];
        assert_eq!(newest(red_hat[0], &red_hat).as_deref(), Some(red_hat[1]));
        assert_eq!(newest(red_hat[2], &red_hat).as_deref(), Some(red_hat[2]));
        let debug = ["6.8.5-301.fc40.x86_64", "6.8.5-301.fc40.x86_64+debug"];
        assert_eq!(newest(debug[0], &debug).as_deref(), Some(debug[0]));
        let fedora = ["6.8.5-301.fc40.x86_64", "6.10.3-200.fc41.x86_64"];
        assert_eq!(newest(fedora[0], &fedora).as_deref(), Some(fedora[1]));
    }

    #[test]
    fn a_kernel_from_outside_tells_nothing() {
        assert_eq!(newest("6.18.44-host", &["6.1.0-40-amd64"]), None);
    }

    #[test]
    fn on_arch_the_modules_of_the_running_kernel_are_gone() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("proc/sys/kernel/osrelease", "6.6.7-arch1-1\n");
        assert_eq!(look(root.path()), None);
        write("usr/lib/modules/6.6.30-1-lts/pkgbase", "linux-lts\n");
        assert_eq!(look(root.path()), None);
        write("usr/lib/modules/6.6.8-arch1-1/pkgbase", "linux\n");
        let Some(Kernel::Newer { reason, since }) = look(root.path()) else { panic!("no newer kernel") };
        assert_eq!(reason, "kernel 6.6.8-arch1-1 is installed, 6.6.7-arch1-1 is running");
        assert!(since.is_some());
        write("usr/lib/modules/6.6.7-arch1-1/pkgbase", "linux\n");
        fs::remove_dir_all(root.path().join("usr/lib/modules/6.6.8-arch1-1")).unwrap();
        assert_eq!(look(root.path()), Some(Kernel::Newest));
    }
}
