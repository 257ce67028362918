//! Time Machine: `tmutil listbackups`.
//!
//! Without Full Disk Access it refuses. Then nothing is known, and that is what is told: a missing permission of ours is
//! no failed backup.

use dogwatch_model::{BackupRun, RunResult};
use jiff::{civil::DateTime, tz::TimeZone};

use super::sighting::Sighting;

pub(super) const ARGUMENTS: &[&str] = &["listbackups"];
const NAME: &str = "Time Machine";

/// `/Volumes/…/2023-03-07-035603.backup`, a line a backup, in local time. Nothing when Time Machine is not in use.
pub(super) fn parse(stdout: &str, stderr: &str, zone: &TimeZone, found_by: &str) -> Option<Sighting> {
    let seen = Sighting::new(NAME, "time-machine", found_by);
    if stderr.contains("Full Disk Access") {
        let problem = "permission: the agent needs Full Disk Access to see the backups";
        return Some(Sighting { problem: Some(problem.into()), ..seen });
    }
    let runs: Vec<BackupRun> = stdout.lines().filter_map(|line| backup(line, zone)).collect();
    (!runs.is_empty()).then(|| seen.with_copies(runs))
}

fn backup(line: &str, zone: &TimeZone) -> Option<BackupRun> {
    let name = line.trim_end().rsplit('/').next()?;
    let stamp = name.strip_suffix(".backup").unwrap_or(name).get(..17)?;
    let at = zone.to_timestamp(DateTime::strptime("%Y-%m-%d-%H%M%S", stamp).ok()?).ok()?;
    Some(BackupRun { ended_at: Some(at), ..BackupRun::new(stamp.to_owned(), at, RunResult::Success) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backups_on_old_and_new_disks_are_found() {
        let text = include_str!("recorded/tmutil-listbackups.txt");
        let seen = parse(text, "", &TimeZone::UTC, "tm").unwrap();
        let at: Vec<String> = seen.runs.iter().map(|run| run.started_at.to_string()).collect();
        assert_eq!(at, ["2011-07-04T12:03:52Z", "2023-03-07T03:56:03Z"]);
    }

    #[test]
    fn a_missing_permission_is_no_failure_and_not_in_use_is_no_job() {
        let refused = "tmutil: listbackups requires Full Disk Access privileges.\nTo allow this operation, select Full Disk Access in the Privacy\n";
        let seen = parse("", refused, &TimeZone::UTC, "tm").unwrap();
        assert!(seen.problem.unwrap().starts_with("permission: ") && seen.runs.is_empty());
        assert_eq!(parse("", "No machine directory found for host.\n", &TimeZone::UTC, "tm"), None);
    }
}
