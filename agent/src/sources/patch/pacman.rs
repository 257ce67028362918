//! pacman: Arch Linux and its kin.
//!
//! The installed packages are compared with the sync databases that are there; they are never refreshed here, since a
//! refresh without an upgrade is what breaks an Arch machine. It knows neither security nor severity.

use std::fs;

use dogwatch_model::{Update, UpdateState};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::{
    ground::{Ground, ScanError, modified, name, said},
    scan::Scan,
};
use crate::sources::patch::apt::tail;

/// Asks pacman.
pub(super) async fn scan(ground: &Ground) -> Scan {
    let metadata_at = refreshed_at(ground);
    let updates = if metadata_at.is_none() {
        Err(ScanError::NoIndex { remedy: "run `pacman -Syu`, or let the system do it" })
    } else {
        updates(ground).await
    };
    Scan {
        metadata_at,
        last_install_at: tail(&ground.path("var/log/pacman.log"))
            .and_then(|log| last_install(&log, &TimeZone::system())),
        ..Scan::from(updates)
    }
}

async fn updates(ground: &Ground) -> Result<Vec<Update>, ScanError> {
    let mut arguments = ground.elsewhere("--sysroot");
    arguments.push("-Qu");
    let output = ground.run("pacman", &arguments).await?;
    // Nothing to upgrade is 1 and nothing said.
    let nothing = output.code == Some(1) && output.stdout.is_empty() && !output.stderr.contains("error:");
    if nothing { Ok(Vec::new()) } else { said("pacman", output).map(|output| parse(&output)) }
}

/// When the databases were last refreshed: their own date is the server's, the folder's is when one was replaced.
pub(super) fn refreshed_at(ground: &Ground) -> Option<Timestamp> {
    let folder = ground.path("var/lib/pacman/sync");
    let databases = fs::read_dir(&folder).ok()?.flatten().map(|entry| entry.path());
    let newest = databases.filter(|path| path.extension().is_some_and(|ext| ext == "db"));
    let newest = newest.filter_map(|path| modified(&path)).max()?;
    Some(modified(&folder).map_or(newest, |at| at.max(newest)))
}

/// `bash 5.2.015-1 -> 5.2.021-1`, with ` [ignored]` behind when it is kept away.
fn parse(output: &str) -> Vec<Update> {
    let update = |line: &str| {
        let (line, ignored) = match line.trim_end().strip_suffix(" [ignored]") {
            Some(line) => (line, true),
            None => (line, false),
        };
        let (package, versions) = line.trim().split_once(' ')?;
        let (installed, available) = versions.split_once(" -> ")?;
        Some(Update {
            installed: Some(name(installed)),
            available: Some(name(available)),
            state: if ignored { UpdateState::Declined } else { UpdateState::Missing },
            ..Update::missing("pacman", &name(package))
        })
    };
    output.lines().filter_map(update).collect()
}

/// `[2026-03-01T10:00:00+0100] [ALPM] upgraded bash (5.2-1 -> 5.3-1)`; before 2019 without seconds and zone.
fn last_install(log: &str, zone: &TimeZone) -> Option<Timestamp> {
    log.lines().rev().find_map(|line| {
        let (at, what) = line.strip_prefix('[')?.split_once("] ")?;
        let is_install = ["[ALPM] upgraded ", "[ALPM] installed "].iter().any(|mark| what.starts_with(mark));
        if !is_install {
            return None;
        }
        let zoned = Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", at).ok();
        zoned.or_else(|| {
            let local = DateTime::strptime("%Y-%m-%d %H:%M", at).ok()?;
            Some(local.to_zoned(zone.clone()).ok()?.timestamp())
        })
    })
}

/// The faces of the parsers in the table of parsers.
pub(in crate::sources) fn survives(output: &str) {
    parse(output);
    last_install(output, &TimeZone::UTC);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_declined() {
        // Recorded with pacman 6.0.2 on Debian 12 against databases of our own.
        let updates = parse("foo 1.0-1 -> 1.1-1\nheld 1.0-1 -> 1.1-1 [ignored]\n");
        let states: Vec<_> = updates.iter().map(|update| (update.id.as_str(), update.state)).collect();
        assert_eq!(states, [("pacman:foo", UpdateState::Missing), ("pacman:held", UpdateState::Declined)]);
        assert_eq!(updates[0].available.as_deref(), Some("1.1-1"));
    }

    #[test]
    fn the_last_installation_is_found_in_both_forms_of_the_log() {
        let log = "[2026-03-01T10:00:00+0100] [ALPM] upgraded bash (1 -> 2)\n[2026-03-02T10:00:00+0100] [PACMAN] \
            Running 'pacman -Syu'\n[2026-03-02T10:00:01+0100] [ALPM] removed foo (1)\n";
        assert_eq!(last_install(log, &TimeZone::UTC), Some("2026-03-01T09:00:00Z".parse().unwrap()));
        let old = "[2018-03-01 10:00] [ALPM] installed bash (1)\nrubbish\n";
        assert_eq!(last_install(old, &TimeZone::UTC), Some("2018-03-01T10:00:00Z".parse().unwrap()));
    }
}
