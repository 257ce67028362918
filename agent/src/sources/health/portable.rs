//! Systems other than Linux: through sysinfo, with only the refreshes that a sample needs.

use std::path::Path;

use dogwatch_model::{Cpu, Disk, Health, Memory};
use dogwatch_proto::conversions::limits;
use jiff::Timestamp;
use sysinfo::{CpuRefreshKind, DiskRefreshKind, Disks, MemoryRefreshKind, System};

pub(super) struct Sampler {
    system: System,
    sampled: bool,
}

impl Sampler {
    pub(super) fn new(_root: &Path) -> Self {
        Self { system: System::new(), sampled: false }
    }

    pub(super) async fn sample(&mut self, now: Timestamp) -> Health {
        self.system.refresh_cpu_specifics(CpuRefreshKind::nothing().with_cpu_usage());
        self.system.refresh_memory_specifics(MemoryRefreshKind::everything());
        let first = !std::mem::replace(&mut self.sampled, true);
        let used = f64::from(self.system.global_cpu_usage()).clamp(0.0, 100.0);
        let load = System::load_average();
        let listed = || Disks::new_with_refreshed_list_specifics(DiskRefreshKind::nothing().with_storage());
        let disks =
            tokio::task::spawn_blocking(listed).await.map(|disks| volumes(&disks)).unwrap_or_default();
        Health {
            sampled_at: now,
            cpu: Some(Cpu {
                used_percent: (!first).then_some(used),
                load: cfg!(unix).then_some([load.one, load.five, load.fifteen]),
                count: u32::try_from(self.system.cpus().len()).unwrap_or(u32::MAX),
                ..Cpu::default()
            }),
            memory: Some(self.memory()),
            disks,
            uptime_seconds: Some(System::uptime()),
            boot_at: i64::try_from(System::boot_time()).ok().and_then(|at| Timestamp::from_second(at).ok()),
            ..Health::default()
        }
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
}

fn volumes(disks: &Disks) -> Vec<Disk> {
    let mut volumes: Vec<Disk> = disks
        .iter()
        .filter(|disk| disk.total_space() > 0)
        .take(limits::DISKS)
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
        .collect();
    volumes.sort_by(|a, b| a.mount.cmp(&b.mount));
    volumes
}
