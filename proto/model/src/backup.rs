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

/// The state of an endpoint's backups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackupStatus {
    /// When the agent last looked.
    pub scanned_at: Timestamp,
    /// Every job it knows, sorted by name.
    #[serde(default)]
    pub jobs: Vec<BackupJob>,
}

/// One job and how it has been going.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
}

/// One run of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
}

/// Proof that a copy could be restored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RestoreTest {
    /// When it ended.
    pub at: Timestamp,
    /// What it came to.
    pub result: RunResult,
    /// How long it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u64>,
}
