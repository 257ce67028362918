//! Hand-offs: packets, answers, and that the matrix does not take back what people agreed on.

use super::*;

fn packet() -> Packet {
    Packet {
        tried: "restarted the job twice".into(),
        state: "the target refuses the login".into(),
        why_you: "the account is yours".into(),
        blocked: None,
        deadline: None,
        links: vec!["https://wiki.example/backup".into()],
    }
}

fn handoff() -> Act {
    Act::Handoff { to: None, packet: packet(), not_ours: false, override_reason: None }
}

fn handoff_to(team: &str) -> Act {
    let to = Some(TeamId::new(team).unwrap());
    Act::Handoff { to, packet: packet(), not_ours: false, override_reason: None }
}

fn handoff_with(packet: Packet) -> Act {
    Act::Handoff { to: None, packet, not_ours: false, override_reason: None }
}

const fn decline(reason: String) -> Act {
    Act::Decline { reason, not_ours: true }
}

const WITHDRAW: Act = Act::Withdraw { override_reason: None };

#[test]
fn an_offer_is_theirs_until_it_is_accepted_and_then_it_is_the_others() {
    let claimed = done(&opened(), &CLAIM, &mira(), 1);
    let (offered, events) = acted(&claimed, &handoff(), &mira(), 20).unwrap();
    assert_eq!(kinds(&events), ["offered"]);
    let offer = offered.offer.clone().unwrap();
    assert_eq!((offer.to.as_str(), offer.side, offer.until), ("internal-it", Side::Internal, at(50)));
    assert_eq!((offered.work, offered.assignee.clone()), (Work::Offered, Some(mira())));
    assert_eq!(offered.owner, claimed.owner);

    assert_eq!(refused(&offered, &Act::Accept, &mira(), 21), "own_offer");
    assert_eq!(refused(&offered, &Act::Accept, &person("noor", Side::Msp), 21), "not_for_you");
    assert_eq!(refused(&offered, &CLAIM, &ivan(), 21), "offered");
    assert_eq!(refused(&offered, &handoff(), &mira(), 21), "offered");

    let (accepted, events) = acted(&offered, &Act::Accept, &ivan(), 30).unwrap();
    assert_eq!(kinds(&events), ["accepted"]);
    assert_eq!((accepted.work, accepted.assignee.clone()), (Work::Claimed, Some(ivan())));
    assert_eq!((accepted.owner.team.as_str(), accepted.owner.side), ("internal-it", Side::Internal));
    assert_eq!(
        accepted.owner.why,
        ["mira (msp) handed it off to `internal-it`, and ivan (internal) accepted"]
    );
    assert_eq!((accepted.offer, accepted.progress.worked_at), (None, Some(at(30))));
}

#[test]
fn the_matrix_does_not_take_back_an_accepted_hand_off_until_it_says_something_new() {
    let offered = done(&done(&opened(), &CLAIM, &mira(), 1), &handoff(), &mira(), 20);
    let accepted = done(&offered, &Act::Accept, &ivan(), 30);
    assert_eq!(accepted.reroute(noc(31), at(31)), None);
    let released = done(&accepted, &RELEASE, &ivan(), 40);
    assert_eq!(released.owner.team.as_str(), "internal-it");
    let later = Owner { until: Some(at(90)), matrix_version: "ba9876543210".into(), ..noc(41) };
    let (kept, events) = released.reroute(later, at(41)).unwrap();
    assert!(events.is_empty());
    assert_eq!((kept.owner.team.as_str(), kept.owner.until), ("internal-it", Some(at(90))));
    let days = Owner { row: Some(RowId::new("backup-days").unwrap()), ..noc(42) };
    let (moved, events) = kept.reroute(days, at(42)).unwrap();
    assert_eq!((kinds(&events), moved.owner.team.as_str()), (vec!["routed".to_owned()], "msp-noc"));
}

#[test]
fn declined_or_withdrawn_it_is_back_with_who_offered_it() {
    let offered = done(&done(&opened(), &CLAIM, &mira(), 1), &handoff(), &mira(), 20);
    assert_eq!(refused(&offered, &decline("  ".into()), &ivan(), 21), "empty");
    let (declined, events) =
        acted(&offered, &decline("the account is the MSP's".into()), &ivan(), 21).unwrap();
    assert_eq!(kinds(&events), ["declined"]);
    assert_eq!((declined.work, declined.assignee, declined.offer), (Work::Claimed, Some(mira()), None));
    assert_eq!(declined.owner.team.as_str(), "msp-noc");

    assert_eq!(refused(&offered, &WITHDRAW, &ivan(), 21), "held_by_another");
    let (withdrawn, events) = acted(&offered, &WITHDRAW, &mira(), 21).unwrap();
    assert_eq!((kinds(&events), withdrawn.work), (vec!["offer_withdrawn".to_owned()], Work::Claimed));
    for what in [&Act::Accept, &decline("no".into()), &WITHDRAW] {
        assert_eq!(refused(&withdrawn, what, &ivan(), 22), "not_offered");
    }
    let (closed, events) = acted(&offered, &close("it works again"), &mira(), 22).unwrap();
    assert_eq!((kinds(&events).join(" "), closed.offer), ("offer_withdrawn closed".into(), None));
}

#[test]
fn a_packet_says_all_that_must_be_said() {
    let claimed = done(&opened(), &CLAIM, &mira(), 1);
    let refused = |packet: Packet| refused(&claimed, &handoff_with(packet), &mira(), 2);
    assert_eq!(refused(Packet { tried: " ".into(), ..packet() }), "empty");
    assert_eq!(refused(Packet { state: String::new(), ..packet() }), "empty");
    assert_eq!(refused(Packet { why_you: "\n".into(), ..packet() }), "empty");
    assert_eq!(refused(Packet { state: "x".repeat(8193), ..packet() }), "too_long");
    assert_eq!(refused(Packet { links: vec!["javascript:alert(1)".into()], ..packet() }), "bad_link");
    assert_eq!(refused(Packet { links: vec!["https://a b".into()], ..packet() }), "bad_link");
    assert_eq!(refused(Packet { links: vec!["https://a".into(); 21], ..packet() }), "too_many");
    let due = |minute| Packet { deadline: Some(at(minute)), ..packet() };
    assert_eq!(refused(due(2)), "not_ahead");
    assert_eq!(refused(due(2 + 400 * 24 * 60 + 1)), "too_far");
    assert_eq!(done(&claimed, &handoff_with(due(3)), &mira(), 2).work, Work::Offered);
}

#[test]
fn without_a_name_it_goes_to_the_other_side() {
    let to = |alert: &Alert, by: &Actor| done(alert, &handoff(), by, 30).offer.unwrap().to.to_string();
    assert_eq!(to(&opened(), &mira()), "internal-it", "what nobody has is claimed with it");
    assert_eq!(to(&opened(), &ivan()), "msp-noc", "whose it is");
    let last_resort = Owner { row: None, ..internal(0) };
    let (nobodys, _) =
        Alert::open(AlertNumber(1), &finding(Severity::Warning), &endpoint(), last_resort, at(0));
    assert_eq!(to(&nobodys, &ivan()), "msp-desk", "the last resort is of the other side");
    let last = Owner { row: None, ..noc(0) };
    let (nobodys, _) = Alert::open(AlertNumber(1), &finding(Severity::Warning), &endpoint(), last, at(0));
    assert_eq!(refused(&nobodys, &handoff(), &mira(), 1), "no_other_team");
    assert_eq!(refused(&opened(), &handoff_to("it"), &mira(), 1), "no_such_team");
    assert_eq!(refused(&opened(), &handoff_to("msp-noc"), &mira(), 1), "same_team");
    assert_eq!(refused(&opened(), &handoff(), &ivan(), 5), "first_responder");
    let within = done(&opened(), &handoff_to("msp-desk"), &mira(), 1);
    assert_eq!(done(&within, &Act::Accept, &person("noor", Side::Msp), 2).owner.team.as_str(), "msp-desk");
}
