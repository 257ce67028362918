//! Tables for the single transitions, properties over random histories for what must always hold.

use std::collections::BTreeMap;

use dogwatch_model::{
    Class, Criticality, Endpoint, EndpointId, EndpointState, Facts, OrgId, PersonId, Presence, RowId, RuleId,
    Side, SiteId, TeamId, ToolId,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn at(minute: i64) -> Timestamp {
    "2026-11-02T08:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
}

fn endpoint() -> Endpoint {
    Endpoint {
        id: EndpointId(Uuid::from_u128(1)),
        org: OrgId::new("acme").unwrap(),
        site: SiteId::new("toronto").unwrap(),
        name: "srv-01".into(),
        class: Class::Server,
        class_fixed: false,
        criticality: Criticality::Normal,
        tags: vec![],
        labels: BTreeMap::new(),
        enrolled_at: at(0),
        state: EndpointState::Active,
        presence: Presence {
            online: true,
            since: at(0),
            last_seen: None,
            goodbye: None,
            second_seen_at: None,
        },
        facts: Facts::default(),
    }
}

fn finding(severity: Severity) -> Finding {
    Finding {
        rule: RuleId::new("backup-failed").unwrap(),
        subject: "nightly".into(),
        category: Category::Backup,
        tool: ToolId::new("backup").unwrap(),
        severity,
        title: "backup job nightly failed".into(),
        evidence: vec![],
        since: at(0),
    }
}

/// Owned by the MSP's NOC, which alone may claim for ten minutes from `from`.
fn noc(from: i64) -> Owner {
    Owner {
        team: TeamId::new("msp-noc").unwrap(),
        side: Side::Msp,
        row: Some(RowId::new("backup-nights").unwrap()),
        calendar: None,
        until: None,
        first_responder_until: Some(at(from + 10)),
        matrix_version: "0123456789ab".into(),
        why: vec!["row `backup-nights` matches".into()],
    }
}

fn internal(from: i64) -> Owner {
    Owner { team: TeamId::new("internal-it").unwrap(), side: Side::Internal, ..noc(from) }
}

fn person(name: &str, side: Side) -> Actor {
    Actor::person(PersonId::new(name).unwrap(), side, None)
}

fn mira() -> Actor {
    person("mira", Side::Msp)
}

fn ivan() -> Actor {
    person("ivan", Side::Internal)
}

fn opened() -> Alert {
    Alert::open(AlertNumber(1042), &finding(Severity::Warning), &endpoint(), noc(0), at(0)).0
}

const CLAIM: Act = Act::Claim { override_reason: None };
const RELEASE: Act = Act::Release { override_reason: None };

fn close(resolution: &str) -> Act {
    Act::Close { resolution: resolution.into(), override_reason: None }
}

fn done(alert: &Alert, what: &Act, by: &Actor, minute: i64) -> Alert {
    act(alert, what, by, at(minute)).unwrap().0
}

fn refused(alert: &Alert, what: &Act, by: &Actor, minute: i64) -> &'static str {
    act(alert, what, by, at(minute)).map(|_| ()).unwrap_err().code()
}

fn kinds(events: &[TimelineEvent]) -> Vec<String> {
    events.iter().map(|e| serde_json::to_value(e).unwrap()["event"].as_str().unwrap().to_owned()).collect()
}

fn changed(fire: Fire) -> Change {
    match fire {
        Fire::Changed(change) => *change,
        other => panic!("expected a change, got {other:?}"),
    }
}

#[test]
fn opening_records_what_and_whose() {
    let (alert, events) =
        Alert::open(AlertNumber(7), &finding(Severity::Critical), &endpoint(), noc(0), at(0));
    assert_eq!(kinds(&events), ["created", "routed"]);
    assert_eq!((alert.version, alert.count, alert.priority), (1, 1, Priority::P2));
    assert_eq!(alert.key(), AlertKey::of(&finding(Severity::Critical), endpoint().id));
    assert_eq!((alert.condition, alert.work, alert.touched), (Condition::Firing, Work::Unclaimed, false));
}

#[test]
fn untouched_alerts_end_by_themselves_when_the_condition_clears() {
    let (alert, events) = opened().clear(at(5)).unwrap();
    assert_eq!(kinds(&events), ["cleared", "closed"]);
    assert_eq!((alert.work, alert.condition), (Work::Done, Condition::Cleared));
    assert_eq!(alert.closed.unwrap().by, Actor::DOGWATCH);
}

#[test]
fn a_claimed_alert_stays_claimed_when_the_condition_clears_and_returns() {
    let claimed = done(&opened(), &CLAIM, &mira(), 1);
    let (cleared, events) = claimed.clear(at(5)).unwrap();
    assert_eq!(kinds(&events), ["cleared"]);
    assert_eq!((cleared.work, cleared.condition), (Work::Claimed, Condition::Cleared));
    assert_eq!(cleared.clear(at(6)), None);

    let fire = cleared.fire(&finding(Severity::Critical), &endpoint(), at(9), &Policy::default());
    let (returned, events) = changed(fire);
    assert_eq!(kinds(&events), ["returned", "severity_changed"]);
    assert_eq!((returned.count, returned.assignee), (2, Some(mira())));
    assert_eq!((returned.cleared_at, returned.priority), (None, Priority::P2));
}

#[test]
fn a_finding_that_tells_something_new_is_taken_in_and_one_that_does_not_is_no_news() {
    let alert = opened();
    let mut news = finding(Severity::Warning);
    let policy = Policy::default();
    assert_eq!(alert.fire(&news, &endpoint(), at(1), &policy), Fire::Same);
    news.title = "backup job nightly failed twice".into();
    news.since = at(1);
    let (alert, events) = changed(alert.fire(&news, &endpoint(), at(1), &policy));
    assert_eq!((alert.title.as_str(), alert.version), ("backup job nightly failed twice", 2));
    assert_eq!((alert.since, alert.last_seen), (at(0), at(1)), "it has been firing since it began");
    assert!(events.is_empty());
    assert_eq!(alert.fire(&news, &endpoint(), at(60), &policy), Fire::Same);
}

#[test]
fn the_same_key_inside_the_reopen_window_is_the_same_item() {
    let policy = Policy::default();
    let (ended, _) = opened().clear(at(5)).unwrap();
    let day = 24 * 60;
    let warning = finding(Severity::Warning);
    assert_eq!(ended.fire(&warning, &endpoint(), at(5 + day - 1), &policy), Fire::Reopen);
    assert_eq!(ended.fire(&warning, &endpoint(), at(5 + day), &policy), Fire::New);

    let (again, events) = ended.reopen(&warning, &endpoint(), internal(60), at(60));
    assert_eq!(kinds(&events), ["reopened", "routed"]);
    assert_eq!((again.number, again.count, again.work), (AlertNumber(1042), 2, Work::Unclaimed));
    assert_eq!((again.closed, again.owner.team.as_str()), (None, "internal-it"));
}

#[test]
fn what_a_person_closes_while_it_fires_stays_closed_until_it_clears_or_gets_worse() {
    let policy = Policy::default();
    let closed = done(&opened(), &close("known, decommissioned on Friday"), &mira(), 1);
    assert_eq!(closed.fire(&finding(Severity::Warning), &endpoint(), at(2), &policy), Fire::Same);
    assert_eq!(closed.fire(&finding(Severity::Critical), &endpoint(), at(2), &policy), Fire::Reopen);
    let (cleared, events) = closed.clear(at(30)).unwrap();
    assert_eq!(kinds(&events), ["cleared"]);
    assert_eq!(cleared.closed.as_ref().unwrap().by, mira());
    assert_eq!(cleared.fire(&finding(Severity::Warning), &endpoint(), at(31), &policy), Fire::Reopen);
}

#[test]
fn routing_is_recorded_when_team_or_row_change_and_only_then() {
    let alert = opened();
    assert_eq!(alert.reroute(noc(0), at(3)), None);

    let (same_row, events) = alert.reroute(Owner { until: Some(at(90)), ..noc(3) }, at(3)).unwrap();
    assert!(events.is_empty());
    assert_eq!(same_row.owner.first_responder_until, Some(at(10)), "the window does not begin anew");
    assert_eq!(same_row.owner.until, Some(at(90)));

    let claimed = done(&alert, &CLAIM, &mira(), 1);
    let (moved, events) = claimed.reroute(internal(4), at(4)).unwrap();
    assert_eq!(kinds(&events), ["routed"]);
    assert_eq!((moved.work, moved.assignee), (Work::Claimed, Some(mira())));
    assert_eq!(moved.owner.first_responder_until, Some(at(14)));

    let ended = alert.clear(at(5)).unwrap().0;
    assert_eq!(ended.reroute(internal(6), at(6)), None);
}

#[test]
fn claiming_is_exclusive() {
    let claimed = done(&opened(), &CLAIM, &mira(), 1);
    let refusal = act(&claimed, &CLAIM, &person("noor", Side::Msp), at(2)).unwrap_err();
    assert_eq!(refusal.to_string(), "#1042 is claimed by mira (msp); ask them to release it");
    assert_eq!(refused(&claimed, &CLAIM, &mira(), 2), "already_yours");
}

#[test]
fn the_other_side_may_claim_after_the_window_or_with_a_reason() {
    let alert = opened();
    assert_eq!(refused(&alert, &CLAIM, &ivan(), 9), "first_responder");
    assert_eq!(done(&alert, &CLAIM, &ivan(), 10).assignee, Some(ivan()));

    let hurry = Act::Claim { override_reason: Some("standing in front of it".into()) };
    let (claimed, events) = act(&alert, &hurry, &ivan(), at(2)).unwrap();
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
    let (closed, events) = act(&held, &with_reason, &ivan(), at(2)).unwrap();
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
}

/// One step of a random history.
#[derive(Debug, Clone)]
enum Step {
    Fires(Severity),
    Clears,
    Routed(bool),
    Acts(Act, bool),
}

fn steps() -> impl Strategy<Value = Vec<(Step, i64)>> {
    let reason = prop_oneof![Just(None), Just(Some("because".to_owned())), Just(Some(String::new()))];
    let acts = (0..5_usize, reason).prop_map(|(which, override_reason)| match which {
        0 => Act::Claim { override_reason },
        1 => Act::Release { override_reason },
        2 => Act::Comment { text: override_reason.unwrap_or_default() },
        3 => Act::Close { resolution: "fixed".into(), override_reason },
        _ => Act::Acknowledge,
    });
    let step = prop_oneof![
        prop::sample::select(Severity::ALL).prop_map(Step::Fires),
        Just(Step::Clears),
        any::<bool>().prop_map(Step::Routed),
        (acts, any::<bool>()).prop_map(|(act, msp)| Step::Acts(act, msp)),
    ];
    // Minutes between steps: mostly moments, sometimes past the reopen window.
    prop::collection::vec((step, prop_oneof![4 => 0..15_i64, 1 => 1000..2000_i64]), 1..60)
}

fn take(alert: &Alert, step: &Step, minute: i64) -> Option<Change> {
    match step {
        Step::Fires(severity) => {
            match alert.fire(&finding(*severity), &endpoint(), at(minute), &Policy::default()) {
                Fire::Same => None,
                Fire::Changed(change) => Some(*change),
                Fire::Reopen => Some(alert.reopen(&finding(*severity), &endpoint(), noc(minute), at(minute))),
                Fire::New => {
                    let number = AlertNumber(alert.number.0 + 1);
                    Some(Alert::open(number, &finding(*severity), &endpoint(), noc(minute), at(minute)))
                }
            }
        }
        Step::Clears => alert.clear(at(minute)),
        Step::Routed(msp) => alert.reroute(if *msp { noc(minute) } else { internal(minute) }, at(minute)),
        Step::Acts(what, msp) => act(alert, what, &if *msp { mira() } else { ivan() }, at(minute)).ok(),
    }
}

/// Every change of `work` that the two tables allow.
fn allowed(from: Work, to: Work, step: &Step) -> bool {
    match (from, to) {
        (Work::Unclaimed, Work::Claimed) => matches!(step, Step::Acts(Act::Claim { .. }, _)),
        (Work::Claimed, Work::Unclaimed) => matches!(step, Step::Acts(Act::Release { .. }, _)),
        (Work::Unclaimed, Work::Done) => matches!(step, Step::Acts(Act::Close { .. }, _) | Step::Clears),
        (Work::Claimed, Work::Done) => matches!(step, Step::Acts(Act::Close { .. }, _)),
        (Work::Done, Work::Unclaimed) => matches!(step, Step::Fires(_)),
        (Work::Done, Work::Claimed) => false,
        (Work::Unclaimed, Work::Unclaimed) | (Work::Claimed, Work::Claimed) | (Work::Done, Work::Done) => {
            true
        }
        (Work::Offered | Work::Waiting, _) | (_, Work::Offered | Work::Waiting) => false,
    }
}

proptest! {
    #[test]
    fn no_history_leaves_the_table_or_undoes_what_people_did(history in steps()) {
        let mut alert = opened();
        let mut minute = 0;
        for (step, pause) in &history {
            minute += pause;
            let Some((next, events)) = take(&alert, step, minute) else { continue };
            if next.number != alert.number {
                prop_assert_eq!(alert.work, Work::Done);
                prop_assert_eq!(next.version, 1);
                alert = next;
                continue;
            }
            prop_assert_eq!(next.version, alert.version + 1, "each change is one version");
            prop_assert!(allowed(alert.work, next.work, step), "{:?} → {:?} by {:?}", alert.work, next.work, step);
            prop_assert_eq!(next.closed.is_some(), next.work == Work::Done);
            prop_assert!(next.work != Work::Claimed || next.assignee.is_some());
            prop_assert!(next.work != Work::Unclaimed || next.assignee.is_none());
            prop_assert_eq!(next.cleared_at.is_some(), next.condition == Condition::Cleared);
            let by_machine = !matches!(step, Step::Acts(..));
            if by_machine {
                let ended = alert.work != Work::Done && next.work == Work::Done;
                prop_assert!(!(ended && alert.touched), "a touched alert never ends by itself");
                prop_assert!(alert.work == Work::Done || next.assignee == alert.assignee);
                prop_assert!(events.iter().all(|event| event.by == Actor::DOGWATCH));
            } else {
                prop_assert!(next.touched && !events.is_empty());
                prop_assert_eq!(&next.owner, &alert.owner, "people never change the owner by claiming");
            }
            prop_assert!(events.iter().all(|event| event.at == at(minute)), "the timeline only grows at its end");
            let routed: Vec<_> = events.iter().filter_map(|event| match &event.kind {
                EventKind::Routed { owner } => Some(owner),
                _ => None,
            }).collect();
            let moved = (&next.owner.team, &next.owner.row) != (&alert.owner.team, &alert.owner.row);
            prop_assert!(routed.len() <= 1 && (!moved || routed.len() == 1), "one owner, and its change is recorded");
            prop_assert!(routed.iter().all(|owner| **owner == next.owner));
            let (json, back) = (serde_json::to_string(&next).unwrap(), next.clone());
            prop_assert_eq!(serde_json::from_str::<Alert>(&json).unwrap(), back);
            alert = next;
        }
    }
}
