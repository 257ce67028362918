//! Is a reboot waiting, why, and how sure is that?
//!
//! Strong: the flag that packages or zypper leave, and packages of rpm that take effect with the next boot and are newer
//! than this one. Weak: a newer kernel of the running flavour, and services that still use replaced libraries. On Windows
//! the registry says so (see `registry`). Without any source of evidence the answer is not known, which is not "no".

mod kernel;
pub(in crate::sources) mod libraries;
#[cfg(any(windows, test))]
mod registry;
#[cfg(windows)]
#[path = "reboot/windows.rs"]
mod system;
#[cfg(not(windows))]
mod system {
    pub(super) fn reasons() -> Option<Vec<super::Reasons>> {
        None
    }
}

use std::{fs, path::Path};

use dogwatch_model::{Confidence, Reboot};
use dogwatch_proto::conversions::limits;
use jiff::Timestamp;
use kernel::Kernel;

use super::ground::{modified, name};

/// The flags of Debian and its kin, and of SUSE.
const FLAGS: [&str; 2] = ["run/reboot-required", "run/reboot-needed"];
/// Services that are named; the rest is counted.
const SERVICES: usize = 20;

/// What is remembered of the costly part.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    outdated: Option<Option<Vec<String>>>,
}

/// Reasons of one kind, since when, and how sure they make us.
#[derive(Debug, PartialEq, Eq)]
struct Reasons {
    reasons: Vec<String>,
    since: Option<Timestamp>,
    confidence: Confidence,
}

impl Evidence {
    /// Something was looked at anew: processes may use other libraries now.
    pub(super) fn is_old(&mut self) {
        self.outdated = None;
    }

    /// Looks below `root`; `since_boot` is what rpm knows.
    pub(super) async fn look(
        &mut self,
        root: &Path,
        since_boot: Option<Vec<(String, Timestamp)>>,
    ) -> Option<Reboot> {
        if self.outdated.is_none() {
            self.outdated = Some(libraries::outdated(root).await);
        }
        let container = is_container(root);
        let kernel = if container { None } else { kernel::look(root) };
        let packages = since_boot.filter(|_| !container);
        let system = system::reasons();
        let known = kernel.is_some() || packages.is_some() || system.is_some();
        let outdated = self.outdated.iter().flatten().flatten();
        let all = [
            asked_for(root),
            packages.as_deref().and_then(newer_than_boot),
            kernel.and_then(newer_kernel),
            outdated_services(&outdated.map(String::as_str).collect::<Vec<_>>()),
        ];
        judged(all.into_iter().flatten().chain(system.into_iter().flatten()).collect(), known)
    }
}

/// The machine's last boot, by its own clock.
pub(super) fn boot_at(root: &Path) -> Option<Timestamp> {
    let stat = fs::read_to_string(root.join("proc/stat")).ok()?;
    let seconds = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    Timestamp::from_second(seconds.trim().parse().ok()?).ok()
}

/// A container boots nothing: kernel and boot are its host's.
fn is_container(root: &Path) -> bool {
    ["run/.containerenv", ".dockerenv", "run/systemd/container"].iter().any(|mark| root.join(mark).exists())
}

fn judged(evidence: Vec<Reasons>, known: bool) -> Option<Reboot> {
    if evidence.is_empty() {
        let confidence = Confidence::Weak;
        return known.then_some(Reboot { pending: false, reasons: Vec::new(), since: None, confidence });
    }
    let strong = evidence.iter().any(|reasons| reasons.confidence == Confidence::Strong);
    let since = evidence.iter().filter_map(|reasons| reasons.since).min();
    let mut reasons: Vec<String> = evidence.into_iter().flat_map(|reasons| reasons.reasons).collect();
    reasons.truncate(limits::REBOOT_REASONS);
    let confidence = if strong { Confidence::Strong } else { Confidence::Weak };
    Some(Reboot { pending: true, reasons, since, confidence })
}

fn asked_for(root: &Path) -> Option<Reasons> {
    let since = FLAGS.iter().find_map(|flag| modified(&root.join(flag)))?;
    let packages = fs::read_to_string(root.join("run/reboot-required.pkgs")).unwrap_or_default();
    let packages = packages.lines().map(str::trim).filter(|package| !package.is_empty());
    let mut reasons: Vec<String> = packages.map(name).collect();
    reasons.sort_unstable();
    reasons.dedup();
    reasons.truncate(limits::REBOOT_REASONS / 2);
    Some(Reasons { reasons, since: Some(since), confidence: Confidence::Strong })
}

fn newer_than_boot(packages: &[(String, Timestamp)]) -> Option<Reasons> {
    let since = packages.iter().map(|(_, at)| *at).min()?;
    let reasons = packages.iter().map(|(package, _)| name(&format!("{package} is newer than the last boot")));
    Some(Reasons { reasons: reasons.collect(), since: Some(since), confidence: Confidence::Strong })
}

fn newer_kernel(kernel: Kernel) -> Option<Reasons> {
    match kernel {
        Kernel::Newest => None,
        Kernel::Newer { reason, since } => {
            Some(Reasons { reasons: vec![name(&reason)], since, confidence: Confidence::Weak })
        }
    }
}

fn outdated_services(services: &[&str]) -> Option<Reasons> {
    let named = services.iter().take(SERVICES);
    let mut reasons: Vec<String> =
        named.map(|service| name(&format!("{service} uses libraries that were replaced"))).collect();
    if services.len() > SERVICES {
        reasons.push(format!("and {} more", services.len() - SERVICES));
    }
    (!reasons.is_empty()).then_some(Reasons { reasons, since: None, confidence: Confidence::Weak })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    async fn look(root: &Path, since_boot: Option<Vec<(String, Timestamp)>>) -> Option<Reboot> {
        Evidence::default().look(root, since_boot).await
    }

    #[tokio::test]
    async fn packages_that_ask_for_a_reboot_are_named_once() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("run")).unwrap();
        fs::write(root.path().join("run/reboot-required"), "*** System restart required ***\n").unwrap();
        fs::write(root.path().join("run/reboot-required.pkgs"), "libc6\nlinux-base\nlibc6\n").unwrap();
        let reboot = look(root.path(), None).await.unwrap();
        assert!(reboot.pending && reboot.since.is_some());
        assert_eq!(reboot.reasons, ["libc6", "linux-base"]);
        assert_eq!(reboot.confidence, Confidence::Strong);
    }

    #[tokio::test]
    async fn no_evidence_is_not_an_answer() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(look(root.path(), None).await, None);
    }

    #[tokio::test]
    async fn what_rpm_installed_since_the_boot_is_strong_and_nothing_of_it_is_a_no() {
        let root = tempfile::tempdir().unwrap();
        let nothing = look(root.path(), Some(Vec::new())).await.unwrap();
        assert!(!nothing.pending);
        let newer =
            vec![("glibc.x86_64 2.34-83".to_owned(), at(200)), ("systemd.x86_64 252".to_owned(), at(100))];
        let reboot = look(root.path(), Some(newer.clone())).await.unwrap();
        assert_eq!(
            (reboot.pending, reboot.since, reboot.confidence),
            (true, Some(at(100)), Confidence::Strong)
        );
        assert_eq!(reboot.reasons[0], "glibc.x86_64 2.34-83 is newer than the last boot");
        fs::write(root.path().join(".dockerenv"), "").unwrap();
        assert_eq!(look(root.path(), Some(newer)).await, None, "a container boots nothing");
    }

    #[test]
    fn evidence_adds_up_and_the_strongest_says_how_sure_it_is() {
        let services: Vec<String> = (0..25).map(|number| format!("s{number:02}.service")).collect();
        let services: Vec<&str> = services.iter().map(String::as_str).collect();
        let weak = outdated_services(&services).unwrap();
        assert_eq!((weak.reasons.len(), weak.reasons[20].as_str()), (SERVICES + 1, "and 5 more"));
        let kernel =
            Kernel::Newer { reason: "kernel 2 is installed, 1 is running".into(), since: Some(at(50)) };
        let reboot = judged(vec![newer_kernel(kernel).unwrap(), weak], true).unwrap();
        assert_eq!((reboot.since, reboot.confidence), (Some(at(50)), Confidence::Weak));
        assert_eq!(outdated_services(&[]), None);
    }

    #[test]
    fn the_boot_is_told_by_the_kernel() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(boot_at(root.path()), None);
        fs::create_dir(root.path().join("proc")).unwrap();
        fs::write(root.path().join("proc/stat"), "cpu  1 2 3\nbtime 1700000000\nprocesses 5\n").unwrap();
        assert_eq!(boot_at(root.path()), Some(at(1_700_000_000)));
    }
}
