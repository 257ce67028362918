//! Maintenance windows through the core: who may plan them, which are refused, what they hide, when they are forgotten.

use dogwatch_model::WindowId;
use dogwatch_triage::{
    alert::Visibility,
    finding::Severity,
    mute::{NewWindow, Window},
};

use super::{
    super::{ByPhone, windows},
    *,
};
use crate::core::Opened;

fn plan() -> NewWindow {
    serde_json::from_str(
        r#"{"org":"home","starts":"2026-11-02T14:30","zone":"UTC","lasts":"PT2H","reason":"new switches"}"#,
    )
    .unwrap()
}

impl Sim {
    fn add(&mut self, plan: NewWindow, side: Side) -> Result<Window, Refusal> {
        self.ask(|reply| Command::AddWindow(plan, person(side), reply))
    }

    fn end(&mut self, id: &WindowId, side: Side) -> Result<Window, Refusal> {
        let id = id.clone();
        self.ask(|reply| Command::EndWindow(id, person(side), reply))
    }

    /// What the beat does with windows that are over, committed as it is there.
    fn forget_windows(&mut self) {
        let mut batch = crate::core::Batch::default();
        windows::retire(&mut self.core.shared.clone().write().unwrap(), self.now, &mut batch);
        self.core.commit(batch).unwrap();
    }

    fn window_ids(&self) -> Vec<String> {
        self.handle.read(|state| state.windows.keys().map(ToString::to_string).collect())
    }
}

#[test]
fn a_vendor_neither_adds_nor_ends_a_window() {
    let mut sim = Sim::new();
    assert_eq!(sim.add(plan(), Side::Vendor).unwrap_err().code, Code::NotAllowed);
    let window = sim.add(plan(), Side::Msp).unwrap();
    assert_eq!(sim.end(&window.id, Side::Vendor).unwrap_err().code, Code::NotAllowed);
    sim.end(&window.id, Side::Internal).unwrap();
}

#[test]
fn an_unknown_site_or_tool_is_refused_with_the_one_that_was_meant() {
    let (mut sim, _agent) = Sim::with_agent();
    let site = |site: &str| NewWindow { site: Some(site.parse().unwrap()), ..plan() };
    let refused = sim.add(site("maim"), Side::Msp).unwrap_err();
    assert_eq!(
        (refused.code, refused.what.contains("did you mean `main`?")),
        (Code::Invalid, true),
        "{refused}"
    );
    let tools = |tool: &str| NewWindow { tools: vec![tool.parse().unwrap()], ..plan() };
    let refused = sim.add(tools("bakcup"), Side::Msp).unwrap_err();
    assert_eq!(
        (refused.code, refused.what.contains("did you mean `backup`?")),
        (Code::Invalid, true),
        "{refused}"
    );
    sim.add(site("main"), Side::Msp).unwrap();
    sim.add(tools("backup"), Side::Msp).unwrap();
}

#[test]
fn a_window_hides_what_fires_in_it_but_not_what_a_person_opens() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.add(NewWindow { tools: vec!["backup".parse().unwrap()], ..plan() }, Side::Msp).unwrap();
    sim.backup(&mut agent, RunResult::Failed);
    assert_eq!(sim.alerts("backup-failed")[0].alert.visibility, Visibility::Suppressed);
    let report = ByPhone {
        org: org(),
        endpoint: Some(agent.id),
        site: None,
        tool: "backup".parse().unwrap(),
        severity: Severity::Critical,
        text: "the restore does not end".into(),
        another: true,
    };
    let opened = sim.ask(|reply| Command::OpenAlert(report, person(Side::Internal), reply)).unwrap();
    let Opened::New(item) = opened else { panic!("another was asked for: {opened:?}") };
    assert_eq!(item.alert.visibility, Visibility::Normal);
    sim.pass(SignedDuration::from_mins(5));
    let hidden = |state: &crate::state::State| state.alerts[&item.alert.number].alert.hidden_by.clone();
    assert_eq!(sim.handle.read(hidden), []);
}

#[test]
fn a_window_may_be_about_what_a_team_owns() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let owner = sim.alerts("backup-failed")[0].alert.owner.team.clone();
    let of = |team: &str| NewWindow { filter: Some(format!("owner(\"backup\") == \"{team}\"")), ..plan() };
    let other = if owner.as_str() == "msp-noc" { "internal-it" } else { "msp-noc" };
    for (team, visibility) in [(other, Visibility::Normal), (owner.as_str(), Visibility::Suppressed)] {
        sim.add(of(team), Side::Msp).unwrap();
        sim.pass(SignedDuration::from_mins(1));
        assert_eq!(sim.alerts("backup-failed")[0].alert.visibility, visibility, "{team}");
    }
    let refused = sim.add(of("nobody"), Side::Msp).unwrap_err().to_string();
    assert!(refused.contains("line 1, column 20: no team `nobody`"), "{refused}");
}

#[test]
fn who_holds_an_item_still_sees_it_in_a_window() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let alert = sim.alerts("backup-failed").remove(0).alert;
    let (number, by) = (alert.number, person(alert.owner.side));
    let act = Act::Claim { override_reason: None };
    sim.ask(|reply| Command::Alert { number, act, by, version: None, reply }).unwrap();
    sim.add(NewWindow { tools: vec!["backup".parse().unwrap()], ..plan() }, Side::Msp).unwrap();
    sim.pass(SignedDuration::from_mins(1));
    let alert = sim.alerts("backup-failed").remove(0).alert;
    assert_eq!(alert.visibility, Visibility::Suppressed);
    assert!(!alert.is_hidden_from(&"kim".parse().unwrap()));
    assert!(alert.is_hidden_from(&"lee".parse().unwrap()));
}

#[test]
fn the_gravest_items_are_hidden_only_by_a_window_that_names_something() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let number = sim.alerts("backup-failed")[0].alert.number;
    {
        let shared = sim.core.shared.clone();
        let mut state = shared.write().unwrap();
        let alert = &mut state.alerts.get_mut(&number).unwrap().alert;
        (alert.priority, alert.severity) = (dogwatch_triage::alert::Priority::P1, Severity::Critical);
    }
    let seen = |sim: &mut Sim| {
        sim.pass(SignedDuration::from_mins(1));
        sim.alerts("backup-failed")[0].alert.visibility
    };
    let whole = sim.add(plan(), Side::Msp).unwrap();
    assert_eq!(seen(&mut sim), Visibility::Normal);
    sim.end(&whole.id, Side::Msp).unwrap();
    sim.add(NewWindow { site: Some("main".parse().unwrap()), ..plan() }, Side::Msp).unwrap();
    assert_eq!(seen(&mut sim), Visibility::Suppressed);
}

#[test]
fn an_org_has_so_many_windows_ahead_and_those_that_are_over_do_not_count() {
    let mut sim = Sim::new();
    let over = sim.add(plan(), Side::Msp).unwrap();
    sim.end(&over.id, Side::Msp).unwrap();
    for _ in 0..200 {
        sim.add(plan(), Side::Msp).unwrap();
    }
    let refused = sim.add(plan(), Side::Msp).unwrap_err();
    assert_eq!((refused.code, refused.what.contains("window end")), (Code::Conflict, true), "{refused}");
    sim.now += SignedDuration::from_hours(3);
    let later = NewWindow { starts: "2026-11-03T00:00".parse().unwrap(), ..plan() };
    sim.add(later, Side::Msp).unwrap();
}

#[test]
fn a_window_that_is_long_over_is_forgotten_and_its_id_is_not_given_again() {
    let mut sim = Sim::new();
    let daily = NewWindow { every: "daily".parse().unwrap(), ..plan() };
    let over = sim.add(plan(), Side::Msp).unwrap().id.to_string();
    let daily = sim.add(daily, Side::Msp).unwrap().id.to_string();
    let over_too = sim.add(plan(), Side::Msp).unwrap().id.to_string();
    sim.now += SignedDuration::from_hours(24 * 29);
    sim.forget_windows();
    assert_eq!(sim.window_ids().len(), 3);
    sim.now += SignedDuration::from_hours(48);
    sim.forget_windows();
    assert_eq!(sim.window_ids(), std::slice::from_ref(&daily));
    let mut sim = sim.restart_after(SignedDuration::from_secs(5));
    assert_eq!(sim.window_ids(), std::slice::from_ref(&daily), "they are gone from storage, too");
    let next = NewWindow { starts: "2027-01-01T00:00".parse().unwrap(), ..plan() };
    let next = sim.add(next, Side::Msp).unwrap().id.to_string();
    assert!(![over, daily, over_too].contains(&next), "{next}");
}

#[test]
fn the_ids_of_windows_tell_one_org_nothing_of_how_many_another_has() {
    let mut with = Sim::new();
    for id in ["w1", "w99"] {
        let globex = NewWindow { org: "globex".parse().unwrap(), ..plan() };
        let by = dogwatch_triage::alert::Actor::DOGWATCH;
        let window = Window::new(id.parse().unwrap(), globex, by, with.now).unwrap();
        with.handle.shared.write().unwrap().windows.insert(window.id.clone(), window);
    }
    let mut without = Sim::new();
    for _ in 0..3 {
        let (one, other) = (with.add(plan(), Side::Msp).unwrap(), without.add(plan(), Side::Msp).unwrap());
        assert_eq!(one.id, other.id);
    }
    assert!(with.window_ids().contains(&"w99".to_owned()), "what has an id from before keeps it");
}

#[test]
fn of_many_windows_that_are_over_the_oldest_go() {
    let mut sim = Sim::new();
    let mut made = Vec::new();
    for _ in 0..503 {
        let window = sim.add(plan(), Side::Msp).unwrap();
        made.push(window.id.to_string());
        sim.end(&window.id, Side::Msp).unwrap();
        sim.now += SignedDuration::from_secs(1);
    }
    sim.forget_windows();
    let left = sim.window_ids();
    assert_eq!(left.len(), 500);
    assert!(made[..3].iter().all(|old| !left.contains(old)), "{left:?}");
}
