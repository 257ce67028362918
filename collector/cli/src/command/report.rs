//! `report boundary|patch|backup|month|review`.
//!
//! People get all parts, each under its heading; a spreadsheet gets the part that is counted finest, a program everything.

mod fleet;
mod review;

use serde_json::Value;

use crate::{
    args::{Boundary, Format, Report},
    client::Client,
    failure::Failure,
    output::{self, Column, Listing, Screen, Show, column, table, text_at},
    when,
};

/// What went wrong, per org, category and month.
const GROUPS: Listing<'static> = Listing {
    rows: "groups",
    name: "category",
    columns: &[
        column("ORG", "org", Show::Text),
        column("CATEGORY", "category", Show::Text),
        column("MONTH", "month", Show::Text),
        column("ITEMS", "items", Show::Text),
        column("INCIDENTS", "incidents", Show::Text),
        column("RATE", "incident_rate", Show::Made(incident_rate)),
        column("GAPS", "gaps", Show::Text),
        column("COLLISIONS", "collisions", Show::Text),
        column("BOUNCES", "bounces", Show::Text),
        column("DOUBLE", "double_tickets", Show::Text),
        column("MISROUTES", "misroutes", Show::Text),
        column("HAND-OFFS", "handoff.count", Show::Text),
        column("HAND-OFF TIME", "handoff.median_seconds", Show::Span),
        column("TRANSIT", "transit_share", Show::Made(transit_share)),
    ],
    wide: &[],
    csv: &[
        "org",
        "category",
        "month",
        "items",
        "incidents",
        "incident_rate",
        "gaps",
        "collisions",
        "bounces",
        "double_tickets",
        "misroutes",
        "handoff.count",
        "handoff.sum_seconds",
        "handoff.median_seconds",
        "handoff.p90_seconds",
        "open_seconds",
        "transit_share",
    ],
};

/// How long each side takes.
const SIDES: &[Column] = &[
    column("ORG", "org", Show::Text),
    column("SIDE", "side", Show::Text),
    column("ACKNOWLEDGED", "acknowledge.count", Show::Text),
    column("AFTER", "acknowledge.median_seconds", Show::Span),
    column("9 OF 10", "acknowledge.p90_seconds", Show::Span),
    column("RESOLVED", "resolve.count", Show::Text),
    column("AFTER", "resolve.median_seconds", Show::Span),
    column("9 OF 10", "resolve.p90_seconds", Show::Span),
];

/// Whether promises were kept.
const SLA: &[Column] = &[
    column("ORG", "org", Show::Text),
    column("CLOCK", "clock", Show::Text),
    column("MET", "met", Show::Text),
    column("MISSED", "missed", Show::Text),
    column("RUNNING", "running", Show::Text),
    column("SHARE MET", "met_share", Show::Made(met_share)),
];

/// Who does the work.
const DRIFT: &[Column] = &[
    column("ORG", "org", Show::Text),
    column("ROW", "row", Show::Made(row)),
    column("RESPONSIBLE", "responsible", Show::Text),
    column("ITEMS", "items", Show::Text),
    column("WORK", "work", Show::Text),
    column("BY THE OTHER", "share", Show::Made(other_share)),
    column("DRIFTS", "flagged", Show::YesNo),
];

/// Who is disturbed.
const BURDEN: &[Column] = &[
    column("ORG", "org", Show::Text),
    column("SIDE", "side", Show::Text),
    column("PERSON", "person", Show::Text),
    column("PAGES", "pages", Show::Text),
    column("AT NIGHT", "night", Show::Text),
    column("AT WEEKENDS", "weekend", Show::Text),
];

fn incident_rate(row: &Value) -> String {
    percent(&row["incident_rate"])
}

fn transit_share(row: &Value) -> String {
    percent(&row["transit_share"])
}

fn met_share(row: &Value) -> String {
    percent(&row["met_share"])
}

fn other_share(row: &Value) -> String {
    percent(&row["share"])
}

fn percent(share: &Value) -> String {
    share.as_f64().map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

fn row(drift: &Value) -> String {
    let row = text_at(drift, "row");
    if row.is_empty() { "last resort".to_owned() } else { row }
}

pub(crate) fn run(report: &Report, screen: &Screen) -> Result<(), Failure> {
    match report {
        Report::Boundary(asked) => boundary(asked, screen),
        Report::Patch(asked) => fleet::run("patch", asked, screen),
        Report::Backup(asked) => fleet::run("backup", asked, screen),
        Report::Month(asked) => month(asked, screen),
        Report::Review(asked) => review::run(asked, screen),
    }
}

fn boundary(asked: &Boundary, screen: &Screen) -> Result<(), Failure> {
    let answer = ask("boundary", &params(asked))?;
    if screen.is_for_people() && answer["groups"].as_array().is_some_and(Vec::is_empty) {
        output::note("nothing came into the queue in that time");
    }
    output::print(&render(&answer, screen)?)
}

fn ask(report: &str, params: &[(&'static str, String)]) -> Result<Value, Failure> {
    let params: Vec<_> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Client::logged_in()?.get(&format!("reports/{report}"), &params)
}

/// Patches and backups as they stand now, and the queue's figures of the month.
fn month(asked: &Boundary, screen: &Screen) -> Result<(), Failure> {
    let answer = ask("month", &params(asked))?;
    output::print(&match screen.format {
        Format::Json | Format::Yaml => screen.whole(&answer)?,
        Format::Csv | Format::Name => fleet::of_both(&answer, screen)?,
        Format::Table | Format::Wide => {
            let part = |name: &str| fleet::render(&answer[name], screen);
            let queue = render(&answer["queue"], screen)?;
            format!("Patches\n{}\nBackups\n{}\nThe queue\n{queue}", part("patch")?, part("backup")?)
        }
    })
}

fn params(asked: &Boundary) -> Vec<(&'static str, String)> {
    let (from, until) =
        asked.month.map_or((asked.from, asked.until), |(from, until)| (Some(from), Some(until)));
    let org = asked.org.as_ref().map(|org| ("org", org.to_string()));
    let from = from.map(|from| ("from", from.to_string()));
    let until = until.map(|until| ("until", until.to_string()));
    [org, from, until].into_iter().flatten().collect()
}

fn render(answer: &Value, screen: &Screen) -> Result<String, Failure> {
    let as_of = output::as_of(answer);
    let mut text = GROUPS.render(answer, as_of, screen)?;
    if !matches!(screen.format, Format::Table | Format::Wide) {
        return Ok(text);
    }
    let since = answer["drift_since"].as_str().and_then(|since| since.parse().ok());
    let since = since.map(|since| format!(" since {}", when::local(since, &screen.zone))).unwrap_or_default();
    let drift = format!("Who works on each row's items{since}");
    let parts = [
        ("How long each side takes (half are no longer than this)", "sides", SIDES),
        ("Promises", "sla", SLA),
        (drift.as_str(), "drift", DRIFT),
        ("Pages", "burden", BURDEN),
    ];
    for (heading, part, columns) in parts {
        let rows = answer[part].as_array().map_or(&[][..], Vec::as_slice);
        if !rows.is_empty() {
            text.push_str(&format!("\n{heading}\n{}", table(rows, columns, as_of, screen)));
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::*;

    fn answer() -> Value {
        json!({
            "as_of": "2026-12-01T00:00:00Z", "drift_since": "2026-08-31T00:00:00Z",
            "groups": [{
                "org": "acme", "category": "backup", "month": "2026-11", "items": 40, "incidents": 5,
                "incident_rate": 0.125, "gaps": 3, "collisions": 1, "bounces": 0, "double_tickets": 2, "misroutes": 1,
                "handoff": { "count": 4, "sum_seconds": 7200, "median_seconds": 1500, "p90_seconds": 3000 },
                "open_seconds": 360_000, "transit_share": 0.02,
            }],
            "sides": [], "sla": [],
            "drift": [{
                "org": "acme", "row": null, "responsible": "msp", "items": 6, "work": 20, "by_other": 5,
                "share": 0.25, "flagged": true,
            }],
            "burden": [],
        })
    }

    #[test]
    fn people_get_every_part_and_a_spreadsheet_the_months() {
        let screen = |format| Screen { format, colour: false, terminal: false, zone: TimeZone::UTC };
        assert_eq!(
            render(&answer(), &screen(Format::Table)).unwrap(),
            "\
ORG   CATEGORY  MONTH    ITEMS  INCIDENTS  RATE    GAPS  COLLISIONS  BOUNCES  DOUBLE  MISROUTES  HAND-OFFS  HAND-OFF TIME  TRANSIT
acme  backup    2026-11  40     5          12.5 %  3     1           0        2       1          4          25m            2.0 %

Who works on each row's items since 2026-08-31 00:00
ORG   ROW          RESPONSIBLE  ITEMS  WORK  BY THE OTHER  DRIFTS
acme  last resort  msp          6      20    25.0 %        yes
"
        );
        let csv = render(&answer(), &screen(Format::Csv)).unwrap();
        assert!(
            csv.ends_with("\r\nacme,backup,2026-11,40,5,0.125,3,1,0,2,1,4,7200,1500,3000,360000,0.02\r\n"),
            "{csv}"
        );
    }
}
