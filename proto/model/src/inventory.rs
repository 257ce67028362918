//! Inventory: what the machine is. Sent on change and once a day.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Class, ScanResult};

text_enum! {
    /// Operating system family.
    pub enum OsFamily {
        /// Any Linux distribution.
        Linux = "linux",
        /// Windows.
        Windows = "windows",
        /// macOS.
        Macos = "macos",
    }
}

/// What the machine is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Inventory {
    /// Operating system.
    pub os: Os,
    /// Hardware.
    #[serde(default)]
    pub hardware: Hardware,
    /// Names and addresses.
    #[serde(default)]
    pub net: Net,
    /// Security posture.
    #[serde(default)]
    pub security: Security,
    /// What kind of machine the agent takes it for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// IANA time zone of the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// What is installed, in short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software: Option<SoftwareDigest>,
}

/// Installed software in short: enough to know whether a list that one holds is still true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SoftwareDigest {
    /// Entries of the list.
    pub count: u32,
    /// Changes with every entry.
    pub digest: String,
}

/// Operating system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Os {
    /// Family.
    pub family: OsFamily,
    /// Product: `Debian GNU/Linux`, `Windows Server 2022` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Version: `12`, `10.0` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Build, where the system has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// Running kernel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// Newest installed kernel; another than the running one is in effect after a reboot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel_installed: Option<String>,
    /// When its maker stops mending security faults; absent when not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_of_life: Option<Timestamp>,
    /// When the table was looked over that `end_of_life` comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_of_life_as_of: Option<Timestamp>,
    /// Processor architecture: `x86_64`, `aarch64` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
}

/// Hardware.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Hardware {
    /// Maker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Serial number; evidence, never identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Logical processors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpus: Option<u32>,
    /// Physical memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
}

/// Names and addresses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Net {
    /// Host name as the system tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// Addresses of interfaces that are up, without loopback, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// Hardware addresses, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub macs: Vec<String>,
    /// Directory domain that it has joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
}

/// Security posture; each part absent until the agent can tell.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Security {
    /// The system volume is encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_encrypted: Option<bool>,
    /// A host firewall is active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firewall: Option<bool>,
    /// Anti-malware product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub antimalware_product: Option<String>,
    /// Its definitions are fresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub antimalware_fresh: Option<bool>,
    /// Booted with secure boot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secure_boot: Option<bool>,
}

/// The agent itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AgentFacts {
    /// Version of the agent.
    pub version: String,
    /// Version of the policy it runs by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_version: Option<String>,
    /// Its own resident memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rss_bytes: Option<u64>,
    /// Its own share of one processor since it started, percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_percent: Option<f64>,
    /// How each of its sources is doing, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceStatus>,
}

/// How one source of the agent is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceStatus {
    /// `health`, `patch.apt`, `backup.restic`, `checks` …
    pub name: String,
    /// What its last look came to.
    pub result: ScanResult,
    /// Why it is not `ok`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Since when the result is what it is, endpoint's clock.
    pub since: Timestamp,
}
