//! apk: Alpine Linux. The index that is in the cache is compared with; without one there is no answer. It knows neither
//! security nor severity.

use std::fs;

use dogwatch_model::Update;
use jiff::Timestamp;

use super::{
    ground::{Ground, ScanError, modified, name},
    scan::Scan,
};

/// Where indexes are: the ordinary cache, and the one that `setup-apkcache` links.
const CACHES: [&str; 2] = ["var/cache/apk", "etc/apk/cache"];

/// Asks apk.
pub(super) async fn scan(ground: &Ground) -> Scan {
    let metadata_at = refreshed_at(ground);
    let updates = if metadata_at.is_none() {
        Err(ScanError::NoIndex { remedy: "run `apk update`, or let the system do it" })
    } else {
        let mut arguments = ground.elsewhere("--root");
        arguments.extend(["--no-network", "version", "-l", "<"]);
        ground.ask("apk", &arguments).await.map(|output| parse(&output))
    };
    Scan {
        metadata_at,
        last_install_at: modified(&ground.path("lib/apk/db/installed")),
        ..Scan::from(updates)
    }
}

pub(super) fn refreshed_at(ground: &Ground) -> Option<Timestamp> {
    let entries = CACHES.iter().filter_map(|cache| fs::read_dir(ground.path(cache)).ok()).flatten().flatten();
    let indexes = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("APKINDEX."));
    indexes.filter_map(|entry| modified(&entry.path())).max()
}

/// `busybox-1.36.1-r5      < 1.36.1-r6 `, with the repository's tag behind where it has one.
fn parse(output: &str) -> Vec<Update> {
    let update = |line: &str| {
        let (installed, available) = line.split_once(" < ")?;
        let installed = installed.trim();
        // The version is what follows the last but one dash: `-r5` is the release.
        let (rest, release) = installed.rsplit_once('-')?;
        let (package, version) = rest.rsplit_once('-')?;
        let mut fields = available.split_whitespace();
        Some(Update {
            installed: Some(name(&format!("{version}-{release}"))),
            available: Some(name(fields.next()?)),
            origin: fields.next().map(name),
            ..Update::missing("apk", &name(package))
        })
    };
    output.lines().filter_map(update).collect()
}

/// The face of the parser in the table of parsers.
pub(in crate::sources) fn survives(output: &str) {
    parse(output);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by hand in the form of apk-tools 2.14 (Alpine 3.19), after its manual page.
    const ALPINE_3_19: &str = include_str!("fixtures/apk-2.14-version.txt");

    #[test]
    fn names_with_dashes_and_tagged_repositories_are_understood() {
        let updates = parse(ALPINE_3_19);
        let told: Vec<_> = updates
            .iter()
            .map(|update| (update.package.as_str(), update.installed.as_deref(), update.available.as_deref()))
            .collect();
        let expected = [
            ("busybox", Some("1.36.1-r15"), Some("1.36.1-r19")),
            ("ca-certificates-bundle", Some("20230506-r0"), Some("20240226-r0")),
            ("ssl_client", Some("1.36.1-r15"), Some("1.36.1-r19")),
            ("nodejs", Some("20.10.0-r1"), Some("21.6.0-r0")),
        ];
        assert_eq!(told, expected);
        assert_eq!(updates[3].origin.as_deref(), Some("@edge"));
    }
}
