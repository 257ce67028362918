//! The index by itself: what a reach does not cover is in no count, and what changed is read again.

use dogwatch_model::{EndpointId, MachineEvidence};
use serde_json::json;

use super::*;
use crate::access::{Principal, Register, Role};

fn member(n: u128, org: &str, site: &str, state: &str) -> Member {
    let endpoint = serde_json::from_value(json!({
        "id": EndpointId(uuid::Uuid::from_u128(n)), "org": org, "site": site, "name": format!("srv-{n}"),
        "class": "server", "criticality": "normal", "tags": [], "enrolled_at": "2026-10-01T00:00:00Z",
        "state": state, "presence": { "online": n % 2 == 1, "since": "2026-11-01T00:00:00Z" }, "facts": {},
    }));
    Member::new(endpoint.unwrap(), MachineEvidence::default())
}

fn members() -> Members {
    let mut members = Members::default();
    let places = [("acme", "main", "active"), ("acme", "west", "active"), ("globex", "main", "active")];
    let all = places.into_iter().cycle().take(9).chain([("acme", "main", "pending")]);
    for (n, (org, site, state)) in (1_u128..).zip(all) {
        let member = member(n, org, site, state);
        members.insert(member.endpoint.id, member);
    }
    members
}

fn reach(org: Option<&str>) -> Reach {
    let principal: Principal = serde_json::from_value(json!({
        "person": "kim", "side": if org.is_some() { "customer" } else { "msp" }, "org": org, "role": Role::Viewer,
        "ceiling": ["view"],
    }))
    .unwrap();
    let now = "2026-11-22T12:00:00Z".parse().unwrap();
    Register::default().reach(&principal, now)
}

fn asked(members: &Members, reach: &Reach, filter: &str) -> (usize, usize, usize) {
    let filter = Filter::compile(filter).unwrap();
    let covers = |state| state == EndpointState::Active;
    let query = Query { filter: Some(&filter), covers: &covers, order: None, by: &[] };
    let policy = Policy::default();
    let fleet = Fleet { members, policy: &policy, as_of: "2026-11-22T12:00:00Z".parse().unwrap() };
    members
        .index()
        .ask(&query, fleet, reach, |answer| (answer.total, answer.matched(), answer.found.unjudged))
}
