//! Tables for the single transitions, properties over random histories for what must always hold.

use std::collections::BTreeMap;

use dogwatch_model::{
    Class, Criticality, Endpoint, EndpointId, EndpointState, Facts, OrgId, PersonId, Presence, RowId, RuleId,
    Side, SiteId, TeamId, ToolId,
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::*;
use crate::matrix::Matrix;

mod acts;
mod due;
mod handoff;
mod histories;
mod kept;
mod turns;

fn at(minute: i64) -> Timestamp {
    "2026-11-02T08:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
}

fn endpoint() -> Endpoint {
    Endpoint {
        id: EndpointId(Uuid::from_u128(1)),
        org: OrgId::new("acme").unwrap(),
        site: SiteId::new("toronto").unwrap(),
        name: "srv-01".into(),
        class: Some(Class::Server),
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
            second: None,
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

/// The MSP's operations centre acts first, the internal crew is its backup; both have people.
const MATRIX: &str = r#"
[org]
id = "acme"
last_resort = "msp-desk"

[[team]]
id = "msp-noc"
side = "msp"

[[team]]
id = "msp-desk"
side = "msp"

[[team]]
id = "internal-it"
side = "internal"

[[person]]
id = "mira"
team = "msp-noc"

[[person]]
id = "noor"
team = "msp-noc"

[[person]]
id = "left"
team = "msp-noc"
disabled = true

[[person]]
id = "ivan"
team = "internal-it"

[[row]]
id = "backup-nights"
categories = ["backup"]
responsible = "msp-noc"
accountable = "ivan"
backup = "internal-it"
escalation = [
    { after = "15m", to = "internal-it" },
    { after = "30m", to = "ivan" },
]

[[row]]
id = "backup-days"
categories = ["backup"]
responsible = "internal-it"
accountable = "internal-it"
backup = "msp-noc"
first_responder = "5m"
escalation = [{ after = "20m", to = "msp-noc" }]
"#;

fn matrix() -> Matrix {
    Matrix::parse(MATRIX, "acme.toml", "0123456789ab".into(), None).unwrap()
}

/// What an act makes of an alert at the desk of [`MATRIX`].
fn acted(alert: &Alert, what: &Act, by: &Actor, minute: i64) -> Result<Change, Refusal> {
    let (matrix, policy) = (matrix(), Policy::default());
    act(alert, what, by, at(minute), &Desk { matrix: &matrix, policy: &policy })
}

const CLAIM: Act = Act::Claim { override_reason: None };
const RELEASE: Act = Act::Release { override_reason: None };

fn close(resolution: &str) -> Act {
    Act::Close { resolution: resolution.into(), override_reason: None }
}

fn done(alert: &Alert, what: &Act, by: &Actor, minute: i64) -> Alert {
    acted(alert, what, by, minute).unwrap().0
}

fn refused(alert: &Alert, what: &Act, by: &Actor, minute: i64) -> &'static str {
    acted(alert, what, by, minute).map(|_| ()).unwrap_err().code()
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

    let (again, events) = ended.reopen(&warning, &endpoint(), internal(60), at(60), &policy);
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

    let (moved, events) = alert.reroute(internal(4), at(4)).unwrap();
    assert_eq!(kinds(&events), ["routed"]);
    assert_eq!(moved.owner.first_responder_until, Some(at(14)));

    let claimed = done(&alert, &CLAIM, &mira(), 1);
    assert_eq!(claimed.reroute(internal(4), at(4)), None, "what somebody has stays where it is");

    let ended = alert.clear(at(5)).unwrap().0;
    assert_eq!(ended.reroute(internal(6), at(6)), None);
}
