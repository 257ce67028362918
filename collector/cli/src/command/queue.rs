//! `queue`: what wants somebody, and what runs out first on top.

use dogwatch_triage::filter::{ItemFilter, Typed, item_schema};
use jiff::Timestamp;
use serde_json::Value;

use super::{
    again::{self, Pace},
    filter,
    view::named,
};
use crate::{
    args::{Of, Queue},
    client::Client,
    failure::Failure,
    output::{self, Column, Listing, Screen, Show, column, text_at},
};

const ORG: Column = column("ORG", "org", Show::Text);

/// Before the column of this title stands an item's org, where there are several.
const AFTER_ORG: &str = "ENDPOINT";

const LISTING: Listing<'static> = Listing {
    rows: "alerts",
    name: "number",
    columns: &[
        column("NUMBER", "number", Show::Made(number)),
        column("PRI", "priority", Show::Text),
        column("SEVERITY", "severity", Show::Text),
        column(AFTER_ORG, "endpoint_name", Show::Text),
        column("TITLE", "title", Show::Text),
        column("OWNER", "owner", Show::Made(owner)),
        column("WORK", "work", Show::MadeFor(work)),
        column("BREACH", "next_breach.at", Show::Distance),
        column("SINCE", "since", Show::Age),
    ],
    wide: &[
        column("CLOCK", "next_breach.clock", Show::Text),
        column("CONDITION", "condition", Show::Text),
        ORG,
        column("SITE", "site", Show::Text),
        column("RULE", "rule", Show::Text),
        column("SUBJECT", "subject", Show::Text),
        column("LAST SEEN", "last_seen", Show::Age),
        column("COUNT", "count", Show::Text),
    ],
    csv: &[
        "number",
        "priority",
        "severity",
        "org",
        "site",
        "endpoint",
        "endpoint_name",
        "rule",
        "subject",
        "category",
        "tool",
        "title",
        "condition",
        "work",
        "owner.team",
        "owner.side",
        "visibility",
        "assignee.person",
        "offer.to",
        "waiting.on",
        "next_breach.clock",
        "next_breach.at",
        "since",
        "first_seen",
        "last_seen",
        "count",
    ],
};

fn number(alert: &Value) -> String {
    format!("#{}", text_at(alert, "number"))
}

fn owner(alert: &Value) -> String {
    format!("{} ({})", text_at(alert, "owner.team"), text_at(alert, "owner.side"))
}

/// Who has it, or who ended it.
pub(super) fn doer(alert: &Value) -> String {
    match alert.get("closed") {
        Some(closed) => text_at(closed, "by.person"),
        None => text_at(alert, "assignee.person"),
    }
}

/// What people do with it, in a few words; what hides it after that.
pub(super) fn work(alert: &Value, as_of: Timestamp, screen: &Screen) -> String {
    let by = doer(alert);
    let mut words = match text_at(alert, "work").as_str() {
        "offered" => format!("offered to {} by {by}", text_at(alert, "offer.to")),
        "waiting" => {
            let until = Show::Instant.show(alert, "waiting.until", as_of, screen);
            format!("waiting for {} until {until} ({by})", text_at(alert, "waiting.on"))
        }
        work if by.is_empty() => work.to_owned(),
        work => format!("{work} by {by}"),
    };
    if alert["condition"] == "cleared" && alert["work"] != "done" {
        words.push_str(", cleared");
    }
    let hidden = hidden(alert, as_of, screen);
    if hidden.is_empty() { words } else { format!("{words}, {hidden}") }
}

/// Why it is not shown by itself; empty when it is.
fn hidden(alert: &Value, as_of: Timestamp, screen: &Screen) -> String {
    let hider = &alert["hidden_by"][0];
    match text_at(alert, "visibility").as_str() {
        "" | "normal" => String::new(),
        "snoozed" => format!("snoozed until {}", Show::Instant.show(alert, "snooze.until", as_of, screen)),
        _ if hider["by"] == "window" => format!("hidden by window {}", text_at(hider, "window")),
        _ if hider["by"] == "alert" => format!("hidden by #{}", text_at(hider, "number")),
        _ if hider["by"] == "storm" => "hidden by a storm".to_owned(),
        other => other.to_owned(),
    }
}

/// What is asked for, as parameters.
fn params(queue: &Queue, filter: String) -> Vec<(&'static str, String)> {
    let mut params = vec![("state", if queue.all { "all" } else { "open" }.to_owned())];
    params.extend((!filter.is_empty()).then_some(("filter", filter)));
    params.extend(queue.hidden.then(|| ("hidden", "true".to_owned())));
    params.extend(queue.mine.then(|| ("mine", "true".to_owned())));
    params.extend(queue.team.as_ref().map(|team| ("team", team.to_string())));
    params.extend(queue.limit.map(|limit| ("limit", limit.to_string())));
    params
}

pub(crate) fn run(queue: &Queue, screen: &Screen) -> Result<(), Failure> {
    if queue.schema {
        return output::print(&filter::schema(&item_schema(), screen)?);
    }
    let typed = queue.filter.join(" ");
    if queue.explain && Typed::of(&typed).view.is_none() {
        return output::print(&format!("{}\n", expression(&typed)?));
    }
    let client = Client::logged_in()?;
    let filter = named::expanded(&client, &typed, Of::Queue)?;
    if queue.explain {
        return output::print(&format!("{}\n", expression(&filter)?));
    }
    let params = params(queue, filter);
    let params: Vec<(&str, &str)> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let pace = Pace::told(queue.watching, "alert,window,ownership");
    again::show(&client, pace, screen, || {
        let answer = client.get("queue", &params)?;
        if pace == Pace::Once && screen.is_for_people() {
            remark(&answer, queue);
        }
        render(&answer, screen)
    })
}

/// The queue as text. Whose an item is stands in it for whoever sees several orgs, and for nobody else.
fn render(answer: &Value, screen: &Screen) -> Result<String, Failure> {
    let as_of = output::as_of(answer);
    if answer["orgs"].as_u64().unwrap_or_default() < 2 {
        return LISTING.render(answer, as_of, screen);
    }
    let (mut columns, mut wide) = (LISTING.columns.to_vec(), LISTING.wide.to_vec());
    wide.retain(|column| column.path() != ORG.path());
    let at = columns.iter().position(|column| column.title() == AFTER_ORG).unwrap_or_default();
    columns.insert(at, ORG);
    Listing { columns: &columns, wide: &wide, ..LISTING }.render(answer, as_of, screen)
}

/// A filter as an expression.
fn expression(typed: &str) -> Result<String, Failure> {
    if typed.trim().is_empty() {
        return Ok("true".to_owned());
    }
    let compiled = ItemFilter::typed(typed).map_err(|error| filter::fault(typed, &error))?;
    Ok(compiled.source().to_owned())
}

fn remark(answer: &Value, queue: &Queue) {
    let count = |name: &str| answer[name].as_u64().unwrap_or(0);
    if count("matched") == 0 {
        let narrowed = !queue.filter.is_empty() || queue.mine || queue.team.is_some();
        output::note(match (narrowed, queue.all) {
            (true, _) => "no alert matches",
            (false, true) => "no alerts yet",
            (false, false) => "nothing is open",
        });
    }
    if count("unjudged") > 0 {
        output::note(&format!("{} could not be judged for want of a fact", count("unjudged")));
    }
    if count("hidden") > 0 {
        output::note(&format!("{} hidden: dogwatch queue --hidden", count("hidden")));
    }
    if count("left_off") > 0 {
        output::note(&format!("{} more: dogwatch queue --limit {}", count("left_off"), count("matched")));
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::*;
    use crate::args::Format;

    fn screen(format: Format) -> Screen {
        Screen { format, colour: false, terminal: false, zone: TimeZone::UTC }
    }

    /// Two items, as somebody is answered who sees so many orgs.
    fn answer(orgs: usize) -> Value {
        json!({ "as_of": "2026-11-22T12:00:00Z", "orgs": orgs, "alerts": [
            {
                "number": 1042, "org": "acme", "priority": "P1", "severity": "critical", "endpoint_name": "srv-01",
                "title": "backup `nightly` failed", "owner": { "team": "msp-noc", "side": "msp" },
                "work": "claimed", "assignee": { "person": "kim", "side": "msp" }, "condition": "cleared",
                "since": "2026-11-22T09:00:00Z",
                "next_breach": { "clock": "resolve", "at": "2026-11-22T11:48:00Z" },
            },
            {
                "number": 7, "org": "globex", "priority": "P3", "severity": "warning", "endpoint_name": "lap-07",
                "title": "3 security updates are missing", "owner": { "team": "it", "side": "internal" },
                "work": "unclaimed", "condition": "firing", "since": "2026-11-15T12:00:00Z",
            },
        ]})
    }

    #[test]
    fn the_queue_says_what_where_whose_and_since_when() {
        assert_eq!(
            render(&answer(1), &screen(Format::Table)).unwrap(),
            "\
NUMBER  PRI  SEVERITY  ENDPOINT  TITLE                           OWNER          WORK                     BREACH   SINCE
#1042   P1   critical  srv-01    backup `nightly` failed         msp-noc (msp)  claimed by kim, cleared  12m ago  3h
#7      P3   warning   lap-07    3 security updates are missing  it (internal)  unclaimed                –        7d
"
        );
    }

    #[test]
    fn an_items_org_has_a_column_for_whoever_sees_several() {
        assert_eq!(
            render(&answer(2), &screen(Format::Table)).unwrap(),
            "\
NUMBER  PRI  SEVERITY  ORG     ENDPOINT  TITLE                           OWNER          WORK                     BREACH   SINCE
#1042   P1   critical  acme    srv-01    backup `nightly` failed         msp-noc (msp)  claimed by kim, cleared  12m ago  3h
#7      P3   warning   globex  lap-07    3 security updates are missing  it (internal)  unclaimed                –        7d
"
        );
        for orgs in [1, 2] {
            let wide = render(&answer(orgs), &screen(Format::Wide)).unwrap();
            let named = wide.lines().next().unwrap().split_whitespace().filter(|title| *title == "ORG");
            assert_eq!(named.count(), 1, "a wide table has it for everybody, once:\n{wide}");
        }
    }

    #[test]
    fn each_state_of_the_work_says_what_it_waits_for() {
        let screen = screen(Format::Table);
        let said = |alert: Value| work(&alert, Timestamp::UNIX_EPOCH, &screen);
        let kim = json!({ "person": "kim", "side": "msp" });
        for (alert, words) in [
            (json!({ "work": "offered", "assignee": kim, "offer": { "to": "it" } }), "offered to it by kim"),
            (
                json!({ "work": "waiting", "assignee": kim, "waiting": { "on": "vendor", "until": "2026-11-24T08:00:00Z" } }),
                "waiting for vendor until 2026-11-24 08:00 (kim)",
            ),
            (
                json!({ "work": "unclaimed", "visibility": "snoozed", "snooze": { "until": "2026-11-24T08:00:00Z" } }),
                "unclaimed, snoozed until 2026-11-24 08:00",
            ),
            (
                json!({ "work": "unclaimed", "visibility": "suppressed", "hidden_by": [{ "by": "window", "window": "w3" }] }),
                "unclaimed, hidden by window w3",
            ),
            (
                json!({ "work": "unclaimed", "visibility": "inhibited", "hidden_by": [{ "by": "alert", "number": 7 }] }),
                "unclaimed, hidden by #7",
            ),
            (
                json!({ "work": "claimed", "assignee": kim, "visibility": "suppressed", "hidden_by": [{ "by": "storm" }] }),
                "claimed by kim, hidden by a storm",
            ),
            (json!({ "work": "done", "closed": { "by": kim } }), "done by kim"),
        ] {
            assert_eq!(said(alert), words);
        }
    }
}
