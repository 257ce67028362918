//! Systems other than Linux: through sysinfo, with only the refreshes that a sample needs. The list of processes is
//! refreshed only while a number is past its band.

use std::{path::Path, time::Duration};

use dogwatch_model::{Cpu, Disk, Health, Interface, Memory, Process, Temperature, Top};
use dogwatch_proto::conversions::limits;
use jiff::Timestamp;
use sysinfo::{
    Components, CpuRefreshKind, DiskRefreshKind, Disks, MemoryRefreshKind, Networks, ProcessRefreshKind,
    ProcessesToUpdate, System,
};

use super::{battery::Gauge, rounding};
use crate::clock::{self, Moment, Now};

/// Between two looks at the processes while a number stays past its band.
const AGAIN: Duration = Duration::from_secs(60);
/// Between two readings of temperatures.
const SLOW: Duration = Duration::from_secs(60);

pub(super) struct Sampler {
    system: System,
    networks: Networks,
    components: Components,
    battery: Gauge,
    warmth: Option<(Moment, Vec<Temperature>)>,
    sampled: bool,
    /// Only while a number is past its band: the list is large.
    processes: Option<System>,
    told: Option<(Moment, Top)>,
    named: Vec<String>,
}

impl Sampler {
    pub(super) fn new(_root: &Path, named: Vec<String>) -> Self {
        Self {
            system: System::new(),
            networks: Networks::new_with_refreshed_list(),
            components: Components::new_with_refreshed_list(),
            battery: Gauge::new(),
            warmth: None,
            sampled: false,
            processes: None,
            told: None,
            named,
        }
    }

    pub(super) fn name_mounts(&mut self, named: &[String]) {
        if self.named != named {
            self.named = named.to_vec();
        }
    }

    pub(super) async fn sample(&mut self, now: Now) -> Health {
        self.system.refresh_cpu_specifics(CpuRefreshKind::nothing().with_cpu_usage());
        self.system.refresh_memory_specifics(MemoryRefreshKind::everything());
        self.networks.refresh(true);
        let first = !std::mem::replace(&mut self.sampled, true);
        let used = f64::from(self.system.global_cpu_usage()).clamp(0.0, 100.0);
        // On Windows sysinfo makes one up, with a timer that never ends.
        let load = cfg!(unix).then(System::load_average);
        let listed = || Disks::new_with_refreshed_list_specifics(DiskRefreshKind::nothing().with_storage());
        let disks = tokio::task::spawn_blocking(listed).await;
        Health {
            sampled_at: now.wall,
            cpu: Some(Cpu {
                used_percent: (!first).then_some(used),
                load: load.map(|load| [load.one, load.five, load.fifteen]),
                count: u32::try_from(self.system.cpus().len()).unwrap_or(u32::MAX),
                ..Cpu::default()
            }),
            memory: Some(self.memory()),
            disks: disks.map(|disks| volumes(&disks, &self.named)).unwrap_or_default(),
            uptime_seconds: Some(System::uptime()),
            boot_at: boot_at(Path::new("/")),
            temperatures: self.temperatures(now.moment),
            interfaces: self.interfaces(),
            battery: self.battery.read(now.moment).await,
            ..Health::default()
        }
    }

    pub(super) async fn top(&mut self, past: bool) -> Option<Top> {
        if !past {
            (self.told, self.processes) = (None, None);
            return None;
        }
        let now = clock::now().moment;
        if let Some((at, top)) = &self.told
            && now.since(*at) < AGAIN
        {
            return Some(top.clone());
        }
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory();
        let is_new = self.processes.is_none();
        let system = self.processes.get_or_insert_with(System::new);
        system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
        if is_new {
            tokio::time::sleep(sysinfo::MINIMUM_CPU_UPDATE_INTERVAL).await;
            system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
        }
        let top = busiest(system);
        self.told = Some((now, top.clone()));
        Some(top)
    }

    pub(super) fn ails(&self) -> Option<String> {
        None
    }

    fn memory(&self) -> Memory {
        let swap_total = Some(self.system.total_swap()).filter(|total| *total > 0);
        Memory {
            total_bytes: self.system.total_memory(),
            available_bytes: self.system.available_memory(),
            swap_total_bytes: swap_total,
            swap_used_bytes: swap_total.map(|_| self.system.used_swap()),
        }
    }

    /// The library tells no drops; what carried nothing yet is taken for one that is down.
    fn interfaces(&self) -> Vec<Interface> {
        let mut interfaces: Vec<Interface> = self
            .networks
            .iter()
            .filter(|(name, data)| {
                let is_loopback = name.starts_with("lo") || name.starts_with("Loopback");
                !is_loopback && data.total_received() + data.total_transmitted() > 0
            })
            .map(|(name, data)| Interface {
                name: limits::clip(name, limits::NAME_BYTES),
                received_bytes: data.total_received(),
                sent_bytes: data.total_transmitted(),
                errors: data.total_errors_on_received() + data.total_errors_on_transmitted(),
                drops: 0,
            })
            .collect();
        interfaces.sort_by(|a, b| a.name.cmp(&b.name));
        interfaces.truncate(limits::INTERFACES);
        interfaces
    }

    fn temperatures(&mut self, now: Moment) -> Vec<Temperature> {
        if let Some((at, known)) = &self.warmth
            && now.since(*at) < SLOW
        {
            return known.clone();
        }
        self.components.refresh(true);
        let mut temperatures: Vec<Temperature> = self
            .components
            .iter()
            .filter_map(|component| {
                let celsius = f64::from(component.temperature().filter(|celsius| celsius.is_finite())?);
                Some(Temperature { sensor: limits::clip(component.label(), limits::NAME_BYTES), celsius })
            })
            .collect();
        temperatures.sort_by(|a, b| a.sensor.cmp(&b.sensor));
        temperatures.dedup_by(|b, a| a.sensor == b.sensor);
        temperatures.truncate(limits::TEMPERATURES);
        self.warmth = Some((now, temperatures.clone()));
        temperatures
    }
}

fn busiest(system: &System) -> Top {
    let mut all: Vec<Process> = system.processes().values().map(told).collect();
    all.sort_by(|a, b| b.cpu_percent.total_cmp(&a.cpu_percent).then(a.pid.cmp(&b.pid)));
    let by_cpu = all.iter().filter(|process| process.cpu_percent > 0.0).take(limits::TOP).cloned().collect();
    all.sort_by_key(|process| (std::cmp::Reverse(process.rss_bytes), process.pid));
    all.truncate(limits::TOP);
    Top { by_cpu, by_memory: all }
}

/// The time of the boot, for what is told since then.
pub(in crate::sources) fn boot_at(_root: &Path) -> Option<Timestamp> {
    i64::try_from(System::boot_time()).ok().and_then(|at| Timestamp::from_second(at).ok())
}

fn told(process: &sysinfo::Process) -> Process {
    let mut told = Process {
        pid: process.pid().as_u32(),
        name: limits::clip(&process.name().to_string_lossy(), limits::NAME_BYTES),
        cpu_percent: f64::from(process.cpu_usage()),
        rss_bytes: process.memory(),
    };
    rounding::process(&mut told);
    told
}

/// Network mounts only when they are named.
fn volumes(disks: &Disks, named: &[String]) -> Vec<Disk> {
    const FAR: [&str; 5] = ["nfs", "smbfs", "cifs", "afpfs", "webdav"];
    let mut volumes: Vec<Disk> = disks
        .iter()
        .filter(|disk| disk.total_space() > 0)
        .map(|disk| Disk {
            mount: limits::clip(&disk.mount_point().display().to_string(), limits::TEXT_BYTES),
            device: limits::clip(&disk.name().to_string_lossy(), limits::TEXT_BYTES),
            fs: disk.file_system().to_string_lossy().to_lowercase(),
            total_bytes: disk.total_space(),
            free_bytes: disk.available_space(),
            inodes_free_percent: None,
            read_only: disk.is_read_only(),
            full_in_seconds: None,
        })
        .filter(|disk| !FAR.contains(&disk.fs.as_str()) || named.contains(&disk.mount))
        .take(limits::DISKS)
        .collect();
    volumes.sort_by(|a, b| a.mount.cmp(&b.mount));
    volumes
}
