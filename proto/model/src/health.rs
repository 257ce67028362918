//! Health: sampled every few seconds, sent by exception, summarised each minute.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One health sample.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Health {
    /// When it was sampled, by the endpoint's clock.
    pub sampled_at: Timestamp,
    /// Processor use; absent in the first sample, which has nothing to compare with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Cpu>,
    /// Memory use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Memory>,
    /// Real mounted volumes, sorted by mount.
    #[serde(default)]
    pub disks: Vec<Disk>,
    /// Seconds since boot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uptime_seconds: Option<u64>,
    /// When the machine booted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_at: Option<Timestamp>,
    /// Temperatures where the system tells them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub temperatures: Vec<Temperature>,
    /// How long work had to wait, where the kernel measures it (Linux PSI).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pressure: Option<Pressure>,
    /// Network interfaces that are up, without loopback, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interfaces: Vec<Interface>,
    /// The battery, on machines that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub battery: Option<Battery>,
    /// Logged-in users, counted by session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<u32>,
    /// The busiest processes; only while a number is past a band of the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<Top>,
    /// What the last minute was like; only in the minute summary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<HealthSummary>,
}

/// Shares of the last minute in which work waited for a resource, percent (`/proc/pressure`, `avg60`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pressure {
    /// Some task waited for a processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_some_percent: Option<f64>,
    /// Some task waited for memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_some_percent: Option<f64>,
    /// All tasks waited for memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_full_percent: Option<f64>,
    /// Some task waited for a disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io_some_percent: Option<f64>,
    /// All tasks waited for a disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io_full_percent: Option<f64>,
}

/// One network interface: counters since it came up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Interface {
    /// Its name: `eth0`, `Ethernet 2` …
    pub name: String,
    /// Bytes received.
    pub received_bytes: u64,
    /// Bytes sent.
    pub sent_bytes: u64,
    /// Packets that were damaged, both ways.
    pub errors: u64,
    /// Packets that were dropped, both ways.
    pub drops: u64,
}

/// A battery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Battery {
    /// Charge, percent.
    pub charge_percent: f64,
    /// It is being drawn on; false on mains.
    pub discharging: bool,
    /// What it can still hold of what it was made for, percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_percent: Option<f64>,
}

/// The busiest processes, as context for an alert.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Top {
    /// By processor use, the busiest first; at most 5.
    #[serde(default)]
    pub by_cpu: Vec<Process>,
    /// By resident memory, the largest first; at most 5.
    #[serde(default)]
    pub by_memory: Vec<Process>,
}

/// One process. Its arguments are never told: they may hold secrets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Process {
    /// Process id.
    pub pid: u32,
    /// Its short name.
    pub name: String,
    /// Share of one processor, percent: can exceed 100.
    pub cpu_percent: f64,
    /// Resident memory.
    pub rss_bytes: u64,
}

/// Processor use.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cpu {
    /// Share of all processors in use since the previous sample, percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_percent: Option<f64>,
    /// Load averages over 1, 5 and 15 minutes, where the system has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<[f64; 3]>,
    /// Logical processors.
    pub count: u32,
    /// Share of the time that the hypervisor gave to others, percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steal_percent: Option<f64>,
    /// Share of the time in which idle processors waited for a disk, percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iowait_percent: Option<f64>,
}

/// Memory use.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Memory {
    /// Physical memory.
    pub total_bytes: u64,
    /// What could be had without swapping.
    pub available_bytes: u64,
    /// Swap in all; absent on a machine without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swap_total_bytes: Option<u64>,
    /// Swap in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swap_used_bytes: Option<u64>,
}

impl Memory {
    /// Share of the physical memory that is not available, percent.
    pub fn used_percent(&self) -> Option<f64> {
        share_percent(self.total_bytes.checked_sub(self.available_bytes)?, self.total_bytes)
    }

    /// Share of the swap in use, percent.
    pub fn swap_used_percent(&self) -> Option<f64> {
        share_percent(self.swap_used_bytes?, self.swap_total_bytes?)
    }
}

/// One mounted volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Disk {
    /// Where it is mounted.
    pub mount: String,
    /// The device behind it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub device: String,
    /// File system: `ext4`, `ntfs`, `apfs` …
    pub fs: String,
    /// Size.
    pub total_bytes: u64,
    /// What an ordinary user can still write.
    pub free_bytes: u64,
    /// Share of inodes free, percent, where the file system counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inodes_free_percent: Option<f64>,
    /// Mounted read-only.
    #[serde(default)]
    pub read_only: bool,
    /// Seconds until full by the recent trend; absent when not filling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_in_seconds: Option<u64>,
}

impl Disk {
    /// Share in use, percent. What only root can write counts as used.
    pub fn used_percent(&self) -> Option<f64> {
        share_percent(self.total_bytes.checked_sub(self.free_bytes)?, self.total_bytes)
    }
}

/// One temperature sensor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Temperature {
    /// The sensor's name.
    pub sensor: String,
    /// Degrees Celsius.
    pub celsius: f64,
}

/// Least, mean and greatest value of a minute.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Spread {
    /// The least.
    pub min: f64,
    /// The mean.
    pub mean: f64,
    /// The greatest.
    pub max: f64,
}

/// The minute behind a summary report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HealthSummary {
    /// How many samples it covers.
    pub samples: u32,
    /// Of `cpu.used_percent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_used_percent: Option<Spread>,
    /// Of `memory.used_percent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_used_percent: Option<Spread>,
}

/// `part` of `whole` in percent; `None` when there is no whole.
pub fn share_percent(part: u64, whole: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
    (whole > 0).then(|| part as f64 / whole as f64 * 100.0)
}
