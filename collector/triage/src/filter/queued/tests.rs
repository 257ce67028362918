//! Filters over items of the queue, with their endpoints and without.

use serde_json::json;

use super::*;
use crate::{
    filter::item_schema,
    specimen::{HOUR, before, full_server, noon, row},
};

/// A P1 of the backup, two hours old, claimed by kim, that will miss its promise in an hour.
fn item() -> Alert {
    serde_json::from_value(json!({
        "number": 1042, "version": 1, "org": "acme", "site": "toronto", "endpoint_name": "srv-01",
        "rule": "backup-failed", "subject": "nightly", "category": "backup", "tool": "backup", "severity": "critical",
        "priority": "P1", "title": "backup `nightly` failed", "condition": "firing", "work": "claimed",
        "visibility": "normal", "owner": { "team": "msp-noc", "side": "msp", "matrix_version": "v", "why": [] },
        "assignee": { "person": "kim", "side": "msp" }, "since": before(3 * HOUR), "first_seen": before(2 * HOUR),
        "last_seen": before(60), "count": 2,
    }))
    .unwrap()
}

/// The same about a site, which nobody has.
fn of_site() -> Alert {
    Alert {
        endpoint_name: String::new(),
        subject: String::new(),
        assignee: None,
        work: crate::alert::Work::Unclaimed,
        ..item()
    }
}

fn judged(filter: &str, alert: &Alert, with_endpoint: bool) -> Verdict {
    let breach = NextBreach { clock: crate::alert::Clock::Resolve, at: before(-HOUR) };
    let endpoint = full_server();
    let of = row(&endpoint);
    let queued = Queued { alert, next_breach: Some(&breach) };
    let filter = ItemFilter::typed(filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
    filter.judge(queued, with_endpoint.then_some(&of), noon())
}

#[test]
fn an_item_is_asked_by_its_own_fields_and_its_endpoints() {
    for filter in [
        "priority == \"P1\" && age(opened) > duration(\"1h\")",
        "priority:P1,P2 tool:backup opened:>1h",
        "pri:P1 team:msp-noc side:msp assignee:kim -work:waiting",
        "number == 1042 && count == 2 && !touched",
        "severity == \"critical\" && os.family == \"linux\" && \"prod\" in tags",
        "next_breach.at - now < duration(\"90m\") && next_breach.clock == \"resolve\"",
        "owner.team == \"msp-noc\" && assignee.person != \"\"",
        "NIGHTLY site:toronto",
        "priority <= \"P2\" && offer.to == \"\" && !has(waiting.until)",
        // An endpoint's, as everywhere else.
        "age(last_seen) < duration(\"10s\")",
    ] {
        assert_eq!(judged(filter, &item(), true), Verdict::Match, "{filter}");
    }
    for filter in ["priority:P2", "opened:>3h", "assignee:lee", "-nightly", "os.family == \"windows\""] {
        assert_eq!(judged(filter, &item(), true), Verdict::NoMatch, "{filter}");
    }
}

#[test]
fn nobody_is_known_and_what_is_still_to_come_is_not() {
    assert_eq!(judged("assignee.person == \"\"", &of_site(), true), Verdict::Match);
    assert_eq!(judged("assignee:kim", &of_site(), true), Verdict::NoMatch);
    assert_eq!(judged("closed_at:>1h", &item(), true), Verdict::Unknown);
}

#[test]
fn what_concerns_a_site_is_judged_by_the_item_alone_and_the_rest_is_unknown() {
    let said = |filter| judged(filter, &of_site(), false);
    for filter in [
        "priority:P1",
        "org:acme",
        "site:toronto",
        "priority in [\"P1\", \"P2\"] || online",
        "priority == \"P1\" || online",
    ] {
        assert_eq!(said(filter), Verdict::Match, "{filter}");
    }
    for filter in
        ["priority:P2 os:linux", "priority == \"P2\" && online", "has(os.family)", "search(\"srv-01\")"]
    {
        assert_eq!(said(filter), Verdict::NoMatch, "{filter}");
    }
    for filter in [
        "online",
        "!online",
        "name == \"\"",
        "state == \"active\"",
        "enrolled_at < now",
        "\"prod\" in tags",
        "labels.env == \"prod\"",
        "backup.jobs.exists(j, j.rpo_met)",
        "health.disks.all(d, d.used_percent < 90.0)",
        "owner(\"backup\") == \"msp-noc\"",
        "alerts.open > 0",
    ] {
        assert_eq!(said(filter), Verdict::Unknown, "{filter}");
    }
}

#[test]
fn what_is_not_understood_is_refused_with_its_place_and_what_was_meant() {
    let refused = |filter: &str| ItemFilter::typed(filter).unwrap_err().to_string();
    assert_eq!(
        refused("prioriti == \"P1\""),
        "line 1, column 1: no field `prioriti`; did you mean `priority`?"
    );
    assert_eq!(
        refused("tool:backup prioriti:P1"),
        "line 1, column 13: no field `prioriti`; did you mean `priority`?"
    );
    assert_eq!(refused("pri:P5"), "line 1, column 5: `P5` is not one of P1, P2, P3, P4");
    assert!(refused("owner == \"msp\"").contains("`owner` is a group; name one of its fields: team, side"));
    assert!(refused("opened > 3").contains("use age(…)"));
    // Of items only: the fleet has none of it.
    assert!(Filter::typed("priority:P1").is_err());
}

/// Names that both have say the same, or the endpoint keeps its own.
#[test]
fn an_item_takes_no_name_of_its_endpoint_but_org_and_site() {
    let names = |schema: super::super::Schema| -> Vec<String> {
        schema.fields.into_iter().map(|field| field.name).collect()
    };
    let (all, of_endpoint) = (names(item_schema()), names(super::super::schema()));
    let own = all.len() - of_endpoint.len();
    let missing: Vec<_> = of_endpoint.iter().filter(|name| !all.contains(name)).collect();
    assert_eq!(missing, Vec::<&String>::new());
    let twice: Vec<_> = all[..own + 2].iter().filter(|name| of_endpoint.contains(name)).collect();
    assert_eq!(twice, ["org", "site"]);
}

/// Whatever an item's field is called, its JSON calls it the same.
#[test]
fn the_names_are_those_of_the_items_json() {
    let value = serde_json::to_value(item()).unwrap();
    let own = item_schema().fields.into_iter().filter(|field| !field.filter_only);
    for name in own.map(|field| field.name).take_while(|name| name != "id") {
        let top = name.split('.').next().unwrap();
        let absent = ["offer", "waiting", "next_breach", "cleared_at"].contains(&top);
        assert!(absent || value.get(top).is_some(), "{name} is not in {value}");
    }
}
