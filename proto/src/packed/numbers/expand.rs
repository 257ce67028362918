//! From numbers to a sample.

use std::collections::BTreeMap;

use super::*;
use crate::v1;

/// The sample behind numbers. Ids that are not known are passed over: they are a newer agent's.
pub(in crate::packed) fn expand(
    subjects: &[v1::PackedSubject],
    numbers: impl IntoIterator<Item = Number>,
    top: Option<v1::Top>,
) -> v1::Health {
    let mut expanding = Expanding { subjects, ..Expanding::default() };
    for (key, number) in numbers {
        // 0 is an absent value.
        let Some(value) = number.checked_sub(1) else { continue };
        match subject_of(key) {
            0 => expanding.machine(key, value),
            subject => expanding.subject(key & 0xff, subject, value),
        }
    }
    expanding.finish(top)
}

#[derive(Default)]
struct Expanding<'a> {
    subjects: &'a [v1::PackedSubject],
    health: v1::Health,
    sampled: u64,
    boot: Option<u64>,
    uptime: Option<u64>,
    disks: BTreeMap<u32, v1::Disk>,
    interfaces: BTreeMap<u32, v1::Interface>,
    temperatures: BTreeMap<u32, v1::Temperature>,
}

impl Expanding<'_> {
    fn machine(&mut self, id: u32, value: u64) {
        match id {
            SAMPLED_AT => self.sampled = value,
            BOOT_AT => self.boot = Some(value),
            UPTIME => self.uptime = Some(value),
            USERS => self.health.users = Some(small(value)),
            CPU_COUNT..LOAD => self.cpu(id, value),
            LOAD..MEMORY_TOTAL => self.load(id - LOAD, unscaled(value, 100.0)),
            MEMORY_TOTAL..CPU_SOME => self.memory(id, kib(value)),
            CPU_SOME..USERS => self.pressure(id, from_tenths(value)),
            BATTERY_CHARGE..SUMMARY_SAMPLES => self.battery(id, value),
            SUMMARY_SAMPLES..DISK_TOTAL => self.summary(id, value),
            _ => {}
        }
    }

    fn cpu(&mut self, id: u32, value: u64) {
        let cpu = self.health.cpu.get_or_insert_default();
        match id {
            CPU_COUNT => cpu.count = small(value),
            CPU_USED => cpu.used_percent = Some(from_tenths(value)),
            CPU_STEAL => cpu.steal_percent = Some(from_tenths(value)),
            _ => cpu.iowait_percent = Some(from_tenths(value)),
        }
    }

    fn load(&mut self, place: u32, load: f64) {
        let loads = &mut self.health.cpu.get_or_insert_default().load;
        loads.resize(3, 0.0);
        if let Some(at) = loads.get_mut(place as usize) {
            *at = load;
        }
    }

    fn memory(&mut self, id: u32, bytes: u64) {
        let memory = self.health.memory.get_or_insert_default();
        match id {
            MEMORY_TOTAL => memory.total_bytes = bytes,
            MEMORY_AVAILABLE => memory.available_bytes = bytes,
            SWAP_TOTAL => memory.swap_total_bytes = Some(bytes),
            _ => memory.swap_used_bytes = Some(bytes),
        }
    }

    fn pressure(&mut self, id: u32, share: f64) {
        let pressure = self.health.pressure.get_or_insert_default();
        let field = match id {
            CPU_SOME => &mut pressure.cpu_some_percent,
            MEMORY_SOME => &mut pressure.memory_some_percent,
            MEMORY_FULL => &mut pressure.memory_full_percent,
            IO_SOME => &mut pressure.io_some_percent,
            _ => &mut pressure.io_full_percent,
        };
        *field = Some(share);
    }

    fn battery(&mut self, id: u32, value: u64) {
        let battery = self.health.battery.get_or_insert_default();
        match id {
            BATTERY_CHARGE => battery.charge_percent = from_tenths(value),
            BATTERY_DISCHARGING => battery.discharging = value != 0,
            _ => battery.health_percent = Some(from_tenths(value)),
        }
    }

    fn summary(&mut self, id: u32, value: u64) {
        let summary = self.health.summary.get_or_insert_default();
        let (spread, first) = match id {
            SUMMARY_SAMPLES => return summary.samples = small(value),
            SUMMARY_CPU..SUMMARY_MEMORY => (&mut summary.cpu_used_percent, SUMMARY_CPU),
            _ => (&mut summary.memory_used_percent, SUMMARY_MEMORY),
        };
        let spread = spread.get_or_insert_default();
        match id - first {
            0 => spread.min = from_tenths(value),
            1 => spread.mean = from_tenths(value),
            _ => spread.max = from_tenths(value),
        }
    }

    fn subject(&mut self, id: u32, place: u32, value: u64) {
        let Some(subject) = self.subjects.get(place as usize - 1) else { return };
        match id {
            DISK_TOTAL..=DISK_FULL_IN => {
                let disk = self.disks.entry(place).or_insert_with(|| v1::Disk {
                    mount: subject.name.clone(),
                    device: subject.device.clone(),
                    fs: subject.fs.clone(),
                    ..v1::Disk::default()
                });
                match id {
                    DISK_TOTAL => disk.total_bytes = kib(value),
                    DISK_FREE => disk.free_bytes = kib(value),
                    DISK_INODES => disk.inodes_free_percent = Some(from_tenths(value)),
                    DISK_READ_ONLY => disk.read_only = value != 0,
                    _ => disk.full_in_seconds = Some(value),
                }
            }
            RECEIVED..=DROPS => {
                let interface = self.interfaces.entry(place).or_insert_with(|| v1::Interface {
                    name: subject.name.clone(),
                    ..v1::Interface::default()
                });
                match id {
                    RECEIVED => interface.received_bytes = kib(value),
                    SENT => interface.sent_bytes = kib(value),
                    ERRORS => interface.errors = value,
                    _ => interface.drops = value,
                }
            }
            CELSIUS => {
                let celsius = from_degrees(value);
                self.temperatures.insert(place, v1::Temperature { sensor: subject.name.clone(), celsius });
            }
            _ => {}
        }
    }

    fn finish(self, top: Option<v1::Top>) -> v1::Health {
        let expected = expected_uptime(self.sampled, self.boot);
        v1::Health {
            sampled_at_us: microseconds(self.sampled),
            boot_at_us: self.boot.map(microseconds),
            uptime_seconds: self.uptime.map(|value| unzigzag(value, expected)),
            disks: self.disks.into_values().collect(),
            interfaces: self.interfaces.into_values().collect(),
            temperatures: self.temperatures.into_values().collect(),
            top,
            ..self.health
        }
    }
}
