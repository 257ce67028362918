//! An alert in words: what it rests on, whose it is and why, and what happened to it.
//!
//! Read from the answer by name, so that an event that only a newer collector knows is shown by its name.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::Value;

use super::{clocks, standing, timeline::happened};
use crate::output::{self, Screen, Show, tame, text_at, values_at};

/// Everything.
pub(crate) fn all(item: &Value, screen: &Screen) -> String {
    let mut out = String::new();
    let at = |path: &str| text_at(item, path);
    let when = |path: &str| Show::Instant.show(item, path, Timestamp::UNIX_EPOCH, screen);
    let _ = writeln!(out, "#{}  {} {}  {}\n", at("number"), at("priority"), at("severity"), at("title"));
    let times = match at("count").as_str() {
        "" | "1" => String::new(),
        count => format!(", {count} times"),
    };
    let cleared = match at("cleared_at") {
        none if none.is_empty() => String::new(),
        _ => format!(", cleared {}", when("cleared_at")),
    };
    field(&mut out, "condition", &format!("{} since {}{times}{cleared}", at("condition"), when("since")));
    field(&mut out, "seen", &format!("first {}, last {}", when("first_seen"), when("last_seen")));
    field(&mut out, "work", &work(item));
    if let Some(by) = item.get("acknowledged_by") {
        field(&mut out, "seen by", &person(by));
    }
    let place = format!("{}/{}", at("org"), at("site"));
    match at("endpoint") {
        none if none.is_empty() => field(&mut out, "site", &place),
        id => field(&mut out, "endpoint", &format!("{} ({id}, {place})", at("endpoint_name"))),
    }
    field(&mut out, "rule", &rule(item));
    field(&mut out, "owner", &owner(item, screen));
    for (index, why) in values_at(item, "owner.why").iter().enumerate() {
        field(&mut out, if index == 0 { "why" } else { "" }, &tame(why.as_str().unwrap_or_default()));
    }
    for (name, value) in standing::lines(item, screen) {
        field(&mut out, name, &value);
    }
    for (index, clock) in clocks::lines(item, output::as_of(item), screen).iter().enumerate() {
        field(&mut out, if index == 0 { "clocks" } else { "" }, clock);
    }
    evidence(&mut out, item);
    timeline(&mut out, item, screen);
    out
}

fn field(out: &mut String, name: &str, value: &str) {
    let _ = writeln!(out, "{name:<11}{value}");
}

/// A person with their side, or Dogwatch itself.
pub(super) fn person(value: &Value) -> String {
    match (text_at(value, "person"), text_at(value, "side")) {
        (person, _) if person.is_empty() => "dogwatch".to_owned(),
        (person, side) if side.is_empty() => person,
        (person, side) => format!("{person} ({side})"),
    }
}

fn work(item: &Value) -> String {
    let work = text_at(item, "work");
    if let Some(closed) = item.get("closed") {
        return format!("{work}, by {}: {}", person(&closed["by"]), text_at(closed, "resolution"));
    }
    match item.get("assignee") {
        Some(assignee) => format!("{work} by {}", person(assignee)),
        None => work,
    }
}

fn rule(item: &Value) -> String {
    let subject = match text_at(item, "subject") {
        none if none.is_empty() => String::new(),
        subject => format!(" on {subject}"),
    };
    format!(
        "{}{subject} (category {}, tool {})",
        text_at(item, "rule"),
        text_at(item, "category"),
        text_at(item, "tool")
    )
}

fn owner(item: &Value, screen: &Screen) -> String {
    let owner = &item["owner"];
    let by = match text_at(owner, "row") {
        none if none.is_empty() => "by the last resort".to_owned(),
        row => format!("by row {row}"),
    };
    let calendar = match text_at(owner, "calendar") {
        none if none.is_empty() => String::new(),
        calendar => format!(", calendar {calendar}"),
    };
    let until = match text_at(owner, "until") {
        none if none.is_empty() => String::new(),
        _ => format!(", until {}", Show::Instant.show(owner, "until", Timestamp::UNIX_EPOCH, screen)),
    };
    format!(
        "{} ({}) {by}{calendar}{until} (matrix {})",
        text_at(owner, "team"),
        text_at(owner, "side"),
        text_at(owner, "matrix_version")
    )
}

fn evidence(out: &mut String, item: &Value) {
    let lines = item["evidence"].as_array().map_or(&[][..], Vec::as_slice);
    if lines.is_empty() {
        return;
    }
    out.push_str("\nevidence\n");
    let width = lines.iter().map(|line| text_at(line, "name").chars().count()).max().unwrap_or(0);
    for line in lines {
        let _ = writeln!(out, "  {:width$}  {}", text_at(line, "name"), text_at(line, "value"));
    }
}

fn timeline(out: &mut String, item: &Value, screen: &Screen) {
    out.push_str("\ntimeline\n");
    for event in item["timeline"].as_array().map_or(&[][..], Vec::as_slice) {
        let at = Show::Second.show(event, "at", Timestamp::UNIX_EPOCH, screen);
        let _ = writeln!(out, "  {at}  {}: {}", person(&event["by"]), happened(event, screen));
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::*;
    use crate::args::Format;

    fn item() -> Value {
        json!({
            "number": 1042, "version": 4, "priority": "P2", "severity": "critical", "title": "disk / is 95 % full",
            "org": "acme", "site": "toronto", "endpoint": "018f3c2e", "endpoint_name": "srv-01", "rule": "disk-full",
            "subject": "/", "category": "capacity", "tool": "os", "condition": "firing", "work": "claimed",
            "assignee": { "person": "kim", "side": "msp" }, "since": "2026-11-22T09:00:00Z",
            "first_seen": "2026-11-22T09:05:00Z", "last_seen": "2026-11-22T11:00:00Z", "count": 2,
            "owner": {
                "team": "msp-noc", "side": "msp", "row": "capacity-nights", "calendar": "nights",
                "until": "2026-11-23T07:00:00Z", "matrix_version": "0123456789ab",
                "why": ["row capacity-nights names category capacity", "it is night in America/Toronto"],
            },
            "evidence": [{ "name": "free", "value": "2.1 GiB of 40 GiB" }, { "name": "mount", "value": "/" }],
            "timeline": [
                { "at": "2026-11-22T09:05:00Z", "by": {}, "event": "created", "severity": "warning",
                  "title": "disk / is 91 % full" },
                { "at": "2026-11-22T09:05:00Z", "by": {}, "event": "routed",
                  "owner": { "team": "msp-noc", "side": "msp", "row": "capacity-nights" } },
                { "at": "2026-11-22T10:00:00Z", "by": {}, "event": "severity_changed", "from": "warning", "to": "critical" },
                { "at": "2026-11-22T10:01:00Z", "by": { "person": "kim", "side": "msp" }, "event": "claimed" },
                { "at": "2026-11-22T10:02:00Z", "by": { "person": "omar", "side": "internal" }, "event": "comment",
                  "text": "old logs can go" },
                { "at": "2026-11-22T10:03:00Z", "by": {}, "event": "sla_warned", "clock": "resolve",
                  "percent": 75, "deadline": "2026-11-22T13:00:00Z" },
            ],
        })
    }

    #[test]
    fn an_alert_says_what_whose_why_and_what_happened() {
        let screen = Screen { format: Format::Table, colour: false, terminal: false, zone: TimeZone::UTC };
        assert_eq!(
            all(&item(), &screen),
            "\
#1042  P2 critical  disk / is 95 % full

condition  firing since 2026-11-22 09:00, 2 times
seen       first 2026-11-22 09:05, last 2026-11-22 11:00
work       claimed by kim (msp)
endpoint   srv-01 (018f3c2e, acme/toronto)
rule       disk-full on / (category capacity, tool os)
owner      msp-noc (msp) by row capacity-nights, calendar nights, until 2026-11-23 07:00 (matrix 0123456789ab)
why        row capacity-nights names category capacity
           it is night in America/Toronto

evidence
  free   2.1 GiB of 40 GiB
  mount  /

timeline
  2026-11-22 09:05:00  dogwatch: created, warning: disk / is 91 % full
  2026-11-22 09:05:00  dogwatch: routed to msp-noc (msp) by row capacity-nights
  2026-11-22 10:00:00  dogwatch: severity warning → critical
  2026-11-22 10:01:00  kim (msp): claimed
  2026-11-22 10:02:00  omar (internal): “old logs can go”
  2026-11-22 10:03:00  dogwatch: 75 % of the time to resolve is used up; it ends 2026-11-22 13:00
"
        );
    }

    #[test]
    fn a_closed_alert_says_how_it_ended() {
        let closed = json!({ "work": "done", "closed": { "by": {}, "resolution": "cleared by itself" } });
        assert_eq!(work(&closed), "done, by dogwatch: cleared by itself");
    }
}
