//! What is measured: a name, what it says, and the filter that is true of an endpoint that is well.

use dogwatch_model::{BackupKind, Endpoint};
use jiff::Timestamp;

use crate::filter::oldest_missing_security;

/// One measure.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// Stable name.
    pub name: &'static str,
    /// What a share of it says, to be read after a percentage.
    pub says: &'static str,
    /// True of an endpoint that is well, unknown of one that cannot be judged.
    pub well: &'static str,
    /// Since when an endpoint has not been well, where that is known.
    pub since: fn(&Endpoint) -> Option<Timestamp>,
}

const fn nothing(_: &Endpoint) -> Option<Timestamp> {
    None
}

/// Patch compliance. A scan older than three days says nothing of today.
pub const PATCH: &[Measure] = &[
    Measure {
        name: "security_current",
        says: "miss no security update",
        well: "patch.missing.security == 0",
        since: |endpoint| oldest_missing_security(endpoint.facts.patch.as_ref()?),
    },
    Measure {
        name: "scanned_lately",
        says: "were scanned in the last 3 days",
        well: "age(patch.scanned_at) < duration(\"72h\")",
        since: |endpoint| endpoint.facts.patch.as_ref().map(|patch| patch.scanned_at),
    },
    Measure {
        name: "no_reboot_waits",
        says: "wait for no reboot",
        well: "!patch.reboot.pending",
        since: nothing,
    },
];

/// Backups. A restore test holds for a quarter. Where no copy is known there is nothing to judge: the age of the oldest one
/// is unknown then, and so is whatever asks for it.
pub const BACKUP: &[Measure] = &[
    Measure {
        name: "ever_backed_up",
        says: "have a backup that succeeded once",
        well: "backup.jobs.exists(j, j.kind == \"backup\" && has(j.last_success))",
        since: |endpoint| Some(endpoint.enrolled_at),
    },
    Measure {
        name: "last_succeeded",
        says: "had every job's latest run succeed",
        well: "!backup.jobs.exists(j, j.kind == \"backup\" && (j.result == \"failed\" || j.result == \"missed\")) \
               && age(backup.oldest) >= duration(\"0s\")",
        since: |endpoint| oldest_success(endpoint),
    },
    Measure {
        name: "rpo_met",
        says: "meet every recovery point objective",
        well: "!backup.jobs.exists(j, j.kind == \"backup\" && !j.rpo_met) && age(backup.oldest) >= duration(\"0s\")",
        since: |endpoint| oldest_success(endpoint),
    },
    Measure {
        name: "restore_tested",
        says: "had a restore test succeed in the last 90 days",
        well: "backup.jobs.exists(j, j.kind == \"backup\" && has(j.restore_test.at) \
               && j.restore_test.result == \"success\" && j.restore_test.age < duration(\"2160h\"))",
        since: nothing,
    },
];

/// When the job that has waited longest last succeeded.
fn oldest_success(endpoint: &Endpoint) -> Option<Timestamp> {
    let jobs = &endpoint.facts.backup.as_ref()?.jobs;
    let copies = jobs.iter().filter(|job| job.kind == BackupKind::Backup);
    copies.filter_map(|job| job.last_success).min()
}
