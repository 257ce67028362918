//! What people decide about an endpoint through the core: its items follow, its agent is told, and the disk has it.

use dogwatch_model::EndpointState;
use dogwatch_triage::{
    mute::{NewWindow, Window},
    upkeep::EndpointChange,
};

use super::{super::upkeep::Upkept, *};

impl Sim {
    fn change(&mut self, id: EndpointId, change: EndpointChange) -> Result<Upkept, Refusal> {
        self.ask(|reply| Command::ChangeEndpoint(id, change, person(Side::Msp), reply))
    }

    fn become_(&mut self, id: EndpointId, state: EndpointState) -> Result<(), Refusal> {
        self.ask(|reply| Command::SetEndpointState(id, state, person(Side::Msp), reply))
    }
}

fn to(site: &str) -> EndpointChange {
    EndpointChange { site: Some(site.parse().unwrap()), ..EndpointChange::default() }
}

fn last_event(item: &Item) -> &EventKind {
    &item.timeline.last().unwrap().kind
}

#[test]
fn open_items_move_with_their_endpoint_and_windows_of_the_new_site_hide_them() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let plan: NewWindow = serde_json::from_str(
        r#"{"org":"home","starts":"2026-11-02T14:30","zone":"UTC","lasts":"PT2H","reason":"new switches"}"#,
    )
    .unwrap();
    let _window: Window = sim
        .ask(|reply| {
            Command::AddWindow(
                NewWindow { filter: Some("site == \"attic\"".into()), ..plan },
                person(Side::Msp),
                reply,
            )
        })
        .unwrap();
    assert!(sim.alerts("backup-failed")[0].alert.hidden_by.is_empty());

    let upkept = sim.change(agent.id, to("attic")).unwrap();
    assert_eq!(upkept.changed, ["site main → attic"]);
    let item = &sim.alerts("backup-failed")[0];
    assert_eq!(item.alert.site.as_str(), "attic");
    assert!(!item.alert.hidden_by.is_empty(), "the window there holds for it now: {:?}", last_event(item));
    assert!(
        item.timeline
            .iter()
            .any(|entry| matches!(&entry.kind, EventKind::Moved { from, .. } if from.as_str() == "main"))
    );

    let sim = sim.restart_after(SignedDuration::from_secs(5));
    let site = sim.handle.read(|state| state.members[&agent.id].endpoint.site.clone());
    assert_eq!(site.as_str(), "attic", "it is on disk");
}

#[test]
fn what_changes_nothing_writes_nothing_and_what_is_refused_neither() {
    let (mut sim, agent) = Sim::with_agent();
    let tag = |tag: &str| EndpointChange { add: vec![tag.into()], ..EndpointChange::default() };
    assert_eq!(sim.change(agent.id, tag("prod")).unwrap().changed, ["tag prod added"]);
    let before = sim.disk.store.lock().unwrap().figures();
    assert!(sim.change(agent.id, tag("prod")).unwrap().changed.is_empty());
    assert_eq!(sim.change(agent.id, tag("two words")).unwrap_err().code, Code::Invalid);
    assert_eq!(sim.disk.store.lock().unwrap().figures(), before);
    let stranger = EndpointId(Uuid::from_u128(7));
    assert_eq!(sim.change(stranger, tag("prod")).unwrap_err().code, Code::NotFound);
}

#[test]
fn a_retired_endpoint_is_cut_off_owes_nothing_and_stays_in_the_list_for_good() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    sim.become_(agent.id, EndpointState::Retired).unwrap();
    assert!(agent.cut.is_cancelled(), "its stream is cut");
    let item = &sim.alerts("backup-failed")[0];
    assert_eq!((item.alert.work, item.alert.condition), (Work::Done, Condition::Cleared));
    let again = sim.attach_as(agent.id, Machine::new(2)).err().unwrap();
    assert!(again.what.contains("was retired"), "{again}");
    let refused = sim.become_(agent.id, EndpointState::Active).unwrap_err();
    assert_eq!(
        (refused.code, refused.what.contains("enrol the machine again")),
        (Code::Conflict, true),
        "{refused}"
    );
    sim.pass(SignedDuration::from_hours(2));
    assert_eq!(
        sim.handle.read(|state| state.alerts.values().filter(|item| item.alert.work != Work::Done).count()),
        0
    );

    let mut sim = sim.restart_after(SignedDuration::from_secs(5));
    assert_eq!(sim.handle.read(|state| state.members[&agent.id].endpoint.state), EndpointState::Retired);
    sim.pass(SignedDuration::from_hours(2));
    assert_eq!(
        sim.handle.read(|state| state.alerts.values().filter(|item| item.alert.work != Work::Done).count()),
        0
    );
}

#[test]
fn what_was_revoked_may_be_retired_and_not_the_other_way_round() {
    let (mut sim, agent) = Sim::with_agent();
    sim.become_(agent.id, EndpointState::Revoked).unwrap();
    sim.become_(agent.id, EndpointState::Retired).unwrap();
    assert_eq!(sim.become_(agent.id, EndpointState::Revoked).unwrap_err().code, Code::Conflict);
}
