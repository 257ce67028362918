//! Each act, where it leads and where it is refused.

use super::*;

#[test]
fn claiming_is_exclusive() {
    let claimed = done(&opened(), &CLAIM, &mira(), 1);
    let refusal = acted(&claimed, &CLAIM, &person("noor", Side::Msp), 2).unwrap_err();
    assert_eq!(refusal.to_string(), "#1042 is claimed by mira (msp); ask them to release it");
    assert_eq!(refused(&claimed, &CLAIM, &mira(), 2), "already_yours");
}

#[test]
fn the_other_side_may_claim_after_the_window_or_with_a_reason() {
    let alert = opened();
    assert_eq!(refused(&alert, &CLAIM, &ivan(), 9), "first_responder");
    assert_eq!(done(&alert, &CLAIM, &ivan(), 10).assignee, Some(ivan()));

    let hurry = Act::Claim { override_reason: Some("standing in front of it".into()) };
    let (claimed, events) = acted(&alert, &hurry, &ivan(), 2).unwrap();
    assert_eq!(kinds(&events), ["override", "claimed"]);
    assert_eq!((claimed.assignee, claimed.owner.side), (Some(ivan()), Side::Msp));
    let mute = Act::Claim { override_reason: Some("  ".into()) };
    assert_eq!(refused(&alert, &mute, &ivan(), 2), "empty");
}

#[test]
fn what_another_holds_is_closed_or_released_only_with_a_reason() {
    let held = done(&opened(), &CLAIM, &mira(), 1);
    assert_eq!(refused(&held, &close("fixed"), &ivan(), 2), "held_by_another");
    assert_eq!(refused(&held, &RELEASE, &ivan(), 2), "held_by_another");
    assert_eq!(refused(&opened(), &close("fixed"), &ivan(), 2), "other_side");
    let reason = Some("mira is on a plane".to_owned());
    let with_reason = Act::Close { resolution: "disk swapped".into(), override_reason: reason };
    let (closed, events) = acted(&held, &with_reason, &ivan(), 2).unwrap();
    assert_eq!(kinds(&events), ["override", "closed"]);
    assert_eq!((closed.work, closed.assignee), (Work::Done, Some(mira())));
    assert_eq!(done(&held, &close("fixed"), &mira(), 2).work, Work::Done);
}

#[test]
fn texts_are_required_and_bounded() {
    let comment = |text: &str| Act::Comment { text: text.into() };
    assert_eq!(refused(&opened(), &comment(" \n"), &mira(), 1), "empty");
    assert_eq!(refused(&opened(), &close(""), &mira(), 1), "empty");
    assert_eq!(refused(&opened(), &comment(&"x".repeat(8193)), &mira(), 1), "too_long");
    assert!(done(&opened(), &comment(&"x".repeat(8192)), &mira(), 1).touched);
}

#[test]
fn only_people_act_and_what_is_over_is_over() {
    assert_eq!(refused(&opened(), &CLAIM, &Actor::DOGWATCH, 1), "not_a_person");
    let over = done(&opened(), &close("fixed"), &mira(), 1);
    for what in [&CLAIM, &RELEASE, &close("again"), &Act::Acknowledge] {
        assert_eq!(refused(&over, what, &mira(), 2), "done");
    }
    assert_eq!(done(&over, &Act::Comment { text: "thanks".into() }, &ivan(), 2).work, Work::Done);
    assert_eq!(refused(&opened(), &RELEASE, &mira(), 2), "not_claimed");
    let seen = done(&opened(), &Act::Acknowledge, &mira(), 1);
    assert_eq!((seen.work, seen.acknowledged_by.clone()), (Work::Unclaimed, Some(mira())));
    assert_eq!(refused(&seen, &Act::Acknowledge, &ivan(), 2), "already_acknowledged");
}

#[test]
fn acts_read_as_the_api_writes_them() {
    let read = |text: &str| serde_json::from_str::<Act>(text);
    assert_eq!(read(r#"{"act":"claim"}"#).unwrap(), CLAIM);
    let hurry = Act::Claim { override_reason: Some("here".into()) };
    assert_eq!(read(r#"{"act":"claim","override":"here"}"#).unwrap(), hurry);
    assert_eq!(read(r#"{"act":"close","resolution":"fixed"}"#).unwrap(), close("fixed"));
    assert!(read(r#"{"act":"close","resolution":"fixed","ovveride":"x"}"#).is_err());
    assert_eq!(read(r#"{"act":"accept"}"#).unwrap(), Act::Accept);
    let link = Act::Link { to: AlertNumber(7), relation: Relation::Related };
    assert_eq!(read(r#"{"act":"link","to":7}"#).unwrap(), link);
    let handoff = r#"{"act":"handoff","packet":{"tried":"a","state":"b","why_you":"c"},"override":"d"}"#;
    let Act::Handoff { to: None, packet, not_ours: false, override_reason } = read(handoff).unwrap() else {
        panic!("not a hand-off")
    };
    assert_eq!((packet.why_you.as_str(), override_reason.as_deref()), ("c", Some("d")));
    assert!(read(r#"{"act":"handoff","packet":{"tried":"a","state":"b"}}"#).is_err());
    let until = r#"{"act":"wait","on":"reboot","until":"2026-11-02T20:00:00Z","reason":"tonight"}"#;
    assert!(matches!(read(until).unwrap(), Act::Wait { on: WaitOn::Reboot, .. }));
}

#[test]
fn a_colleague_gets_it_and_the_team_stays() {
    let give = |person: &str| Act::Assign { person: PersonId::new(person).unwrap(), override_reason: None };
    let (given, events) = acted(&opened(), &give("noor"), &mira(), 1).unwrap();
    assert_eq!(kinds(&events), ["claimed", "assigned"]);
    assert_eq!((given.work, given.owner.team.as_str()), (Work::Claimed, "msp-noc"));
    let noor = Actor { team: Some(TeamId::new("msp-noc").unwrap()), ..person("noor", Side::Msp) };
    assert_eq!(given.assignee, Some(noor));
    assert_eq!(refused(&given, &give("noor"), &mira(), 2), "held_by_another");
    assert_eq!(refused(&given, &give("noor"), &person("noor", Side::Msp), 2), "no_change");
    assert_eq!(refused(&opened(), &give("ivan"), &mira(), 1), "other_sides_person");
    assert_eq!(refused(&opened(), &give("ivan"), &ivan(), 1), "first_responder");
    assert_eq!(refused(&opened(), &give("nobody"), &mira(), 1), "no_such_person");
    assert_eq!(refused(&opened(), &give("left"), &mira(), 1), "person_disabled");
}

fn wait(until: i64) -> Act {
    let reason = "they send a disk".to_owned();
    Act::Wait { on: WaitOn::Vendor, until: at(until), reason, override_reason: None }
}

fn snooze(until: i64) -> Act {
    Act::Snooze { until: at(until), reason: "after the audit".into(), override_reason: None }
}

#[test]
fn what_waits_or_sleeps_has_an_end_and_keeps_its_holder() {
    assert_eq!(refused(&opened(), &wait(60), &mira(), 1), "claim_first");
    let claimed = done(&opened(), &CLAIM, &mira(), 1);
    let (waiting, events) = acted(&claimed, &wait(60), &mira(), 2).unwrap();
    assert_eq!(kinds(&events), ["waits"]);
    assert_eq!((waiting.work, waiting.assignee.clone()), (Work::Waiting, Some(mira())));
    assert_eq!(refused(&claimed, &wait(2), &mira(), 2), "not_ahead");
    assert_eq!(refused(&claimed, &wait(31 * 24 * 60), &mira(), 2), "too_far");
    assert_eq!(refused(&claimed, &wait(60), &ivan(), 2), "held_by_another");
    let resume = Act::Resume { override_reason: None };
    assert_eq!(refused(&claimed, &resume, &mira(), 3), "not_waiting");
    let (resumed, events) = acted(&waiting, &resume, &mira(), 9).unwrap();
    assert_eq!((kinds(&events), resumed.work), (vec!["wait_ended".to_owned()], Work::Claimed));

    let asleep = done(&waiting, &snooze(90), &mira(), 3);
    assert_eq!((asleep.work, asleep.visibility), (Work::Waiting, Visibility::Snoozed));
    assert_eq!(refused(&opened(), &snooze(8 * 24 * 60), &mira(), 3), "too_far");
    assert_eq!(refused(&opened(), &snooze(60), &ivan(), 3), "other_side");
    let awake = done(&asleep, &Act::Wake, &ivan(), 4);
    assert_eq!((awake.work, awake.visibility), (Work::Waiting, Visibility::Normal));
    assert_eq!(refused(&awake, &Act::Wake, &ivan(), 4), "not_snoozed");

    let (closed, events) = acted(&waiting, &close("disk swapped"), &mira(), 5).unwrap();
    assert_eq!(kinds(&events), ["wait_ended", "closed"]);
    assert_eq!((closed.waiting, closed.work), (None, Work::Done));
}

#[test]
fn what_is_over_can_be_opened_again_with_a_reason() {
    let reopen = |reason: &str| Act::Reopen { reason: reason.into() };
    assert_eq!(refused(&opened(), &reopen("still broken"), &ivan(), 2), "not_done");
    let over = done(&opened(), &close("fixed"), &mira(), 1);
    assert_eq!(refused(&over, &reopen(" "), &ivan(), 30), "empty");
    let (again, events) = acted(&over, &reopen("still broken"), &ivan(), 30).unwrap();
    assert_eq!(kinds(&events), ["reopened_by_hand"]);
    assert_eq!((again.work, again.assignee, again.closed), (Work::Unclaimed, None, None));
    assert_eq!(again.owner.first_responder_until, Some(at(40)), "its team has its time again");
    assert_eq!(again.progress.began, at(30));
}

#[test]
fn a_priority_that_a_person_set_stays_when_the_machine_thinks_otherwise() {
    let raise = |priority| Act::Prioritise { priority, reason: "payday".into(), override_reason: None };
    assert_eq!(refused(&opened(), &raise(Priority::P3), &mira(), 1), "no_change");
    assert_eq!(refused(&opened(), &raise(Priority::P1), &ivan(), 1), "other_side");
    let urgent = done(&opened(), &raise(Priority::P1), &mira(), 1);
    let fire = urgent.fire(&finding(Severity::Info), &endpoint(), at(2), &Policy::default());
    let (milder, _) = changed(fire);
    assert_eq!((milder.priority, milder.severity), (Priority::P1, Severity::Info));
}

#[test]
fn duplicates_end_for_the_other_and_both_know() {
    let merge = Act::Merge { into: AlertNumber(7), override_reason: None };
    assert_eq!(refused(&opened(), &merge, &ivan(), 1), "other_side");
    let (merged, events) = acted(&opened(), &merge, &mira(), 1).unwrap();
    assert_eq!(kinds(&events), ["linked", "closed"]);
    assert_eq!(merged.closed.unwrap().resolution, "duplicate of #7");
    let (other, tie) = merge.counterpart(AlertNumber(1042)).unwrap();
    assert_eq!((other, tie.relation, tie.to), (AlertNumber(7), Relation::DuplicatedBy, AlertNumber(1042)));
    let seventh = Alert { number: AlertNumber(7), ..opened() };
    let (tied, events) = seventh.tied(tie, &mira(), at(1)).unwrap();
    assert_eq!((kinds(&events), tied.links.clone()), (vec!["linked".to_owned()], vec![tie]));
    assert_eq!(tied.tied(tie, &mira(), at(2)), None);

    let link = |to, relation| Act::Link { to: AlertNumber(to), relation };
    assert_eq!(refused(&opened(), &link(1042, Relation::Related), &mira(), 1), "itself");
    assert_eq!(refused(&opened(), &link(7, Relation::Joint), &mira(), 1), "not_a_link");
    let linked = done(&opened(), &link(7, Relation::Related), &ivan(), 1);
    assert_eq!(refused(&linked, &link(7, Relation::Related), &ivan(), 1), "no_change");
}

#[test]
fn feedback_is_not_work() {
    let noise = Act::Feedback { noise: true, text: String::new() };
    let told = done(&opened(), &noise, &ivan(), 1);
    assert!(!told.touched);
    assert_eq!(told.clear(at(2)).unwrap().0.work, Work::Done, "it still ends by itself");
}

#[test]
fn after_a_thousand_entries_of_people_nobody_says_more_but_work_goes_on() {
    let comment = Act::Comment { text: "again".into() };
    let entry = |by: Actor| TimelineEvent { at: at(1), by, kind: EventKind::Claimed };
    let mut timeline = vec![entry(mira()); act::MAX_PEOPLES_ENTRIES - 1];
    timeline.extend(vec![entry(Actor::DOGWATCH); 500]);
    let number = AlertNumber(1042);
    assert_eq!(comment.finds_room(number, &timeline), Ok(()), "the machine's do not count");
    timeline.push(entry(ivan()));
    let refusal = comment.finds_room(number, &timeline).unwrap_err();
    assert_eq!(refusal.code(), "crowded");
    assert!(refusal.to_string().contains("open a new item"), "{refusal}");
    let feedback = Act::Feedback { noise: true, text: String::new() };
    assert!(feedback.finds_room(number, &timeline).is_err());
    for act in [&close("over"), &CLAIM, &RELEASE, &Act::Wake] {
        assert_eq!(act.finds_room(number, &timeline), Ok(()));
    }
}
