//! pgBackRest: `info --output=json`, which its authors keep stable. One job a stanza.

use dogwatch_model::{BackupRun, RunResult};
use dogwatch_proto::conversions::limits;
use jiff::Timestamp;
use serde::Deserialize;

use super::{drop_in::NAME_BYTES, facts::Facts, sighting::Sighting};

pub(super) const ARGUMENTS: &[&str] = &["info", "--output=json", "--log-level-file=off"];

/// The stanza's status when all is well, and when there is no backup yet.
const QUIET: [i64; 2] = [0, 2];

#[derive(Deserialize)]
struct Stanza {
    name: String,
    #[serde(default)]
    backup: Vec<Backup>,
    cipher: Option<String>,
    status: Option<Status>,
}

#[derive(Deserialize)]
struct Status {
    code: i64,
    message: Option<String>,
}

#[derive(Deserialize)]
struct Backup {
    label: String,
    /// Pages with a wrong checksum.
    error: Option<bool>,
    timestamp: Times,
    info: Option<Info>,
}

#[derive(Deserialize)]
struct Times {
    start: i64,
    stop: i64,
}

#[derive(Deserialize)]
struct Info {
    size: Option<u64>,
    repository: Option<InRepository>,
}

#[derive(Deserialize)]
struct InRepository {
    delta: Option<u64>,
}

/// One sighting a stanza.
pub(super) fn parse(text: &str, found_by: &str) -> Result<Vec<Sighting>, serde_json::Error> {
    let stanzas: Vec<Stanza> = serde_json::from_str(text)?;
    Ok(stanzas.into_iter().map(|stanza| sighting(stanza, found_by)).collect())
}

fn sighting(stanza: Stanza, found_by: &str) -> Sighting {
    let name = limits::clip(&stanza.name, NAME_BYTES / 4);
    let seen = Sighting {
        facts: Facts { encrypted: stanza.cipher.map(|cipher| cipher != "none"), ..Facts::default() },
        ..Sighting::new(format!("pgbackrest {name}"), "pgbackrest", found_by)
    };
    let mut seen = seen.with_copies(stanza.backup.into_iter().filter_map(run).collect());
    seen.problem = stanza
        .status
        .filter(|status| !QUIET.contains(&status.code))
        .map(|status| status.message.unwrap_or_else(|| format!("stanza has status {}", status.code)));
    seen
}

fn run(backup: Backup) -> Option<BackupRun> {
    let broken = backup.error == Some(true);
    let result = if broken { RunResult::Warning } else { RunResult::Success };
    let label = limits::clip(&backup.label, NAME_BYTES);
    let started_at = Timestamp::from_second(backup.timestamp.start).ok()?;
    Some(BackupRun {
        ended_at: Timestamp::from_second(backup.timestamp.stop).ok().map(|end| end.max(started_at)),
        message: broken.then(|| "pages with a wrong checksum".into()),
        bytes_total: backup.info.as_ref().and_then(|info| info.size),
        bytes_added: backup.info.and_then(|info| info.repository?.delta),
        snapshot: Some(label.clone()),
        ..BackupRun::new(label, started_at, result)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stanza_is_a_job() {
        let seen = parse(include_str!("recorded/pgbackrest-2.45-info.json"), "pgbackrest").unwrap();
        let demo = &seen[0];
        assert_eq!((demo.job.as_str(), demo.facts.versions_kept), ("pgbackrest demo", Some(3)));
        assert_eq!(demo.facts.encrypted, Some(true));
        let [full, incremental, differential] = demo.runs.as_slice() else { panic!("{demo:?}") };
        assert_eq!((full.bytes_total, full.bytes_added), (Some(22_992_569), Some(3_081_968)));
        assert_eq!(full.started_at.to_string(), "2026-11-23T01:01:33Z");
        assert_eq!((incremental.result, incremental.bytes_added), (RunResult::Success, Some(247_600)));
        assert_eq!(incremental.snapshot.as_deref(), Some("20261123-010133F_20261123-010141I"));
        assert_eq!((differential.result, demo.problem.as_deref()), (RunResult::Warning, None));
        assert_eq!((seen[1].problem.as_deref(), seen[1].runs.len()), (None, 0), "no valid backups yet");
        assert_eq!(seen[2].problem.as_deref(), Some("missing stanza path"));
    }

    #[test]
    fn no_stanza_is_no_job() {
        // What 2.45 said of a configuration without a stanza.
        assert_eq!(parse("[]", "x").unwrap(), []);
        assert!(parse("ERROR: [055]: unable to open missing file", "x").is_err());
    }
}
