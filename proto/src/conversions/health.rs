//! Health.

use dogwatch_model::{
    Battery, Cpu, Disk, Health, HealthSummary, Interface, Memory, Pressure, Process, Spread, Temperature, Top,
};

use super::{ConversionError, Fault, field, limits};
use crate::v1;

impl TryFrom<v1::Health> for Health {
    type Error = ConversionError;

    fn try_from(wire: v1::Health) -> Result<Self, ConversionError> {
        Ok(Self {
            sampled_at: field::instant("health.sampled_at_us", wire.sampled_at_us)?,
            cpu: wire.cpu.map(Cpu::try_from).transpose()?,
            memory: wire.memory.map(Memory::from),
            disks: field::list("health.disks", wire.disks, limits::DISKS, Disk::try_from)?,
            uptime_seconds: wire.uptime_seconds,
            boot_at: field::maybe_instant("health.boot_at_us", wire.boot_at_us)?,
            temperatures: field::list(
                "health.temperatures",
                wire.temperatures,
                limits::TEMPERATURES,
                Temperature::try_from,
            )?,
            pressure: wire.pressure.map(Pressure::try_from).transpose()?,
            interfaces: field::list(
                "health.interfaces",
                wire.interfaces,
                limits::INTERFACES,
                Interface::try_from,
            )?,
            battery: wire.battery.map(Battery::try_from).transpose()?,
            users: wire.users,
            top: wire.top.map(Top::try_from).transpose()?,
            summary: wire.summary.map(HealthSummary::try_from).transpose()?,
        })
    }
}

impl From<&Health> for v1::Health {
    fn from(health: &Health) -> Self {
        Self {
            sampled_at_us: health.sampled_at.as_microsecond(),
            cpu: health.cpu.as_ref().map(Into::into),
            memory: health.memory.as_ref().map(Into::into),
            disks: health.disks.iter().map(Into::into).collect(),
            uptime_seconds: health.uptime_seconds,
            boot_at_us: health.boot_at.map(|at| at.as_microsecond()),
            temperatures: health.temperatures.iter().map(Into::into).collect(),
            summary: health.summary.as_ref().map(Into::into),
            pressure: health.pressure.map(Into::into),
            interfaces: health.interfaces.iter().map(Into::into).collect(),
            battery: health.battery.map(Into::into),
            users: health.users,
            top: health.top.as_ref().map(Into::into),
        }
    }
}

impl TryFrom<v1::Cpu> for Cpu {
    type Error = ConversionError;

    fn try_from(wire: v1::Cpu) -> Result<Self, ConversionError> {
        let load = match wire.load[..] {
            [] => None,
            [one, five, fifteen] => Some([
                field::amount("cpu.load", one)?,
                field::amount("cpu.load", five)?,
                field::amount("cpu.load", fifteen)?,
            ]),
            _ => {
                return Err(field::fault(
                    "cpu.load",
                    Fault::OutOfRange { expected: "three numbers or none" },
                ));
            }
        };
        Ok(Self {
            used_percent: maybe_percent("cpu.used_percent", wire.used_percent)?,
            load,
            count: wire.count,
            steal_percent: maybe_percent("cpu.steal_percent", wire.steal_percent)?,
            iowait_percent: maybe_percent("cpu.iowait_percent", wire.iowait_percent)?,
        })
    }
}

impl From<&Cpu> for v1::Cpu {
    fn from(cpu: &Cpu) -> Self {
        Self {
            used_percent: cpu.used_percent,
            load: cpu.load.map(Vec::from).unwrap_or_default(),
            count: cpu.count,
            steal_percent: cpu.steal_percent,
            iowait_percent: cpu.iowait_percent,
        }
    }
}

impl From<v1::Memory> for Memory {
    fn from(wire: v1::Memory) -> Self {
        Self {
            total_bytes: wire.total_bytes,
            available_bytes: wire.available_bytes,
            swap_total_bytes: wire.swap_total_bytes,
            swap_used_bytes: wire.swap_used_bytes,
        }
    }
}

impl From<&Memory> for v1::Memory {
    fn from(memory: &Memory) -> Self {
        Self {
            total_bytes: memory.total_bytes,
            available_bytes: memory.available_bytes,
            swap_total_bytes: memory.swap_total_bytes,
            swap_used_bytes: memory.swap_used_bytes,
        }
    }
}

impl TryFrom<v1::Disk> for Disk {
    type Error = ConversionError;

    fn try_from(wire: v1::Disk) -> Result<Self, ConversionError> {
        Ok(Self {
            mount: field::path("disk.mount", wire.mount)?,
            device: field::path("disk.device", wire.device)?,
            fs: field::name("disk.fs", wire.fs)?,
            total_bytes: wire.total_bytes,
            free_bytes: wire.free_bytes,
            inodes_free_percent: wire
                .inodes_free_percent
                .map(|free| field::percent("disk.inodes_free_percent", free))
                .transpose()?,
            read_only: wire.read_only,
            full_in_seconds: wire.full_in_seconds,
        })
    }
}

impl From<&Disk> for v1::Disk {
    fn from(disk: &Disk) -> Self {
        Self {
            mount: disk.mount.clone(),
            device: disk.device.clone(),
            fs: disk.fs.clone(),
            total_bytes: disk.total_bytes,
            free_bytes: disk.free_bytes,
            inodes_free_percent: disk.inodes_free_percent,
            read_only: disk.read_only,
            full_in_seconds: disk.full_in_seconds,
        }
    }
}

impl TryFrom<v1::Temperature> for Temperature {
    type Error = ConversionError;

    fn try_from(wire: v1::Temperature) -> Result<Self, ConversionError> {
        Ok(Self {
            sensor: field::name("temperature.sensor", wire.sensor)?,
            celsius: field::finite("temperature.celsius", wire.celsius)?,
        })
    }
}

impl From<&Temperature> for v1::Temperature {
    fn from(temperature: &Temperature) -> Self {
        Self { sensor: temperature.sensor.clone(), celsius: temperature.celsius }
    }
}

impl TryFrom<v1::Spread> for Spread {
    type Error = ConversionError;

    fn try_from(wire: v1::Spread) -> Result<Self, ConversionError> {
        Ok(Self {
            min: field::percent("spread.min", wire.min)?,
            mean: field::percent("spread.mean", wire.mean)?,
            max: field::percent("spread.max", wire.max)?,
        })
    }
}

impl From<Spread> for v1::Spread {
    fn from(spread: Spread) -> Self {
        Self { min: spread.min, mean: spread.mean, max: spread.max }
    }
}

impl TryFrom<v1::HealthSummary> for HealthSummary {
    type Error = ConversionError;

    fn try_from(wire: v1::HealthSummary) -> Result<Self, ConversionError> {
        Ok(Self {
            samples: wire.samples,
            cpu_used_percent: wire.cpu_used_percent.map(Spread::try_from).transpose()?,
            memory_used_percent: wire.memory_used_percent.map(Spread::try_from).transpose()?,
        })
    }
}

impl From<&HealthSummary> for v1::HealthSummary {
    fn from(summary: &HealthSummary) -> Self {
        Self {
            samples: summary.samples,
            cpu_used_percent: summary.cpu_used_percent.map(Into::into),
            memory_used_percent: summary.memory_used_percent.map(Into::into),
        }
    }
}

fn maybe_percent(name: &'static str, share: Option<f64>) -> Result<Option<f64>, ConversionError> {
    share.map(|share| field::percent(name, share)).transpose()
}

impl TryFrom<v1::Pressure> for Pressure {
    type Error = ConversionError;

    fn try_from(wire: v1::Pressure) -> Result<Self, ConversionError> {
        Ok(Self {
            cpu_some_percent: maybe_percent("pressure.cpu_some_percent", wire.cpu_some_percent)?,
            memory_some_percent: maybe_percent("pressure.memory_some_percent", wire.memory_some_percent)?,
            memory_full_percent: maybe_percent("pressure.memory_full_percent", wire.memory_full_percent)?,
            io_some_percent: maybe_percent("pressure.io_some_percent", wire.io_some_percent)?,
            io_full_percent: maybe_percent("pressure.io_full_percent", wire.io_full_percent)?,
        })
    }
}

impl From<Pressure> for v1::Pressure {
    fn from(pressure: Pressure) -> Self {
        Self {
            cpu_some_percent: pressure.cpu_some_percent,
            memory_some_percent: pressure.memory_some_percent,
            memory_full_percent: pressure.memory_full_percent,
            io_some_percent: pressure.io_some_percent,
            io_full_percent: pressure.io_full_percent,
        }
    }
}

impl TryFrom<v1::Interface> for Interface {
    type Error = ConversionError;

    fn try_from(wire: v1::Interface) -> Result<Self, ConversionError> {
        Ok(Self {
            name: field::name("interface.name", wire.name)?,
            received_bytes: wire.received_bytes,
            sent_bytes: wire.sent_bytes,
            errors: wire.errors,
            drops: wire.drops,
        })
    }
}

impl From<&Interface> for v1::Interface {
    fn from(interface: &Interface) -> Self {
        Self {
            name: interface.name.clone(),
            received_bytes: interface.received_bytes,
            sent_bytes: interface.sent_bytes,
            errors: interface.errors,
            drops: interface.drops,
        }
    }
}

impl TryFrom<v1::Battery> for Battery {
    type Error = ConversionError;

    fn try_from(wire: v1::Battery) -> Result<Self, ConversionError> {
        Ok(Self {
            charge_percent: field::percent("battery.charge_percent", wire.charge_percent)?,
            discharging: wire.discharging,
            health_percent: maybe_percent("battery.health_percent", wire.health_percent)?,
        })
    }
}

impl From<Battery> for v1::Battery {
    fn from(battery: Battery) -> Self {
        Self {
            charge_percent: battery.charge_percent,
            discharging: battery.discharging,
            health_percent: battery.health_percent,
        }
    }
}

impl TryFrom<v1::Top> for Top {
    type Error = ConversionError;

    fn try_from(wire: v1::Top) -> Result<Self, ConversionError> {
        Ok(Self {
            by_cpu: field::list("top.by_cpu", wire.by_cpu, limits::TOP, Process::try_from)?,
            by_memory: field::list("top.by_memory", wire.by_memory, limits::TOP, Process::try_from)?,
        })
    }
}

impl From<&Top> for v1::Top {
    fn from(top: &Top) -> Self {
        Self {
            by_cpu: top.by_cpu.iter().map(Into::into).collect(),
            by_memory: top.by_memory.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<v1::Process> for Process {
    type Error = ConversionError;

    fn try_from(wire: v1::Process) -> Result<Self, ConversionError> {
        Ok(Self {
            pid: wire.pid,
            name: field::name("process.name", wire.name)?,
            cpu_percent: field::amount("process.cpu_percent", wire.cpu_percent)?,
            rss_bytes: wire.rss_bytes,
        })
    }
}

impl From<&Process> for v1::Process {
    fn from(process: &Process) -> Self {
        Self {
            pid: process.pid,
            name: process.name.clone(),
            cpu_percent: process.cpu_percent,
            rss_bytes: process.rss_bytes,
        }
    }
}
