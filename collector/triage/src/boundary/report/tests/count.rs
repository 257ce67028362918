//! A plain count over the raw JSON of the timelines, written without a look at how the report does it: one question at a time,
//! each with a walk of its own.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use super::super::Asked;
use crate::matrix::Directory;

const MEASURES: [&str; 5] = ["gap", "collision", "bounce", "double_ticket", "misroute"];
const BEGINNINGS: [&str; 4] = ["created", "opened_by_hand", "reopened", "reopened_by_hand"];
const WORK: [&str; 7] = ["claimed", "assigned", "offered", "accepted", "waits", "prioritised", "closed"];

fn events(item: &Value) -> &[Value] {
    item["timeline"].as_array().unwrap()
}

fn name(event: &Value) -> &str {
    event["event"].as_str().unwrap()
}

fn at(event: &Value) -> Timestamp {
    event["at"].as_str().unwrap().parse().unwrap()
}

fn side(event: &Value) -> Option<&str> {
    event["by"]["side"].as_str()
}

fn begins(event: &Value) -> bool {
    BEGINNINGS.contains(&name(event))
}

fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    (to.as_millisecond() - from.as_millisecond()) / 1000
}

/// The lives of an item: each a run of entries that begins with a beginning.
fn lives(item: &Value) -> Vec<&[Value]> {
    let all = events(item);
    let starts: Vec<usize> = (0..all.len()).filter(|place| begins(&all[*place])).collect();
    let ends = starts.iter().skip(1).copied().chain([all.len()]);
    starts.iter().zip(ends).map(|(start, end)| &all[*start..end]).collect()
}

pub(super) fn recorded(item: &Value, measure: &str) -> usize {
    events(item).iter().filter(|event| name(event) == "measured" && event["measure"] == measure).count()
}

fn spread(mut times: Vec<i64>) -> Value {
    times.sort();
    let n = times.len();
    // The smallest time that at least so many of a hundred do not exceed.
    let reach = |percent: usize| {
        times
            .iter()
            .copied()
            .find(|time| times.iter().filter(|other| *other <= time).count() * 100 >= n * percent)
    };
    let all: i64 = times.iter().sum();
    json!({ "count": n, "sum_seconds": all, "median_seconds": reach(50), "p90_seconds": reach(90) })
}

fn part(of: i64, all: i64) -> Value {
    if all == 0 {
        return Value::Null;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of a test")]
    let share = of as f64 / all as f64;
    json!((share * 10_000.0).round() / 10_000.0)
}

fn first_seen(item: &Value) -> Timestamp {
    at(&events(item)[0])
}

fn handoffs(item: &Value) -> Vec<i64> {
    let mut times = Vec::new();
    let all = events(item);
    for (place, event) in all.iter().enumerate().filter(|(_, event)| name(event) == "accepted") {
        let offer = all[..place].iter().rev().find(|event| name(event) == "offered").unwrap();
        times.push(seconds(at(offer), at(event)));
    }
    times
}

fn open(item: &Value, as_of: Timestamp) -> i64 {
    let mut sum = 0;
    for life in lives(item) {
        let end = life.iter().find(|event| name(event) == "closed").map_or(as_of, at);
        sum += seconds(at(&life[0]), end);
    }
    sum
}

fn groups(items: &[&Value], as_of: Timestamp) -> Value {
    let mut by: BTreeMap<(usize, String), Vec<&Value>> = BTreeMap::new();
    let order = ["capacity", "availability", "patch", "backup", "security", "service", "agent"];
    for item in items {
        let category = item["alert"]["category"].as_str().unwrap();
        let place = order.iter().position(|known| *known == category).unwrap();
        let month = events(item)[0]["at"].as_str().unwrap()[..7].to_owned();
        by.entry((place, month)).or_default().push(item);
    }
    let mut all = Vec::new();
    for ((category, month), items) in by {
        let count = |measure: &str| items.iter().map(|item| recorded(item, measure)).sum::<usize>();
        let any = |item: &&&Value| MEASURES.iter().any(|measure| recorded(item, measure) > 0);
        let incidents = items.iter().filter(any).count();
        let times: Vec<i64> = items.iter().flat_map(|item| handoffs(item)).collect();
        let open: i64 = items.iter().map(|item| open(item, as_of)).sum();
        let transit: i64 = times.iter().sum();
        all.push(json!({
            "org": "acme", "category": order[category], "month": month,
            "items": items.len(), "incidents": incidents,
            "incident_rate": part(incidents.try_into().unwrap(), items.len().try_into().unwrap()),
            "gaps": count("gap"), "collisions": count("collision"), "bounces": count("bounce"),
            "double_tickets": count("double_ticket"), "misroutes": count("misroute"),
            "handoff": spread(times), "open_seconds": open, "transit_share": part(transit, open),
        }));
    }
    all.into()
}

fn sides(items: &[&Value]) -> Value {
    let mut all = Vec::new();
    for wanted in ["msp", "internal"] {
        let (mut acknowledge, mut resolve) = (Vec::new(), Vec::new());
        for life in items.iter().flat_map(|item| lives(item)) {
            let began = at(&life[0]);
            let seen = life.iter().find(|event| ["claimed", "acknowledged"].contains(&name(event)));
            let end = life.iter().find(|event| name(event) == "closed");
            acknowledge.extend(
                seen.filter(|event| side(event) == Some(wanted)).map(|event| seconds(began, at(event))),
            );
            resolve.extend(
                end.filter(|event| side(event) == Some(wanted)).map(|event| seconds(began, at(event))),
            );
        }
        all.push(json!({
            "org": "acme", "side": wanted, "acknowledge": spread(acknowledge), "resolve": spread(resolve),
        }));
    }
    all.into()
}

fn drift(items: &[&Value]) -> Value {
    // Who worked on what for which row: (row, number, side responsible, side that worked).
    let mut works: Vec<(String, u64, String, String)> = Vec::new();
    for item in items {
        let all = events(item);
        for (place, event) in all.iter().enumerate() {
            let (true, Some(worker)) = (WORK.contains(&name(event)), side(event)) else { continue };
            let routed = all[..place].iter().rev().find(|event| name(event) == "routed").unwrap();
            works.push((
                routed["owner"]["row"].as_str().unwrap().to_owned(),
                item["alert"]["number"].as_u64().unwrap(),
                routed["owner"]["side"].as_str().unwrap().to_owned(),
                worker.to_owned(),
            ));
        }
    }
    let rows: BTreeSet<&String> = works.iter().map(|(row, ..)| row).collect();
    let each = rows.into_iter().map(|row| {
        let of_row: Vec<_> = works.iter().filter(|work| work.0 == *row).collect();
        let items: BTreeSet<u64> = of_row.iter().map(|work| work.1).collect();
        let other = of_row.iter().filter(|work| work.2 != work.3).count();
        let flagged = items.len() >= 5 && other * 5 > of_row.len();
        json!({
            "org": "acme", "row": row, "responsible": of_row[0].2, "items": items.len(), "work": of_row.len(),
            "by_other": other, "share": part(other.try_into().unwrap(), of_row.len().try_into().unwrap()),
            "flagged": flagged,
        })
    });
    each.collect()
}

fn burden(items: &[&Value], known: &Directory) -> Value {
    let mut all = Vec::new();
    for wanted in ["msp", "internal"] {
        for person in known.people().filter(|person| person.side.as_str() == wanted) {
            let mail = format!("{} <{}>", person.id, person.email.as_deref().unwrap());
            let reaches = |event: &&Value| match name(event) {
                "escalated" => event["person"] == person.id.as_str(),
                "notified" => event["result"] == "delivered" && event["who"] == mail,
                _ => false,
            };
            let mut times: Vec<Timestamp> =
                items.iter().flat_map(|item| events(item)).filter(reaches).map(at).collect();
            times.sort();
            let (mut pages, mut night, mut weekend) = (0, 0, 0);
            let mut quiet_until = Timestamp::MIN;
            for time in times.into_iter() {
                if time < quiet_until {
                    continue;
                }
                quiet_until = time + 5.minutes();
                let local = time.in_tz(person.zone.as_deref().unwrap_or("UTC")).unwrap();
                pages += 1;
                night += i32::from([22, 23, 0, 1, 2, 3, 4, 5, 6].contains(&local.hour()));
                weekend += i32::from(local.weekday().to_monday_one_offset() > 5);
            }
            if pages > 0 {
                all.push(json!({
                    "org": "acme", "side": wanted, "person": person.id.as_str(), "pages": pages,
                    "night": night, "weekend": weekend,
                }));
            }
        }
    }
    all.into()
}

/// All parts of the report, but for what promises say.
pub(super) fn count(raw: &[Value], asked: &Asked<'_>, known: &Directory) -> Value {
    let within = |from: Timestamp| -> Vec<&Value> {
        raw.iter().filter(|item| first_seen(item) >= from && first_seen(item) < asked.until).collect()
    };
    let items = within(asked.from);
    let quarter = within(asked.until - (24 * 92).hours());
    json!({
        "groups": groups(&items, asked.as_of), "sides": sides(&items), "drift": drift(&quarter),
        "burden": burden(&items, known), "sla": sla(&items),
    })
}

/// What the item's own clocks have said while it lived, in its latest life.
fn sla(items: &[&Value]) -> Value {
    let mut all = Vec::new();
    for clock in ["response", "resolve"] {
        let (mut met, mut missed, mut running) = (0, 0, 0);
        for item in items {
            let life = *lives(item).last().unwrap();
            let breached = life.iter().any(|event| name(event) == "sla_breached" && event["clock"] == clock);
            let stops: &[&str] = if clock == "response" { &["claimed", "closed"] } else { &["closed"] };
            let stopped = life.iter().any(|event| stops.contains(&name(event)));
            match (breached, stopped) {
                (true, _) => missed += 1,
                (false, true) => met += 1,
                (false, false) => running += 1,
            }
        }
        all.push(json!({ "org": "acme", "clock": clock, "met": met, "missed": missed, "running": running,
            "met_share": part(met, met + missed) }));
    }
    all.into()
}

/// What the entries themselves say has gone wrong, without a look at what was recorded of it.
pub(super) fn seams(item: &Value, all: &[Value]) -> BTreeMap<String, usize> {
    let (mut gaps, mut bounces, mut misroutes, mut double) = (0, 0, 0, 0);
    let mut kept: Option<&str> = None;
    for life in lives(item) {
        let uncovered = |event: &&Value| name(event) == "routed" && event["owner"]["row"] == "catch-all";
        gaps += usize::from(life.iter().any(|event| uncovered(&event)));
        gaps += life.iter().filter(|event| name(event) == "handed_over").count();
        let offers: Vec<usize> = (0..life.len()).filter(|place| name(&life[*place]) == "offered").collect();
        if let Some(first) = offers.first() {
            let until = offers.get(1).copied().unwrap_or(life.len());
            let not_ours = |event: &Value| event["not_ours"] == true;
            misroutes += usize::from(life[*first..until].iter().any(not_ours));
        }
        // The sides that owned it, in order, each with whether people or time passed it on.
        let by_hand = name(&life[0]) == "reopened_by_hand";
        let mut owners: Vec<&str> = kept.filter(|_| by_hand).into_iter().collect();
        for event in life {
            let to = match name(event) {
                "routed" | "handed_over" => event["owner"]["side"].as_str(),
                "accepted" => side(event),
                _ => None,
            };
            let Some(to) = to else { continue };
            let left = owners.last().is_some_and(|now| *now != to);
            bounces += usize::from(name(event) != "routed" && left && owners.contains(&to));
            owners.push(to);
        }
        kept = owners.last().copied();
        double += usize::from(all.iter().any(|other| is_twin(item, other, &life[0])));
    }
    let named = [("gap", gaps), ("bounce", bounces), ("misroute", misroutes), ("double_ticket", double)];
    named.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

/// Whether `other` was open about the same, from elsewhere, when `item` began with `event`.
fn is_twin(item: &Value, other: &Value, event: &Value) -> bool {
    let (one, two) = (&item["alert"], &other["alert"]);
    if one["number"] == two["number"] || one["endpoint"] != two["endpoint"] || one["tool"] != two["tool"] {
        return false;
    }
    let elsewhere = one["opened_by"]["side"] != two["opened_by"]["side"];
    let open = lives(other).into_iter().any(|life| {
        let end = life.iter().find(|event| name(event) == "closed").map_or(Timestamp::MAX, at);
        at(&life[0]) < at(event) && at(event) < end
    });
    elsewhere && open
}
