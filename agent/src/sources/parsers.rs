//! Every parser of what a tool prints or a system file holds, by name: one table for the test that feeds them garbage
//! and for the fuzzer, so that no parser is forgotten by either.
//!
//! A parser takes any text and answers; it never panics, and it takes time in proportion to what it was given.

use super::{backup::parsers as backup, checks, drives, health, incidents, inventory, patch, software};
use crate::service;

/// A parser behind a common face: what it makes of the text does not matter here.
pub type Parser = fn(&str);

/// Name and parser, sorted by name.
pub const PARSERS: &[(&str, Parser)] = &[
    ("apk.installed", software::apk::survives),
    ("apk.version", patch::apk::survives),
    ("apt.simulation", patch::apt::survives),
    ("backup.drop_in", backup::DROP_IN),
    ("backup.noticed", backup::NOTICED),
    ("borg.list", backup::BORG),
    ("brew.outdated", patch::brew::survives),
    ("btrfs.mounts", backup::MOUNTS),
    ("btrfs.subvolumes", backup::BTRFS),
    ("checks.http_answer", checks::http_answer_survives),
    ("checks.journal", checks::journal_survives),
    ("checks.systemctl", checks::systemctl_survives),
    ("dnf", patch::dnf::survives),
    ("dpkg.status", software::dpkg::survives),
    ("drives.smartctl", drives::survives),
    ("flatpak", patch::flatpak::survives),
    ("health.files", health::survives),
    ("incidents.logs", incidents::survives),
    ("kopia.snapshots", backup::KOPIA),
    ("launchctl.list", checks::launchctl_survives),
    ("launchctl.print", service::launchctl_print::survives),
    ("macos.facts", inventory::macos_facts::survives),
    ("pacman", patch::pacman::survives),
    ("pacman.folder", software::pacman::survives),
    ("pgbackrest.info", backup::PGBACKREST),
    ("proc.maps", patch::libraries_survive),
    ("restic.snapshots", backup::RESTIC),
    ("rpm.installed", patch::rpm::survives),
    ("rsnapshot.config", backup::RSNAPSHOT_CONFIG),
    ("rsnapshot.log", backup::RSNAPSHOT_LOG),
    ("smbios", inventory::smbios::survives),
    ("snap.state", patch::snap::survives),
    ("snap.yaml", software::snap::survives),
    ("softwareupdate.list", patch::softwareupdate::survives),
    ("system_profiler.applications", software::applications::survives),
    ("systemctl.show", service::systemctl_show::survives),
    ("time_machine.backups", backup::TIME_MACHINE),
    ("veeam.events", backup::VEEAM_EVENTS),
    ("veeam.sessions", backup::VEEAM),
    ("wbadmin.versions", backup::WBADMIN),
    ("windows.facts", inventory::windows_facts::survives),
    ("winget.upgrade", patch::winget::survives),
    ("xml", patch::xml::survives),
    ("zfs.snapshots", backup::ZFS),
    ("zypper", patch::zypper::survives),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_sorted_and_unique() {
        assert!(PARSERS.is_sorted_by(|a, b| a.0 < b.0));
    }

    proptest! {
        #[test]
        fn garbage_is_survived(text in any::<String>()) {
            PARSERS.iter().for_each(|(_, parse)| parse(&text));
        }

        /// Nearly right is harder than garbage: words, numbers, signs and line ends in any order.
        #[test]
        fn near_text_is_survived(
            words in prop::collection::vec("[a-z]{1,8}|[0-9]{1,20}|[{}\\[\\]()<>:;,=|/\"'%\t -]{1,3}|\r?\n|\\PC", 0..200),
        ) {
            let text = words.concat();
            PARSERS.iter().for_each(|(_, parse)| parse(&text));
        }
    }
}
