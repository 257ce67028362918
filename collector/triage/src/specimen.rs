//! Endpoints for tests: one that tells everything, one that told nothing, and the instants between.

use dogwatch_model::{
    AgentEvent, AgentFacts, BackupJob, BackupKind, BackupRun, BackupStatus, Battery, Check, CheckState,
    Class, Confidence, Cpu, Criticality, Disk, Drive, Endpoint, EndpointId, EndpointState, Facts, Hardware,
    Health, Incident, IncidentKind, InstallResult, Interface, Inventory, Memory, Net, OrgId, Os, OsFamily,
    PatchSource, PatchStatus, Presence, Pressure, Process, Reboot, RestoreKind, RestoreTest, RunResult,
    ScanResult, Security, Service, SiteId, SoftwareDigest, SourceStatus, Temperature, Top, Update,
    UpdateClass, UpdateSeverity, Upkeep,
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::filter::{AlertCounts, Row};

/// One gibibyte.
pub(crate) const GIB: u64 = 1 << 30;

/// The instant at which tests take place.
pub(crate) fn noon() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

/// So many seconds before noon; negative for after.
pub(crate) fn before(seconds: i64) -> Timestamp {
    noon() - SignedDuration::from_secs(seconds)
}

pub(crate) const HOUR: i64 = 3600;
pub(crate) const DAY: i64 = 24 * HOUR;

pub(crate) fn row(endpoint: &Endpoint) -> Row<'_> {
    row_at(endpoint, noon())
}

pub(crate) fn row_at(endpoint: &Endpoint, as_of: Timestamp) -> Row<'_> {
    Row { endpoint, as_of, alerts: AlertCounts::default(), owners: None }
}

/// A server that is online and has told nothing yet.
pub(crate) fn silent_server() -> Endpoint {
    Endpoint {
        id: EndpointId(Uuid::from_u128(0x018f_3c2e_7a10_7c3d_8e55_2b1f_0a9c_4d11)),
        org: OrgId::new("acme").unwrap(),
        site: SiteId::new("toronto").unwrap(),
        name: "srv-01".into(),
        class: Some(Class::Server),
        class_fixed: false,
        criticality: Criticality::Normal,
        tags: vec![],
        labels: [].into(),
        enrolled_at: before(30 * DAY),
        state: EndpointState::Active,
        presence: Presence {
            online: true,
            since: before(DAY),
            last_seen: None,
            goodbye: None,
            second_seen_at: None,
            second: None,
        },
        facts: Facts::default(),
    }
}

/// A healthy server that tells everything the model knows.
pub(crate) fn full_server() -> Endpoint {
    let mut endpoint = silent_server();
    endpoint.tags = vec!["lab".into(), "prod".into()];
    endpoint.labels = [("env".into(), "prod".into())].into();
    endpoint.presence.last_seen = Some(before(5));
    endpoint.facts = Facts {
        agent: Some(AgentFacts {
            version: "0.1.0".into(),
            policy_version: Some("7".into()),
            rss_bytes: Some(9_000_000),
            cpu_percent: Some(0.123_456),
            sources: vec![SourceStatus {
                name: "patch.apt".into(),
                result: ScanResult::Ok,
                reason: Some("one list is old".into()),
                since: before(DAY),
            }],
        }),
        events: Some(vec![AgentEvent {
            at: before(HOUR),
            kind: "bad_config".into(),
            detail: "agent.toml, line 3: unknown field".into(),
        }]),
        inventory: Some(inventory()),
        health: Some(health()),
        services: Some(vec![Service {
            name: "sshd".into(),
            state: "running".into(),
            expected: Some("running".into()),
            enabled: Some(true),
        }]),
        checks: Some(vec![Check {
            name: "web".into(),
            kind: "http".into(),
            state: CheckState::Ok,
            detail: Some("200".into()),
            value: Some(200),
            certificate_expires_at: Some(before(-90 * DAY)),
        }]),
        drives: Some(vec![drive()]),
        incidents: Some(vec![incident(IncidentKind::OomKill, Some("java"), 3 * DAY)]),
        patch: Some(patch(vec![])),
        backup: Some(BackupStatus { scanned_at: before(60), jobs: vec![job()] }),
        clock_offset_seconds: Some(0.25),
        ..Facts::default()
    };
    endpoint
}

/// A drive that has grown old in peace.
pub(crate) fn drive() -> Drive {
    Drive {
        device: "/dev/sda".into(),
        model: Some("ST4000NM0035".into()),
        serial: Some("ZC1AAAAA".into()),
        passed: Some(true),
        problems: vec!["the drive's error log has entries".into()],
        celsius: Some(33.0),
        wear_percent: Some(7.0),
        media_errors: Some(8),
        power_on_hours: Some(20_718),
    }
}

/// Something that happened so many seconds ago.
pub(crate) fn incident(kind: IncidentKind, subject: Option<&str>, ago: i64) -> Incident {
    Incident {
        at: before(ago),
        kind,
        subject: subject.map(str::to_owned),
        detail: format!("the log says {kind}"),
    }
}

fn inventory() -> Inventory {
    Inventory {
        os: Os {
            family: OsFamily::Linux,
            name: Some("Debian GNU/Linux".into()),
            version: Some("12".into()),
            build: Some("12.8".into()),
            kernel: Some("6.1.0-27-amd64".into()),
            arch: Some("x86_64".into()),
            kernel_installed: Some("6.1.0-28-amd64".into()),
            end_of_life: Some("2028-07-01T00:00:00Z".parse().unwrap()),
            end_of_life_as_of: Some("2026-11-22T00:00:00Z".parse().unwrap()),
        },
        hardware: Hardware {
            vendor: Some("Dell".into()),
            model: Some("R650".into()),
            serial: Some("ABC123".into()),
            cpus: Some(16),
            memory_bytes: Some(64 * GIB),
        },
        net: Net {
            hostname: Some("srv-01".into()),
            addresses: vec!["10.0.0.5".into()],
            macs: vec!["00:11:22:33:44:55".into()],
            domain: Some("corp.example".into()),
        },
        security: Security {
            disk_encrypted: Some(true),
            firewall: Some(true),
            antimalware_product: Some("ClamAV".into()),
            antimalware_fresh: Some(true),
            secure_boot: Some(false),
        },
        class: Some(Class::Server),
        time_zone: Some("America/Toronto".into()),
        software: Some(SoftwareDigest { count: 1200, digest: "0123456789abcdef".into() }),
    }
}

pub(crate) fn health() -> Health {
    Health {
        sampled_at: before(5),
        cpu: Some(Cpu {
            used_percent: Some(12.345),
            load: Some([0.5, 0.4, 0.3]),
            count: 16,
            steal_percent: Some(0.1),
            iowait_percent: Some(0.2),
        }),
        memory: Some(Memory {
            total_bytes: 64 * GIB,
            available_bytes: 48 * GIB,
            swap_total_bytes: Some(8 * GIB),
            swap_used_bytes: Some(GIB),
        }),
        disks: vec![disk("/", 100 * GIB, 60 * GIB)],
        uptime_seconds: Some(86_400),
        boot_at: Some(before(DAY)),
        temperatures: vec![Temperature { sensor: "cpu".into(), celsius: 51.5 }],
        pressure: Some(Pressure {
            cpu_some_percent: Some(1.0),
            memory_some_percent: Some(0.5),
            memory_full_percent: Some(0.1),
            io_some_percent: Some(2.0),
            io_full_percent: Some(1.5),
        }),
        interfaces: vec![Interface { name: "eth0".into(), received_bytes: GIB, ..Interface::default() }],
        battery: Some(Battery { charge_percent: 80.0, discharging: false, health_percent: Some(90.0) }),
        users: Some(1),
        top: Some(Top { by_cpu: vec![process()], by_memory: vec![process()] }),
        summary: None,
    }
}

fn process() -> Process {
    Process { pid: 42, name: "java".into(), cpu_percent: 150.0, rss_bytes: 2 * GIB }
}

pub(crate) fn disk(mount: &str, total_bytes: u64, free_bytes: u64) -> Disk {
    Disk {
        mount: mount.into(),
        device: "/dev/sda1".into(),
        fs: "ext4".into(),
        total_bytes,
        free_bytes,
        inodes_free_percent: Some(80.0),
        read_only: false,
        full_in_seconds: None,
    }
}

pub(crate) fn patch(updates: Vec<Update>) -> PatchStatus {
    PatchStatus {
        source: "apt".into(),
        scanned_at: before(HOUR),
        scan_seconds: Some(1.5),
        result: ScanResult::Ok,
        error: None,
        metadata_at: Some(before(6 * HOUR)),
        updates: Some(updates),
        reboot: Some(Reboot { pending: false, reasons: vec![], since: None, confidence: Confidence::Strong }),
        last_install_at: Some(before(9 * DAY)),
        last_install_result: Some(InstallResult::Success),
        auto_update: Some(false),
        sources: vec![PatchSource {
            source: "apt".into(),
            result: ScanResult::Ok,
            error: None,
            scanned_at: before(HOUR),
            known_at: Some(before(HOUR)),
            metadata_at: Some(before(6 * HOUR)),
            scan_seconds: Some(1.5),
        }],
    }
}

/// A security update without a stated severity, as apt tells it.
pub(crate) fn update(package: &str, missing_for: i64) -> Update {
    Update {
        installed: Some("3.0.15-1".into()),
        available: Some("3.0.17-1".into()),
        class: UpdateClass::Security,
        severity: UpdateSeverity::Unspecified,
        cves: vec!["CVE-2026-1234".into()],
        origin: Some("Debian-Security:12/stable-security".into()),
        first_seen_missing: before(missing_for),
        ..Update::missing("apt", package)
    }
}

/// A nightly job that succeeded an hour ago.
pub(crate) fn job() -> BackupJob {
    BackupJob {
        name: "nightly".into(),
        product: "restic".into(),
        kind: BackupKind::Backup,
        every_seconds: Some(86_400),
        rpo_seconds: Some(100_000),
        first_seen: before(20 * DAY),
        last_run: Some(run(RunResult::Success)),
        last_success: Some(before(HOUR)),
        consecutive_failures: 0,
        restore_test: Some(RestoreTest {
            duration_seconds: Some(90),
            kind: Some(RestoreKind::File),
            rto_seconds: Some(4 * 3600),
            by: Some("ann".into()),
            evidence: Some("exit code 0".into()),
            ..RestoreTest::new(before(10 * DAY), RunResult::Success)
        }),
        target: Some("sftp:backup@vault:/srv".into()),
        rto_seconds: Some(4 * 3600),
        retention: None,
        encrypted: Some(true),
        offsite: Some(true),
        immutable: Some(false),
        versions_kept: Some(30),
        oldest_version: Some(before(30 * DAY)),
        last_check: Some(Upkeep { at: before(2 * DAY), result: RunResult::Success }),
        last_prune: None,
        size_anomaly: None,
        problem: None,
        forgotten_at: None,
        schedule: None,
        expected_at: None,
    }
}

pub(crate) fn run(result: RunResult) -> BackupRun {
    BackupRun {
        ended_at: Some(before(HOUR)),
        exit_code: Some(i32::from(result == RunResult::Failed)),
        message: Some("last words".into()),
        bytes_added: Some(GIB),
        bytes_total: Some(20 * GIB),
        ..BackupRun::new("r1".into(), before(HOUR + 60), result)
    }
}
