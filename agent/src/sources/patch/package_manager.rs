//! The package managers that are known: where each is, what it reads, and how it is asked.
//!
//! A manager whose tool is there but which manages nothing is no source: dnf on a Debian machine has no repositories,
//! flatpak without an application has nothing to update.

#[cfg_attr(all(target_os = "linux", not(test)), path = "package_manager/linux.rs")]
mod built_in;

use std::{fs, path::Path};

use jiff::Timestamp;

use super::{apk, apt, brew, dnf, flatpak, ground::Ground, pacman, scan::Scan, snap, winget, wua, zypper};

/// A package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Manager {
    Apt,
    Dnf,
    Zypper,
    Pacman,
    Apk,
    Flatpak,
    Snap,
    Brew,
    SoftwareUpdate,
    Wua,
    Winget,
}

/// A folder whose files tell that something was installed or an index refreshed, and which of its files.
pub(super) type Watched = (&'static str, fn(&str) -> bool);

/// A file or folder that an answer depends on, and how deep it is looked into.
pub(super) type Input = (&'static str, usize);

impl Manager {
    /// All, in the order in which they are named together.
    pub(super) const ALL: [Self; 11] = [
        Self::Apt,
        Self::Dnf,
        Self::Zypper,
        Self::Pacman,
        Self::Apk,
        Self::Flatpak,
        Self::Snap,
        Self::Brew,
        Self::SoftwareUpdate,
        Self::Wua,
        Self::Winget,
    ];

    /// What it is called, in `source` and before the colon of an update's id.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Apt => "apt",
            Self::Dnf => "dnf",
            Self::Zypper => "zypper",
            Self::Pacman => "pacman",
            Self::Apk => "apk",
            Self::Flatpak => "flatpak",
            Self::Snap => "snap",
            Self::Brew => "brew",
            Self::SoftwareUpdate => "softwareupdate",
            Self::Wua => "wua",
            Self::Winget => "winget",
        }
    }

    /// Whether it manages anything on the machine below `root`.
    pub(super) fn is_here(self, root: &Path) -> bool {
        let file = |path: &str| root.join(path).is_file();
        let filled =
            |path: &str| fs::read_dir(root.join(path)).is_ok_and(|mut entries| entries.next().is_some());
        match self {
            Self::Apt => file("usr/bin/apt-get"),
            Self::Dnf => {
                dnf::tool(root).is_some() && !Self::Zypper.is_here(root) && filled("etc/yum.repos.d")
            }
            Self::Zypper => file("usr/bin/zypper") && filled("etc/zypp/repos.d"),
            Self::Pacman => file("usr/bin/pacman") && filled("var/lib/pacman/local"),
            Self::Apk => (file("sbin/apk") || file("usr/bin/apk")) && file("lib/apk/db/installed"),
            Self::Flatpak => {
                file("usr/bin/flatpak")
                    && (filled("var/lib/flatpak/app") || filled("var/lib/flatpak/runtime"))
            }
            Self::Snap => filled("var/lib/snapd/snaps") && file("var/lib/snapd/state.json"),
            Self::Brew => brew::prefix(root).is_some(),
            Self::SoftwareUpdate => file("usr/sbin/softwareupdate"),
            Self::Wua => wua::is_here(),
            Self::Winget => winget::program().is_some(),
        }
    }

    /// What tells of a change while the agent runs.
    pub(super) const fn watched(self) -> &'static [Watched] {
        match self {
            Self::Apt => &[
                ("var/lib/dpkg", |name| name == "status"),
                ("var/lib/apt/lists", |name| !name.starts_with("lock")),
            ],
            Self::Dnf | Self::Zypper => &[
                ("var/lib/rpm", |name| name.starts_with("rpmdb.sqlite") || name.starts_with("Packages")),
                ("usr/lib/sysimage/rpm", |name| {
                    name.starts_with("rpmdb.sqlite") || name.starts_with("Packages")
                }),
            ],
            Self::Pacman => {
                &[("var/lib/pacman/local", |_| true), ("var/lib/pacman/sync", |name| name.ends_with(".db"))]
            }
            Self::Apk => &[
                ("lib/apk/db", |name| name == "installed"),
                ("var/cache/apk", |name| name.starts_with("APKINDEX")),
            ],
            Self::Flatpak => &[("var/lib/flatpak", |name| name == ".changed")],
            Self::Snap => &[("var/lib/snapd/snaps", |name| name.ends_with(".snap"))],
            Self::Brew | Self::SoftwareUpdate | Self::Wua | Self::Winget => &[],
        }
    }

    /// What an answer depends on; nothing where that cannot be told by looking at files.
    pub(super) fn inputs(self) -> &'static [Input] {
        match self {
            // Who gives apt another configuration gives it other files.
            Self::Apt if std::env::var_os("APT_CONFIG").is_some() => &[],
            Self::Apt => &[("var/lib/dpkg/status", 0), ("var/lib/apt/lists", 1), ("etc/apt", 2)],
            Self::Dnf => &[
                ("var/lib/rpm", 1),
                ("usr/lib/sysimage/rpm", 1),
                ("etc/yum.repos.d", 1),
                ("etc/dnf", 2),
                ("var/cache/dnf", 2),
                ("var/cache/libdnf5", 2),
            ],
            Self::Zypper => {
                &[("var/lib/rpm", 1), ("usr/lib/sysimage/rpm", 1), ("etc/zypp", 2), ("var/cache/zypp/raw", 2)]
            }
            Self::Pacman => {
                &[("var/lib/pacman/local", 0), ("var/lib/pacman/sync", 1), ("etc/pacman.conf", 0)]
            }
            Self::Apk => &[("lib/apk/db/installed", 0), ("var/cache/apk", 1), ("etc/apk", 1)],
            Self::Snap => &[("var/lib/snapd/state.json", 0)],
            Self::Flatpak | Self::Brew | Self::SoftwareUpdate | Self::Wua | Self::Winget => &[],
        }
    }

    /// The program that is asked; nothing where files are read, or another program stands before it.
    pub(super) fn tool(self, root: &Path) -> Option<&'static str> {
        match self {
            Self::Apt => Some("apt-get"),
            Self::Dnf => dnf::tool(root).map(dnf::Dialect::tool),
            Self::Zypper => Some("zypper"),
            Self::Pacman => Some("pacman"),
            Self::Apk => Some("apk"),
            Self::Flatpak => Some("flatpak"),
            Self::SoftwareUpdate => Some("softwareupdate"),
            Self::Snap | Self::Brew | Self::Wua | Self::Winget => None,
        }
    }

    /// When its index was last refreshed.
    pub(super) fn refreshed_at(self, ground: &Ground) -> Option<Timestamp> {
        match self {
            Self::Apt => apt::refreshed_at(ground),
            Self::Dnf => dnf::refreshed_at(ground),
            Self::Zypper => zypper::refreshed_at(ground),
            Self::Pacman => pacman::refreshed_at(ground),
            Self::Apk => apk::refreshed_at(ground),
            Self::Flatpak => flatpak::refreshed_at(ground),
            Self::Snap => snap::refreshed_at(ground),
            Self::Brew => brew::refreshed_at(ground),
            // They tell it with their answer, or not at all.
            Self::SoftwareUpdate | Self::Wua | Self::Winget => None,
        }
    }

    /// Asks it.
    pub(super) async fn scan(self, ground: &Ground) -> Scan {
        match self {
            Self::Apt => apt::scan(ground).await,
            Self::Dnf => dnf::scan(ground).await,
            Self::Zypper => zypper::scan(ground).await,
            Self::Pacman => pacman::scan(ground).await,
            Self::Apk => apk::scan(ground).await,
            Self::Flatpak => flatpak::scan(ground).await,
            Self::Snap => snap::scan(ground),
            Self::Brew => brew::scan(ground).await,
            Self::SoftwareUpdate | Self::Wua | Self::Winget => built_in::scan(self, ground).await,
        }
    }
}
