//! Backup status.

use dogwatch_model::{BackupJob, BackupRun, BackupStatus, RestoreTest, Upkeep};

use super::{ConversionError, field, limits};
use crate::v1;

impl TryFrom<v1::BackupStatus> for BackupStatus {
    type Error = ConversionError;

    fn try_from(wire: v1::BackupStatus) -> Result<Self, ConversionError> {
        Ok(Self {
            scanned_at: field::instant("backup.scanned_at_us", wire.scanned_at_us)?,
            jobs: field::list("backup.jobs", wire.jobs, limits::JOBS, BackupJob::try_from)?,
        })
    }
}

impl From<&BackupStatus> for v1::BackupStatus {
    fn from(backup: &BackupStatus) -> Self {
        Self {
            scanned_at_us: backup.scanned_at.as_microsecond(),
            jobs: backup.jobs.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<v1::BackupJob> for BackupJob {
    type Error = ConversionError;

    fn try_from(wire: v1::BackupJob) -> Result<Self, ConversionError> {
        Ok(Self {
            name: field::name("job.name", wire.name)?,
            product: field::name("job.product", wire.product)?,
            kind: field::word("job.kind", &wire.kind)?,
            every_seconds: wire.every_seconds,
            schedule: field::maybe_name("job.schedule", wire.schedule)?,
            expected_at: field::maybe_instant("job.expected_at_us", wire.expected_at_us)?,
            rpo_seconds: wire.rpo_seconds,
            first_seen: field::instant("job.first_seen_us", wire.first_seen_us)?,
            last_run: wire.last_run.map(BackupRun::try_from).transpose()?,
            last_success: field::maybe_instant("job.last_success_us", wire.last_success_us)?,
            consecutive_failures: wire.consecutive_failures,
            restore_test: wire.restore_test.map(RestoreTest::try_from).transpose()?,
            target: field::maybe_text("job.target", wire.target)?,
            rto_seconds: wire.rto_seconds,
            retention: field::maybe_text("job.retention", wire.retention)?,
            encrypted: wire.encrypted,
            offsite: wire.offsite,
            immutable: wire.immutable,
            versions_kept: wire.versions_kept,
            oldest_version: field::maybe_instant("job.oldest_version_us", wire.oldest_version_us)?,
            last_check: wire.last_check.map(Upkeep::try_from).transpose()?,
            last_prune: wire.last_prune.map(Upkeep::try_from).transpose()?,
            size_anomaly: field::maybe_text("job.size_anomaly", wire.size_anomaly)?,
            problem: field::maybe_text("job.problem", wire.problem)?,
            forgotten_at: field::maybe_instant("job.forgotten_at_us", wire.forgotten_at_us)?,
        })
    }
}

impl From<&BackupJob> for v1::BackupJob {
    fn from(job: &BackupJob) -> Self {
        Self {
            name: job.name.clone(),
            product: job.product.clone(),
            kind: job.kind.as_str().to_owned(),
            every_seconds: job.every_seconds,
            schedule: job.schedule.clone(),
            expected_at_us: job.expected_at.map(|at| at.as_microsecond()),
            rpo_seconds: job.rpo_seconds,
            first_seen_us: job.first_seen.as_microsecond(),
            last_run: job.last_run.as_ref().map(Into::into),
            last_success_us: job.last_success.map(|at| at.as_microsecond()),
            consecutive_failures: job.consecutive_failures,
            restore_test: job.restore_test.as_ref().map(Into::into),
            target: job.target.clone(),
            rto_seconds: job.rto_seconds,
            retention: job.retention.clone(),
            encrypted: job.encrypted,
            offsite: job.offsite,
            immutable: job.immutable,
            versions_kept: job.versions_kept,
            oldest_version_us: job.oldest_version.map(|at| at.as_microsecond()),
            last_check: job.last_check.as_ref().map(Into::into),
            last_prune: job.last_prune.as_ref().map(Into::into),
            size_anomaly: job.size_anomaly.clone(),
            problem: job.problem.clone(),
            forgotten_at_us: job.forgotten_at.map(|at| at.as_microsecond()),
        }
    }
}

impl TryFrom<v1::BackupRun> for BackupRun {
    type Error = ConversionError;

    fn try_from(wire: v1::BackupRun) -> Result<Self, ConversionError> {
        Ok(Self {
            id: field::name("run.id", wire.id)?,
            started_at: field::instant("run.started_at_us", wire.started_at_us)?,
            ended_at: field::maybe_instant("run.ended_at_us", wire.ended_at_us)?,
            result: field::word("run.result", &wire.result)?,
            exit_code: wire.exit_code,
            message: field::maybe_message("run.message", wire.message)?,
            bytes_added: wire.bytes_added,
            bytes_total: wire.bytes_total,
            snapshot: field::maybe_name("run.snapshot", wire.snapshot)?,
            files_new: wire.files_new,
            files_changed: wire.files_changed,
            errors: wire.errors,
        })
    }
}

impl From<&BackupRun> for v1::BackupRun {
    fn from(run: &BackupRun) -> Self {
        Self {
            id: run.id.clone(),
            started_at_us: run.started_at.as_microsecond(),
            ended_at_us: run.ended_at.map(|at| at.as_microsecond()),
            result: run.result.as_str().to_owned(),
            exit_code: run.exit_code,
            message: run.message.clone(),
            bytes_added: run.bytes_added,
            bytes_total: run.bytes_total,
            snapshot: run.snapshot.clone(),
            files_new: run.files_new,
            files_changed: run.files_changed,
            errors: run.errors,
        }
    }
}

impl TryFrom<v1::RestoreTest> for RestoreTest {
    type Error = ConversionError;

    fn try_from(wire: v1::RestoreTest) -> Result<Self, ConversionError> {
        Ok(Self {
            at: field::instant("restore_test.at_us", wire.at_us)?,
            result: field::word("restore_test.result", &wire.result)?,
            duration_seconds: wire.duration_seconds,
            kind: wire.kind.map(|kind| field::word("restore_test.kind", &kind)).transpose()?,
            rto_seconds: wire.rto_seconds,
            by: field::maybe_name("restore_test.by", wire.by)?,
            evidence: field::maybe_message("restore_test.evidence", wire.evidence)?,
        })
    }
}

impl From<&RestoreTest> for v1::RestoreTest {
    fn from(test: &RestoreTest) -> Self {
        Self {
            at_us: test.at.as_microsecond(),
            result: test.result.as_str().to_owned(),
            duration_seconds: test.duration_seconds,
            kind: test.kind.map(|kind| kind.as_str().to_owned()),
            rto_seconds: test.rto_seconds,
            by: test.by.clone(),
            evidence: test.evidence.clone(),
        }
    }
}

impl TryFrom<v1::Upkeep> for Upkeep {
    type Error = ConversionError;

    fn try_from(wire: v1::Upkeep) -> Result<Self, ConversionError> {
        Ok(Self {
            at: field::instant("upkeep.at_us", wire.at_us)?,
            result: field::word("upkeep.result", &wire.result)?,
        })
    }
}

impl From<&Upkeep> for v1::Upkeep {
    fn from(upkeep: &Upkeep) -> Self {
        Self { at_us: upkeep.at.as_microsecond(), result: upkeep.result.as_str().to_owned() }
    }
}
