//! The index by itself: what a reach does not cover is in no count, and what changed is read again.

use dogwatch_model::{EndpointId, MachineEvidence, PersonId, Side};
use serde_json::json;

use super::*;
use crate::access::{Person, Principal, Register, Scope, Verbs};

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

/// Somebody whose home this is; `nobody` may not come in.
fn reach(home: &str) -> Reach {
    let home = home.parse::<Scope>().unwrap();
    let side = if home == Scope::Everywhere { Side::Msp } else { Side::Internal };
    let now = "2026-11-22T12:00:00Z".parse().unwrap();
    let id: PersonId = "kim".parse().unwrap();
    let person = Person::new(id.clone(), side, home.clone(), now);
    let principal = Principal::new(id, side, &home, Verbs::ALL);
    let mut register = Register::default();
    if home.to_string() != "nobody" {
        register.people.insert(person.key(), person);
    }
    register.reach(&principal, now)
}

fn asked(members: &Members, reach: &Reach, filter: &str) -> (usize, usize, usize) {
    let filter = Filter::compile(filter).unwrap();
    let covers = |state| state == EndpointState::Active;
    let query = Query { filter: Some(&filter), covers: &covers, order: None, by: &[] };
    let policy = Policy::of_a_new(&"acme".parse().unwrap());
    let fleet = Fleet { members, policy: &policy, as_of: "2026-11-22T12:00:00Z".parse().unwrap() };
    members
        .index()
        .ask(&query, fleet, reach, |answer| (answer.total, answer.matched(), answer.found.unjudged))
}

#[test]
fn what_a_reach_does_not_cover_is_in_no_count() {
    let members = members();
    for (who, total) in [(reach("*"), 9), (reach("acme"), 6), (reach("acme/west"), 3), (reach("nobody"), 0)] {
        assert_eq!(asked(&members, &who, "true").0, total);
        let (_, online, _) = asked(&members, &who, "online");
        let (_, offline, _) = asked(&members, &who, "!online");
        assert_eq!(online + offline, total);
        assert_eq!(asked(&members, &who, "os.family == \"linux\""), (total, 0, total));
    }
}

#[test]
fn whoever_is_handed_out_to_be_changed_is_read_again() {
    let mut members = members();
    let who = reach("*");
    let one = EndpointId(uuid::Uuid::from_u128(2));
    assert_eq!(asked(&members, &who, "online").1, 5);
    members.get_mut(&one).unwrap().endpoint.presence.online = true;
    assert_eq!(asked(&members, &who, "online").1, 6);
    members.values_mut().for_each(|member| member.endpoint.presence.online = false);
    assert_eq!(asked(&members, &who, "online").1, 0);
    members.get_mut(&one).unwrap().endpoint.site = "elsewhere".parse().unwrap();
    assert_eq!(asked(&members, &reach("acme/elsewhere"), "true").0, 1);
    members.get_mut(&one).unwrap().endpoint.state = EndpointState::Revoked;
    assert_eq!(asked(&members, &reach("acme/elsewhere"), "true").0, 0);
    members.insert(EndpointId(uuid::Uuid::from_u128(77)), member(77, "acme", "elsewhere", "active"));
    assert_eq!(asked(&members, &reach("acme/elsewhere"), "online").1, 1);
    let counts = &mut members.get_mut(&one).unwrap().counts;
    counts.open = 3;
    assert_eq!(asked(&members, &who, "alerts.open > 2").1, 0, "it is out of service");
}
