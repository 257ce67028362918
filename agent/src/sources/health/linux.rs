//! Linux: the thin part that reads.
//!
//! What moves by the second is read at each sample from files that stay open; what moves slowly, or takes the hardware
//! long to tell, once a minute; which sensors there are, once an hour.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use dogwatch_model::{Battery, Cpu, Health, Pressure, Temperature, Top};
use jiff::Timestamp;

use super::{
    battery,
    interfaces::Interfaces,
    kept_file::{Buffer, KeptFile},
    proc,
    proc::{Stat, Ticks},
    sensors::Sensors,
    top::Busiest,
    users::Users,
    volumes::Volumes,
};
use crate::clock::{Moment, Now};

/// Between two readings of temperatures and batteries: firmware may take milliseconds for each.
const SLOW: Duration = Duration::from_secs(60);
/// Between two looks for sensors that came or went.
const FIND: Duration = Duration::from_secs(3600);

pub(super) struct Sampler {
    root: PathBuf,
    buffer: Buffer,
    files: Files,
    ticks: Option<Ticks>,
    volumes: Volumes,
    interfaces: Interfaces,
    users: Users,
    slow: Option<Slow>,
    busiest: Busiest,
}

struct Files {
    stat: KeptFile,
    meminfo: KeptFile,
    loadavg: KeptFile,
    uptime: KeptFile,
    cpu_pressure: KeptFile,
    memory_pressure: KeptFile,
    io_pressure: KeptFile,
}

/// What is read once a minute.
struct Slow {
    found_at: Moment,
    read_at: Moment,
    sensors: Sensors,
    temperatures: Vec<Temperature>,
    battery: Option<Battery>,
}

impl Sampler {
    pub(super) fn new(root: &Path, named: Vec<String>) -> Self {
        let file = |path| KeptFile::new(root.join("proc").join(path));
        let files = Files {
            stat: file("stat"),
            meminfo: file("meminfo"),
            loadavg: file("loadavg"),
            uptime: file("uptime"),
            cpu_pressure: file("pressure/cpu"),
            memory_pressure: file("pressure/memory"),
            io_pressure: file("pressure/io"),
        };
        Self {
            root: root.to_owned(),
            buffer: Buffer::default(),
            files,
            ticks: None,
            volumes: Volumes::new(root, named),
            interfaces: Interfaces::new(root),
            users: Users::default(),
            slow: None,
            busiest: Busiest::new(root),
        }
    }

    pub(super) fn name_mounts(&mut self, named: &[String]) {
        self.volumes.name(named);
    }

    pub(super) async fn sample(&mut self, now: Now) -> Health {
        let stat = self.files.stat.read(&mut self.buffer).and_then(|text| proc::stat(&text));
        self.read_slow(now.moment);
        let slow = self.slow.as_ref();
        Health {
            sampled_at: now.wall,
            boot_at: stat.and_then(|stat| stat.boot_at),
            temperatures: slow.map(|slow| slow.temperatures.clone()).unwrap_or_default(),
            battery: slow.and_then(|slow| slow.battery),
            cpu: stat.map(|stat| self.cpu(stat)),
            memory: self.files.meminfo.read(&mut self.buffer).and_then(|text| proc::memory(&text)),
            uptime_seconds: self
                .files
                .uptime
                .read(&mut self.buffer)
                .and_then(|text| proc::uptime_seconds(&text)),
            pressure: self.pressure(),
            interfaces: self.interfaces.look(&mut self.buffer),
            users: self.users.look(&self.root),
            disks: self.volumes.look(&mut self.buffer).await,
            ..Health::default()
        }
    }

    pub(super) async fn top(&mut self, past: bool) -> Option<Top> {
        self.busiest.look(past).await
    }

    /// What is not well with looking: volumes that do not answer.
    pub(super) fn ails(&self) -> Option<String> {
        let hanging: Vec<String> = self.volumes.hanging().map(|path| path.display().to_string()).collect();
        (!hanging.is_empty()).then(|| format!("these volumes do not answer: {}", hanging.join(", ")))
    }

    fn cpu(&mut self, stat: Stat) -> Cpu {
        let shares = self.ticks.replace(stat.ticks).and_then(|before| stat.ticks.since(before));
        Cpu {
            used_percent: shares.map(|shares| shares.used),
            steal_percent: shares.map(|shares| shares.steal),
            iowait_percent: shares.and_then(|shares| shares.iowait),
            load: self.files.loadavg.read(&mut self.buffer).and_then(|text| proc::load(&text)),
            count: stat.cpus,
        }
    }

    fn pressure(&mut self) -> Option<Pressure> {
        let mut of = |file: &mut KeptFile| {
            file.read(&mut self.buffer).map(|text| proc::pressure(&text)).unwrap_or_default()
        };
        // That all tasks wait for a processor cannot be: one of them has it.
        let (cpu_some_percent, _) = of(&mut self.files.cpu_pressure);
        let (memory_some_percent, memory_full_percent) = of(&mut self.files.memory_pressure);
        let (io_some_percent, io_full_percent) = of(&mut self.files.io_pressure);
        let pressure = Pressure {
            cpu_some_percent,
            memory_some_percent,
            memory_full_percent,
            io_some_percent,
            io_full_percent,
        };
        (pressure != Pressure::default()).then_some(pressure)
    }

    fn read_slow(&mut self, now: Moment) {
        if let Some(slow) = &self.slow
            && now.since(slow.read_at) < SLOW
        {
            return;
        }
        let known = self.slow.take().filter(|slow| now.since(slow.found_at) < FIND);
        let (found_at, mut sensors) = match known {
            Some(slow) => (slow.found_at, slow.sensors),
            None => (now, Sensors::find(&self.root)),
        };
        let temperatures = sensors.read(&mut self.buffer);
        let battery = battery::look(&self.root);
        self.slow = Some(Slow { found_at, read_at: now, sensors, temperatures, battery });
    }
}

/// The time of the boot, for what is told since then.
pub(in crate::sources) fn boot_at(root: &Path) -> Option<Timestamp> {
    proc::stat(&std::fs::read_to_string(root.join("proc/stat")).ok()?)?.boot_at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[tokio::test]
    async fn this_machine_has_processors_memory_and_a_root_volume() {
        let mut sampler = Sampler::new(Path::new("/"), Vec::new());
        let health = sampler.sample(clock::now()).await;
        assert!(health.cpu.is_some_and(|cpu| cpu.count > 0 && cpu.used_percent.is_none()));
        assert!(health.memory.is_some_and(|memory| memory.total_bytes > memory.available_bytes));
        assert!(
            health.disks.iter().any(|disk| disk.mount == "/" && disk.total_bytes > 0),
            "{:?}",
            health.disks
        );
        assert_eq!(sampler.ails(), None);
    }

    #[tokio::test]
    async fn a_machine_that_tells_nothing_has_an_empty_sample() {
        let nowhere = tempfile::tempdir().unwrap();
        let now = clock::now();
        let health = Sampler::new(nowhere.path(), Vec::new()).sample(now).await;
        assert_eq!(health, Health { sampled_at: now.wall, ..Health::default() });
    }

    /// Measured in every run, and held to a bound that only a mistake reaches.
    #[tokio::test]
    async fn a_sample_costs_next_to_nothing() {
        const SAMPLES: u32 = 100;
        let mut sampler = Sampler::new(Path::new("/"), Vec::new());
        sampler.sample(clock::now()).await;
        let used = || {
            let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
            Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap_or(0))
        };
        let before = used();
        for _ in 0..SAMPLES {
            sampler.sample(clock::now()).await;
        }
        let each = (used() - before) / SAMPLES;
        println!("a sample costs {each:?} of processor time");
        assert!(each < Duration::from_millis(5), "{each:?}");
    }
}
