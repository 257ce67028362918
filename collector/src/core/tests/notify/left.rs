//! What becomes of words, work and rights when a side leaves an org.

use super::*;

/// The customer's owner says goodbye to the MSP.
fn offboard(desk: &mut Desk) -> crate::core::Departed {
    desk.sim.say_goodbye()
}

fn to_the_msp(message: &Sent) -> bool {
    message.via.to_string() != "it-chat"
}

#[test]
fn a_side_that_has_left_hears_nothing_any_more_not_even_what_was_sealed() {
    let mut desk = Desk::new(&["home", "globex"]);
    desk.fire("home", 1, 0..3);
    desk.fire("globex", 2, 0..1);
    desk.pass(40);
    let sealed = desk.sent();
    let of_home =
        |message: &&Sent| matches!(&message.subject, Subject::Items { org, .. } if org.as_str() == "home");
    let theirs: BTreeSet<String> =
        sealed.iter().filter(of_home).filter(|sent| to_the_msp(sent)).map(|sent| sent.id.clone()).collect();
    assert_eq!(theirs.len(), 2, "the chat and whoever is on call: {sealed:?}");
    // More has gathered, and is not sealed yet.
    desk.fire("home", 1, 3..5);
    let departed = offboard(&mut desk);
    assert!(departed.messages >= 5, "{departed:?}");
    assert_eq!(desk.sent(), []);
    assert_eq!(desk.dropped.iter().cloned().collect::<BTreeSet<_>>(), theirs, "and nothing of globex");
    let why = |event: &TimelineEvent| match &event.kind {
        EventKind::NotNotified { why, .. } => Some(why.clone()),
        _ => None,
    };
    let told: Vec<String> = desk.sim.handle.read(|state| {
        let own = state.alerts.values().filter(|item| item.alert.org.as_str() == "home");
        own.flat_map(|item| item.timeline.iter().filter_map(why)).collect()
    });
    assert!(told.iter().all(|why| why == "the msp side has left home") && told.len() >= 5, "{told:?}");
    let stopped = desk.sim.handle.read(|state| state.access.orgs[&org()].ways_stopped.clone());
    assert_eq!(stopped.into_iter().collect::<Vec<_>>(), ["mail:mira@msp.example", "noc-chat"]);
    // What happens later, is said again or comes back after a restart goes to those who stay.
    desk.fire("home", 1, 5..9);
    desk.clear(1, 0);
    desk.pass(6 * 3600);
    desk.fire("globex", 2, 1..2);
    let mut desk = {
        desk.pass(40);
        let later = desk.sent();
        assert!(later.iter().filter(of_home).all(|sent| !to_the_msp(sent)), "{later:?}");
        assert!(later.iter().any(|sent| !of_home(&sent) && to_the_msp(sent)), "globex goes on: {later:?}");
        desk.restart(&["home", "globex"])
    };
    desk.pass(6 * 3600);
    let after = desk.sent();
    assert!(after.iter().filter(of_home).all(|sent| !to_the_msp(sent)), "{after:?}");
}

#[test]
fn what_the_departed_had_is_free_and_goes_to_those_who_stay() {
    let mut desk = Desk::new(&["home"]);
    desk.fire("home", 1, 0..3);
    let numbers: Vec<AlertNumber> =
        desk.sim.handle.read(|state| state.alerts.keys().copied().collect::<Vec<_>>());
    let claim = |desk: &mut Desk, number: AlertNumber, by: Principal| {
        let act = Act::Claim { override_reason: Some("it burns".into()) };
        desk.sim.ask(|reply| Command::Alert { number, act, by, version: None, reply }).unwrap();
    };
    claim(&mut desk, numbers[0], person(Side::Msp));
    claim(&mut desk, numbers[1], person(Side::Internal));
    let departed = offboard(&mut desk);
    assert_eq!(departed.items, 1);
    desk.pass(1);
    let items: Vec<Item> = desk.sim.handle.read(|state| state.alerts.values().cloned().collect());
    for item in &items {
        let alert = &item.alert;
        assert_eq!(alert.owner.side, Side::Internal, "{alert:?}");
        let left = item.timeline.iter().filter(|event| event.kind == EventKind::SideLeft { side: Side::Msp });
        assert_eq!(left.count(), 1, "{:?}", item.timeline);
    }
    assert_eq!((items[0].alert.work, &items[0].alert.assignee), (Work::Unclaimed, &None));
    let kept = items[1].alert.assignee.as_ref().map(|holder| holder.side);
    assert_eq!((items[1].alert.work, kept), (Work::Claimed, Some(Some(Side::Internal))));
    desk.pass(3600);
    let again = desk.sim.handle.read(|state| state.alerts[&numbers[2]].clone());
    let routed = again.timeline.iter().filter(|event| matches!(event.kind, EventKind::Routed { .. })).count();
    assert_eq!(routed, 2, "once at first and once when they left: {:?}", again.timeline);
}

#[test]
fn each_right_that_goes_with_a_side_has_its_own_record() {
    let mut desk = Desk::new(&["home"]);
    desk.sim.join_token(3);
    let departed = offboard(&mut desk);
    assert_eq!(departed.join_tokens, 1);
    let chain = dogwatch_triage::audit::Chain::Org(org());
    let lines = desk.sim.ask(|reply| Command::ReadAudit(chain, 0, reply)).unwrap();
    let acts: Vec<String> = lines
        .iter()
        .map(|line| {
            serde_json::from_slice::<serde_json::Value>(line).unwrap()["act"].as_str().unwrap().to_owned()
        })
        .collect();
    assert!(acts.contains(&"org.offboard".to_owned()), "{acts:?}");
    assert!(acts.contains(&"join-token.revoke".to_owned()), "{acts:?}");
}
