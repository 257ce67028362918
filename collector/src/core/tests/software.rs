//! What is installed on an endpoint and what of it wants an update.

use super::*;

#[test]
fn a_list_of_software_is_asked_for_when_the_digest_is_news_and_is_kept_on_disk_alone() {
    let (mut sim, mut agent) = Sim::with_agent();
    let inventory = |digest: &str| {
        let os = Some(v1::Os { family: "linux".into(), ..v1::Os::default() });
        let software = Some(v1::SoftwareDigest { count: 1, digest: digest.into() });
        Inventory::try_from(v1::Inventory { os, software, ..v1::Inventory::default() }).unwrap()
    };
    let latest = |sim: &mut Sim, agent: &mut Agent, inventory, software| {
        agent.next.latest += 1;
        let report =
            Report { inventory, software, ..Report::empty(Lane::Latest, agent.next.latest, sim.now) };
        sim.report(agent, &report);
        let asks = |message: &Message| matches!(message, Message::Refresh(refresh) if refresh.sources == ["software"]);
        messages(agent).iter().filter(|message| asks(message)).count()
    };
    assert_eq!(latest(&mut sim, &mut agent, Some(inventory("a")), None), 1);
    assert_eq!(latest(&mut sim, &mut agent, Some(inventory("a")), None), 0, "asked for once");
    let bash = Software { source: "dpkg".into(), name: "bash".into(), version: "5.2".into() };
    assert_eq!(latest(&mut sim, &mut agent, None, Some(vec![bash.clone()])), 0);
    assert_eq!(latest(&mut sim, &mut agent, Some(inventory("a")), None), 0, "it is held");
    assert_eq!(latest(&mut sim, &mut agent, Some(inventory("b")), None), 1);

    sim.disk.settle(Vec::new()).unwrap();
    let list = sim.ask(|reply| Command::ReadSoftware(agent.id, reply)).unwrap().unwrap();
    assert_eq!((list.software, list.told_at), (vec![bash], sim.now));
}

#[test]
fn a_scan_that_could_not_tell_takes_no_update_back_and_an_event_alone_is_judged() {
    let (mut sim, mut agent) = Sim::with_agent();
    let patch = |result: &str, updates: Option<v1::Updates>| {
        let status =
            v1::PatchStatus { source: "apt".into(), result: result.into(), updates, ..Default::default() };
        dogwatch_model::PatchStatus::try_from(status).unwrap()
    };
    let update = v1::Update {
        id: "apt:bash".into(),
        package: "bash".into(),
        class: "regular".into(),
        severity: "unspecified".into(),
        state: "missing".into(),
        ..Default::default()
    };
    let event = AgentEvent { at: sim.now, kind: "identity_exposed".into(), detail: "key.pem".into() };
    for (patch, events) in [
        (Some(patch("ok", Some(v1::Updates { updates: vec![update] }))), vec![]),
        (Some(patch("failed", None)), vec![]),
        (None, vec![event]),
    ] {
        agent.next.kept += 1;
        let report = Report { patch, events, ..Report::empty(Lane::Kept, agent.next.kept, sim.now) };
        sim.report(&agent, &report);
    }
    let known = sim.handle.read(|state| state.members[&agent.id].endpoint.facts.patch.clone()).unwrap();
    assert_eq!((known.result, known.updates.map(|updates| updates.len())), (ScanResult::Failed, Some(1)));
    assert_eq!(sim.alerts("key-exposed").len(), 1);
}
