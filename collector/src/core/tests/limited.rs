//! Somebody who is at one site of an org: what is theirs there, and what they are told of the rest.

use dogwatch_model::Side;
use dogwatch_triage::{matrix::starter, mute::NewWindow};

use super::{Command, Sim, org, person};
use crate::{
    access::{ApiToken, Principal, Role, Sha256, Verbs},
    core::Proposal,
    refusal::{Code, Refusal},
    views::{NewView, View},
};

impl Sim {
    /// Lets somebody of the org's own side in, at a site or everywhere in it.
    fn let_in(&mut self, name: &str, site: Option<&str>, ceiling: Verbs) -> Principal {
        let who = Principal {
            person: name.parse().unwrap(),
            site: site.map(|site| site.parse().unwrap()),
            ceiling,
            ..person(Side::Internal)
        };
        let token = ApiToken::new(Sha256::of(name.as_bytes()), who.clone(), self.now);
        self.handle.shared.write().unwrap().access.enlist(&token, self.now);
        who
    }

    fn plan(&mut self, site: Option<&str>, by: &Principal) -> Result<dogwatch_triage::mute::Window, Refusal> {
        let plan: NewWindow = serde_json::from_value(serde_json::json!({
            "org": "home", "site": site, "starts": "2026-11-02T14:30", "zone": "UTC", "lasts": "PT2H", "reason": "paint",
        }))
        .unwrap();
        self.ask(|reply| Command::AddWindow(plan, by.clone(), reply))
    }

    fn save(&mut self, name: &str, shared: bool, by: &Principal) -> Result<View, Refusal> {
        let view = NewView {
            name: name.into(),
            of: crate::views::Of::Fleet,
            filter: "online".into(),
            sort: None,
            columns: Vec::new(),
            org: Some(org()),
            shared,
        };
        self.ask(|reply| Command::SaveView(view, by.clone(), reply))
    }

    fn delete(&mut self, name: &str, by: &Principal) -> Result<View, Refusal> {
        self.ask(|reply| Command::DeleteView(name.into(), Some(org()), by.clone(), reply))
    }
}

#[track_caller]
fn lacks<T: std::fmt::Debug>(done: Result<T, Refusal>, right: &str) {
    let refused = done.unwrap_err();
    assert_eq!(refused.code, Code::NotAllowed, "{refused}");
    assert!(refused.what.contains(&format!("`{right}` on ")), "{refused}");
}

#[test]
fn whoever_is_at_a_site_plans_its_windows_and_no_others() {
    let (mut sim, _agent) = Sim::with_agent();
    let sue = sim.let_in("sue", Some("main"), Verbs::ALL);
    let window = sim.plan(Some("main"), &sue).unwrap();
    lacks(sim.plan(None, &sue), "snooze");
    lacks(sim.plan(Some("north"), &sue), "snooze");
    sim.ask(|reply| Command::EndWindow(window.id, sue.clone(), reply)).unwrap();
    let all = sim.plan(None, &person(Side::Msp)).unwrap();
    lacks(sim.ask(|reply| Command::EndWindow(all.id, sue, reply)), "snooze");
}

#[test]
fn whoever_is_at_a_site_saves_views_of_their_own_and_is_told_what_a_shared_one_takes() {
    let (mut sim, _agent) = Sim::with_agent();
    let sue = sim.let_in("sue", Some("main"), Verbs::ALL);
    sim.save("mine", false, &sue).unwrap();
    lacks(sim.save("ours", true, &sue), "comment");
    sim.delete("mine", &sue).unwrap();
}

#[test]
fn whoever_is_at_a_site_is_told_what_a_matrix_takes() {
    let (mut sim, _agent) = Sim::with_agent();
    let sue = sim.let_in("sue", Some("main"), Verbs::ALL);
    let proposal = || Proposal { org: org(), text: starter(&org()), effective_at: None, note: String::new() };
    lacks(sim.ask(|reply| Command::ProposeMatrix(proposal(), sue.clone(), reply)), "configure");
    let by = person(Side::Msp);
    let version = sim.ask(|reply| Command::ProposeMatrix(proposal(), by, reply)).unwrap();
    lacks(sim.ask(|reply| Command::SignMatrix(org(), version.hash, sue, reply)), "view");
}

#[test]
fn a_shared_view_is_changed_by_who_saved_it_or_configures_the_org() {
    let mut sim = Sim::new();
    let vera = sim.let_in("vera", None, Role::Viewer.verbs());
    let walt = sim.let_in("walt", None, Role::Viewer.verbs());
    let sue = sim.let_in("sue", Some("main"), Verbs::ALL);
    // Another person who has the same id, on the other side.
    let guest = Principal { ceiling: Role::Viewer.verbs(), side: Side::Msp, org: None, ..vera.clone() };
    let token = ApiToken::new(Sha256::of(b"guest"), guest.clone(), sim.now);
    sim.handle.shared.write().unwrap().access.enlist(&token, sim.now);
    sim.save("mornings", true, &vera).unwrap();
    for other in [&walt, &sue, &guest] {
        lacks(sim.delete("mornings", other), "configure");
    }
    lacks(sim.save("mornings", true, &walt), "configure");
    sim.save("mornings", true, &vera).unwrap();
    sim.save("mornings", true, &person(Side::Internal)).unwrap();
    lacks(sim.delete("mornings", &vera), "configure");
    sim.delete("mornings", &person(Side::Internal)).unwrap();
    sim.save("mornings", true, &vera).unwrap();
    sim.delete("mornings", &vera).unwrap();
}
