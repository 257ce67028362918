//! Backup status: what ran, what it came to, and whether it was ever restored.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

text_enum! {
    /// What a job does.
    pub enum BackupKind {
        /// Makes a copy.
        Backup = "backup",
        /// Verifies the repository.
        Check = "check",
        /// Removes old copies.
        Prune = "prune",
        /// Copies copies elsewhere.
        Replicate = "replicate",
        /// Compares a copy with its source.
        Verify = "verify",
        /// Restores a copy to prove that it can be restored.
        RestoreTest = "restore_test",
    }
}

text_enum! {
    /// What a run came to.
    pub enum RunResult {
        /// All went well.
        Success = "success",
        /// It ended, with warnings.
        Warning = "warning",
        /// It failed.
        Failed = "failed",
        /// It should have run and did not.
        Missed = "missed",
        /// It is running.
        Running = "running",
        /// Somebody stopped it.
        Cancelled = "cancelled",
        /// Not known.
        Unknown = "unknown",
    }
}

text_enum! {
    /// What a restore test restored.
    pub enum RestoreKind {
        /// The whole machine or the whole copy.
        Full = "full",
        /// Some files.
        File = "file",
        /// A database.
        Database = "database",
        /// An application with its data.
        Application = "application",
        /// A machine that was started from the copy.
        Boot = "boot",
    }
}

/// The state of an endpoint's backups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BackupStatus {
    /// When the agent last looked.
    pub scanned_at: Timestamp,
    /// Every job it knows, sorted by name.
    #[serde(default)]
    pub jobs: Vec<BackupJob>,
}

/// One job and how it has been going.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BackupJob {
    /// The job's name, unique on its endpoint.
    pub name: String,
    /// `restic`, `borg`, `command`, `drop-in` …
    pub product: String,
    /// What it does.
    pub kind: BackupKind,
    /// Expected interval between runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_seconds: Option<u64>,
    /// When it should run, where that is no plain interval: a crontab's fields and their zone, `30 2 * * *
    /// America/Toronto`. The interval is then the one from the next time to the one after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// When the next success should be there by the schedule. The endpoint works it out with each run, so that it needs
    /// no other clock or zone than those that the job runs by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_at: Option<Timestamp>,
    /// Recovery point objective: how old the last good copy may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpo_seconds: Option<u64>,
    /// When the agent first heard of it: a job that never ran is judged from here.
    pub first_seen: Timestamp,
    /// The latest run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<BackupRun>,
    /// When a run last succeeded (or ended with warnings).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success: Option<Timestamp>,
    /// Failed runs since then.
    pub consecutive_failures: u32,
    /// The latest restore test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_test: Option<RestoreTest>,
    /// Where the copies go: a repository, a folder, a bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Recovery time objective: how long a restore may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rto_seconds: Option<u64>,
    /// What is kept, in the job's own words.
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
    /// The latest check of the copies (`check` or `verify`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_check: Option<Upkeep>,
    /// The latest removal of old copies (`prune`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_prune: Option<Upkeep>,
    /// Why the size of the latest success is not to be believed; absent while it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_anomaly: Option<String>,
    /// Why the copies cannot be looked at now. What is told of them is what was seen before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// When somebody on the endpoint said that there is no such job any more. Of such a job nothing else is told, and
    /// after a while it is not listed either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forgotten_at: Option<Timestamp>,
}

impl BackupJob {
    /// A job that nothing is known of yet.
    pub fn new(name: String, product: String, kind: BackupKind, first_seen: Timestamp) -> Self {
        Self {
            name,
            product,
            kind,
            every_seconds: None,
            schedule: None,
            expected_at: None,
            rpo_seconds: None,
            first_seen,
            last_run: None,
            last_success: None,
            consecutive_failures: 0,
            restore_test: None,
            target: None,
            rto_seconds: None,
            retention: None,
            encrypted: None,
            offsite: None,
            immutable: None,
            versions_kept: None,
            oldest_version: None,
            last_check: None,
            last_prune: None,
            size_anomaly: None,
            problem: None,
            forgotten_at: None,
        }
    }
}

/// One run of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BackupRun {
    /// Unique within the job: the same run told twice counts once.
    pub id: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; absent while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// What it came to.
    pub result: RunResult,
    /// Exit code of the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Last lines of output, or what the job said.
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
    /// Files that were not in the copy before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files_new: Option<u64>,
    /// Files that were, and have changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files_changed: Option<u64>,
    /// Files that could not be read, and other errors that did not end the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<u64>,
}

impl BackupRun {
    /// A run of which no more is known.
    pub fn new(id: String, started_at: Timestamp, result: RunResult) -> Self {
        Self {
            id,
            started_at,
            ended_at: None,
            result,
            exit_code: None,
            message: None,
            bytes_added: None,
            bytes_total: None,
            snapshot: None,
            files_new: None,
            files_changed: None,
            errors: None,
        }
    }
}

/// When the copies were last looked after, and what it came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Upkeep {
    /// When it ended.
    pub at: Timestamp,
    /// What it came to.
    pub result: RunResult,
}

/// Proof that a copy could be restored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RestoreTest {
    /// When it ended.
    pub at: Timestamp,
    /// What it came to.
    pub result: RunResult,
    /// How long it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u64>,
    /// What was restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<RestoreKind>,
    /// How long it may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rto_seconds: Option<u64>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What proves it: exit code, hash of the output, last lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

impl RestoreTest {
    /// A test of which no more is known.
    pub fn new(at: Timestamp, result: RunResult) -> Self {
        Self { at, result, duration_seconds: None, kind: None, rto_seconds: None, by: None, evidence: None }
    }
}
