//! Veeam Agent for Windows: what it writes to its own event log when a job has ended (event 190), from `wevtutil`.
//!
//! How the job ended is the event's level, whatever the language; its name is what the message has between single
//! quotation marks.

use dogwatch_model::{BackupRun, RunResult};
use dogwatch_proto::conversions::limits;

use super::{
    drop_in::NAME_BYTES,
    sighting::{Sighting, by_name},
};
use crate::sources::windows_event::{self, Event};

/// Jobs that have ended, newest first: some weeks of a few jobs.
pub(super) const ARGUMENTS: &[&str] = &[
    "qe",
    "Veeam Agent",
    "/q:*[System[(EventID=190)]]",
    "/c:100",
    "/f:RenderedXml",
    "/rd:true",
    "/uni:true",
];
/// The log, which is there when the product is.
pub(super) const LOG: &str = r"C:\Windows\System32\winevt\Logs\Veeam Agent.evtx";
/// What a job is called whose name is not told.
const UNNAMED: &str = "backup";
/// Jobs that are told.
const JOBS: usize = 32;

/// One sighting a job.
pub(super) fn parse(text: &str, found_by: &str) -> Vec<Sighting> {
    let mut events = windows_event::parse(text);
    events.sort_by_key(|event| event.at);
    let jobs = by_name(events.iter().filter_map(ended), JOBS);
    let sighting = |(job, runs): (String, Vec<BackupRun>)| {
        let mut seen = Sighting::new(format!("veeam {job}"), "veeam", found_by).with_copies(runs);
        // Ends of jobs are no copies.
        (seen.facts.versions_kept, seen.facts.oldest_version) = (None, None);
        seen
    };
    jobs.into_iter().map(sighting).collect()
}

fn ended(event: &Event) -> Option<(String, BackupRun)> {
    const ERROR: u32 = 2;
    const WARNING: u32 = 3;
    const INFORMATION: u32 = 4;
    let at = event.at.filter(|_| event.id == 190)?;
    let result = match event.level {
        INFORMATION => RunResult::Success,
        WARNING => RunResult::Warning,
        ERROR => RunResult::Failed,
        _ => RunResult::Unknown,
    };
    let said = event.message.as_deref().or(event.data.first().map(String::as_str)).unwrap_or_default();
    let job =
        said.split_once('\'').and_then(|(_, rest)| rest.split_once('\'')).map_or(UNNAMED, |(job, _)| job);
    // The number alone would come again after the log was cleared.
    let id = format!("{at} {}", event.record);
    let run = BackupRun { ended_at: Some(at), ..BackupRun::new(id, at, result) };
    Some((limits::clip(job.trim(), NAME_BYTES / 4), run))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_ended_as_their_level_says() {
        let seen = parse(include_str!("recorded/wevtutil-veeam-agent-windows.xml"), "veeam-windows");
        let told: Vec<_> = seen.iter().map(|seen| (seen.job.as_str(), seen.runs.len())).collect();
        assert_eq!(told, [("veeam Backup Job PC1", 3), ("veeam backup", 1)]);
        let results: Vec<_> = seen[0].runs.iter().map(|run| run.result).collect();
        assert_eq!(results, [RunResult::Success, RunResult::Failed, RunResult::Warning]);
        assert_eq!(seen[0].runs[1].ended_at.unwrap().to_string(), "2026-06-11T22:30:05Z");
        assert_eq!(seen[0].facts.versions_kept, None);
    }

    #[test]
    fn a_log_without_ends_is_no_job() {
        assert_eq!(parse("", "veeam-windows"), []);
    }
}
