//! restic: `snapshots --json`. Since 0.17 a snapshot holds the summary of the run that made it.
//!
//! Nothing is locked and nothing is cached: the list of snapshots needs neither. Sizes are told by 0.17 and later, or
//! by the wrapper; `restic stats` would read the whole index for one number.

use dogwatch_model::{BackupRun, RunResult};
use dogwatch_proto::conversions::limits;
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    drop_in::NAME_BYTES,
    repository::{Copy, Listing, Tool, password_command},
};
use crate::config::{Password, Repository};

#[derive(Deserialize)]
struct Snapshot {
    time: Timestamp,
    hostname: Option<String>,
    id: String,
    short_id: Option<String>,
    summary: Option<Summary>,
}

#[derive(Deserialize)]
struct Summary {
    backup_start: Option<Timestamp>,
    backup_end: Option<Timestamp>,
    files_new: Option<u64>,
    files_changed: Option<u64>,
    data_added: Option<u64>,
    total_bytes_processed: Option<u64>,
}

pub(super) fn tool(repository: &Repository) -> Tool {
    let words = ["--repo", &repository.location, "--json", "--no-lock", "--no-cache", "snapshots"];
    let mut environment = Vec::new();
    match &repository.password {
        Password::File(file) => environment.push(("RESTIC_PASSWORD_FILE".into(), file.into())),
        command => environment.extend(
            password_command(command).map(|command| ("RESTIC_PASSWORD_COMMAND".into(), command.into())),
        ),
    }
    Tool { program: "restic", arguments: words.map(str::to_owned).into(), environment, parse }
}

/// Understands the list of snapshots.
pub(super) fn parse(text: &str) -> Result<Listing, serde_json::Error> {
    let snapshots: Option<Vec<Snapshot>> = serde_json::from_str(text)?;
    let copies = snapshots.into_iter().flatten().map(copy).collect();
    // There is no restic repository without a key.
    Ok(Listing { copies, encrypted: Some(true) })
}

fn copy(snapshot: Snapshot) -> Copy {
    let Snapshot { time, hostname, id, short_id, summary } = snapshot;
    let summary = summary.as_ref();
    let started_at = summary.and_then(|summary| summary.backup_start).unwrap_or(time);
    let short = short_id.unwrap_or_else(|| id.chars().take(8).collect());
    let run = BackupRun {
        ended_at: Some(summary.and_then(|summary| summary.backup_end).unwrap_or(time).max(started_at)),
        snapshot: Some(limits::clip(&short, NAME_BYTES)),
        files_new: summary.and_then(|summary| summary.files_new),
        files_changed: summary.and_then(|summary| summary.files_changed),
        bytes_added: summary.and_then(|summary| summary.data_added),
        bytes_total: summary.and_then(|summary| summary.total_bytes_processed),
        ..BackupRun::new(limits::clip(&id, NAME_BYTES), started_at, RunResult::Success)
    };
    Copy { host: hostname, run }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_of_old_and_new_versions_are_understood() {
        let listing = parse(include_str!("recorded/restic-0.14.0-snapshots.json")).unwrap();
        assert_eq!(listing.encrypted, Some(true));
        let last = listing.copies.last().unwrap();
        assert_eq!(last.host.as_deref(), Some("vm"));
        assert_eq!(last.run.snapshot.as_deref(), Some("20dab518"));
        assert_eq!(last.run.ended_at.unwrap().to_string(), "2026-11-22T21:40:28.625564474Z");
        assert_eq!(last.run.bytes_total, None, "it does not tell");

        let listing = parse(include_str!("recorded/restic-0.17-snapshots.json")).unwrap();
        let run = &listing.copies[0].run;
        assert_eq!((run.files_new, run.files_changed), (Some(3), Some(0)));
        assert_eq!((run.bytes_added, run.bytes_total), (Some(301_054), Some(300_011)));
        assert_eq!(run.started_at.to_string(), "2024-11-02T01:00:04.120651234Z");
        assert_eq!(run.ended_at.unwrap().to_string(), "2024-11-02T01:00:07.501Z");
    }

    #[test]
    fn an_empty_repository_has_no_snapshots_and_half_a_list_is_no_list() {
        assert_eq!(parse("[]").unwrap().copies, []);
        assert_eq!(parse("null").unwrap().copies, []);
        assert!(parse("").is_err());
        assert!(parse(r#"[{"time":"2026-11-22T21:40:27Z","id":"#).is_err());
        assert!(parse(r#"[{"id":"a"}]"#).is_err());
    }
}
