//! The drop-in file: one run of one job, as JSON. Its schema is shipped as `backup-drop-in.schema.json`.
//!
//! ```json
//! {"job": "nightly", "result": "success", "ended_at": "2026-03-01T02:14:00Z", "every_seconds": 86400}
//! ```
//! Parsed, then validated into a [`Run`]; what is not understood is refused with a reason, never guessed.

#[cfg(test)]
mod tests;

use std::str::FromStr;

use dogwatch_model::{BackupKind, BackupRun, IdError, RestoreKind, RunResult};
use dogwatch_proto::conversions::limits;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::facts::Facts;
use crate::schedule::Schedule;

/// A job's name: it becomes part of alerts and screens.
pub const JOB_BYTES: usize = 128;
/// Other names: products, snapshots, ids, people, targets.
pub(super) const NAME_BYTES: usize = 256;
/// What a job says about a run. Jobs are many and a report holds all of them.
pub const MESSAGE_BYTES: usize = 1024;
/// How far a run may end in the future: clocks differ a little. A success of next year would silence every alarm.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// The longest interval that is taken: ten years.
const MOST_SECONDS: u64 = 10 * 366 * 86_400;

/// Whether a file of this name is a drop-in.
pub fn is_name(name: &str) -> bool {
    name.ends_with(".json") && !name.starts_with('.')
}

/// The form of the file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropIn {
    /// The job's name, unique on this machine.
    pub job: String,
    /// What the run came to: one of [`RunResult`].
    pub result: String,
    /// What the job does: one of [`BackupKind`]; `backup` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What made the copy: `restic`, `borg`, `pg_dump` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Unique within the job; by default the file's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// When it began; by default when it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended; by default when the file was written. Absent while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Exit code of the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Last lines of output, or what there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Data written by this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_added: Option<u64>,
    /// Data this run covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_total: Option<u64>,
    /// Snapshot or archive it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// Expected interval between runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_seconds: Option<u64>,
    /// When it should run, where that is no plain interval: a crontab's five fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// The zone whose clock they mean; by default this machine's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// How old the last good copy may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpo_seconds: Option<u64>,
    /// How long a restore may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rto_seconds: Option<u64>,
    /// Files that were not in the copy before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files_new: Option<u64>,
    /// Files that were, and have changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files_changed: Option<u64>,
    /// Files that could not be read, and other errors that did not end the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<u64>,
    /// Where the copies go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What is kept, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<String>,
    /// The copies are encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<bool>,
    /// The copies are at another place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offsite: Option<bool>,
    /// Nobody can change or remove the copies before their time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub immutable: Option<bool>,
    /// Copies that can be restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versions_kept: Option<u64>,
    /// When the oldest of them was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_version: Option<Timestamp>,
    /// What a restore test restored: one of [`RestoreKind`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_kind: Option<String>,
    /// Who tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What proves the test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

/// A validated run.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The job's name.
    pub job: String,
    /// What the job does.
    pub kind: BackupKind,
    /// What made the copy.
    pub product: Option<String>,
    /// What else is said of the job.
    pub facts: Facts,
    /// The run itself.
    pub run: BackupRun,
    /// What is said of a restore test.
    pub restore: Restore,
}

/// What is said of a restore test beyond the run that it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restore {
    /// What was restored.
    pub kind: Option<RestoreKind>,
    /// Who did it.
    pub by: Option<String>,
    /// What proves it.
    pub evidence: Option<String>,
}

/// Why a drop-in is refused.
#[derive(Debug, thiserror::Error)]
pub enum DropInError {
    /// Not the JSON that was agreed.
    #[error("not a backup drop-in: {0}")]
    Form(#[from] serde_json::Error),
    /// A field has a value that cannot be.
    #[error("`{field}` {problem}")]
    Field {
        /// Which.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The file itself cannot be taken.
    #[error("{0}")]
    File(String),
    /// There is no room for another job.
    #[error("{} jobs are known already, and `{job}` is not one of them", limits::JOBS)]
    TooManyJobs {
        /// The job.
        job: String,
    },
    /// Nothing is known of the job that is to be forgotten.
    #[error("no job `{job}` is known{}", if *told_since { " that has not run since" } else { "" })]
    NothingToForget {
        /// The job.
        job: String,
        /// It is known, and a run of it is newer than the word.
        told_since: bool,
    },
    /// The ledger cannot be written.
    #[error(transparent)]
    Ledger(#[from] crate::state_dir::StateError),
}

impl DropInError {
    /// The file ends in the middle: somebody may still be writing it.
    pub fn is_unfinished(&self) -> bool {
        matches!(self, Self::Form(error) if error.is_eof())
    }
}

fn field(field: &'static str, problem: impl Into<String>) -> DropInError {
    DropInError::Field { field, problem: problem.into() }
}

/// Understands a drop-in. `name` stands in for the run's id, `written` for the instant it ended.
///
/// # Errors
/// [`DropInError`] says what to mend.
pub fn parse(text: &str, name: &str, written: Timestamp, now: Timestamp) -> Result<Run, DropInError> {
    let raw: DropIn = serde_json::from_str(text)?;
    let kind = word("kind", raw.kind.as_deref())?.unwrap_or(BackupKind::Backup);
    Ok(Run {
        job: one_line("job", &raw.job, JOB_BYTES)?,
        kind,
        product: maybe_line("product", raw.product.as_deref())?,
        facts: facts(&raw, now)?,
        restore: restore(&raw, kind)?,
        run: run(&raw, name, written, now)?,
    })
}

fn run(raw: &DropIn, name: &str, written: Timestamp, now: Timestamp) -> Result<BackupRun, DropInError> {
    let result: RunResult = word("result", Some(&raw.result))?.unwrap_or(RunResult::Unknown);
    let ended_at = raw.ended_at.or((result != RunResult::Running).then_some(written));
    let started_at = raw.started_at.or(ended_at).unwrap_or(written);
    past("ended_at", ended_at, now)?;
    past("started_at", Some(started_at), now)?;
    if ended_at.is_some_and(|ended| ended < started_at) {
        return Err(field("ended_at", "lies before started_at"));
    }
    let id = one_line("id", raw.id.as_deref().unwrap_or(name), NAME_BYTES)?;
    Ok(BackupRun {
        ended_at,
        exit_code: raw.exit_code,
        message: raw.message.as_deref().map(|message| limits::clip_message(message, MESSAGE_BYTES)),
        bytes_added: raw.bytes_added,
        bytes_total: raw.bytes_total,
        snapshot: maybe_line("snapshot", raw.snapshot.as_deref())?,
        files_new: raw.files_new,
        files_changed: raw.files_changed,
        errors: raw.errors,
        ..BackupRun::new(id, started_at, result)
    })
}

fn facts(raw: &DropIn, now: Timestamp) -> Result<Facts, DropInError> {
    past("oldest_version", raw.oldest_version, now)?;
    Ok(Facts {
        every_seconds: interval("every_seconds", raw.every_seconds)?,
        schedule: schedule(raw)?,
        rpo_seconds: interval("rpo_seconds", raw.rpo_seconds)?,
        rto_seconds: interval("rto_seconds", raw.rto_seconds)?,
        target: maybe_line("target", raw.target.as_deref())?,
        retention: maybe_line("retention", raw.retention.as_deref())?,
        encrypted: raw.encrypted,
        offsite: raw.offsite,
        immutable: raw.immutable,
        versions_kept: raw.versions_kept,
        oldest_version: raw.oldest_version,
    })
}

fn schedule(raw: &DropIn) -> Result<Option<Schedule>, DropInError> {
    match (&raw.cron, &raw.zone, raw.every_seconds) {
        (Some(_), _, Some(_)) => {
            Err(field("cron", "and `every_seconds` are both given: one says when it runs"))
        }
        (None, Some(_), _) => Err(field("zone", "is given without `cron`")),
        (None, None, _) => Ok(None),
        (Some(cron), zone, None) => Schedule::new(cron, zone.as_deref())
            .map(Some)
            .map_err(|problem| field("cron", format!("cannot be: {problem}"))),
    }
}

fn restore(raw: &DropIn, kind: BackupKind) -> Result<Restore, DropInError> {
    let told = [("restore_kind", &raw.restore_kind), ("by", &raw.by), ("evidence", &raw.evidence)];
    if let Some((name, _)) = told.iter().find(|(_, value)| value.is_some() && kind != BackupKind::RestoreTest)
    {
        return Err(field(name, "is said of a restore test only: `kind` must be `restore_test`"));
    }
    Ok(Restore {
        kind: word("restore_kind", raw.restore_kind.as_deref())?,
        by: maybe_line("by", raw.by.as_deref())?,
        evidence: raw.evidence.as_deref().map(|evidence| limits::clip_message(evidence, MESSAGE_BYTES)),
    })
}

/// A word of a closed list.
fn word<E: FromStr<Err = IdError>>(name: &'static str, text: Option<&str>) -> Result<Option<E>, DropInError> {
    text.map(|text| text.parse().map_err(|error: IdError| field(name, format!("is wrong: {error}"))))
        .transpose()
}

pub(super) fn past(name: &'static str, at: Option<Timestamp>, now: Timestamp) -> Result<(), DropInError> {
    match at {
        Some(at) if at.duration_since(now) > AHEAD => {
            Err(field(name, "lies in the future; mind the zone: 2026-03-01T02:14:00Z is UTC"))
        }
        _ => Ok(()),
    }
}

fn maybe_line(name: &'static str, text: Option<&str>) -> Result<Option<String>, DropInError> {
    text.map(|text| one_line(name, text, NAME_BYTES)).transpose()
}

pub(super) fn one_line(name: &'static str, text: &str, most: usize) -> Result<String, DropInError> {
    let text = text.trim();
    match text {
        "" => Err(field(name, "is empty")),
        _ if text.len() > most => {
            Err(field(name, format!("has {} bytes, at most {most} are taken", text.len())))
        }
        _ if text.chars().any(char::is_control) => Err(field(name, "holds control characters")),
        _ => Ok(text.to_owned()),
    }
}

fn interval(name: &'static str, seconds: Option<u64>) -> Result<Option<u64>, DropInError> {
    match seconds {
        Some(0) => Err(field(name, "is 0")),
        Some(seconds) if seconds > MOST_SECONDS => Err(field(name, "is longer than ten years")),
        other => Ok(other),
    }
}
