//! What is known of a job apart from its runs: what it promised, where its copies are, how many there are.

use dogwatch_model::BackupJob;
use jiff::Timestamp;

use crate::schedule::Schedule;

/// What somebody says of a job. What is not said stays as it was told before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Expected interval between runs.
    pub every_seconds: Option<u64>,
    /// When it should run, where that is no plain interval.
    pub schedule: Option<Schedule>,
    /// How old the last good copy may be.
    pub rpo_seconds: Option<u64>,
    /// How long a restore may take.
    pub rto_seconds: Option<u64>,
    /// Where the copies go.
    pub target: Option<String>,
    /// What is kept, in words.
    pub retention: Option<String>,
    /// The copies are encrypted.
    pub encrypted: Option<bool>,
    /// The copies are at another place.
    pub offsite: Option<bool>,
    /// Nobody can change or remove the copies before their time.
    pub immutable: Option<bool>,
    /// Copies that can be restored.
    pub versions_kept: Option<u64>,
    /// When the oldest of them was made.
    pub oldest_version: Option<Timestamp>,
}

impl Facts {
    /// Writes what is said over what was known.
    pub(super) fn lay_over(self, job: &mut BackupJob) {
        fn set<T>(known: &mut Option<T>, said: Option<T>) {
            if said.is_some() {
                *known = said;
            }
        }
        // Either takes the other's place; what a schedule makes of the interval follows with the run.
        if self.every_seconds.is_some() {
            (job.schedule, job.expected_at) = (None, None);
        }
        set(&mut job.schedule, self.schedule.map(|schedule| schedule.to_string()));
        set(&mut job.every_seconds, self.every_seconds);
        set(&mut job.rpo_seconds, self.rpo_seconds);
        set(&mut job.rto_seconds, self.rto_seconds);
        set(&mut job.target, self.target);
        set(&mut job.retention, self.retention);
        set(&mut job.encrypted, self.encrypted);
        set(&mut job.offsite, self.offsite);
        set(&mut job.immutable, self.immutable);
        set(&mut job.versions_kept, self.versions_kept);
        set(&mut job.oldest_version, self.oldest_version);
    }
}
