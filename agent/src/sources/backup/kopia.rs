//! Kopia: `snapshot list --json --all`.
//!
//! Kopia takes a password by its environment only, when it did not keep one itself at `repository connect`.

use std::path::Path;

use dogwatch_model::{BackupRun, RunResult};
use dogwatch_proto::conversions::limits;
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    drop_in::NAME_BYTES,
    repository::{Copy, Listing, Tool},
};
use crate::config::Repository;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot {
    id: String,
    source: Source,
    start_time: Timestamp,
    end_time: Option<Timestamp>,
    /// Why a snapshot stopped half-way: a checkpoint of one that runs, or of one that was cancelled.
    incomplete: Option<String>,
    stats: Option<Stats>,
    root_entry: Option<RootEntry>,
}

#[derive(Deserialize)]
struct Source {
    host: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stats {
    total_size: Option<u64>,
    error_count: Option<u64>,
}

#[derive(Deserialize)]
struct RootEntry {
    summ: Option<Summary>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    size: Option<u64>,
    num_failed: Option<u64>,
}

pub(super) fn tool(repository: &Repository, work: &Path, password: Option<String>) -> Tool {
    let mut arguments: Vec<String> = ["snapshot", "list", "--json", "--all"].map(str::to_owned).into();
    if Path::new(&repository.location).is_absolute() {
        arguments.extend(["--config-file".into(), repository.location.clone()]);
    }
    let folder = work.join("kopia");
    let mut environment = vec![
        ("KOPIA_CHECK_FOR_UPDATES".into(), "false".into()),
        ("KOPIA_LOG_DIR".into(), folder.join("log").into()),
        ("HOME".into(), std::env::var_os("HOME").unwrap_or_else(|| folder.into())),
    ];
    environment.extend(password.map(|password| ("KOPIA_PASSWORD".into(), password.into())));
    Tool { program: "kopia", arguments, environment, parse }
}

/// Understands the list of snapshots. Incomplete ones are no copies.
pub(super) fn parse(text: &str) -> Result<Listing, serde_json::Error> {
    let snapshots: Option<Vec<Snapshot>> = serde_json::from_str(text)?;
    let whole = snapshots
        .into_iter()
        .flatten()
        .filter(|snapshot| snapshot.incomplete.as_deref().is_none_or(str::is_empty));
    // There is no Kopia repository without a key.
    Ok(Listing { copies: whole.map(copy).collect(), encrypted: Some(true) })
}

fn copy(snapshot: Snapshot) -> Copy {
    let summary = snapshot.root_entry.and_then(|root| root.summ);
    let (size, failed) = summary.map_or((None, None), |summary| (summary.size, summary.num_failed));
    let (total, errors) = snapshot.stats.map_or((None, None), |stats| (stats.total_size, stats.error_count));
    let errors = failed.max(errors);
    let result =
        if errors.is_some_and(|errors| errors > 0) { RunResult::Warning } else { RunResult::Success };
    let id = limits::clip(&snapshot.id, NAME_BYTES);
    let run = BackupRun {
        ended_at: Some(snapshot.end_time.unwrap_or(snapshot.start_time).max(snapshot.start_time)),
        snapshot: Some(id.clone()),
        bytes_total: size.or(total),
        errors,
        ..BackupRun::new(id, snapshot.start_time, result)
    };
    Copy { host: Some(snapshot.source.host), run }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_with_sizes_errors_and_checkpoints_are_told_apart() {
        let listing = parse(include_str!("recorded/kopia-0.17-snapshot-list.json")).unwrap();
        let results: Vec<_> = listing.copies.iter().map(|copy| (copy.run.result, copy.run.errors)).collect();
        assert_eq!(results, [(RunResult::Success, Some(0)), (RunResult::Warning, Some(2))], "no checkpoint");
        let first = &listing.copies[0];
        assert_eq!(first.host.as_deref(), Some("srv-01"));
        assert_eq!(first.run.bytes_total, Some(1_613_824));
        assert_eq!(first.run.ended_at.unwrap().to_string(), "2024-08-14T02:00:05.107Z");
    }

    #[test]
    fn a_snapshot_without_statistics_is_one_all_the_same() {
        let listing = parse(include_str!("recorded/kopia-0.10.7-snapshot-list.json")).unwrap();
        let [copy] = listing.copies.as_slice() else { panic!("{listing:?}") };
        assert_eq!((copy.run.result, copy.run.bytes_total), (RunResult::Success, Some(806_572_104)));
        assert_eq!(copy.run.started_at.to_string(), "2022-05-22T04:08:12.756383737Z");
    }

    #[test]
    fn nothing_and_garbage() {
        assert_eq!(parse("[]").unwrap().copies, []);
        assert!(parse("no snapshots").is_err());
    }
}
