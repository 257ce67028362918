//! BorgBackup 1.x: `list --json`, around any lock.
//!
//! Sizes are not asked for: `borg info` builds a cache of the whole repository first. They come from the wrapper, which
//! sees what `borg create --json` says. Borg's own notes on a repository go to a folder of ours, so that a look leaves
//! those of the user who backs up alone.

use std::path::Path;

use dogwatch_model::{BackupRun, RunResult};
use dogwatch_proto::conversions::limits;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::{Deserialize, Deserializer, de::Error as _};

use super::{
    drop_in::NAME_BYTES,
    repository::{Copy, Listing, Tool, password_command},
};
use crate::config::Repository;

#[derive(Deserialize)]
struct Output {
    archives: Vec<Archive>,
    encryption: Option<Encryption>,
}

#[derive(Deserialize)]
struct Archive {
    id: String,
    name: String,
    #[serde(deserialize_with = "instant")]
    start: Timestamp,
    #[serde(default, deserialize_with = "maybe_instant")]
    end: Option<Timestamp>,
    hostname: Option<String>,
}

#[derive(Deserialize)]
struct Encryption {
    mode: String,
}

pub(super) fn tool(repository: &Repository, work: &Path) -> Tool {
    let words = ["list", "--json", "--bypass-lock", "--lock-wait", "5", &repository.location];
    let mut environment = vec![
        ("BORG_BASE_DIR".into(), work.join("borg").into()),
        // Borg tells local time without saying so.
        ("TZ".into(), "UTC".into()),
        // We have never seen it, and its owner named it to us.
        ("BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK".into(), "yes".into()),
    ];
    let command = password_command(&repository.password);
    environment.extend(command.map(|command| ("BORG_PASSCOMMAND".into(), command.into())));
    Tool { program: "borg", arguments: words.map(str::to_owned).into(), environment, parse }
}

/// Understands the list of archives; times without an offset are UTC.
pub(super) fn parse(text: &str) -> Result<Listing, serde_json::Error> {
    let output: Output = serde_json::from_str(text)?;
    let encrypted =
        output.encryption.map(|encryption| !matches!(&*encryption.mode, "none" | "authenticated"));
    Ok(Listing { copies: output.archives.into_iter().map(copy).collect(), encrypted })
}

fn copy(archive: Archive) -> Copy {
    let Archive { id, name, start, end, hostname } = archive;
    let run = BackupRun {
        ended_at: Some(end.unwrap_or(start).max(start)),
        snapshot: Some(limits::clip(&name, NAME_BYTES)),
        ..BackupRun::new(limits::clip(&id, NAME_BYTES), start, RunResult::Success)
    };
    Copy { host: hostname, run }
}

fn instant<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(from)?;
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let civil: DateTime = text.parse().map_err(D::Error::custom)?;
    TimeZone::UTC.to_timestamp(civil).map_err(D::Error::custom)
}

fn maybe_instant<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    instant(from).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_of_several_versions_are_understood() {
        let listing = parse(include_str!("recorded/borg-1.2.4-list.json")).unwrap();
        assert_eq!(listing.encrypted, Some(true));
        let last = listing.copies.last().unwrap();
        assert_eq!(last.run.snapshot.as_deref(), Some("two-2026-11-22T21:40:34"));
        assert_eq!(last.run.started_at.to_string(), "2026-11-22T21:40:34Z");

        let listing = parse(include_str!("recorded/borg-1.4-list.json")).unwrap();
        assert_eq!(listing.copies[0].run.started_at.to_string(), "2025-03-09T01:30:00Z", "with its offset");
        assert_eq!(listing.encrypted, Some(false));
    }

    #[test]
    fn a_list_without_archives_is_empty_and_garbage_is_none() {
        assert_eq!(parse(r#"{"archives": []}"#).unwrap(), Listing::default());
        assert!(parse("[]").is_err());
        assert!(parse(r#"{"archives":[{"id":"a","name":"n","start":"yesterday"}]}"#).is_err());
    }
}
