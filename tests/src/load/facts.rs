//! What a simulated machine says: an ordinary small server, a little different each time.
//!
//! Sizes matter here more than values: the benchmarks should carry what real agents send. A health report is three
//! disks, memory, processor and a minute's summary (about 300 bytes); the first reports add an inventory, a patch scan
//! with [`UPDATES`] updates and [`JOBS`] backup jobs.

use dogwatch_proto::v1;
use jiff::Timestamp;

/// Updates that wait on each machine.
pub const UPDATES: u64 = 12;
/// Backup jobs on each machine.
pub const JOBS: u64 = 2;

const GIB: u64 = 1 << 30;
const SECOND_US: i64 = 1_000_000;
const HOUR_US: i64 = 3_600 * SECOND_US;

/// How the machine's first volume is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootVolume {
    /// 40 % used.
    Roomy,
    /// 97 % used, 3 GiB free: past every threshold for disks that Dogwatch ships.
    Full,
}

/// One simulated machine.
#[derive(Debug, Clone)]
pub struct Machine {
    number: u64,
    noise: u64,
    /// Its first volume from now on.
    pub root_volume: RootVolume,
}

impl Machine {
    /// The machine of this number; the same number says the same things in the same order.
    pub const fn new(number: u64) -> Self {
        let noise = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        Self { number, noise, root_volume: RootVolume::Roomy }
    }

    /// A number below `bound`, from a xorshift generator: cheap, and good enough to tell machines apart.
    pub const fn vary(&mut self, bound: u64) -> u64 {
        self.noise ^= self.noise << 13;
        self.noise ^= self.noise >> 7;
        self.noise ^= self.noise << 17;
        self.noise % bound
    }

    #[expect(clippy::cast_precision_loss, reason = "made-up shares below 100")]
    fn percent(&mut self, from: u64, spread: u64) -> f64 {
        from as f64 + self.vary(spread * 1000) as f64 / 1000.0
    }

    /// A health sample with a minute's summary.
    pub fn health(&mut self, now: Timestamp) -> v1::Health {
        let root_free = match self.root_volume {
            RootVolume::Roomy => 60 * GIB - self.vary(GIB),
            RootVolume::Full => 3 * GIB - self.vary(GIB / 8),
        };
        let load = vec![self.percent(0, 4), self.percent(0, 3), self.percent(0, 2)];
        let spread = |min: f64, width: f64| v1::Spread { min, mean: min + width / 3.0, max: min + width };
        let (cpu, memory) = (self.percent(5, 30), self.percent(40, 20));
        v1::Health {
            sampled_at_us: now.as_microsecond(),
            cpu: Some(v1::Cpu { used_percent: Some(cpu), load, count: 4, ..v1::Cpu::default() }),
            memory: Some(v1::Memory {
                total_bytes: 16 * GIB,
                available_bytes: 8 * GIB + self.vary(GIB),
                swap_total_bytes: Some(2 * GIB),
                swap_used_bytes: Some(self.vary(GIB / 4)),
            }),
            disks: vec![
                disk("/", "/dev/nvme0n1p2", 100 * GIB, root_free),
                disk("/srv", "/dev/sda1", 1000 * GIB, 600 * GIB - self.vary(GIB)),
                disk("/var/lib/postgresql", "/dev/sdb1", 500 * GIB, 300 * GIB - self.vary(GIB)),
            ],
            uptime_seconds: Some(86_400 + self.number),
            boot_at_us: Some(now.as_microsecond() - 24 * HOUR_US),
            temperatures: Vec::new(),
            summary: Some(v1::HealthSummary {
                samples: 6,
                cpu_used_percent: Some(spread(cpu, 9.0)),
                memory_used_percent: Some(spread(memory, 1.0)),
            }),
            ..v1::Health::default()
        }
    }

    /// What the machine is.
    pub fn inventory(&self) -> v1::Inventory {
        let number = self.number;
        let text = |text: &str| Some(text.to_owned());
        v1::Inventory {
            os: Some(v1::Os {
                family: "linux".to_owned(),
                name: text("Debian GNU/Linux"),
                version: text("13"),
                build: None,
                kernel: text("6.12.41-amd64"),
                arch: text("x86_64"),
                ..v1::Os::default()
            }),
            hardware: Some(v1::Hardware {
                vendor: text("Dell Inc."),
                model: text("PowerEdge R350"),
                serial: Some(format!("SIM{number:07}")),
                cpus: Some(4),
                memory_bytes: Some(16 * GIB),
            }),
            net: Some(v1::Net {
                hostname: Some(format!("sim-{number:05}.acme.example")),
                addresses: vec![format!("10.{}.{}.{}", number >> 16 & 255, number >> 8 & 255, number & 255)],
                macs: vec![format!(
                    "02:00:00:{:02x}:{:02x}:{:02x}",
                    number >> 16 & 255,
                    number >> 8 & 255,
                    number & 255
                )],
                ..v1::Net::default()
            }),
            security: Some(v1::Security {
                disk_encrypted: Some(true),
                firewall: Some(true),
                antimalware_product: None,
                antimalware_fresh: None,
                secure_boot: Some(true),
            }),
            class: text("server"),
            time_zone: text("America/Toronto"),
            ..v1::Inventory::default()
        }
    }

    /// A patch scan: [`UPDATES`] updates, a quarter of them security updates found yesterday.
    pub fn patch(&self, now: Timestamp) -> v1::PatchStatus {
        let now_us = now.as_microsecond();
        v1::PatchStatus {
            source: "apt".to_owned(),
            scanned_at_us: now_us,
            scan_seconds: Some(1.4),
            result: "ok".to_owned(),
            error: None,
            metadata_at_us: Some(now_us - 2 * HOUR_US),
            updates: Some(v1::Updates { updates: (0..UPDATES).map(|n| update(n, now_us)).collect() }),
            reboot: Some(v1::Reboot {
                pending: false,
                reasons: Vec::new(),
                since_us: None,
                confidence: "strong".to_owned(),
            }),
            last_install_at_us: Some(now_us - 200 * HOUR_US),
            auto_update: Some(true),
            ..v1::PatchStatus::default()
        }
    }

    /// [`JOBS`] backup jobs that went well last night.
    pub fn backup(&self, now: Timestamp) -> v1::BackupStatus {
        let now_us = now.as_microsecond();
        let jobs = (0..JOBS).map(|n| v1::BackupJob {
            name: format!("nightly-{n}"),
            product: "restic".to_owned(),
            kind: "backup".to_owned(),
            every_seconds: Some(86_400),
            rpo_seconds: Some(93_600),
            first_seen_us: now_us - 900 * HOUR_US,
            last_run: Some(v1::BackupRun {
                id: format!("run-{}-{n}", self.number),
                started_at_us: now_us - 9 * HOUR_US,
                ended_at_us: Some(now_us - 8 * HOUR_US),
                result: "success".to_owned(),
                exit_code: Some(0),
                message: Some("processed 18231 files, 41.2 GiB in 12:07".to_owned()),
                bytes_added: Some(GIB),
                bytes_total: Some(41 * GIB),
                snapshot: Some("5a1f0c9e".to_owned()),
                ..v1::BackupRun::default()
            }),
            last_success_us: Some(now_us - 8 * HOUR_US),
            consecutive_failures: 0,
            restore_test: Some(v1::RestoreTest {
                at_us: now_us - 240 * HOUR_US,
                result: "success".to_owned(),
                duration_seconds: Some(540),
                ..v1::RestoreTest::default()
            }),
            ..v1::BackupJob::default()
        });
        v1::BackupStatus { scanned_at_us: now_us, jobs: jobs.collect() }
    }
}

fn disk(mount: &str, device: &str, total_bytes: u64, free_bytes: u64) -> v1::Disk {
    v1::Disk {
        mount: mount.to_owned(),
        device: device.to_owned(),
        fs: "ext4".to_owned(),
        total_bytes,
        free_bytes,
        inodes_free_percent: Some(93.5),
        read_only: false,
        full_in_seconds: None,
    }
}

fn update(number: u64, now_us: i64) -> v1::Update {
    let package = format!("libexample{number}");
    let security = number.is_multiple_of(4);
    v1::Update {
        id: format!("{package}=3.0.{number}-2"),
        package,
        installed: Some(format!("3.0.{number}-1+deb13u1")),
        available: Some(format!("3.0.{number}-2+deb13u2")),
        class: if security { "security" } else { "regular" }.to_owned(),
        severity: "unspecified".to_owned(),
        cves: Vec::new(),
        kbs: Vec::new(),
        origin: Some("Debian-Security:13/stable-security".to_owned()),
        first_seen_missing_us: now_us - 24 * HOUR_US,
        state: "missing".to_owned(),
        ..v1::Update::default()
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    #[test]
    fn reports_have_the_size_of_real_ones() {
        let mut machine = Machine::new(7);
        let now = Timestamp::from_second(1_795_000_000).unwrap();
        let health = machine.health(now).encoded_len();
        assert!((250..500).contains(&health), "a health sample takes {health} bytes");
        let patch = machine.patch(now).encoded_len();
        assert!((1_000..4_000).contains(&patch), "a patch scan takes {patch} bytes");
    }

    #[test]
    fn a_full_root_volume_is_past_the_thresholds() {
        let mut machine = Machine::new(7);
        machine.root_volume = RootVolume::Full;
        let health = machine.health(Timestamp::from_second(1_795_000_000).unwrap());
        let root = &health.disks[0];
        assert!(root.free_bytes * 100 / root.total_bytes < 10 && root.free_bytes < 5 * GIB);
    }
}
