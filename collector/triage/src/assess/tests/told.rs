//! When a finding that goes on is told again.

use dogwatch_model::RunResult;

use super::*;
use crate::specimen::{GIB, HOUR, disk, patch, run, update};

#[test]
fn another_failed_run_is_told_with_its_own_facts() {
    let mut watch = Watch::shipped();
    let mut fail = |times: u32, code: i32| {
        let job = &mut watch.endpoint.facts.backup.as_mut().unwrap().jobs[0];
        let mut last = run(RunResult::Failed);
        (last.exit_code, last.started_at) = (Some(code), watch.now);
        (job.last_run, job.consecutive_failures) = (Some(last), times);
        let row = row_at(&watch.endpoint, watch.now);
        let snapshot = Snapshot { row, standing: &watch.standing, sample: Reads::BACKUP };
        let assessment = assess(&snapshot, &watch.rules);
        watch.standing = assessment.standing;
        watch.now += SignedDuration::from_secs(10);
        match assessment.findings.as_slice() {
            [Change::Opened(finding) | Change::Changed(finding)] => finding.clone(),
            other => panic!("expected one finding: {other:?}"),
        }
    };
    fail(1, 3);
    let finding = fail(2, 4);
    assert_eq!(finding.title, "Backup nightly failed, 2 in a row");
    assert_eq!(finding.evidence[0].value, "2026-11-22T12:00:10Z: failed");
    assert_eq!(finding.evidence[1].value, "4");
}

#[test]
fn a_newer_version_of_a_missing_package_is_told_and_the_same_again_is_not() {
    let mut watch = Watch::shipped();
    watch.endpoint.facts.patch = Some(patch(vec![update("openssl", HOUR)]));
    assert_eq!(watch.look(Reads::PATCH), ["+updates/ info"]);
    assert_eq!(watch.after(10).look(Reads::PATCH), NOTHING);
    let mut newer = update("openssl", HOUR);
    newer.available = Some("3.0.18-1".into());
    watch.endpoint.facts.patch = Some(patch(vec![newer]));
    assert_eq!(watch.after(10).tick(), NOTHING, "a tick brings nothing to read");
    assert_eq!(watch.look(Reads::PATCH), ["~updates/ info"]);
    assert_eq!(watch.after(10).look(Reads::PATCH), NOTHING);
}

#[test]
fn a_title_that_wiggles_is_told_again_after_a_while_and_only_then() {
    let mut watch = Watch::shipped();
    let set = |watch: &mut Watch, free| {
        watch.endpoint.facts.health.as_mut().unwrap().disks = vec![disk("/", 50 * GIB, free * GIB)];
    };
    set(&mut watch, 9);
    assert_eq!(watch.report(), ["+disk-space// warning"]);
    set(&mut watch, 8);
    assert_eq!(watch.after(299).report(), NOTHING);
    assert_eq!(watch.after(1).report(), ["~disk-space// warning"]);
    set(&mut watch, 7);
    assert_eq!(watch.after(299).report(), NOTHING);
    set(&mut watch, 8);
    assert_eq!(watch.after(1).report(), NOTHING, "it says what was told already");
}

#[test]
fn what_ages_is_not_told_again_by_the_clock() {
    let mut watch = Watch::shipped();
    watch.endpoint.facts.backup.as_mut().unwrap().jobs[0].last_success = Some(noon());
    watch.after(27 * HOUR).look(Reads::BACKUP);
    let told: Vec<String> = (0..8).flat_map(|_| watch.after(HOUR).tick()).collect();
    assert!(told.iter().all(|change| !change.contains("backup-late")), "{told:?}");
}
