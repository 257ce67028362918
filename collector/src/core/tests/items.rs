//! Items of work: opened, worked on, put away, and known again.

use super::*;

#[test]
fn a_failed_backup_opens_an_alert_for_its_owner_and_a_success_ends_it_if_nobody_touched_it() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let alert = sim.alerts("backup-failed").remove(0).alert;
    assert_eq!((alert.condition, alert.work), (Condition::Firing, Work::Unclaimed));
    assert!(!alert.owner.why.is_empty());
    sim.now += 60.seconds();
    sim.backup(&mut agent, RunResult::Success);
    let alert = sim.alerts("backup-failed").remove(0).alert;
    assert_eq!((alert.condition, alert.work), (Condition::Cleared, Work::Done));
}

#[test]
fn a_claimed_alert_stays_claimed_when_its_condition_clears() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let alert = sim.alerts("backup-failed").remove(0).alert;
    let (number, by) = (alert.number, person(alert.owner.side));
    let act = Act::Claim { override_reason: None };
    sim.ask(|reply| Command::Alert { number, act, by, version: Some(1), reply }).unwrap();
    sim.now += 60.seconds();
    sim.backup(&mut agent, RunResult::Success);
    let alert = sim.alerts("backup-failed").remove(0).alert;
    assert_eq!((alert.condition, alert.work), (Condition::Cleared, Work::Claimed));
}

#[test]
fn of_two_writers_who_saw_the_same_version_one_wins() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let alert = sim.alerts("backup-failed").remove(0).alert;
    let by = person(alert.owner.side);
    let mut claim = || {
        let (act, by) = (Act::Claim { override_reason: None }, by.clone());
        sim.ask(|reply| Command::Alert { number: AlertNumber(1), act, by, version: Some(1), reply })
    };
    assert!(claim().is_ok());
    assert_eq!(claim().unwrap_err().code, Code::Conflict);
}

#[test]
fn an_alert_that_left_the_working_set_is_read_from_the_archive() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    sim.now += 60.seconds();
    sim.backup(&mut agent, RunResult::Success);
    let number = sim.alerts("backup-failed").remove(0).alert.number;
    let mut batch = crate::core::Batch::default();
    let later = sim.now + SignedDuration::from_hours(25);
    crate::core::load::retire(
        &mut sim.handle.shared.write().unwrap(),
        later,
        settings().keep_done,
        &mut batch,
    );
    sim.disk.store.lock().unwrap().commit(&batch.changes).unwrap();
    let on_its_way = sim.ask(|reply| Command::ReadShelf(number.0 / crate::core::SHELF, reply)).unwrap();
    assert_eq!(on_its_way.len(), 1, "the view does not have it yet");
    assert!(sim.ask(|reply| Command::ReadArchived(number, reply)).unwrap().is_some());
    sim.disk.settle(Vec::new()).unwrap();
    {
        let mut state = sim.handle.shared.write().unwrap();
        state.retired.settling();
        state.retired.settled();
    }
    assert!(sim.alerts("backup-failed").is_empty());
    let archived = sim.ask(|reply| Command::ReadArchived(number, reply)).unwrap().unwrap();
    assert_eq!((archived.alert.number, archived.alert.work), (number, Work::Done));
    assert!(sim.ask(|reply| Command::ReadArchived(AlertNumber(9), reply)).unwrap().is_none());
}

#[test]
fn an_act_that_an_override_would_let_through_says_so_to_programs() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let alert = sim.alerts("backup-failed").remove(0).alert;
    let mut act = |name: &str, act: Act| {
        let by = Principal { person: name.parse().unwrap(), ..person(alert.owner.side) };
        sim.ask(|reply| Command::Alert { number: alert.number, act, by, version: None, reply })
    };
    let claim = Act::Claim { override_reason: None };
    act("kim", claim.clone()).unwrap();
    let again = act("kim", claim).unwrap_err();
    assert_eq!((again.reason, again.override_would_do), (Some("already_yours"), false));
    let refused = act("lee", Act::Release { override_reason: None }).unwrap_err();
    assert_eq!((refused.reason, refused.override_would_do), (Some("held_by_another"), true));
}

#[test]
fn a_duplicate_ends_and_the_one_that_goes_on_knows() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    sim.detach(&agent, None);
    sim.pass(SignedDuration::from_secs(181));
    let (failed, silent) =
        (sim.alerts("backup-failed").remove(0).alert, sim.alerts("silent").remove(0).alert);
    let mut act = |number: AlertNumber, act: Act| {
        let by = person(failed.owner.side);
        sim.ask(|reply| Command::Alert { number, act, by, version: None, reply })
    };
    let merge = |into| Act::Merge { into, override_reason: None };
    let refused = act(failed.number, merge(AlertNumber(99))).unwrap_err();
    assert_eq!(refused.code, Code::NotFound);
    let merged = act(failed.number, merge(silent.number)).unwrap().alert;
    assert_eq!((merged.work, merged.links[0].to), (Work::Done, silent.number));
    assert_eq!(act(silent.number, merge(failed.number)).unwrap_err().code, Code::Conflict);
    let silent = sim.alerts("silent").remove(0);
    assert_eq!(silent.alert.links[0].to, failed.number);
    let linked = silent.timeline.iter().filter(|event| matches!(event.kind, EventKind::Linked { .. }));
    assert_eq!((silent.alert.version, linked.count()), (2, 1));
}

#[test]
fn an_old_item_is_not_reopened_beside_the_one_that_took_its_place() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    sim.now += 60.seconds();
    sim.backup(&mut agent, RunResult::Success);
    let first = sim.alerts("backup-failed").remove(0).alert;
    sim.now += SignedDuration::from_hours(25);
    sim.backup(&mut agent, RunResult::Failed);
    let (act, by) = (Act::Reopen { reason: "it is back".into() }, person(first.owner.side));
    let refused =
        sim.ask(|reply| Command::Alert { number: first.number, act, by, version: None, reply }).unwrap_err();
    assert_eq!((refused.code, refused.reason), (Code::Conflict, Some("superseded")));
}

#[test]
fn what_a_person_closed_while_it_held_is_not_forgotten_before_it_clears() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let alert = sim.alerts("backup-failed").remove(0).alert;
    let (number, by) = (alert.number, person(alert.owner.side));
    let act = Act::Close { resolution: "we live with it".into(), override_reason: None };
    sim.ask(|reply| Command::Alert { number, act, by, version: None, reply }).unwrap();
    let keep = sim.core.settings.keep_done;
    let retire = |sim: &mut Sim| {
        let mut batch = crate::core::Batch::default();
        let shared = sim.core.shared.clone();
        crate::core::load::retire(&mut shared.write().unwrap(), sim.now, keep, &mut batch);
    };
    sim.now += keep * 2;
    retire(&mut sim);
    assert_eq!(sim.alerts("backup-failed").len(), 1);
    sim.backup(&mut agent, RunResult::Success);
    sim.now += keep * 2;
    retire(&mut sim);
    assert!(sim.alerts("backup-failed").is_empty());
}

#[test]
fn one_endpoint_cannot_fill_the_queue() {
    let (mut sim, mut agent) = Sim::with_agent();
    agent.next.kept += 1;
    let mut report = backup_report(1, sim.now, RunResult::Failed);
    let jobs = &mut report.backup.as_mut().unwrap().jobs;
    *jobs = (0..600).map(|n| BackupJob { name: format!("job-{n}"), ..jobs[0].clone() }).collect();
    sim.report(&agent, &report);
    let total = sim.handle.read(|state| state.alerts.len());
    assert!((512..=514).contains(&total), "{total}");
    assert_eq!(sim.alerts("too-many-findings").len(), 1);
}
