//! Every shipped rule seen to open, hold and clear.

use dogwatch_model::{
    AgentEvent, BackupJob, CheckState, Class, Goodbye, Incident, IncidentKind, PatchSource, RestoreTest,
    RunResult, ScanResult, SourceStatus, UpdateClass, UpdateSeverity, UpdateState, Upkeep,
};

use super::*;
use crate::{
    finding::Severity,
    specimen::{DAY, GIB, HOUR, before, disk, drive, incident, patch, run, update},
};

fn went_away(class: impl Into<Option<Class>>, goodbye: Option<Goodbye>) -> Watch {
    let mut watch = Watch::shipped();
    assert_eq!(watch.report(), NOTHING);
    watch.endpoint.class = class.into();
    watch.endpoint.presence.online = false;
    watch.endpoint.presence.goodbye = goodbye;
    assert_eq!(watch.look(Reads::PRESENCE), NOTHING);
    watch
}

/// The one finding that a sample opens, as a whole.
fn only_finding(watch: &Watch, sample: Reads) -> Finding {
    let row = row_at(&watch.endpoint, watch.now);
    let assessment = assess(&Snapshot { row, standing: &[], sample }, &watch.rules);
    match assessment.findings.as_slice() {
        [Change::Opened(finding)] => finding.clone(),
        other => panic!("expected one finding: {other:?}"),
    }
}

#[test]
fn a_healthy_server_has_no_findings() {
    let mut watch = Watch::shipped();
    assert_eq!(watch.report(), NOTHING);
    assert_eq!(watch.tick(), NOTHING);
    assert!(watch.standing.is_empty() && watch.due.is_none());
}

/// A machine of which nobody has told the kind is watched as closely.
#[test]
fn a_silent_server_is_a_warning_after_three_minutes_and_critical_after_five() {
    for class in [Some(Class::Server), Some(Class::Virtual), None] {
        let mut watch = went_away(class, None);
        assert_eq!(watch.due_in(), Some(180));
        assert_eq!(watch.after(179).tick(), NOTHING);
        assert_eq!(watch.after(1).tick(), ["+silent/ warning"]);
        assert_eq!(watch.due_in(), Some(120));
        assert_eq!(watch.after(120).tick(), ["~silent/ critical"]);
        watch.endpoint.presence.online = true;
        assert_eq!(watch.after(60).look(Reads::PRESENCE), ["-silent/"]);
    }
}

#[test]
fn a_silent_desk_machine_is_a_warning_after_half_an_hour() {
    for class in [Class::Workstation, Class::Laptop] {
        let mut watch = went_away(class, None);
        assert_eq!(watch.after(1799).tick(), NOTHING);
        assert_eq!(watch.after(1).tick(), ["+silent-desk/ warning"]);
        assert_eq!(watch.due_in(), None);
    }
}

#[test]
fn who_says_goodbye_is_not_silent() {
    let mut watch = went_away(Class::Server, Some(Goodbye::Shutdown));
    assert_eq!(watch.due_in(), None);
    assert_eq!(watch.after(2 * HOUR).tick(), NOTHING);
}

#[test]
fn a_disk_is_full_by_share_and_by_what_is_left() {
    let table = [
        (100, 15, None, ""),
        (100, 9, None, "warning"),
        (100, 4, None, "critical"),
        (10_000, 900, None, ""),
        (10_000, 1900, Some(HOUR), "warning"),
        (10_000, 900, Some(HOUR), "critical"),
        (10_000, 900, Some(2 * DAY), ""),
        (20, 9, None, ""),
    ];
    for (total, free, full_in, expected) in table {
        let mut watch = Watch::shipped();
        let mut made = disk("/var", total * GIB, free * GIB);
        made.full_in_seconds = full_in.map(i64::cast_unsigned);
        watch.endpoint.facts.health.as_mut().unwrap().disks = vec![made];
        let opened: Vec<String> = watch
            .report()
            .iter()
            .filter_map(|line| Some(line.strip_prefix("+disk-space//var ")?.to_owned()))
            .collect();
        assert_eq!(opened.concat(), expected, "{free} of {total} GiB, full in {full_in:?}");
    }
}

#[test]
fn a_disk_clears_below_its_clear_level_after_three_samples() {
    let mut watch = Watch::shipped();
    let set = |watch: &mut Watch, free| {
        watch.endpoint.facts.health.as_mut().unwrap().disks = vec![disk("/", 50 * GIB, free)];
    };
    set(&mut watch, 9 * GIB);
    assert_eq!(watch.report(), ["+disk-space// warning"]);
    set(&mut watch, 10 * GIB + GIB / 2);
    for _ in 0..5 {
        assert_eq!(watch.after(10).report(), NOTHING, "between the levels");
    }
    set(&mut watch, 20 * GIB);
    assert_eq!(watch.after(10).report(), NOTHING);
    assert_eq!(watch.after(10).report(), NOTHING);
    assert_eq!(watch.after(10).report(), ["-disk-space//"]);
}

#[test]
fn a_disk_finding_says_what_it_rests_on() {
    let mut watch = Watch::shipped();
    watch.endpoint.facts.health.as_mut().unwrap().disks = vec![disk("/var", 100 * GIB, 4 * GIB)];
    let finding = only_finding(&watch, Reads::REPORTED);
    assert_eq!(finding.title, "Disk /var is 96 % full, 4 GiB free");
    let evidence: Vec<String> = finding.evidence.iter().map(|e| format!("{}: {}", e.name, e.value)).collect();
    assert_eq!(evidence, ["used: 96 % of 100 GiB", "free: 4 GiB"]);
    assert_eq!((finding.tool.as_str(), finding.since), ("monitoring", noon()));
}

#[test]
fn inodes_run_out_too() {
    for (free, expected) in [(25.0, None), (15.0, Some("warning")), (5.0, Some("critical"))] {
        let mut watch = Watch::shipped();
        watch.endpoint.facts.health.as_mut().unwrap().disks[0].inodes_free_percent = Some(free);
        let expected: Vec<String> = expected.map(|e| format!("+disk-inodes// {e}")).into_iter().collect();
        assert_eq!(watch.report(), expected, "{free}");
    }
}

#[test]
fn processor_and_memory_must_be_busy_for_a_quarter_of_an_hour() {
    let mut watch = Watch::shipped();
    watch.set_cpu(Some(95.0));
    watch.endpoint.facts.health.as_mut().unwrap().memory.as_mut().unwrap().available_bytes = GIB;
    assert_eq!(watch.report(), NOTHING);
    assert_eq!(watch.after(899).report(), NOTHING);
    assert_eq!(watch.after(1).report(), ["+cpu/ warning", "+memory/ warning"]);
    watch.endpoint.facts.health = Some(crate::specimen::health());
    let cleared: Vec<String> = (0..3).flat_map(|_| watch.after(10).report()).collect();
    assert_eq!(cleared, ["-cpu/", "-memory/"]);
}

#[test]
fn an_old_sample_of_a_machine_that_went_away_opens_nothing() {
    let mut watch = Watch::shipped();
    assert_eq!(watch.set_cpu(Some(95.0)).report(), NOTHING);
    watch.endpoint.presence.online = false;
    watch.endpoint.presence.goodbye = Some(Goodbye::Shutdown);
    assert_eq!(watch.look(Reads::PRESENCE), NOTHING);
    assert_eq!(watch.after(HOUR).tick(), NOTHING);
}

#[test]
fn what_was_found_on_a_machine_stays_when_it_goes_away() {
    let mut watch = Watch::shipped();
    watch.endpoint.facts.health.as_mut().unwrap().disks = vec![disk("/var", 100 * GIB, 4 * GIB)];
    assert_eq!(watch.report(), ["+disk-space//var critical"]);
    watch.endpoint.presence.online = false;
    watch.endpoint.presence.goodbye = Some(Goodbye::Shutdown);
    assert_eq!(watch.look(Reads::PRESENCE), NOTHING);
    assert_eq!(watch.after(HOUR).tick(), NOTHING);
}

#[test]
fn what_happened_is_held_up_for_a_day_and_clears_by_itself() {
    use IncidentKind::{DiskError, KernelError, KernelPanic, OomKill, UnexpectedShutdown};
    let table = [
        (OomKill, Class::Server, "oom-kill/ warning"),
        (KernelError, Class::Server, "kernel-error/ warning"),
        (KernelPanic, Class::Laptop, "crash/ warning"),
        (UnexpectedShutdown, Class::Server, "crash/ warning"),
        (DiskError, Class::Server, "disk-error/ critical"),
        (DiskError, Class::Workstation, "disk-error/ warning"),
    ];
    for (kind, class, expected) in table {
        let mut watch = Watch::shipped();
        watch.endpoint.class = Some(class);
        assert_eq!(watch.report(), NOTHING, "the one of three days ago is history");
        watch.endpoint.facts.incidents = Some(vec![incident(kind, Some("sda"), 60)]);
        assert_eq!(watch.look(Reads::INCIDENTS), [format!("+{expected}")]);
        let rule = expected.split(' ').next().unwrap();
        assert_eq!(watch.after(DAY - 120).tick(), NOTHING);
        assert_eq!(watch.after(60).tick(), [format!("-{rule}")]);
    }
}

#[test]
fn one_more_incident_is_told_and_a_machine_that_told_none_has_none() {
    let mut watch = Watch::shipped();
    watch.endpoint.facts.incidents = Some(vec![incident(IncidentKind::OomKill, Some("java"), 60)]);
    let finding = only_finding(&watch, Reads::INCIDENTS);
    assert_eq!(finding.evidence[0].value, "the log says oom_kill");
    assert_eq!(watch.report(), ["+oom-kill/ warning"]);
    let more = watch.endpoint.facts.incidents.as_mut().unwrap();
    more.push(incident(IncidentKind::OomKill, Some("mysqld"), 30));
    assert_eq!(watch.after(10).look(Reads::INCIDENTS), ["~oom-kill/ warning"]);
    let mut watch = Watch::shipped();
    watch.endpoint.facts.incidents = None;
    assert_eq!(watch.report(), NOTHING);
}

#[test]
fn a_volume_is_read_only_news_when_it_took_writes_since_the_boot() {
    let mut watch = Watch::shipped();
    let set = |watch: &mut Watch, read_only| {
        watch.endpoint.facts.health.as_mut().unwrap().disks[0].read_only = read_only;
    };
    set(&mut watch, true);
    assert_eq!(watch.report(), NOTHING, "by nature");
    watch.endpoint.facts.incidents = Some(vec![incident(IncidentKind::ReadOnlyRemount, Some("/"), 2 * DAY)]);
    assert_eq!(watch.after(10).report(), NOTHING, "before the boot");
    watch.endpoint.facts.incidents = Some(vec![incident(IncidentKind::ReadOnlyRemount, Some("/"), 60)]);
    assert_eq!(watch.after(10).report(), ["+read-only// critical"]);
    assert_eq!(watch.after(3 * DAY).look(Reads::HEALTH), NOTHING, "until it takes writes again");
    set(&mut watch, false);
    assert_eq!(watch.after(10).look(Reads::HEALTH), ["-read-only//"]);
}

#[test]
fn a_drive_that_fails_wears_out_or_gets_worse_is_told_apart_from_an_old_one() {
    let mut failing = drive();
    failing.passed = Some(false);
    let mut foretells = drive();
    foretells.passed = None;
    foretells.problems.push("an attribute that foretells failure is at its threshold".into());
    let mut worn = drive();
    worn.wear_percent = Some(134.0);
    let mut worse = drive();
    worse.problems.push("media errors are growing".into());
    let mut silent = drive();
    (silent.passed, silent.wear_percent, silent.problems) = (None, None, vec![]);
    let table = [
        (failing, Some("drive-failing//dev/sda critical")),
        (foretells, Some("drive-failing//dev/sda critical")),
        (worn, Some("drive-worn//dev/sda warning")),
        (worse, Some("drive-errors//dev/sda warning")),
        (silent, None),
        (drive(), None),
    ];
    for (told, expected) in table {
        let mut watch = Watch::shipped();
        watch.endpoint.facts.drives = Some(vec![told]);
        let expected: Vec<String> = expected.map(|e| format!("+{e}")).into_iter().collect();
        assert_eq!(watch.report(), expected);
        watch.endpoint.facts.drives = Some(vec![drive()]);
        let cleared = watch.after(10).report();
        assert_eq!(cleared.len(), expected.len(), "{cleared:?}");
    }
}

#[test]
fn who_is_busy_is_part_of_what_is_told() {
    let mut watch = Watch::shipped();
    watch.set_cpu(Some(95.0)).report();
    assert_eq!(watch.after(900).report(), ["+cpu/ warning"]);
    let mut watch = Watch::shipped();
    watch.set_cpu(Some(95.0));
    let row = row_at(&watch.endpoint, watch.now);
    let rule = watch.rules.rules().iter().find(|rule| rule.id.as_str() == "cpu").unwrap();
    let evidence = crate::rules::collect_evidence(&rule.evidence, &mut crate::filter::Scope::new(&row));
    assert!(evidence.iter().any(|line| line.value == "java (42): 150 % of a processor"), "{evidence:?}");
}

#[test]
fn missing_updates_are_one_item_that_worsens_with_time() {
    let mut watch = Watch::shipped();
    let set = |watch: &mut Watch, packages: &[&str]| {
        watch.endpoint.facts.patch = Some(patch(packages.iter().map(|name| update(name, HOUR)).collect()));
        let status = watch.endpoint.facts.patch.as_mut().unwrap();
        (status.scanned_at, status.sources[0].scanned_at) = (watch.now, watch.now);
    };
    set(&mut watch, &["openssl", "libc6"]);
    let finding = only_finding(&watch, Reads::REPORTED);
    assert_eq!(finding.severity, Severity::Info);
    assert_eq!(finding.title, "Updates missing: 2, of them security: 2");
    assert_eq!(finding.evidence[0].name, "openssl");
    let line = "3.0.15-1 → 3.0.17-1 · security · missing since 2026-11-22T11:00:00Z";
    assert_eq!(finding.evidence[0].value, line);

    assert_eq!(watch.report(), ["+updates/ info"]);
    set(&mut watch, &["libc6", "openssl"]);
    assert_eq!(watch.after(HOUR).report(), NOTHING, "another order is no news");
    set(&mut watch, &["libc6", "openssl", "vim"]);
    assert_eq!(watch.after(HOUR).report(), ["~updates/ info"], "another package is");
    watch.after(13 * DAY);
    set(&mut watch, &["libc6", "openssl", "vim"]);
    assert_eq!(watch.look(Reads::PATCH), NOTHING);
    watch.after(DAY);
    set(&mut watch, &["libc6", "openssl", "vim"]);
    assert_eq!(watch.look(Reads::PATCH), ["~updates/ warning"]);
    watch.endpoint.facts.patch.as_mut().unwrap().updates = None;
    assert_eq!(watch.after(10).look(Reads::PATCH), NOTHING, "a scan that could not tell changes nothing");
    set(&mut watch, &[]);
    assert_eq!(watch.after(10).look(Reads::PATCH), ["-updates/"]);
}

#[test]
fn each_severity_has_its_time() {
    use UpdateSeverity::{Critical, Important, Low, Moderate, Unspecified};
    let table = [
        (UpdateClass::Security, Critical, 6, "info"),
        (UpdateClass::Security, Critical, 8, "critical"),
        (UpdateClass::Security, Important, 13, "info"),
        (UpdateClass::Security, Important, 15, "warning"),
        (UpdateClass::Security, Unspecified, 15, "warning"),
        (UpdateClass::Regular, Unspecified, 15, "info"),
        (UpdateClass::Regular, Unspecified, 91, "warning"),
        (UpdateClass::Regular, Moderate, 29, "info"),
        (UpdateClass::Regular, Moderate, 31, "warning"),
        (UpdateClass::Regular, Low, 89, "info"),
        (UpdateClass::Regular, Low, 91, "warning"),
    ];
    for (class, severity, days, expected) in table {
        let mut watch = Watch::shipped();
        let mut missing = update("openssl", days * DAY);
        (missing.class, missing.severity) = (class, severity);
        watch.endpoint.facts.patch = Some(patch(vec![missing]));
        assert_eq!(watch.report(), [format!("+updates/ {expected}")], "{class} {severity} {days} days");
    }
}

#[test]
fn definitions_and_declined_updates_are_no_findings() {
    let mut definition = update("defs", 400 * DAY);
    definition.class = UpdateClass::Definition;
    let mut declined = update("declined", 400 * DAY);
    declined.state = UpdateState::Declined;
    let mut watch = Watch::shipped();
    watch.endpoint.facts.patch = Some(patch(vec![definition, declined]));
    assert_eq!(watch.report(), NOTHING);
}

#[test]
fn hundreds_of_missing_updates_are_counted_beyond_the_last_line() {
    let mut watch = Watch::shipped();
    let updates = (0..120).map(|n| update(&format!("p{n:03}"), HOUR)).collect();
    watch.endpoint.facts.patch = Some(patch(updates));
    let finding = only_finding(&watch, Reads::REPORTED);
    assert_eq!(finding.evidence.len(), 50);
    assert_eq!(finding.evidence[48].name, "p048");
    assert_eq!(finding.evidence[49].value, "and 71 more");
}

#[test]
fn a_reboot_may_wait_a_week() {
    let mut watch = Watch::shipped();
    let patch = watch.endpoint.facts.patch.as_mut().unwrap();
    patch.scanned_at = before(-7 * DAY);
    let reboot = patch.reboot.as_mut().unwrap();
    (reboot.pending, reboot.since, reboot.reasons) = (true, Some(noon()), vec!["linux-image".into()]);
    assert_eq!(watch.look(Reads::PATCH), NOTHING);
    assert_eq!(watch.after(7 * DAY).look(Reads::PATCH), NOTHING);
    assert_eq!(watch.after(1).look(Reads::PATCH), ["+reboot-pending/ warning"]);
    assert_eq!(only_finding(&watch, Reads::PATCH).evidence[0].value, "linux-image");
    watch.endpoint.facts.patch.as_mut().unwrap().reboot.as_mut().unwrap().pending = false;
    assert_eq!(watch.after(1).look(Reads::PATCH), ["-reboot-pending/"]);
}

#[test]
fn a_patch_scan_that_fails_or_is_old_says_that_nothing_is_known() {
    let mut watch = Watch::shipped();
    let scanned = |watch: &mut Watch, result: ScanResult| {
        let at = watch.now;
        let patch = watch.endpoint.facts.patch.as_mut().unwrap();
        (patch.scanned_at, patch.result) = (at, result);
        patch.sources[0].scanned_at = at;
        (patch.sources[0].known_at, patch.sources[0].result) = (Some(at), result);
    };
    scanned(&mut watch, ScanResult::Ok);
    assert_eq!(watch.after(72 * HOUR).look(Reads::PATCH), NOTHING);
    assert_eq!(watch.after(1).look(Reads::PATCH), NOTHING);
    assert_eq!(watch.after(15 * 60).look(Reads::PATCH), ["+patch-scan/ warning"]);
    scanned(&mut watch, ScanResult::Ok);
    assert_eq!(watch.after(1).look(Reads::PATCH), ["-patch-scan/"]);
    scanned(&mut watch, ScanResult::Failed);
    assert_eq!(watch.look(Reads::PATCH), NOTHING);
    scanned(&mut watch, ScanResult::Ok);
    assert_eq!(watch.after(15 * 60).look(Reads::PATCH), NOTHING, "a lock that is soon free is no news");
    scanned(&mut watch, ScanResult::Failed);
    watch.look(Reads::PATCH);
    assert_eq!(watch.after(15 * 60).look(Reads::PATCH), ["+patch-scan/ warning"]);
}

#[test]
fn one_source_of_several_that_cannot_tell_for_three_days_is_a_finding() {
    let mut watch = Watch::shipped();
    let at = watch.now;
    let status = watch.endpoint.facts.patch.as_mut().unwrap();
    let flatpak = PatchSource {
        source: "flatpak".into(),
        result: ScanResult::Failed,
        error: Some("flatpak says: no".into()),
        known_at: Some(at),
        ..status.sources[0].clone()
    };
    status.sources.push(flatpak);
    (status.source, status.result) = ("apt+flatpak".into(), ScanResult::Partial);
    let look = |watch: &mut Watch| {
        let now = watch.now;
        let status = watch.endpoint.facts.patch.as_mut().unwrap();
        status.scanned_at = now;
        status.sources.iter_mut().for_each(|source| source.scanned_at = now);
        watch.look(Reads::PATCH)
    };
    assert_eq!(look(watch.after(71 * HOUR)), NOTHING);
    assert_eq!(look(watch.after(2 * HOUR)), NOTHING);
    assert_eq!(look(watch.after(15 * 60)), ["+patch-scan/ warning"]);
    watch.endpoint.facts.patch.as_mut().unwrap().sources[1].result = ScanResult::Ok;
    assert_eq!(look(watch.after(1)), ["-patch-scan/"]);
}

fn ran(watch: &mut Watch, result: RunResult, failures: u32) -> Vec<String> {
    let job = &mut watch.endpoint.facts.backup.as_mut().unwrap().jobs[0];
    job.last_run = Some(run(result));
    job.consecutive_failures = failures;
    watch.after(60).look(Reads::BACKUP)
}

#[test]
fn a_backup_that_fails_is_a_warning_and_the_third_time_critical() {
    let mut watch = Watch::shipped();
    assert_eq!(ran(&mut watch, RunResult::Failed, 1), ["+backup-failed/nightly warning"]);
    assert_eq!(ran(&mut watch, RunResult::Running, 1), NOTHING, "a run that goes on proves nothing");
    assert_eq!(ran(&mut watch, RunResult::Failed, 2), ["~backup-failed/nightly warning"]);
    assert_eq!(ran(&mut watch, RunResult::Failed, 3), ["~backup-failed/nightly critical"]);
    assert_eq!(ran(&mut watch, RunResult::Success, 0), ["-backup-failed/nightly"]);
}

#[test]
fn a_backup_is_late_after_its_interval_and_overdue_after_one_and_a_half() {
    let mut watch = Watch::shipped();
    let backup = watch.endpoint.facts.backup.as_mut().unwrap();
    backup.jobs[0].last_success = Some(noon());
    backup.scanned_at = before(-40 * HOUR);
    watch.endpoint.facts.patch.as_mut().unwrap().scanned_at = noon();
    assert_eq!(watch.after(26 * HOUR).tick(), NOTHING);
    assert_eq!(watch.after(HOUR).tick(), ["+backup-late/nightly warning"]);
    assert_eq!(watch.after(10 * HOUR).tick(), ["~backup-late/nightly critical"]);
    watch.endpoint.facts.backup.as_mut().unwrap().jobs[0].last_success = Some(watch.now);
    assert_eq!(watch.after(60).look(Reads::BACKUP), ["-backup-late/nightly"]);
}

#[test]
fn a_backup_scan_is_stale_after_a_day() {
    let mut watch = Watch::shipped();
    watch.endpoint.facts.backup.as_mut().unwrap().scanned_at = noon();
    assert_eq!(watch.after(24 * HOUR).look(Reads::BACKUP), NOTHING);
    assert_eq!(watch.after(1).look(Reads::BACKUP), ["+backup-scan/ warning"]);
    watch.endpoint.facts.backup.as_mut().unwrap().scanned_at = watch.now;
    assert_eq!(watch.after(1).look(Reads::BACKUP), ["-backup-scan/"]);
}

#[test]
fn a_restore_test_is_due_after_ninety_days() {
    let mut watch = Watch::shipped();
    let job = &mut watch.endpoint.facts.backup.as_mut().unwrap().jobs[0];
    job.restore_test = None;
    job.first_seen = before(89 * DAY);
    assert_eq!(watch.look(Reads::BACKUP), NOTHING);
    watch.endpoint.facts.backup.as_mut().unwrap().jobs[0].first_seen = before(91 * DAY);
    assert_eq!(watch.look(Reads::BACKUP), ["+restore-test/nightly info"]);
    watch.endpoint.facts.backup.as_mut().unwrap().jobs[0].restore_test =
        Some(RestoreTest::new(before(0), RunResult::Success));
    assert_eq!(watch.look(Reads::BACKUP), ["-restore-test/nightly"]);
}

fn told(watch: &mut Watch, change: impl Fn(&mut BackupJob)) -> Vec<String> {
    change(&mut watch.endpoint.facts.backup.as_mut().unwrap().jobs[0]);
    watch.after(60).look(Reads::BACKUP)
}

#[test]
fn a_size_that_is_not_to_be_believed_and_a_check_that_failed_are_warnings() {
    let mut watch = Watch::shipped();
    assert_eq!(told(&mut watch, |_| ()), NOTHING);
    let empty = told(&mut watch, |job| job.size_anomaly = Some("the copy holds nothing".into()));
    assert_eq!(empty, ["+backup-size/nightly warning"]);
    assert_eq!(told(&mut watch, |job| job.size_anomaly = None), ["-backup-size/nightly"]);
    let checked = |result| move |job: &mut BackupJob| job.last_check = Some(Upkeep { at: before(0), result });
    assert_eq!(told(&mut watch, checked(RunResult::Failed)), ["+backup-check/nightly warning"]);
    assert_eq!(told(&mut watch, checked(RunResult::Success)), ["-backup-check/nightly"]);
}

#[test]
fn a_repository_that_cannot_be_looked_at_for_an_hour_is_a_warning() {
    let mut watch = Watch::shipped();
    let refused = told(&mut watch, |job| job.problem = Some("Fatal: wrong password or no key found".into()));
    assert_eq!(refused, NOTHING);
    assert_eq!(watch.after(HOUR).tick(), ["+backup-unreadable/nightly warning"]);
    assert_eq!(told(&mut watch, |job| job.problem = None), ["-backup-unreadable/nightly"]);
}

#[test]
fn a_restore_that_failed_or_took_too_long_is_a_warning() {
    let mut watch = Watch::shipped();
    let mut tested = |result, seconds| {
        let job = &mut watch.endpoint.facts.backup.as_mut().unwrap().jobs[0];
        job.restore_test = Some(RestoreTest {
            duration_seconds: seconds,
            rto_seconds: Some(3600),
            ..RestoreTest::new(before(0), result)
        });
        watch.after(60).look(Reads::BACKUP)
    };
    assert_eq!(tested(RunResult::Failed, None), ["+restore-failed/nightly warning"]);
    assert_eq!(tested(RunResult::Success, Some(60)), ["-restore-failed/nightly"]);
    assert_eq!(tested(RunResult::Success, Some(3601)), ["+restore-failed/nightly warning"]);
}

#[test]
fn snapshots_on_their_own_disk_want_no_restore_test() {
    let mut watch = Watch::shipped();
    let job = &mut watch.endpoint.facts.backup.as_mut().unwrap().jobs[0];
    (job.restore_test, job.first_seen, job.product) = (None, before(91 * DAY), "zfs".into());
    assert_eq!(watch.look(Reads::BACKUP), NOTHING);
}

#[test]
fn a_clock_may_be_half_a_minute_off() {
    let mut watch = Watch::shipped();
    let set = |watch: &mut Watch, seconds: f64| watch.endpoint.facts.clock_offset_seconds = Some(seconds);
    set(&mut watch, -29.0);
    assert_eq!(watch.look(Reads::CLOCK), NOTHING);
    set(&mut watch, -31.0);
    assert_eq!(watch.look(Reads::CLOCK), NOTHING);
    assert_eq!(watch.after(300).look(Reads::CLOCK), ["+clock-offset/ warning"]);
    set(&mut watch, 301.0);
    assert_eq!(watch.after(10).look(Reads::CLOCK), NOTHING);
    assert_eq!(watch.after(300).look(Reads::CLOCK), ["~clock-offset/ critical"]);
    set(&mut watch, 0.1);
    let cleared: Vec<String> = (0..3).flat_map(|_| watch.after(10).look(Reads::CLOCK)).collect();
    assert_eq!(cleared, ["-clock-offset/"]);
}

#[test]
fn one_bad_sample_of_the_clock_is_no_finding() {
    let mut watch = Watch::shipped();
    watch.endpoint.facts.clock_offset_seconds = Some(-900.0);
    assert_eq!(watch.look(Reads::CLOCK), NOTHING);
    watch.endpoint.facts.clock_offset_seconds = Some(0.0);
    assert_eq!(watch.after(60).look(Reads::CLOCK), NOTHING);
    assert_eq!(watch.after(HOUR).tick(), NOTHING);
    assert!(watch.standing.is_empty());
}

#[test]
fn inodes_that_are_free_again_clear_after_three_samples() {
    let mut watch = Watch::shipped();
    let set = |watch: &mut Watch, free| {
        watch.endpoint.facts.health.as_mut().unwrap().disks[0].inodes_free_percent = Some(free);
    };
    set(&mut watch, 15.0);
    assert_eq!(watch.report(), ["+disk-inodes// warning"]);
    set(&mut watch, 20.5);
    let between: Vec<String> = (0..5).flat_map(|_| watch.after(10).report()).collect();
    assert_eq!(between, NOTHING);
    set(&mut watch, 30.0);
    assert_eq!(watch.after(10).report(), NOTHING);
    assert_eq!(watch.after(10).report(), NOTHING);
    assert_eq!(watch.after(10).report(), ["-disk-inodes//"]);
}

#[test]
fn a_desk_machine_that_returns_is_not_silent_any_more() {
    let mut watch = went_away(Class::Laptop, None);
    assert_eq!(watch.after(1800).tick(), ["+silent-desk/ warning"]);
    watch.endpoint.presence.online = true;
    assert_eq!(watch.after(60).look(Reads::PRESENCE), ["-silent-desk/"]);
    assert!(watch.standing.is_empty());
}

#[test]
fn a_source_that_fails_for_an_hour_is_told_by_name() {
    let mut watch = Watch::shipped();
    assert_eq!(watch.report(), NOTHING);
    let source = |result| SourceStatus {
        name: "patch.apt".into(),
        result,
        reason: Some("the database is locked".into()),
        since: before(0),
    };
    let agent = |watch: &mut Watch, result| {
        watch.endpoint.facts.agent.as_mut().unwrap().sources = vec![source(result)];
        watch.look(Reads::AGENT)
    };
    assert_eq!(agent(&mut watch, ScanResult::Failed), NOTHING);
    assert_eq!(watch.after(HOUR).tick(), ["+source-failed/patch.apt warning"]);
    assert_eq!(agent(&mut watch, ScanResult::Ok), ["-source-failed/patch.apt"]);
    assert_eq!(agent(&mut watch, ScanResult::Unsupported), NOTHING);
}

#[test]
fn the_end_of_a_system_is_told_ninety_days_ahead_and_is_a_warning_afterwards() {
    let mut watch = Watch::shipped();
    assert_eq!(watch.report(), NOTHING);
    let mut ends = |at| {
        watch.endpoint.facts.inventory.as_mut().unwrap().os.end_of_life = Some(at);
        watch.look(Reads::INVENTORY)
    };
    assert_eq!(ends(before(-91 * DAY)), NOTHING);
    assert_eq!(ends(before(-89 * DAY)), ["+end-of-life/ info"]);
    assert_eq!(ends(before(1)), ["~end-of-life/ warning"]);
}

fn set_service(watch: &mut Watch, state: &str) {
    watch.endpoint.facts.services.as_mut().unwrap()[0].state = state.into();
}

#[test]
fn a_service_that_stays_down_is_critical_on_servers_and_a_warning_elsewhere() {
    for (class, severity) in [
        (Class::Server, "critical"),
        (Class::Virtual, "critical"),
        (Class::Workstation, "warning"),
        (Class::Laptop, "warning"),
    ] {
        let mut watch = Watch::shipped();
        watch.endpoint.class = Some(class);
        set_service(&mut watch, "failed");
        assert_eq!(watch.report(), NOTHING);
        assert_eq!(watch.after(119).tick(), NOTHING, "it may just restart");
        assert_eq!(watch.after(1).tick(), [format!("+service-down/sshd {severity}")]);
        set_service(&mut watch, "running");
        assert_eq!(watch.after(60).report(), ["-service-down/sshd"]);
    }
}

#[test]
fn a_service_of_which_nothing_is_known_is_not_down() {
    let mut watch = Watch::shipped();
    set_service(&mut watch, "unknown");
    assert_eq!(watch.report(), NOTHING);
    assert_eq!(watch.after(HOUR).tick(), NOTHING);
}

fn set_check(watch: &mut Watch, state: CheckState) {
    watch.endpoint.facts.checks.as_mut().unwrap()[0].state = state;
}

#[test]
fn a_failed_check_is_told_at_once_and_only_a_good_one_clears_it() {
    let mut watch = Watch::shipped();
    set_check(&mut watch, CheckState::Failed);
    assert_eq!(only_finding(&watch, Reads::REPORTED).title, "Check web (http) failed: 200");
    assert_eq!(watch.report(), ["+check-failed/web warning"]);
    set_check(&mut watch, CheckState::Unknown);
    assert_eq!(watch.after(60).report(), NOTHING);
    set_check(&mut watch, CheckState::Ok);
    assert_eq!(watch.after(60).report(), ["-check-failed/web"]);
    watch.endpoint.criticality = dogwatch_model::Criticality::High;
    set_check(&mut watch, CheckState::Failed);
    assert_eq!(watch.after(60).report(), ["+check-failed/web critical"]);
}

#[test]
fn a_check_that_cannot_be_judged_for_an_hour_is_worth_knowing() {
    let mut watch = Watch::shipped();
    set_check(&mut watch, CheckState::Unknown);
    assert_eq!(watch.report(), NOTHING);
    assert_eq!(watch.after(HOUR).tick(), ["+check-unknown/web info"]);
}

#[test]
fn a_certificate_is_a_warning_from_three_weeks_on_and_critical_from_one() {
    for (days_left, expected) in
        [(22, ""), (20, "warning"), (8, "warning"), (6, "critical"), (-3, "critical")]
    {
        let mut watch = Watch::shipped();
        let check = &mut watch.endpoint.facts.checks.as_mut().unwrap()[0];
        check.certificate_expires_at = Some(before(-days_left * DAY - HOUR));
        let opened: Vec<String> = watch
            .report()
            .iter()
            .filter_map(|line| Some(line.strip_prefix("+certificate/web ")?.to_owned()))
            .collect();
        assert_eq!(opened.concat(), expected, "{days_left} days left");
    }
}

#[test]
fn a_backup_job_that_is_forgotten_is_no_backup_that_succeeded() {
    let mut watch = Watch::shipped();
    assert_eq!(watch.report(), NOTHING);
    assert_eq!(ran(&mut watch, RunResult::Failed, 1), ["+backup-failed/nightly warning"]);
    let jobs = std::mem::take(&mut watch.endpoint.facts.backup.as_mut().unwrap().jobs);
    assert_eq!(watch.after(60).look(Reads::BACKUP), NOTHING, "the agent has lost its memory");
    watch.endpoint.facts.backup.as_mut().unwrap().jobs = jobs;
    assert_eq!(ran(&mut watch, RunResult::Success, 0), ["-backup-failed/nightly"]);
}

#[test]
fn a_backup_job_that_somebody_told_the_agent_to_forget_clears_whatever_was_found_of_it() {
    let mut watch = Watch::shipped();
    assert_eq!(watch.report(), NOTHING);
    let job = &mut watch.endpoint.facts.backup.as_mut().unwrap().jobs[0];
    job.last_run = Some(run(RunResult::Failed));
    job.size_anomaly = Some("the copy holds nothing".into());
    job.last_check = Some(dogwatch_model::Upkeep { at: before(HOUR), result: RunResult::Failed });
    job.restore_test.as_mut().unwrap().result = RunResult::Failed;
    let opened = watch.after(60).look(Reads::BACKUP);
    assert_eq!(opened.len(), 4, "{opened:?}");
    let job = &mut watch.endpoint.facts.backup.as_mut().unwrap().jobs[0];
    *job = dogwatch_model::BackupJob {
        forgotten_at: Some(before(0)),
        ..dogwatch_model::BackupJob::new("nightly".into(), "restic".into(), job.kind, before(400 * DAY))
    };
    let cleared = watch.after(60).look(Reads::BACKUP);
    assert_eq!(cleared.len(), 4, "{cleared:?}");
    assert!(cleared.iter().all(|line| line.starts_with('-')), "{cleared:?}");
    let found = watch.after(60 * DAY).look(Reads::BACKUP);
    assert!(!found.iter().any(|line| line.contains("nightly")), "nothing new is found: {found:?}");
}

#[test]
fn what_broke_before_the_enrolment_or_on_a_mounted_image_is_no_finding() {
    let incident = |subject: &str, at| Incident {
        at,
        kind: IncidentKind::DiskError,
        subject: Some(subject.into()),
        detail: "I/O error".into(),
    };
    let mut watch = Watch::shipped();
    assert_eq!(watch.report(), NOTHING);
    watch.endpoint.enrolled_at = before(HOUR);
    let mut told = |incidents| {
        watch.endpoint.facts.incidents = Some(incidents);
        watch.look(Reads::INCIDENTS)
    };
    assert_eq!(told(vec![incident("sda", before(2 * HOUR)), incident("loop0", before(1))]), NOTHING);
    assert_eq!(told(vec![incident("sda", before(1))]), ["+disk-error/ critical"]);
}

#[test]
fn a_key_that_others_could_read_is_told_for_a_week() {
    let mut watch = Watch::shipped();
    assert_eq!(watch.report(), NOTHING);
    let event = AgentEvent { at: before(1), kind: "identity_exposed".into(), detail: "key.pem".into() };
    watch.endpoint.facts.events = Some(vec![event]);
    assert_eq!(watch.look(Reads::AGENT), ["+key-exposed/ warning"]);
}
