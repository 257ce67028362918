//! Samples are rounded to what the wire carries before anybody judges them, so that agent and collector see the same
//! numbers: shares and temperatures to a tenth, load to a hundredth, sizes to a KiB.

use dogwatch_model::{Health, Process};

const KIB: u64 = 1024;

/// Rounds a sample.
pub(super) fn round(health: &mut Health) {
    if let Some(cpu) = &mut health.cpu {
        [&mut cpu.used_percent, &mut cpu.steal_percent, &mut cpu.iowait_percent].into_iter().for_each(maybe);
        cpu.load.iter_mut().flatten().for_each(|load| *load = (*load * 100.0).round() / 100.0);
    }
    if let Some(memory) = &mut health.memory {
        size(&mut memory.total_bytes);
        size(&mut memory.available_bytes);
        [&mut memory.swap_total_bytes, &mut memory.swap_used_bytes].into_iter().flatten().for_each(size);
    }
    for disk in &mut health.disks {
        size(&mut disk.total_bytes);
        size(&mut disk.free_bytes);
        maybe(&mut disk.inodes_free_percent);
    }
    health.temperatures.iter_mut().for_each(|temperature| tenth(&mut temperature.celsius));
    if let Some(pressure) = &mut health.pressure {
        let shares = [
            &mut pressure.cpu_some_percent,
            &mut pressure.memory_some_percent,
            &mut pressure.memory_full_percent,
            &mut pressure.io_some_percent,
            &mut pressure.io_full_percent,
        ];
        shares.into_iter().for_each(maybe);
    }
    if let Some(battery) = &mut health.battery {
        tenth(&mut battery.charge_percent);
        maybe(&mut battery.health_percent);
    }
}

/// Rounds one of the busiest.
pub(super) fn process(process: &mut Process) {
    tenth(&mut process.cpu_percent);
    size(&mut process.rss_bytes);
}

fn maybe(number: &mut Option<f64>) {
    number.iter_mut().for_each(tenth);
}

fn tenth(number: &mut f64) {
    *number = (*number * 10.0).round() / 10.0;
}

fn size(bytes: &mut u64) {
    *bytes -= *bytes % KIB;
}

#[cfg(test)]
mod tests {
    use dogwatch_model::{Cpu, Disk, Memory, Temperature};

    use super::*;

    #[test]
    fn numbers_have_no_more_digits_than_the_wire() {
        let mut health = Health {
            cpu: Some(Cpu {
                used_percent: Some(12.345),
                load: Some([0.126, 1.0, 2.0]),
                count: 2,
                steal_percent: Some(0.04),
                iowait_percent: None,
            }),
            memory: Some(Memory { total_bytes: 4097, available_bytes: 1025, ..Memory::default() }),
            disks: vec![Disk { free_bytes: 2047, inodes_free_percent: Some(80.06), ..Disk::default() }],
            temperatures: vec![Temperature { sensor: "cpu".into(), celsius: 51.49 }],
            ..Health::default()
        };
        round(&mut health);
        let cpu = health.cpu.clone().unwrap();
        assert_eq!((cpu.used_percent, cpu.steal_percent), (Some(12.3), Some(0.0)));
        assert_eq!(cpu.load, Some([0.13, 1.0, 2.0]));
        assert_eq!(health.memory.as_ref().map(|m| (m.total_bytes, m.available_bytes)), Some((4096, 1024)));
        assert_eq!((health.disks[0].free_bytes, health.disks[0].inodes_free_percent), (1024, Some(80.1)));
        assert_eq!(health.temperatures[0].celsius, 51.5);
        let once = health.clone();
        round(&mut health);
        assert_eq!(health, once, "rounding again changes nothing");
    }
}
