//! Linux: the thin part that reads.

use std::{
    fs,
    path::{Path, PathBuf},
};

use dogwatch_model::{Cpu, Health, Temperature};
use dogwatch_proto::conversions::limits;
use jiff::Timestamp;

use super::{
    mounts, proc,
    proc::{Stat, Ticks},
    volumes::Volumes,
};

pub(super) struct Sampler {
    root: PathBuf,
    ticks: Option<Ticks>,
    volumes: Volumes,
}

impl Sampler {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), ticks: None, volumes: Volumes::default() }
    }

    pub(super) async fn sample(&mut self, now: Timestamp) -> Health {
        let stat = self.read("proc/stat").and_then(|text| proc::stat(&text));
        let mut disks = Vec::new();
        let mountinfo = self.read("proc/self/mountinfo").unwrap_or_default();
        for mount in mounts::volumes(&mountinfo).into_iter().take(limits::DISKS) {
            disks.extend(self.volumes.ask(&self.root, mount).await);
        }
        Health {
            sampled_at: now,
            cpu: stat.map(|stat| self.cpu(stat)),
            memory: self.read("proc/meminfo").and_then(|text| proc::memory(&text)),
            disks,
            uptime_seconds: self.read("proc/uptime").and_then(|text| proc::uptime_seconds(&text)),
            boot_at: stat.and_then(|stat| stat.boot_at),
            temperatures: self.temperatures(),
            ..Health::default()
        }
    }

    fn cpu(&mut self, stat: Stat) -> Cpu {
        let before = self.ticks.replace(stat.ticks);
        Cpu {
            used_percent: before.and_then(|before| stat.ticks.used_percent_since(before)),
            load: self.read("proc/loadavg").and_then(|text| proc::load(&text)),
            count: stat.cpus,
            ..Cpu::default()
        }
    }

    fn temperatures(&self) -> Vec<Temperature> {
        let Ok(zones) = fs::read_dir(self.root.join("sys/class/thermal")) else { return Vec::new() };
        let mut temperatures: Vec<Temperature> = zones
            .flatten()
            .filter_map(|zone| {
                let file = |name| fs::read_to_string(zone.path().join(name)).ok();
                let millidegrees: f64 = file("temp")?.trim().parse().ok()?;
                let sensor = limits::clip(file("type")?.trim(), limits::NAME_BYTES);
                Some(Temperature { sensor, celsius: millidegrees / 1000.0 })
            })
            .collect();
        temperatures.sort_by(|a, b| a.sensor.cmp(&b.sensor));
        temperatures.truncate(limits::TEMPERATURES);
        temperatures
    }

    fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.root.join(path)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn this_machine_has_processors_memory_and_a_root_volume() {
        let mut sampler = Sampler::new(Path::new("/"));
        let health = sampler.sample(Timestamp::now()).await;
        assert!(health.cpu.is_some_and(|cpu| cpu.count > 0 && cpu.used_percent.is_none()));
        assert!(health.memory.is_some_and(|memory| memory.total_bytes > memory.available_bytes));
        assert!(
            health.disks.iter().any(|disk| disk.mount == "/" && disk.total_bytes > 0),
            "{:?}",
            health.disks
        );
    }

    #[tokio::test]
    async fn a_machine_that_tells_nothing_has_an_empty_sample() {
        let nowhere = tempfile::tempdir().unwrap();
        let health = Sampler::new(nowhere.path()).sample(Timestamp::UNIX_EPOCH).await;
        assert_eq!((health.cpu, health.memory, health.disks), (None, None, Vec::new()));
    }
}
