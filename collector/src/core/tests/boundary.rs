//! The boundary's measures on the way through the core, and over a restart.

use dogwatch_triage::{
    alert::{EventKind, Measure, Work, act::MAX_PEOPLES_ENTRIES},
    finding::Severity,
};

use super::{super::ByPhone, *};
use crate::core::Opened;

fn measures(sim: &Sim, number: AlertNumber) -> Vec<Measure> {
    let of = |item: &Item| {
        let measured = item.timeline.iter().filter_map(|event| match &event.kind {
            EventKind::Measured { measure, .. } => Some(*measure),
            _ => None,
        });
        measured.collect()
    };
    sim.handle.read(|state| state.alerts.get(&number).map(of).unwrap())
}

fn act(sim: &mut Sim, number: AlertNumber, act: Act, by: &Principal) -> Item {
    let by = by.clone();
    sim.ask(|reply| Command::Alert { number, act, by, version: None, reply }).unwrap()
}

#[test]
fn both_sides_at_work_on_one_item_is_recorded_once_whatever_is_restarted() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let number = sim.alerts("backup-failed")[0].alert.number;
    assert_eq!(measures(&sim, number), []);
    let because = || Some("nobody answers".to_owned());
    act(&mut sim, number, Act::Claim { override_reason: because() }, &person(Side::Msp));
    let mut sim = sim.restart_after(SignedDuration::from_mins(1));
    let lee = Principal { person: "lee".parse().unwrap(), ..person(Side::Internal) };
    let close = Act::Close { resolution: "fixed".into(), override_reason: because() };
    let answered = act(&mut sim, number, close, &lee);
    assert_eq!(measures(&sim, number), [Measure::Collision]);
    assert!(answered.timeline.iter().any(|event| matches!(event.kind, EventKind::Measured { .. })));
    let sim = sim.restart_after(SignedDuration::from_mins(1));
    assert_eq!(measures(&sim, number), [Measure::Collision]);
}

#[test]
fn an_alert_about_what_somebody_has_opened_by_hand_is_a_double_ticket() {
    let (mut sim, mut agent) = Sim::with_agent();
    let endpoint = Some(agent.id);
    let report = ByPhone {
        org: org(),
        endpoint,
        site: None,
        tool: "backup".parse().unwrap(),
        severity: Severity::Warning,
        text: "no backup since Friday".into(),
        another: false,
    };
    let opened = sim.ask(|reply| Command::OpenAlert(report, person(Side::Internal), reply)).unwrap();
    let Opened::New(item) = opened else { panic!("there is no other: {opened:?}") };
    sim.backup(&mut agent, RunResult::Failed);
    let number = sim.alerts("backup-failed")[0].alert.number;
    assert_eq!(measures(&sim, number), [Measure::DoubleTicket]);
    assert_eq!(measures(&sim, item.alert.number), []);
}

#[test]
fn an_item_on_which_everything_was_said_takes_no_comment_and_can_be_closed() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let number = sim.alerts("backup-failed")[0].alert.number;
    let comment = || Act::Comment { text: "again".to_owned() };
    let by = person(Side::Msp);
    for _ in 0..MAX_PEOPLES_ENTRIES {
        act(&mut sim, number, comment(), &by);
    }
    let who = by.clone();
    let refused = sim
        .ask(|reply| Command::Alert { number, act: comment(), by: who, version: None, reply })
        .unwrap_err();
    assert_eq!((refused.code, refused.reason), (Code::Conflict, Some("crowded")), "{}", refused.what);
    let close = Act::Close { resolution: "fixed".into(), override_reason: Some("here".into()) };
    assert_eq!(act(&mut sim, number, close, &by).alert.work, Work::Done);
}
