//! The numbers of a health sample that a policy can name, and how they are watched unless somebody says otherwise.
//!
//! Agent and collector share these names and defaults, so that an agent which has not met its collector yet watches
//! as it will be told to. Counters and uptime are not here on purpose: they always move, so they travel with the
//! summary and are never a reason of their own.

use core::time::Duration;

use crate::Health;

/// Between health samples.
pub const SAMPLE_EVERY: Duration = Duration::from_secs(10);
/// Between summaries, which are the heartbeat.
pub const SUMMARY_EVERY: Duration = Duration::from_secs(60);
/// Between patch scans.
pub const PATCH_SCAN_EVERY: Duration = Duration::from_secs(6 * 3600);
/// Between looks at the backups.
pub const BACKUP_SCAN_EVERY: Duration = Duration::from_secs(15 * 60);
/// Bands, and deadbands, that a policy may hold.
pub const MARKS: usize = 64;

crate::text_enum! {
    /// A number of a health sample that a policy can name.
    pub enum Metric {
        /// Share of all processors in use.
        CpuUsed = "cpu.used_percent",
        /// Share that the hypervisor gave to others.
        CpuSteal = "cpu.steal_percent",
        /// Share idle and waiting for a disk.
        CpuIowait = "cpu.iowait_percent",
        /// Load average over one minute.
        Load1 = "cpu.load1",
        /// Share of the memory in use.
        MemoryUsed = "memory.used_percent",
        /// Memory that could be had without swapping.
        MemoryAvailable = "memory.available_bytes",
        /// Share of the swap in use.
        SwapUsed = "memory.swap_used_percent",
        /// Share of a volume in use.
        DiskUsed = "disk.used_percent",
        /// What is free on a volume.
        DiskFree = "disk.free_bytes",
        /// Share of a volume's inodes that are free.
        DiskInodesFree = "disk.inodes_free_percent",
        /// Time until a volume is full, seconds; a volume that is not filling takes for ever.
        DiskFullIn = "disk.full_in_seconds",
        /// Share of the minute in which some task waited for a processor.
        PressureCpu = "pressure.cpu_some_percent",
        /// Some task waited for memory.
        PressureMemory = "pressure.memory_some_percent",
        /// All tasks waited for memory.
        PressureMemoryFull = "pressure.memory_full_percent",
        /// Some task waited for a disk.
        PressureIo = "pressure.io_some_percent",
        /// All tasks waited for a disk.
        PressureIoFull = "pressure.io_full_percent",
        /// Degrees Celsius of a sensor.
        Temperature = "temperature.celsius",
        /// Charge of the battery.
        BatteryCharge = "battery.charge_percent",
        /// What the battery can still hold of what it was made for.
        BatteryHealth = "battery.health_percent",
        /// Logged-in users.
        Users = "users",
    }
}

/// How far a number must move to be told before the minute is over. Numbers that are not here move with the summary
/// only, unless they cross a band. Wide enough that a quiet machine says nothing but its summaries.
pub const DEADBANDS: &[(Metric, f64)] = &[
    (Metric::CpuUsed, 25.0),
    (Metric::CpuSteal, 25.0),
    (Metric::MemoryUsed, 10.0),
    (Metric::SwapUsed, 10.0),
    (Metric::DiskUsed, 2.0),
    (Metric::DiskInodesFree, 2.0),
    (Metric::PressureMemoryFull, 10.0),
    (Metric::PressureIoFull, 25.0),
    (Metric::Temperature, 10.0),
    (Metric::BatteryCharge, 10.0),
];

/// Where the shipped rules draw their lines: for an agent that was never told others.
pub const BANDS: &[(Metric, f64)] = &[
    (Metric::CpuUsed, 90.0),
    (Metric::MemoryUsed, 90.0),
    (Metric::DiskUsed, 80.0),
    (Metric::DiskUsed, 90.0),
    (Metric::DiskFree, 10.0 * GIB),
    (Metric::DiskFree, 5.0 * GIB),
    (Metric::DiskFullIn, 86_400.0),
    (Metric::DiskInodesFree, 20.0),
    (Metric::DiskInodesFree, 10.0),
];

const GIB: f64 = (1_u64 << 30) as f64;

impl Metric {
    /// The metric behind a name of the filter language: `health.disks.used_percent` is `disk.used_percent`.
    pub fn of_filter(name: &str) -> Option<Self> {
        let name = name.strip_prefix("health.")?;
        let (group, field) = name.split_once('.').map_or((None, name), |(group, field)| (Some(group), field));
        Self::ALL.iter().copied().find(|metric| {
            let (metric_group, metric_field) = metric
                .as_str()
                .split_once('.')
                .map_or((None, metric.as_str()), |(group, field)| (Some(group), field));
            let same_group = match (group, metric_group) {
                (Some(group), Some(metric_group)) => group.strip_suffix('s').unwrap_or(group) == metric_group,
                (group, metric_group) => group == metric_group,
            };
            same_group && (field == metric_field || metric_field.strip_suffix("_seconds") == Some(field))
        })
    }
}

/// Every number of a sample that a policy can name, with the volume or sensor that it is about.
pub fn numbers(health: &Health) -> Vec<(Metric, &str, f64)> {
    let mut numbers = Vec::with_capacity(16 + 4 * health.disks.len() + health.temperatures.len());
    let mut add =
        |metric, subject, value: Option<f64>| numbers.extend(value.map(|value| (metric, subject, value)));
    if let Some(cpu) = &health.cpu {
        add(Metric::CpuUsed, "", cpu.used_percent);
        add(Metric::CpuSteal, "", cpu.steal_percent);
        add(Metric::CpuIowait, "", cpu.iowait_percent);
        add(Metric::Load1, "", cpu.load.map(|load| load[0]));
    }
    if let Some(memory) = &health.memory {
        add(Metric::MemoryUsed, "", memory.used_percent());
        add(Metric::MemoryAvailable, "", Some(float(memory.available_bytes)));
        add(Metric::SwapUsed, "", memory.swap_used_percent());
    }
    for disk in &health.disks {
        add(Metric::DiskUsed, &disk.mount, disk.used_percent());
        add(Metric::DiskFree, &disk.mount, Some(float(disk.free_bytes)));
        add(Metric::DiskInodesFree, &disk.mount, disk.inodes_free_percent);
        add(Metric::DiskFullIn, &disk.mount, Some(disk.full_in_seconds.map_or(f64::INFINITY, float)));
    }
    if let Some(pressure) = &health.pressure {
        add(Metric::PressureCpu, "", pressure.cpu_some_percent);
        add(Metric::PressureMemory, "", pressure.memory_some_percent);
        add(Metric::PressureMemoryFull, "", pressure.memory_full_percent);
        add(Metric::PressureIo, "", pressure.io_some_percent);
        add(Metric::PressureIoFull, "", pressure.io_full_percent);
    }
    for temperature in &health.temperatures {
        add(Metric::Temperature, &temperature.sensor, Some(temperature.celsius));
    }
    if let Some(battery) = &health.battery {
        add(Metric::BatteryCharge, "", Some(battery.charge_percent));
        add(Metric::BatteryHealth, "", battery.health_percent);
    }
    add(Metric::Users, "", health.users.map(f64::from));
    numbers
}

#[expect(clippy::cast_precision_loss, reason = "a threshold needs no more than 53 bits")]
const fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_filter_language_find_their_metric() {
        for (name, metric) in [
            ("health.cpu.used_percent", Some(Metric::CpuUsed)),
            ("health.disks.free_bytes", Some(Metric::DiskFree)),
            ("health.disks.full_in", Some(Metric::DiskFullIn)),
            ("health.temperatures.celsius", Some(Metric::Temperature)),
            ("health.users", Some(Metric::Users)),
            ("health.uptime", None),
            ("health.disks.total_bytes", None),
            ("patch.missing.total", None),
        ] {
            assert_eq!(Metric::of_filter(name), metric, "{name}");
        }
    }
}
