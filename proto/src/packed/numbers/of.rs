//! From a sample to numbers.

use super::*;
use crate::v1;

/// What the columns of a sample are about, in the order of its lists.
pub(in crate::packed) fn subjects(health: &v1::Health) -> Vec<v1::PackedSubject> {
    let named = |name: &String| v1::PackedSubject { name: name.clone(), ..v1::PackedSubject::default() };
    let disks = health.disks.iter().map(|disk| v1::PackedSubject {
        name: disk.mount.clone(),
        device: disk.device.clone(),
        fs: disk.fs.clone(),
    });
    let interfaces = health.interfaces.iter().map(|interface| named(&interface.name));
    let sensors = health.temperatures.iter().map(|temperature| named(&temperature.sensor));
    disks.chain(interfaces).chain(sensors).collect()
}

/// The numbers of a sample, in the same order for every sample of a machine.
pub(in crate::packed) fn of(health: &v1::Health) -> Vec<Number> {
    let mut numbers = Numbers(Vec::with_capacity(64));
    numbers.machine(health);
    numbers.summary(health.summary.as_ref());
    let mut subject = 0;
    let mut next = || {
        subject += 1;
        subject
    };
    for disk in &health.disks {
        numbers.disk(next(), disk);
    }
    for interface in &health.interfaces {
        numbers.interface(next(), interface);
    }
    for temperature in &health.temperatures {
        numbers.add(key(CELSIUS, next()), Some(degrees(temperature.celsius)));
    }
    numbers.0
}

struct Numbers(Vec<Number>);

impl Numbers {
    /// A number is the value plus 1: 0 says that it is absent.
    fn add(&mut self, key: u32, value: Option<u64>) {
        self.0.extend(value.map(|value| (key, value.min(MOST - 1) + 1)));
    }

    fn machine(&mut self, health: &v1::Health) {
        let sampled = milliseconds(health.sampled_at_us);
        let boot = health.boot_at_us.map(milliseconds);
        self.add(SAMPLED_AT, Some(sampled));
        self.add(BOOT_AT, boot);
        self.add(
            UPTIME,
            health.uptime_seconds.map(|seconds| zigzag(seconds, expected_uptime(sampled, boot))),
        );
        self.add(USERS, health.users.map(u64::from));
        if let Some(cpu) = &health.cpu {
            self.add(CPU_COUNT, Some(cpu.count.into()));
            self.add(CPU_USED, cpu.used_percent.map(tenths));
            self.add(CPU_STEAL, cpu.steal_percent.map(tenths));
            self.add(CPU_IOWAIT, cpu.iowait_percent.map(tenths));
            for (id, load) in (LOAD..).zip(&cpu.load) {
                self.add(id, Some(scaled(*load, 100.0)));
            }
        }
        if let Some(memory) = &health.memory {
            self.add(MEMORY_TOTAL, Some(memory.total_bytes >> 10));
            self.add(MEMORY_AVAILABLE, Some(memory.available_bytes >> 10));
            self.add(SWAP_TOTAL, memory.swap_total_bytes.map(|bytes| bytes >> 10));
            self.add(SWAP_USED, memory.swap_used_bytes.map(|bytes| bytes >> 10));
        }
        if let Some(pressure) = &health.pressure {
            self.add(CPU_SOME, pressure.cpu_some_percent.map(tenths));
            self.add(MEMORY_SOME, pressure.memory_some_percent.map(tenths));
            self.add(MEMORY_FULL, pressure.memory_full_percent.map(tenths));
            self.add(IO_SOME, pressure.io_some_percent.map(tenths));
            self.add(IO_FULL, pressure.io_full_percent.map(tenths));
        }
        if let Some(battery) = &health.battery {
            self.add(BATTERY_CHARGE, Some(tenths(battery.charge_percent)));
            self.add(BATTERY_DISCHARGING, Some(battery.discharging.into()));
            self.add(BATTERY_HEALTH, battery.health_percent.map(tenths));
        }
    }

    fn summary(&mut self, summary: Option<&v1::HealthSummary>) {
        let Some(summary) = summary else { return };
        self.add(SUMMARY_SAMPLES, Some(summary.samples.into()));
        for (id, spread) in
            [(SUMMARY_CPU, &summary.cpu_used_percent), (SUMMARY_MEMORY, &summary.memory_used_percent)]
        {
            let Some(spread) = spread else { continue };
            self.add(id, Some(tenths(spread.min)));
            self.add(id + 1, Some(tenths(spread.mean)));
            self.add(id + 2, Some(tenths(spread.max)));
        }
    }

    fn disk(&mut self, subject: u32, disk: &v1::Disk) {
        self.add(key(DISK_TOTAL, subject), Some(disk.total_bytes >> 10));
        self.add(key(DISK_FREE, subject), Some(disk.free_bytes >> 10));
        self.add(key(DISK_INODES, subject), disk.inodes_free_percent.map(tenths));
        self.add(key(DISK_READ_ONLY, subject), Some(disk.read_only.into()));
        self.add(key(DISK_FULL_IN, subject), disk.full_in_seconds);
    }

    fn interface(&mut self, subject: u32, interface: &v1::Interface) {
        self.add(key(RECEIVED, subject), Some(interface.received_bytes >> 10));
        self.add(key(SENT, subject), Some(interface.sent_bytes >> 10));
        self.add(key(ERRORS, subject), Some(interface.errors));
        self.add(key(DROPS, subject), Some(interface.drops));
    }
}
