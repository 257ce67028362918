//! Windows Server Backup: `wbadmin get versions`.
//!
//! Windows speaks the language of its owner, so no word of the answer is understood but the version's identifier: month,
//! day, year, hour and minute in UTC, whatever the language.

use dogwatch_model::{BackupRun, RunResult};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::sighting::Sighting;

pub(super) const ARGUMENTS: &[&str] = &["get", "versions"];

/// Nothing when no version is named: then there are no backups, or the tool said why it does not tell.
pub(super) fn parse(text: &str, found_by: &str) -> Option<Sighting> {
    let runs: Vec<BackupRun> = text.lines().filter_map(version).collect();
    (!runs.is_empty()).then(|| Sighting::new("Windows Server Backup", "wsb", found_by).with_copies(runs))
}

fn version(line: &str) -> Option<BackupRun> {
    let id = line.rsplit_once(": ")?.1.trim();
    let at = identifier(id)?;
    Some(BackupRun {
        ended_at: Some(at),
        snapshot: Some(id.to_owned()),
        ..BackupRun::new(id.to_owned(), at, RunResult::Success)
    })
}

/// `04/18/2025-22:12`.
fn identifier(text: &str) -> Option<Timestamp> {
    let shape: Vec<char> = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    (shape.iter().collect::<String>() == "00/00/0000-00:00").then_some(())?;
    let at = DateTime::strptime("%m/%d/%Y-%H:%M", text).ok()?;
    TimeZone::UTC.to_timestamp(at).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_any_language() {
        let seen = parse(include_str!("recorded/wbadmin-server-2019-get-versions.txt"), "wsb").unwrap();
        assert_eq!(seen.facts.versions_kept, Some(2));
        assert_eq!(seen.runs[1].started_at.to_string(), "2025-04-18T22:12:00Z");
        let german = "Sicherungszeit: 18.04.2025 15:12\r\nVersions-ID: 04/18/2025-22:12\r\nWiederherstellbar: Volumes, Dateien\r\n";
        assert_eq!(parse(german, "wsb").unwrap().runs.len(), 1);
    }

    #[test]
    fn no_versions_are_no_job() {
        assert_eq!(parse("ERROR - No backups were found on the backup storage location.\r\n", "wsb"), None);
        assert_eq!(parse("Version identifier: 99/99/2025-22:12", "wsb"), None);
    }
}
