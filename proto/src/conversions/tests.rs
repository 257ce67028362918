//! What the model can say survives the wire; what nobody of good will sends is refused, and nothing panics.

use dogwatch_model::{services::CheckState, *};
use jiff::Timestamp;
use proptest::{collection::vec, option::of, prelude::*};
use prost::Message as _;

use super::{ConversionError, Fault, decode_report, encode_report, endpoint_id, epoch, limits};
use crate::v1;

fn instant() -> impl Strategy<Value = Timestamp> {
    (0..=4_102_444_800_000_000_i64).prop_map(|us| Timestamp::from_microsecond(us).unwrap())
}

fn text() -> BoxedStrategy<String> {
    "[ -~äöß→]{0,24}".boxed()
}

fn word<E: Copy + core::fmt::Debug>(all: &'static [E]) -> impl Strategy<Value = E> {
    (0..all.len()).prop_map(move |index| all[index])
}

fn spread() -> impl Strategy<Value = Spread> {
    (0.0..=100.0, 0.0..=100.0, 0.0..=100.0).prop_map(|(min, mean, max)| Spread { min, mean, max })
}

fn disk() -> impl Strategy<Value = Disk> {
    (text(), text(), text(), any::<(u64, u64, bool)>(), of(0.0..=100.0), of(any::<u64>())).prop_map(
        |(mount, device, fs, (total_bytes, free_bytes, read_only), inodes_free_percent, full_in_seconds)| {
            Disk {
                mount,
                device,
                fs,
                total_bytes,
                free_bytes,
                inodes_free_percent,
                read_only,
                full_in_seconds,
            }
        },
    )
}

fn process() -> impl Strategy<Value = Process> {
    (any::<u32>(), text(), 0.0..1e4, any::<u64>()).prop_map(|(pid, name, cpu_percent, rss_bytes)| Process {
        pid,
        name,
        cpu_percent,
        rss_bytes,
    })
}

type MoreHealth = (Option<Pressure>, Vec<Interface>, Option<Battery>, Option<u32>, Option<Top>);

fn more_health() -> impl Strategy<Value = MoreHealth> {
    let pressure = [of(0.0..=100.0), of(0.0..=100.0), of(0.0..=100.0), of(0.0..=100.0), of(0.0..=100.0)]
        .prop_map(
            |[
                cpu_some_percent,
                memory_some_percent,
                memory_full_percent,
                io_some_percent,
                io_full_percent,
            ]| Pressure {
                cpu_some_percent,
                memory_some_percent,
                memory_full_percent,
                io_some_percent,
                io_full_percent,
            },
        );
    let interface =
        (text(), any::<[u64; 4]>()).prop_map(|(name, [received_bytes, sent_bytes, errors, drops])| {
            Interface { name, received_bytes, sent_bytes, errors, drops }
        });
    let battery = (0.0..=100.0, any::<bool>(), of(0.0..=100.0)).prop_map(
        |(charge_percent, discharging, health_percent)| Battery {
            charge_percent,
            discharging,
            health_percent,
        },
    );
    let top = (vec(process(), 0..=limits::TOP), vec(process(), 0..=limits::TOP))
        .prop_map(|(by_cpu, by_memory)| Top { by_cpu, by_memory });
    (of(pressure), vec(interface, 0..3), of(battery), any::<Option<u32>>(), of(top))
}

fn drive() -> impl Strategy<Value = Drive> {
    let words = (text(), of(text()), of(text()), vec(text(), 0..3));
    (words, any::<Option<bool>>(), of(-60.0..150.0), of(0.0..200.0), any::<[Option<u64>; 2]>()).prop_map(
        |(
            (device, model, serial, problems),
            passed,
            celsius,
            wear_percent,
            [media_errors, power_on_hours],
        )| Drive {
            device,
            model,
            serial,
            passed,
            problems,
            celsius,
            wear_percent,
            media_errors,
            power_on_hours,
        },
    )
}

fn software() -> impl Strategy<Value = Software> {
    (text(), text(), text()).prop_map(|(source, name, version)| Software { source, name, version })
}

fn incident() -> impl Strategy<Value = Incident> {
    (instant(), word(IncidentKind::ALL), of(text()), text())
        .prop_map(|(at, kind, subject, detail)| Incident { at, kind, subject, detail })
}

fn source() -> impl Strategy<Value = SourceStatus> {
    (text(), word(ScanResult::ALL), of(text()), instant())
        .prop_map(|(name, result, reason, since)| SourceStatus { name, result, reason, since })
}

prop_compose! {
    pub(crate) fn health()(
        sampled_at in instant(),
        cpu in of((of(0.0..=100.0), of([0.0..1e3, 0.0..1e3, 0.0..1e3]), any::<u32>())
            .prop_map(|(used_percent, load, count)| Cpu { used_percent, load, count, ..Cpu::default() })),
        memory in of(any::<(u64, u64, Option<u64>, Option<u64>)>().prop_map(|m| Memory {
            total_bytes: m.0, available_bytes: m.1, swap_total_bytes: m.2, swap_used_bytes: m.3 })),
        disks in vec(disk().boxed(), 0..4),
        uptime_seconds in of(any::<u64>()),
        boot_at in of(instant()),
        temperatures in vec((text(), -60.0..150.0)
            .prop_map(|(sensor, celsius)| Temperature { sensor, celsius }), 0..3),
        summary in of((any::<u32>(), of(spread()), of(spread())).prop_map(|(samples, cpu, memory)| {
            HealthSummary { samples, cpu_used_percent: cpu, memory_used_percent: memory }
        })),
        more in more_health().boxed(),
    ) -> Health {
        let (pressure, interfaces, battery, users, top) = more;
        Health {
            sampled_at, cpu, memory, disks, uptime_seconds, boot_at, temperatures, summary, pressure, interfaces,
            battery, users, top,
        }
    }
}

prop_compose! {
    fn inventory()(
        family in word(OsFamily::ALL), os in [of(text()), of(text()), of(text()), of(text()), of(text())],
        hw in [of(text()), of(text()), of(text())], cpus in of(any::<u32>()), memory_bytes in of(any::<u64>()),
        hostname in of(text()), addresses in vec(text(), 0..4), macs in vec(text(), 0..4),
        security in any::<[Option<bool>; 4]>(), antimalware_product in of(text()),
        class in of(word(Class::ALL)), time_zone in of(text()),
        more in (of(text()), of(instant()), of(instant()), of(text()),
            of((any::<u32>(), text()).prop_map(|(count, digest)| SoftwareDigest { count, digest }))),
    ) -> Inventory {
        let (kernel_installed, end_of_life, end_of_life_as_of, domain, software) = more;
        let [name, version, build, kernel, arch] = os;
        let [vendor, model, serial] = hw;
        let [disk_encrypted, firewall, antimalware_fresh, secure_boot] = security;
        Inventory {
            os: Os {
                family, name, version, build, kernel, arch, kernel_installed, end_of_life, end_of_life_as_of,
            },
            hardware: Hardware { vendor, model, serial, cpus, memory_bytes },
            net: Net { hostname, addresses, macs, domain },
            security: Security { disk_encrypted, firewall, antimalware_product, antimalware_fresh, secure_boot },
            class,
            time_zone,
            software,
        }
    }
}

prop_compose! {
    fn update()(
        id in text(), package in text(), installed in of(text()), available in of(text()),
        class in word(UpdateClass::ALL), severity in word(UpdateSeverity::ALL), cves in vec(text(), 0..3),
        kbs in vec(text(), 0..3), origin in of(text()), first_seen_missing in instant(),
        state in word(UpdateState::ALL), more in [of(text()), of(text()), of(text())], size_bytes in any::<Option<u64>>(),
        instants in [of(instant()), of(instant())], result_code in any::<Option<i32>>(),
        reboot_required in any::<Option<bool>>(),
    ) -> Update {
        let [title, advisory, superseded_by] = more;
        let [published_at, last_attempt] = instants;
        Update {
            id, title, package, installed, available, class, severity, cves, kbs, advisory, origin, size_bytes,
            published_at, first_seen_missing, state, last_attempt, result_code, reboot_required, superseded_by,
        }
    }
}

prop_compose! {
    fn patch_source()(
        source in text(), result in word(ScanResult::ALL), error in of(text()), scanned_at in instant(),
        known_at in of(instant()), metadata_at in of(instant()), scan_seconds in of(0.0..1e4),
    ) -> PatchSource {
        PatchSource { source, result, error, scanned_at, known_at, metadata_at, scan_seconds }
    }
}

prop_compose! {
    fn patch()(
        source in text(), scanned_at in instant(), scan_seconds in of(0.0..1e4), result in word(ScanResult::ALL),
        error in of(text()), metadata_at in of(instant()), updates in of(vec(update().boxed(), 0..4)),
        reboot in of((any::<bool>(), vec(text(), 0..3), of(instant()), word(Confidence::ALL)).prop_map(
            |(pending, reasons, since, confidence)| Reboot { pending, reasons, since, confidence })),
        last_install_at in of(instant()), last_install_result in of(word(InstallResult::ALL)),
        auto_update in any::<Option<bool>>(), sources in vec(patch_source().boxed(), 0..3),
    ) -> PatchStatus {
        PatchStatus {
            source, scanned_at, scan_seconds, result, error, metadata_at, updates, reboot, last_install_at,
            last_install_result, auto_update, sources,
        }
    }
}

prop_compose! {
    fn run()(
        id in text(), started_at in instant(), ended_at in of(instant()), result in word(RunResult::ALL),
        exit_code in any::<Option<i32>>(), message in of(text()), numbers in any::<[Option<u64>; 5]>(),
        snapshot in of(text()),
    ) -> BackupRun {
        let [bytes_added, bytes_total, files_new, files_changed, errors] = numbers;
        BackupRun {
            id, started_at, ended_at, result, exit_code, message, bytes_added, bytes_total, snapshot, files_new,
            files_changed, errors,
        }
    }
}

prop_compose! {
    fn upkeep()(at in instant(), result in word(RunResult::ALL)) -> Upkeep {
        Upkeep { at, result }
    }
}

prop_compose! {
    fn restore_test()(
        at in instant(), result in word(RunResult::ALL), seconds in any::<[Option<u64>; 2]>(),
        kind in of(word(RestoreKind::ALL)), by in of(text()), evidence in of(text()),
    ) -> RestoreTest {
        let [duration_seconds, rto_seconds] = seconds;
        RestoreTest { at, result, duration_seconds, kind, rto_seconds, by, evidence }
    }
}

prop_compose! {
    fn job()(
        name in text(), product in text(), kind in word(BackupKind::ALL), seconds in any::<[Option<u64>; 2]>(),
        first_seen in instant(), last_run in of(run().boxed()), last_success in of(instant()),
        consecutive_failures in any::<u32>(),
        restore_test in of(restore_test().boxed()), texts in [of(text()), of(text()), of(text()), of(text())],
        marks in any::<[Option<bool>; 3]>(), numbers in any::<[Option<u64>; 2]>(), oldest_version in of(instant()),
        upkeep in [of(upkeep().boxed()), of(upkeep().boxed())], forgotten_at in of(instant()),
        schedule in of(text()), expected_at in of(instant()),
    ) -> BackupJob {
        let [every_seconds, rpo_seconds] = seconds;
        let [target, retention, size_anomaly, problem] = texts;
        let [encrypted, offsite, immutable] = marks;
        let [rto_seconds, versions_kept] = numbers;
        let [last_check, last_prune] = upkeep;
        BackupJob {
            name, product, kind, every_seconds, rpo_seconds, first_seen, last_run, last_success, consecutive_failures,
            restore_test, target, rto_seconds, retention, encrypted, offsite, immutable, versions_kept, oldest_version,
            last_check, last_prune, size_anomaly, problem, forgotten_at, schedule, expected_at,
        }
    }
}

prop_compose! {
    fn check()(
        name in text(), kind in text(), state in word(CheckState::ALL), detail in of(text()),
        value in any::<Option<u64>>(), certificate_expires_at in of(instant()),
    ) -> Check {
        Check { name, kind, state, detail, value, certificate_expires_at }
    }
}

prop_compose! {
    fn report()(
        lane in word(Lane::ALL), sequence in 1..=limits::MAX_SEQUENCE, observed_at in instant(), age_ms in any::<u64>(),
        health in of(health().boxed()), inventory in of(inventory().boxed()),
        services in of(vec((text(), text(), of(text()), any::<Option<bool>>()).prop_map(
            |(name, state, expected, enabled)| Service { name, state, expected, enabled }), 0..3)),
        checks in of(vec(check(), 0..3)),
        patch in of(patch().boxed()),
        backup in of((instant(), vec(job().boxed(), 0..3)).prop_map(|(scanned_at, jobs)| BackupStatus { scanned_at, jobs })),
        agent in of((text(), of(text()), any::<Option<u64>>(), of(0.0..400.0), vec(source(), 0..3)).prop_map(
            |(version, policy_version, rss_bytes, cpu_percent, sources)| AgentFacts {
                version, policy_version, rss_bytes, cpu_percent, sources })),
        more in (of(vec(drive().boxed(), 0..3)), of(vec(software(), 0..3)), vec(incident().boxed(), 0..3)),
        events in vec((instant(), text(), text()).prop_map(|(at, kind, detail)| AgentEvent { at, kind, detail }), 0..3),
    ) -> Report {
        let (drives, software, incidents) = more;
        Report {
            lane, sequence, observed_at, age_ms, health, inventory, services, checks, patch, backup, agent, events,
            drives, software, incidents,
        }
    }
}

proptest! {
    #[test]
    fn a_report_survives_the_wire(report in report().boxed()) {
        prop_assert_eq!(decode_report(&encode_report(&report)).unwrap(), report);
    }

    #[test]
    fn no_bytes_make_decoding_panic(bytes in vec(any::<u8>(), 0..512)) {
        let _ = decode_report(&bytes);
    }

    #[test]
    fn a_report_with_flipped_bytes_is_a_report_or_an_error(
        report in report().boxed(), flips in vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)
    ) {
        let mut bytes = encode_report(&report);
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Ok(report) = decode_report(&bytes) {
            prop_assert!(decode_report(&encode_report(&report)).is_ok());
        }
    }

    #[test]
    fn marks_survive_the_wire([kept, latest, samples] in [0..=limits::MAX_SEQUENCE, 0..=limits::MAX_SEQUENCE, 0..=limits::MAX_SEQUENCE]) {
        let marks = LaneMarks { kept, latest, samples };
        prop_assert_eq!(LaneMarks::try_from(v1::LaneMarks::from(marks)), Ok(marks));
    }

    #[test]
    fn a_clipped_text_is_taken(input in any::<String>(), limit in 0_usize..40) {
        let clipped = limits::clip(&input, limit);
        prop_assert!(clipped.len() <= limit);
        let agent = v1::AgentFacts { version: clipped, ..v1::AgentFacts::default() };
        prop_assert!(AgentFacts::try_from(agent).is_ok());
    }
}

fn minimal() -> v1::Report {
    v1::Report { lane: v1::Lane::Samples.into(), sequence: 1, ..v1::Report::default() }
}

fn refused(report: v1::Report) -> ConversionError {
    Report::try_from(report).unwrap_err()
}

#[test]
fn numbers_that_are_none_are_refused_with_their_field() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let cpu = v1::Cpu { used_percent: Some(bad), ..v1::Cpu::default() };
        let health = v1::Health { cpu: Some(cpu), ..v1::Health::default() };
        let error = refused(v1::Report { health: Some(health), ..minimal() });
        assert_eq!(error, ConversionError { field: "cpu.used_percent", what: Fault::NotFinite });
    }
}

#[test]
fn a_share_beyond_a_hundred_is_refused() {
    let cpu = v1::Cpu { used_percent: Some(1e308), ..v1::Cpu::default() };
    let health = v1::Health { cpu: Some(cpu), ..v1::Health::default() };
    let error = refused(v1::Report { health: Some(health), ..minimal() });
    assert_eq!(error.to_string(), "cpu.used_percent: out of range, expected a share from 0 to 100");
}

#[test]
fn instants_before_year_0_and_after_9999_are_refused() {
    for bad in [i64::MIN, i64::MAX, -62_167_219_200_000_001, 253_402_300_800_000_000] {
        let error = refused(v1::Report { observed_at_us: bad, ..minimal() });
        assert_eq!(error.field, "report.observed_at_us", "{bad}");
    }
    assert!(Report::try_from(v1::Report { observed_at_us: -62_167_219_200_000_000, ..minimal() }).is_ok());
}

#[test]
fn lists_and_texts_past_their_limit_are_refused() {
    let updates = v1::Updates { updates: vec![v1::Update::default(); limits::UPDATES + 1] };
    let patch = v1::PatchStatus { result: "ok".into(), updates: Some(updates), ..v1::PatchStatus::default() };
    let error = refused(v1::Report { patch: Some(patch), ..minimal() });
    assert_eq!(error.what, Fault::TooMany { count: 4097, limit: 4096 });

    let agent = v1::AgentFacts { version: "x".repeat(limits::NAME_BYTES + 1), ..v1::AgentFacts::default() };
    let error = refused(v1::Report { agent: Some(agent), ..minimal() });
    assert_eq!(error.field, "agent.version");
}

#[test]
fn a_report_without_lane_or_sequence_is_refused() {
    assert_eq!(refused(v1::Report { lane: 0, ..minimal() }).field, "lane");
    assert_eq!(refused(v1::Report { lane: 9, ..minimal() }).field, "report.lane");
    assert_eq!(refused(v1::Report { sequence: 0, ..minimal() }).field, "report.sequence");
}

/// A line feed, an escape, a C1 control, and an override of the direction.
const STEERING: [char; 4] = ['\n', '\u{1b}', '\u{9b}', '\u{202e}'];

#[test]
fn names_with_control_or_direction_changing_characters_are_refused() {
    for bad in STEERING {
        let disk = v1::Disk { mount: format!("/srv{bad}"), ..v1::Disk::default() };
        let health = v1::Health { disks: vec![disk], ..v1::Health::default() };
        let error = refused(v1::Report { health: Some(health), ..minimal() });
        assert_eq!(error, ConversionError { field: "disk.mount", what: Fault::Steering }, "{bad:?}");

        let event = v1::AgentEvent { kind: format!("{bad}clean"), ..v1::AgentEvent::default() };
        let error = refused(v1::Report { events: vec![event], ..minimal() });
        assert_eq!(error.field, "event.kind", "{bad:?}");
    }
}

#[test]
fn free_texts_lose_control_characters_and_only_a_message_keeps_its_lines() {
    for bad in STEERING {
        let detail = format!("a{bad}b");
        let event = AgentEvent::try_from(v1::AgentEvent { detail, kind: "x".into(), at_us: 0 }).unwrap();
        assert_eq!(event.detail, "a\u{fffd}b", "{bad:?}");
    }
    let event = v1::AgentEvent { detail: "a\u{200b}b\u{200d}".into(), kind: "x".into(), at_us: 0 };
    assert_eq!(AgentEvent::try_from(event).unwrap().detail, "a\u{fffd}b\u{200d}", "what hides is shown");
    let message = Some("one\n\ttwo\r\u{1b}[2J".to_owned());
    let run = v1::BackupRun { result: "success".into(), message, ..v1::BackupRun::default() };
    assert_eq!(BackupRun::try_from(run).unwrap().message.as_deref(), Some("one\n\ttwo\u{fffd}\u{fffd}[2J"));
}

#[test]
fn sequences_and_marks_that_could_overflow_are_refused() {
    let past = limits::MAX_SEQUENCE + 1;
    assert_eq!(refused(v1::Report { sequence: past, ..minimal() }).field, "report.sequence");
    let error = LaneMarks::try_from(v1::LaneMarks { latest: past, ..v1::LaneMarks::default() }).unwrap_err();
    assert_eq!(error.to_string(), "marks.latest: out of range, expected less than 2^63");
}

#[test]
fn an_unknown_word_lists_the_known_ones() {
    let error = Goodbye::try_from(v1::Goodbye { reason: "tired".into() }).unwrap_err();
    assert_eq!(error.to_string(), "goodbye.reason: not one of shutdown, suspend, upgrade, uninstall");
}

#[test]
fn an_epoch_is_sixteen_bytes() {
    assert!(epoch(&[7; 16]).is_ok());
    assert_eq!(epoch(&[7; 15]).unwrap_err().field, "hello.epoch");
    assert_eq!(endpoint_id(&[]).unwrap_err().field, "endpoint_id");
}

#[test]
fn an_ordinary_report_is_small() {
    let health = Health {
        sampled_at: Timestamp::UNIX_EPOCH,
        cpu: Some(Cpu { used_percent: Some(12.5), load: Some([0.1, 0.2, 0.3]), count: 8, ..Cpu::default() }),
        memory: None,
        uptime_seconds: Some(1),
        ..Health::default()
    };
    let report = Report { health: Some(health), ..Report::empty(Lane::Samples, 1, Timestamp::UNIX_EPOCH) };
    assert!(v1::Report::from(&report).encoded_len() < 100);
}
