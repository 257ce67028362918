//! Backup status and the state of each job, judged against the interval it promised.

use dogwatch_model::{BackupJob, BackupKind, RestoreKind, RunResult, text_enum};
use jiff::{SignedDuration, Timestamp};

use super::{Field, Type, choice, choices, element, fact, group, records, text, value};
use crate::filter::{
    reads::Reads,
    value::{List, seconds_between},
};

/// A job is late after its interval and this share of it: a nightly job may start 2.4 h later than yesterday.
const LATE_GRACE_SHARE: f64 = 0.1;
/// The grace never exceeds this, in seconds: for a monthly job a tenth would be three days.
const LATE_GRACE_MAX_SECONDS: f64 = 6.0 * 3600.0;
/// A job is overdue when its next success should have been there this share of its interval ago: after one and a half.
const OVERDUE_PAST_SHARE: f64 = 0.5;
/// How long a success speaks for itself when neither an interval nor an RPO was promised, in seconds.
const UNPROMISED_FRESH_SECONDS: f64 = 24.0 * 3600.0;

text_enum! {
    /// How a job stands, from best to worst.
    pub(crate) enum JobState {
        /// A good copy, young enough.
        Fresh = "fresh",
        /// Nothing was promised and the last success is long ago; or nobody could look; or it was forgotten.
        Unknown = "unknown",
        /// It has not succeeded yet and is not late yet.
        Never = "never",
        /// The next copy should be there.
        Late = "late",
        /// It should have been there long ago.
        Overdue = "overdue",
        /// The last run failed.
        Failed = "failed",
    }
}

pub(super) static FIELDS: &[Field] = &[
    value("scanned_at", Type::Instant, "when the agent last looked", fact!(backup, |b| b.scanned_at)),
    choice(
        "worst",
        choices!(JobState),
        "state of the worst job",
        fact!(backup, |b, row| {
            let kept = b.jobs.iter().filter(|job| job.forgotten_at.is_none());
            kept.map(|job| job_state(job, row.as_of)).max().map(JobState::as_str)
        }),
    )
    .reads(Reads::TIME),
    value(
        "oldest",
        Type::Instant,
        "last success of the job whose copy is oldest",
        fact!(backup, |b| b
            .jobs
            .iter()
            .filter(|job| makes_copies(job))
            .filter_map(|job| job.last_success)
            .min()),
    ),
    records("jobs", "every job known", JOB, |row, _| {
        row.endpoint.facts.backup.as_ref().map(|backup| List::Jobs(&backup.jobs))
    }),
];

static JOB: &[Field] = &[
    text("name", "name, unique on its endpoint", element!(Job, |job| &job.name)),
    text("product", "restic, borg, command …", element!(Job, |job| &job.product)),
    choice("kind", choices!(BackupKind), "what it does", element!(Job, |job| job.kind.as_str())),
    choice(
        "result",
        choices!(RunResult),
        "what the latest run came to",
        element!(Job, |job| job.last_run.as_ref().map(|run| run.result.as_str())),
    ),
    value("last_success", Type::Instant, "when a run last succeeded", element!(Job, |job| job.last_success)),
    value(
        "last_attempt",
        Type::Instant,
        "when the latest run began",
        element!(Job, |job| job.last_run.as_ref().map(|run| run.started_at)),
    ),
    value(
        "age",
        Type::Duration,
        "time since the last success",
        element!(Job, |job, row| job.last_success.map(|at| seconds_between(at, row.as_of).max(0.0))),
    )
    .reads(Reads::TIME),
    value("every", Type::Duration, "expected interval", element!(Job, |job| job.every_seconds)),
    text(
        "schedule",
        "when it should run: a crontab's fields and their zone",
        element!(Job, |job| job.schedule.as_ref()),
    ),
    value("rpo", Type::Duration, "how old the copy may be", element!(Job, |job| job.rpo_seconds)),
    value("rpo_met", Type::Bool, "the copy is younger", element!(Job, |job, row| rpo_met(job, row.as_of)))
        .reads(Reads::TIME),
    value(
        "consecutive_failures",
        Type::Int,
        "failed runs since the last success",
        element!(Job, |job| job.consecutive_failures),
    ),
    choice(
        "state",
        choices!(JobState),
        "how it stands",
        element!(Job, |job, row| job_state(job, row.as_of).as_str()),
    )
    .reads(Reads::TIME),
    value(
        "bytes",
        Type::Bytes,
        "data the latest run covers, or wrote",
        element!(Job, |job| job.last_run.as_ref().and_then(|run| run.bytes_total.or(run.bytes_added))),
    ),
    value(
        "exit_code",
        Type::Int,
        "exit code of the latest run",
        element!(Job, |job| job.last_run.as_ref().and_then(|run| run.exit_code)),
    ),
    text(
        "message",
        "what the latest run said",
        element!(Job, |job| job.last_run.as_ref().and_then(|run| run.message.as_ref())),
    ),
    value("first_seen", Type::Instant, "when it was first heard of", element!(Job, |job| job.first_seen)),
    text("target", "where the copies go", element!(Job, |job| job.target.as_ref())),
    value("encrypted", Type::Bool, "the copies are encrypted", element!(Job, |job| job.encrypted)),
    value("offsite", Type::Bool, "the copies are at another place", element!(Job, |job| job.offsite)),
    value("immutable", Type::Bool, "nobody can change the copies", element!(Job, |job| job.immutable)),
    value("versions_kept", Type::Int, "copies that can be restored", element!(Job, |job| job.versions_kept)),
    value(
        "oldest_version",
        Type::Instant,
        "when the oldest of them was made",
        element!(Job, |job| job.oldest_version),
    ),
    value(
        "next_expected",
        Type::Instant,
        "when the next should succeed",
        element!(Job, |job| next_expected(job)),
    ),
    text(
        "size_anomaly",
        "why the size of the latest copy is not to be believed",
        element!(Job, |job| job.size_anomaly.as_ref()),
    ),
    text("problem", "why the copies cannot be looked at", element!(Job, |job| job.problem.as_ref())),
    value(
        "forgotten_at",
        Type::Instant,
        "when somebody on the endpoint said that there is no such job any more",
        element!(Job, |job| job.forgotten_at),
    ),
    group("last_check", "latest check of the copies", LAST_CHECK),
    group("restore_test", "latest restore test", RESTORE_TEST),
];

static LAST_CHECK: &[Field] = &[
    value(
        "at",
        Type::Instant,
        "when it ended",
        element!(Job, |job| job.last_check.as_ref().map(|check| check.at)),
    ),
    choice(
        "result",
        choices!(RunResult),
        "what it came to",
        element!(Job, |job| job.last_check.as_ref().map(|check| check.result.as_str())),
    ),
];

static RESTORE_TEST: &[Field] = &[
    value(
        "at",
        Type::Instant,
        "when it ended",
        element!(Job, |job| job.restore_test.as_ref().map(|test| test.at)),
    ),
    choice(
        "result",
        choices!(RunResult),
        "what it came to",
        element!(Job, |job| job.restore_test.as_ref().map(|test| test.result.as_str())),
    ),
    value(
        "age",
        Type::Duration,
        "time since then",
        element!(Job, |job, row| {
            job.restore_test.as_ref().map(|test| seconds_between(test.at, row.as_of).max(0.0))
        }),
    )
    .reads(Reads::TIME),
    choice(
        "kind",
        choices!(RestoreKind),
        "what was restored",
        element!(Job, |job| job.restore_test.as_ref().and_then(|test| test.kind).map(RestoreKind::as_str)),
    ),
    value(
        "duration",
        Type::Duration,
        "how long it took",
        element!(Job, |job| job.restore_test.as_ref().and_then(|test| test.duration_seconds)),
    ),
    value("rto_met", Type::Bool, "it was fast enough", element!(Job, |job| rto_met(job))),
    text(
        "by",
        "who did it",
        element!(Job, |job| job.restore_test.as_ref().and_then(|test| test.by.as_ref())),
    ),
    text(
        "evidence",
        "what proves it",
        element!(Job, |job| job.restore_test.as_ref().and_then(|test| test.evidence.as_ref())),
    ),
];

fn makes_copies(job: &BackupJob) -> bool {
    matches!(job.kind, BackupKind::Backup | BackupKind::Replicate)
}

/// How a job stands: of one that was forgotten there is nothing to say; a failed last run says so whatever its age; otherwise the age of the last success, or of
/// the job itself while it has none, is held against the promised interval.
pub(crate) fn job_state(job: &BackupJob, as_of: Timestamp) -> JobState {
    if job.forgotten_at.is_some() {
        return JobState::Unknown;
    }
    let last_result = job.last_run.as_ref().map(|run| run.result);
    if matches!(last_result, Some(RunResult::Failed | RunResult::Missed)) {
        return JobState::Failed;
    }
    if job.problem.is_some() && job.last_success.is_none() {
        return JobState::Unknown;
    }
    let age = seconds_between(job.last_success.unwrap_or(job.first_seen), as_of);
    #[expect(clippy::cast_precision_loss, reason = "an interval in seconds stays far below 2^53")]
    let interval = job.every_seconds.or(job.rpo_seconds).map(|seconds| seconds as f64);
    let past = interval.map(|interval| {
        // By a schedule the next success is expected at an instant, and not an interval after the last one.
        let past = job.expected_at.map_or(age - interval, |expected| seconds_between(expected, as_of));
        (past, interval)
    });
    match (past, job.last_success) {
        (Some((past, interval)), _) if past > interval * OVERDUE_PAST_SHARE => JobState::Overdue,
        (Some((past, interval)), _) if past > late_grace(interval) => JobState::Late,
        (_, None) => JobState::Never,
        (Some(_), Some(_)) => JobState::Fresh,
        (None, Some(_)) if age <= UNPROMISED_FRESH_SECONDS => JobState::Fresh,
        (None, Some(_)) => JobState::Unknown,
    }
}

fn late_grace(interval: f64) -> f64 {
    (interval * LATE_GRACE_SHARE).min(LATE_GRACE_MAX_SECONDS)
}

fn next_expected(job: &BackupJob) -> Option<Timestamp> {
    if job.expected_at.is_some() {
        return job.expected_at;
    }
    let every = SignedDuration::from_secs(i64::try_from(job.every_seconds?).ok()?);
    job.last_success.unwrap_or(job.first_seen).checked_add(every).ok()
}

fn rto_met(job: &BackupJob) -> Option<bool> {
    let test = job.restore_test.as_ref()?;
    Some(test.duration_seconds? <= test.rto_seconds?)
}

fn rpo_met(job: &BackupJob, as_of: Timestamp) -> Option<bool> {
    #[expect(clippy::cast_precision_loss, reason = "an objective in seconds stays far below 2^53")]
    let rpo = job.rpo_seconds? as f64;
    match job.last_success {
        Some(at) => Some(seconds_between(at, as_of) <= rpo),
        // Before the first objective has passed nothing can be said.
        None => (seconds_between(job.first_seen, as_of) > rpo).then_some(false),
    }
}
