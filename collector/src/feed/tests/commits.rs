//! What is read off a commit: endpoints as lists show them, alerts with each version, and nothing of what nobody sees.

use dogwatch_model::{Endpoint, MachineEvidence};
use serde_json::{Value, json};

use super::*;
use crate::{
    feed::Notices,
    state::{Item, Member, Members, State},
    storage::{ChangeSet, Row, Table},
};

const ID: &str = "018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d11";

fn state() -> State {
    let endpoint: Endpoint = serde_json::from_value(json!({
        "id": ID, "org": "acme", "site": "main", "name": "srv-01", "class": "server", "criticality": "normal",
        "enrolled_at": "2026-11-01T00:00:00Z", "state": "active",
        "presence": { "online": true, "since": "2026-11-22T00:00:00Z" },
    }))
    .unwrap();
    let item: Item = serde_json::from_value(json!({
        "number": 1, "version": 7, "org": "acme", "site": "main", "endpoint": ID, "endpoint_name": "srv-01",
        "rule": "disk-full", "subject": "/", "category": "capacity", "tool": "os", "severity": "critical",
        "priority": "P2", "title": "disk / is full", "condition": "firing", "work": "unclaimed",
        "visibility": "normal",
        "owner": { "team": "msp", "side": "msp", "matrix_version": "0123456789ab", "why": ["last resort"] },
        "since": "2026-11-22T09:00:00Z", "first_seen": "2026-11-22T09:00:00Z",
        "last_seen": "2026-11-22T11:00:00Z", "count": 1, "timeline": [],
    }))
    .unwrap();
    let mut state = State::default();
    state.members.insert(endpoint.id, Member::new(endpoint, MachineEvidence::default()));
    state.alerts.insert(item.alert.number, item);
    state
}

fn id() -> EndpointId {
    ID.parse().unwrap()
}

/// What is told of a commit of these rows.
fn told(notices: &mut Notices, rows: &[(Table, &str)], state: &State) -> Vec<Value> {
    let mut commit = ChangeSet::default();
    rows.iter().for_each(|(table, key)| commit.row(Row::put(*table, *key, &json!({})).unwrap()));
    let news = notices.of(
        &commit,
        (BTreeSet::new(), BTreeSet::new()),
        state,
        "2026-11-22T12:00:00Z".parse().unwrap(),
    );
    news.changes.iter().map(|change| serde_json::from_slice(&change.data).unwrap()).collect()
}

#[test]
fn an_endpoint_is_told_when_a_list_shows_something_else_of_it_and_only_then() {
    let (mut notices, mut state) = (Notices::default(), state());
    let link = [(Table::Links, ID)];
    let first = told(&mut notices, &link, &state);
    assert_eq!(
        (&first[0]["kind"], &first[0]["name"], &first[0]["online"]),
        (&json!("endpoint"), &json!("srv-01"), &json!(true))
    );
    assert_eq!(told(&mut notices, &link, &state), Vec::<Value>::new());
    let presence = &mut state.members.get_mut(&id()).unwrap().endpoint.presence;
    presence.last_seen = Some("2026-11-22T12:00:00Z".parse().unwrap());
    assert_eq!(told(&mut notices, &link, &state), Vec::<Value>::new());
    state.members.get_mut(&id()).unwrap().endpoint.presence.online = false;
    assert_eq!(told(&mut notices, &link, &state)[0]["online"], json!(false));
}

#[test]
fn where_an_endpoint_was_it_is_gone_and_where_it_is_now_it_comes_up() {
    let (mut notices, mut state) = (Notices::default(), state());
    told(&mut notices, &[(Table::Endpoints, ID)], &state);
    state.members.get_mut(&id()).unwrap().endpoint.site = "attic".parse().unwrap();
    let moved = told(&mut notices, &[(Table::Endpoints, ID)], &state);
    assert_eq!(
        moved[0],
        json!({ "kind": "endpoint", "org": "acme", "site": "main", "id": ID, "gone": true })
    );
    assert_eq!((&moved[1]["site"], &moved[1]["name"]), (&json!("attic"), &json!("srv-01")));
    state.members = Members::default();
    assert_eq!(told(&mut notices, &[(Table::Endpoints, ID)], &state)[0]["gone"], json!(true));
}

#[test]
fn an_alert_is_told_with_its_version_and_once_a_commit_and_its_endpoint_with_the_counts() {
    let (mut notices, mut state) = (Notices::default(), state());
    told(&mut notices, &[(Table::Links, ID)], &state);
    state.members.get_mut(&id()).unwrap().counts.open = 1;
    let rows = [
        (Table::Alerts, "000000000001"),
        (Table::Timeline, "000000000001/000001"),
        (Table::Alerts, "000000000001"),
    ];
    let changes = told(&mut notices, &rows, &state);
    assert_eq!(changes.len(), 2, "{changes:#?}");
    assert_eq!(
        (&changes[0]["number"], &changes[0]["version"], &changes[0]["work"]),
        (&json!(1), &json!(7), &json!("unclaimed"))
    );
    assert_eq!(changes[1]["alerts"]["open"], json!(1));
}

#[test]
fn what_may_change_who_sees_what_is_noted_and_what_nobody_sees_is_not_told() {
    let (mut notices, state) = (Notices::default(), state());
    let mut noted = |table| {
        let mut commit = ChangeSet::default();
        commit.row(Row::put(table, "x", &json!({})).unwrap());
        let news = notices.of(
            &commit,
            (BTreeSet::new(), BTreeSet::new()),
            &state,
            "2026-11-22T12:00:00Z".parse().unwrap(),
        );
        assert!(news.changes.is_empty() || table == Table::Orgs, "{table}");
        news.access
    };
    for table in [Table::Tokens, Table::Grants, Table::People, Table::Orgs] {
        assert!(noted(table), "{table}");
    }
    for table in [Table::Timeline, Table::Outbox, Table::Standings, Table::Audit, Table::Archive] {
        assert!(!noted(table), "{table}");
    }
}

#[test]
fn an_orgs_standing_its_views_seals_and_bonds_are_told_where_they_belong() {
    let (mut notices, mut state) = (Notices::default(), state());
    let key = json!({ "org": "acme", "id": "sam" });
    let person = json!({
        "id": "sam", "side": "internal", "home": "acme", "created_at": "2026-11-01T00:00:00Z",
    });
    let person: crate::access::Person = serde_json::from_value(person).unwrap();
    state.access.people.insert(person.key(), person);
    let seal = json!({
        "id": "s1", "hash": "0".repeat(64), "side": "internal", "scope": "acme", "made_by": key,
        "made_at": "2026-11-01T00:00:00Z",
    });
    let bond = json!({
        "person": key, "provider": "idp", "issuer": "https://idp", "subject": "1", "since": "2026-11-01T00:00:00Z",
        "last_login": "2026-11-01T00:00:00Z", "until": "2026-12-01T00:00:00Z",
    });
    let rows = [
        Row::put(Table::Orgs, "acme", &json!({})).unwrap(),
        Row::put(Table::Views, "acme:msp:ours", &json!({})).unwrap(),
        Row::delete(Table::Views, "*:both:all".to_owned()),
        Row::put(Table::Seals, "0", &seal).unwrap(),
        Row::put(Table::Bonds, "sam", &bond).unwrap(),
    ];
    let mut commit = ChangeSet::default();
    rows.into_iter().for_each(|row| commit.row(row));
    let ruled = BTreeSet::from(["acme".parse().unwrap()]);
    let now = "2026-11-22T12:00:00Z".parse().unwrap();
    let news = notices.of(&commit, (BTreeSet::new(), ruled), &state, now);
    let told: Vec<Value> =
        news.changes.iter().map(|change| serde_json::from_slice(&change.data).unwrap()).collect();
    assert_eq!(
        told,
        [
            json!({ "kind": "access", "org": "acme", "what": "org", "id": "acme" }),
            json!({ "kind": "access", "org": "acme", "what": "views", "id": "msp" }),
            json!({ "kind": "access", "what": "views", "id": "both" }),
            json!({ "kind": "access", "org": "acme", "what": "seal", "id": "s1" }),
            json!({ "kind": "access", "org": "acme", "what": "bond", "id": "sam" }),
            json!({ "kind": "ownership", "org": "acme", "policy": "changed" }),
        ]
    );
}
