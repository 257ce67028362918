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
        /// Its vendor offers it to other machines first: not missing here yet.
        Phased = "phased",
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

text_enum! {
    /// How the latest installation went.
    pub enum InstallResult {
        /// It went through.
        Success = "success",
        /// Something of it failed.
        Failed = "failed",
    }
}

/// What all patch sources of an endpoint say together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PatchStatus {
    /// `apt`, `dnf`, `wua` …; several are joined: `apt+flatpak`.
    pub source: String,
    /// When the latest scan of any source ended.
    pub scanned_at: Timestamp,
    /// How long the slowest source took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_seconds: Option<f64>,
    /// What it came to: `partial` when some of the sources could tell and others could not.
    pub result: ScanResult,
    /// Why it is not `ok`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When the package index was last refreshed: the oldest one counts.
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
    /// How that went, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_install_result: Option<InstallResult>,
    /// Whether the system installs updates by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_update: Option<bool>,
    /// Each source by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<PatchSource>,
}

/// How one patch source fared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PatchSource {
    /// `apt`, `dnf`, `wua` …
    pub source: String,
    /// What its latest scan came to.
    pub result: ScanResult,
    /// Why it is not `ok`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When its latest scan ended.
    pub scanned_at: Timestamp,
    /// When it last told its updates. Older than `scanned_at` when the latest scan failed: what is listed is from then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_at: Option<Timestamp>,
    /// When its package index was last refreshed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_at: Option<Timestamp>,
    /// How long its latest scan took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_seconds: Option<f64>,
}

/// One available update.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Update {
    /// Stable within an endpoint: source and package or KB, such as `apt:openssl`.
    pub id: String,
    /// What its vendor calls it, where that is more than the package's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
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
    /// The vendor's advisory, the gravest where several apply: `RHSA-2026:1234`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advisory: Option<String>,
    /// Where it would come from: `Debian-Security:12/stable-security`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// What there is to fetch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// When it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Timestamp>,
    /// When it was first seen missing here, in its present class.
    pub first_seen_missing: Timestamp,
    /// How far it has come.
    pub state: UpdateState,
    /// When its installation was last tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_attempt: Option<Timestamp>,
    /// What that came to: an exit code or an HRESULT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_code: Option<i32>,
    /// Whether it takes a reboot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reboot_required: Option<bool>,
    /// The id of the update that takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<String>,
}

impl Update {
    /// An update of which nothing is known but its source, its package and that it is missing: of no severity, since
    /// the epoch.
    pub fn missing(source: &str, package: &str) -> Self {
        Self {
            id: format!("{source}:{package}"),
            title: None,
            package: package.to_owned(),
            installed: None,
            available: None,
            class: UpdateClass::Regular,
            severity: UpdateSeverity::Unspecified,
            cves: Vec::new(),
            kbs: Vec::new(),
            advisory: None,
            origin: None,
            size_bytes: None,
            published_at: None,
            first_seen_missing: Timestamp::UNIX_EPOCH,
            state: UpdateState::Missing,
            last_attempt: None,
            result_code: None,
            reboot_required: None,
            superseded_by: None,
        }
    }

    /// The source that tells of it: the first word of its id.
    pub fn source(&self) -> &str {
        self.id.split_once(':').map_or("", |(source, _)| source)
    }
}

/// Whether a reboot is waiting, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
