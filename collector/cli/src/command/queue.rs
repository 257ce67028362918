//! `queue`: what wants somebody, most urgent first.

use serde_json::Value;

use super::watch;
use crate::{
    args::Queue,
    client::Client,
    failure::Failure,
    output::{self, Listing, Screen, Show, column, text_at},
};

const LISTING: Listing<'static> = Listing {
    rows: "alerts",
    name: "number",
    columns: &[
        column("NUMBER", "number", Show::Made(number)),
        column("PRI", "priority", Show::Text),
        column("SEVERITY", "severity", Show::Text),
        column("ENDPOINT", "endpoint_name", Show::Text),
        column("TITLE", "title", Show::Text),
        column("OWNER", "owner", Show::Made(owner)),
        column("WORK", "work", Show::Made(work)),
        column("SINCE", "since", Show::Age),
    ],
    wide: &[
        column("CONDITION", "condition", Show::Text),
        column("ORG", "org", Show::Text),
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
        "assignee.person",
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

fn work(alert: &Value) -> String {
    let by = doer(alert);
    let cleared = alert["condition"] == "cleared" && alert["work"] != "done";
    let work = match text_at(alert, "work") {
        work if by.is_empty() => work,
        work => format!("{work} by {by}"),
    };
    if cleared { format!("{work}, cleared") } else { work }
}

pub(crate) fn run(queue: &Queue, screen: &Screen) -> Result<(), Failure> {
    let client = Client::logged_in()?;
    let mut params = vec![("state", if queue.all { "all" } else { "open" })];
    params.extend(queue.filter.as_deref().map(|filter| ("filter", filter)));
    watch::show(queue.watch, screen, || {
        let answer = client.get("queue", &params)?;
        if !queue.watch && screen.is_for_people() {
            remark(&answer, queue);
        }
        LISTING.render(&answer, output::as_of(&answer), screen)
    })
}

fn remark(answer: &Value, queue: &Queue) {
    let count = |name: &str| answer[name].as_u64().unwrap_or(0);
    if count("matched") == 0 {
        output::note(match (queue.filter.is_some(), queue.all) {
            (true, _) => "no alert matches",
            (false, true) => "no alerts yet",
            (false, false) => "nothing is open",
        });
    }
    if count("unjudged") > 0 {
        output::note(&format!("{} could not be judged for want of a fact", count("unjudged")));
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::*;
    use crate::args::Format;

    #[test]
    fn the_queue_says_what_where_whose_and_since_when() {
        let screen = Screen { format: Format::Table, colour: false, terminal: false, zone: TimeZone::UTC };
        let answer = json!({ "as_of": "2026-11-22T12:00:00Z", "alerts": [
            {
                "number": 1042, "priority": "P1", "severity": "critical", "endpoint_name": "srv-01",
                "title": "backup `nightly` failed", "owner": { "team": "msp-noc", "side": "msp" },
                "work": "claimed", "assignee": { "person": "kim", "side": "msp" }, "condition": "cleared",
                "since": "2026-11-22T09:00:00Z",
            },
            {
                "number": 7, "priority": "P3", "severity": "warning", "endpoint_name": "lap-07",
                "title": "3 security updates are missing", "owner": { "team": "it", "side": "internal" },
                "work": "unclaimed", "condition": "firing", "since": "2026-11-15T12:00:00Z",
            },
        ]});
        assert_eq!(
            LISTING.render(&answer, output::as_of(&answer), &screen).unwrap(),
            "\
NUMBER  PRI  SEVERITY  ENDPOINT  TITLE                           OWNER          WORK                     SINCE
#1042   P1   critical  srv-01    backup `nightly` failed         msp-noc (msp)  claimed by kim, cleared  3h
#7      P3   warning   lap-07    3 security updates are missing  it (internal)  unclaimed                7d
"
        );
    }
}
