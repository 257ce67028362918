//! Crash evidence: things that happened to the machine and that no sample shows afterwards.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

text_enum! {
    /// What happened.
    pub enum IncidentKind {
        /// The kernel ended a process because memory had run out.
        OomKill = "oom_kill",
        /// The kernel met a fault and went on (oops, lockup, hung task, machine check).
        KernelError = "kernel_error",
        /// The kernel stopped: panic, BSOD.
        KernelPanic = "kernel_panic",
        /// The machine went down without being told to.
        UnexpectedShutdown = "unexpected_shutdown",
        /// A disk failed to read or write, or its file system found itself damaged.
        DiskError = "disk_error",
        /// A file system that took writes takes none any more.
        ReadOnlyRemount = "read_only_remount",
    }
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Incident {
    /// When, endpoint's clock.
    pub at: Timestamp,
    /// What.
    pub kind: IncidentKind,
    /// To what: a process, a device, a mount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The line of the log that says so, and how many more like it.
    pub detail: String,
}
