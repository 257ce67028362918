//! The packages of rpm: what is installed, since when, and what of it wants a reboot. Of use to dnf and zypper.
//!
//! One query tells the installed versions, the latest installation, and what Red Hat's `needs-restarting -r` looks at:
//! packages whose update takes effect with the next boot. So that tool, which loads dnf once more, is not run.

use std::collections::HashMap;

use jiff::Timestamp;

use super::ground::{Ground, ScanError};
use crate::sources::order;

/// Name, architecture, epoch when there is one, version and release, and when it was installed.
const FORMAT: &str = "%{NAME}.%{ARCH}\\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\\t%{INSTALLTIME}\\n";

/// Packages that only a reboot brings into effect: those of `needs-restarting -r`.
const REBOOT: &[&str] = &[
    "kernel",
    "kernel-core",
    "kernel-default",
    "kernel-PAE",
    "kernel-rt",
    "kernel-rt-core",
    "kernel-uek",
    "kernel-uek-core",
    "glibc",
    "linux-firmware",
    "systemd",
    "systemd-udev",
    "udev",
    "openssl-libs",
    "gnutls",
    "dbus",
    "dbus-broker",
    "dbus-daemon",
    "microcode_ctl",
];

/// What is installed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Installed {
    /// By name and architecture, `openssl.x86_64`: the newest installed last.
    packages: HashMap<String, (String, Option<Timestamp>)>,
}

/// Asks rpm.
pub(super) async fn installed(ground: &Ground) -> Result<Installed, ScanError> {
    let mut arguments = ground.elsewhere("--root");
    arguments.extend(["-qa", "--qf", FORMAT]);
    Ok(Installed::parse(&ground.ask("rpm", &arguments).await?))
}

impl Installed {
    fn parse(output: &str) -> Self {
        let mut packages: HashMap<String, (String, Option<Timestamp>)> = HashMap::new();
        for line in output.lines() {
            let mut fields = line.split('\t');
            let (Some(package), Some(version)) = (fields.next(), fields.next()) else { continue };
            let at = fields.next().and_then(|at| Timestamp::from_second(at.trim().parse().ok()?).ok());
            // Several kernels are installed side by side; the one installed last is the one to compare with.
            let newer = packages.get(package).is_none_or(|(_, before)| *before <= at);
            if newer {
                packages.insert(package.to_owned(), (version.to_owned(), at));
            }
        }
        Self { packages }
    }

    /// The installed version of a package, named with its architecture.
    pub(super) fn version(&self, package: &str) -> Option<&str> {
        self.packages.get(package).map(|(version, _)| version.as_str())
    }

    /// When anything was last installed.
    pub(super) fn last_install_at(&self) -> Option<Timestamp> {
        self.packages.values().filter_map(|(_, at)| *at).max()
    }

    /// What wants a reboot and was installed after `boot`.
    pub(super) fn since(&self, boot: Timestamp) -> Vec<(String, Timestamp)> {
        let wants = |package: &str| package.rsplit_once('.').is_some_and(|(name, _)| REBOOT.contains(&name));
        let later = self.packages.iter().filter(|(package, _)| wants(package));
        let mut later: Vec<(String, Timestamp)> = later
            .filter_map(|(package, (version, at))| {
                at.filter(|at| *at > boot).map(|at| (format!("{package} {version}"), at))
            })
            .collect();
        order::by(&mut later, Ord::cmp);
        later
    }
}

/// The face of the parser in the table of parsers.
pub(in crate::sources) fn survives(output: &str) {
    Installed::parse(output).last_install_at();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form that rpm 4.18 prints with [`FORMAT`].
    const RECORDED: &str = "kernel-core.x86_64\t5.14.0-362.8.1.el9_3\t1700000000\n\
        kernel-core.x86_64\t5.14.0-427.13.1.el9_4\t1714000000\nkernel-core.x86_64\t5.14.0-70.el9\t1600000000\n\
        bind-utils.x86_64\t32:9.16.23-15.el9\t1700000100\ngpg-pubkey.(none)\t8483c65d-5ccc5b19\t1690000000\n";

    #[test]
    fn of_several_kernels_the_one_installed_last_counts() {
        let installed = Installed::parse(RECORDED);
        assert_eq!(installed.version("kernel-core.x86_64"), Some("5.14.0-427.13.1.el9_4"));
        assert_eq!(installed.version("bind-utils.x86_64"), Some("32:9.16.23-15.el9"));
        assert_eq!(installed.last_install_at(), Timestamp::from_second(1_714_000_000).ok());
    }

    #[test]
    fn what_wants_a_reboot_and_came_after_the_boot_is_named() {
        let installed = Installed::parse(RECORDED);
        let boot = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(installed.since(boot(1_714_000_001)), []);
        let expected = ("kernel-core.x86_64 5.14.0-427.13.1.el9_4".to_owned(), boot(1_714_000_000));
        assert_eq!(installed.since(boot(1_650_000_000)), [expected]);
    }
}
