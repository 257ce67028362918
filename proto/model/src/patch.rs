//! Patch status: what is missing, since when, and whether a reboot is waiting.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

text_enum! {
    /// What a scan came to.
    pub enum ScanResult {
        /// Everything was looked at.
        Ok = "ok",
        /// Some of it was looked at.
        Partial = "partial",
        /// Nothing could be looked at.
        Failed = "failed",
        /// There is nothing here this agent can look at.
        Unsupported = "unsupported",
    }
}

text_enum! {
    /// What an update is for.
    pub enum UpdateClass {
        /// Mends a security fault.
        Security = "security",
        /// A vendor's "critical update" that is not about security.
        Critical = "critical",
        /// The ordinary case.
        Regular = "regular",
        /// Brings a new version of the system or a product.
        Feature = "feature",
        /// A driver.
        Driver = "driver",
        /// Anti-malware definitions: listed apart, never counted.
        Definition = "definition",
    }
}

text_enum! {
    /// How bad the fault is that an update mends.
    pub enum UpdateSeverity {
        /// Critical.
        Critical = "critical",
        /// Important.
        Important = "important",
        /// Moderate.
        Moderate = "moderate",
        /// Low.
        Low = "low",
        /// The source tells none. Counts as important when the class is security.
        Unspecified = "unspecified",
    }
}

text_enum! {
    /// How far an update has come.
    pub enum UpdateState {
        /// Available and not installed.
        Missing = "missing",
        /// Approved by somebody.
        Approved = "approved",
        /// Being fetched.
        Downloading = "downloading",
        /// Fetched, waits for its install window.
        PendingInstall = "pending_install",
        /// Installed.
        Installed = "installed",
        /// Installed, in effect after a reboot.
        InstalledRebootPending = "installed_reboot_pending",
        /// Tried and failed.
        Failed = "failed",
        /// Declined or held back by somebody.
        Declined = "declined",
        /// A later one takes its place.
        Superseded = "superseded",
        /// Not known.
        Unknown = "unknown",
    }
}

text_enum! {
    /// How sure evidence makes us.
    pub enum Confidence {
        /// The system itself says so.
        Strong = "strong",
        /// It looks like it.
        Weak = "weak",
    }
}

/// What one patch source says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PatchStatus {
    /// `apt`, `dnf`, `wua` …
    pub source: String,
    /// When the scan ended.
    pub scanned_at: Timestamp,
    /// How long it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_seconds: Option<f64>,
    /// What it came to.
    pub result: ScanResult,
    /// Why it is not `ok`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When the package index was last refreshed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_at: Option<Timestamp>,
    /// Updates that are available; absent when the scan could not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updates: Option<Vec<Update>>,
    /// Whether a reboot is waiting; absent when the agent cannot tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reboot: Option<Reboot>,
    /// When anything was last installed or upgraded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_install_at: Option<Timestamp>,
    /// Whether the system installs updates by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_update: Option<bool>,
}

/// One available update.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Update {
    /// Stable within an endpoint: source and package or KB, such as `apt:openssl`.
    pub id: String,
    /// Package or product.
    pub package: String,
    /// Installed version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed: Option<String>,
    /// Available version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available: Option<String>,
    /// What it is for.
    pub class: UpdateClass,
    /// How bad the fault is that it mends.
    pub severity: UpdateSeverity,
    /// CVE names it mends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cves: Vec<String>,
    /// Microsoft knowledge base numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kbs: Vec<String>,
    /// Where it would come from: `Debian-Security:12/stable-security`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// When it was first seen missing here, in its present class.
    pub first_seen_missing: Timestamp,
    /// How far it has come.
    pub state: UpdateState,
}

/// Whether a reboot is waiting, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reboot {
    /// A reboot is waiting.
    pub pending: bool,
    /// Why, a reason each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// How sure that is.
    pub confidence: Confidence,
}
