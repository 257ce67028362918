//! Veeam Agent for Linux: `veeamconfig session list`, a table of every session. One job a job.
//!
//! Versions differ in their columns, so a line is understood from its only fixed point: the session's id in braces.
//! Before it stand the job's name and the session's type, after it a state and instants in local time, in any order.

use dogwatch_model::{BackupRun, RunResult};
use dogwatch_proto::conversions::limits;
use jiff::{civil::DateTime, tz::TimeZone};

use super::{
    drop_in::NAME_BYTES,
    sighting::{Sighting, by_name},
};

pub(super) const ARGUMENTS: &[&str] = &["session", "list"];
/// Jobs that are told.
const JOBS: usize = 32;

/// One sighting a job.
pub(super) fn parse(text: &str, zone: &TimeZone, found_by: &str) -> Vec<Sighting> {
    let jobs = by_name(text.lines().filter_map(|line| session(line, zone)), JOBS);
    let sighting = |(job, runs): (String, Vec<BackupRun>)| {
        let mut seen = Sighting::new(format!("veeam {job}"), "veeam", found_by).with_copies(runs);
        // Sessions are no copies.
        (seen.facts.versions_kept, seen.facts.oldest_version) = (None, None);
        seen
    };
    jobs.into_iter().map(sighting).collect()
}

fn session(line: &str, zone: &TimeZone) -> Option<(String, BackupRun)> {
    let (before, rest) = line.split_once('{')?;
    let (id, after) = rest.split_once('}')?;
    let (job, kind) = before.trim().rsplit_once(char::is_whitespace)?;
    if !kind.eq_ignore_ascii_case("backup") || id.len() != 36 {
        return None;
    }
    let words: Vec<&str> = after.split_whitespace().collect();
    let mut instants = words.windows(2).filter_map(|pair| {
        let at = DateTime::strptime("%Y-%m-%d %H:%M", format!("{} {}", pair[0], pair[1].get(..5)?)).ok()?;
        zone.to_timestamp(at).ok()
    });
    let result = words.iter().find_map(|word| match *word {
        "Success" => Some(RunResult::Success),
        "Warning" => Some(RunResult::Warning),
        "Failed" | "Error" => Some(RunResult::Failed),
        "Stopped" | "Canceled" | "Cancelled" => Some(RunResult::Cancelled),
        "Running" | "Starting" | "Stopping" => Some(RunResult::Running),
        _ => None,
    });
    let started_at = instants.next()?;
    let ended_at = instants.next_back().filter(|_| result != Some(RunResult::Running));
    let result = result.unwrap_or(RunResult::Unknown);
    let ended_at = ended_at.or((result != RunResult::Running).then_some(started_at));
    let run = BackupRun {
        ended_at: ended_at.map(|at| at.max(started_at)),
        ..BackupRun::new(id.to_owned(), started_at, result)
    };
    Some((limits::clip(job.trim(), NAME_BYTES / 4), run))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_of_backup_jobs_are_understood_whatever_the_columns() {
        let text = include_str!("recorded/veeam-agent-linux-6-session-list.txt");
        let seen = parse(text, &TimeZone::UTC, "veeam");
        let told: Vec<_> = seen.iter().map(|seen| (seen.job.as_str(), seen.runs.len())).collect();
        assert_eq!(told, [("veeam SystemBackup", 3), ("veeam Home folders", 1)]);
        let results: Vec<_> = seen[0].runs.iter().map(|run| run.result).collect();
        assert_eq!(results, [RunResult::Success, RunResult::Failed, RunResult::Running]);
        assert_eq!(seen[0].runs[0].started_at.to_string(), "2023-01-09T15:45:00Z");
        assert_eq!(seen[0].runs[0].ended_at.unwrap().to_string(), "2023-01-09T15:52:00Z");
        assert_eq!(seen[0].runs[2].ended_at, None);
    }

    #[test]
    fn no_sessions_are_no_jobs() {
        assert_eq!(parse("Total amount: 0\n", &TimeZone::UTC, "veeam"), []);
    }
}
