//! `report boundary`: what goes wrong at the seam between the sides, in five tables.

use serde_json::Value;

use super::{again, of_the_others, one_table_alone, params};
use crate::{
    args::{Boundary, Format, QueueTable},
    command::again::Pace,
    failure::Failure,
    output::{self, Listing, Screen, Show, column, table, text_at},
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
const SIDES: Listing<'static> = Listing {
    rows: "sides",
    name: "side",
    columns: &[
        column("ORG", "org", Show::Text),
        column("SIDE", "side", Show::Text),
        column("ACKNOWLEDGED", "acknowledge.count", Show::Text),
        column("AFTER", "acknowledge.median_seconds", Show::Span),
        column("9 OF 10", "acknowledge.p90_seconds", Show::Span),
        column("RESOLVED", "resolve.count", Show::Text),
        column("AFTER", "resolve.median_seconds", Show::Span),
        column("9 OF 10", "resolve.p90_seconds", Show::Span),
    ],
    wide: &[],
    csv: &[
        "org",
        "side",
        "acknowledge.count",
        "acknowledge.sum_seconds",
        "acknowledge.median_seconds",
        "acknowledge.p90_seconds",
        "resolve.count",
        "resolve.sum_seconds",
        "resolve.median_seconds",
        "resolve.p90_seconds",
    ],
};

/// Whether promises were kept.
const SLA: Listing<'static> = Listing {
    rows: "sla",
    name: "clock",
    columns: &[
        column("ORG", "org", Show::Text),
        column("CLOCK", "clock", Show::Text),
        column("MET", "met", Show::Text),
        column("MISSED", "missed", Show::Text),
        column("RUNNING", "running", Show::Text),
        column("SHARE MET", "met_share", Show::Made(met_share)),
    ],
    wide: &[],
    csv: &["org", "clock", "met", "missed", "running", "met_share"],
};

/// Who does the work.
pub(super) const DRIFT: Listing<'static> = Listing {
    rows: "drift",
    name: "row",
    columns: &[
        column("ORG", "org", Show::Text),
        column("ROW", "row", Show::Made(row)),
        column("RESPONSIBLE", "responsible", Show::Text),
        column("ITEMS", "items", Show::Text),
        column("WORK", "work", Show::Text),
        column("BY THE OTHER", "share", Show::Made(other_share)),
        column("DRIFTS", "flagged", Show::YesNo),
    ],
    wide: &[],
    csv: &["org", "row", "responsible", "items", "work", "by_other", "share", "flagged"],
};

/// Who is disturbed.
const BURDEN: Listing<'static> = Listing {
    rows: "burden",
    name: "person",
    columns: &[
        column("ORG", "org", Show::Text),
        column("SIDE", "side", Show::Text),
        column("PERSON", "person", Show::Text),
        column("PAGES", "pages", Show::Text),
        column("AT NIGHT", "night", Show::Text),
        column("AT WEEKENDS", "weekend", Show::Text),
    ],
    wide: &[],
    csv: &["org", "side", "person", "pages", "night", "weekend"],
};

fn incident_rate(row: &Value) -> String {
    super::percent(&row["incident_rate"])
}

fn transit_share(row: &Value) -> String {
    super::percent(&row["transit_share"])
}

fn met_share(row: &Value) -> String {
    super::percent(&row["met_share"])
}

fn other_share(row: &Value) -> String {
    super::percent(&row["share"])
}

fn row(drift: &Value) -> String {
    let row = text_at(drift, "row");
    if row.is_empty() { "last resort".to_owned() } else { row }
}

impl QueueTable {
    const fn listing(self) -> &'static Listing<'static> {
        match self {
            Self::Groups => &GROUPS,
            Self::Sides => &SIDES,
            Self::Sla => &SLA,
            Self::Drift => &DRIFT,
            Self::Burden => &BURDEN,
        }
    }
}

pub(super) fn run(asked: &Boundary, screen: &Screen) -> Result<(), Failure> {
    one_table_alone(asked.table.is_some(), screen)?;
    let pace = Pace::told(asked.period.watching, "alert");
    again("boundary", &params(&asked.period), pace, screen, |answer, is_new| {
        let is_empty = answer["groups"].as_array().is_some_and(Vec::is_empty);
        if screen.is_for_people() && is_empty && is_new {
            output::note("nothing came into the queue in that time");
        }
        if asked.table.is_none() && is_new {
            of_the_others("groups", &["sides", "sla", "drift", "burden"], screen);
        }
        render(answer, asked.table, screen)
    })
}

/// One table of the report.
pub(super) fn one(answer: &Value, wanted: QueueTable, screen: &Screen) -> Result<String, Failure> {
    wanted.listing().render(answer, output::as_of(answer), screen)
}

/// The table that is wanted, or else as many as there is place for.
pub(super) fn render(answer: &Value, wanted: Option<QueueTable>, screen: &Screen) -> Result<String, Failure> {
    if let Some(wanted) = wanted {
        return one(answer, wanted, screen);
    }
    let as_of = output::as_of(answer);
    let mut text = GROUPS.render(answer, as_of, screen)?;
    if !matches!(screen.format, Format::Table | Format::Wide) {
        return Ok(text);
    }
    let since = answer["drift_since"].as_str().and_then(|since| since.parse().ok());
    let since = since.map(|since| format!(" since {}", when::local(since, &screen.zone))).unwrap_or_default();
    let drift = format!("Who works on each row's items{since}");
    let parts = [
        ("How long each side takes (half are no longer than this)", &SIDES),
        ("Promises", &SLA),
        (drift.as_str(), &DRIFT),
        ("Pages", &BURDEN),
    ];
    for (heading, part) in parts {
        let rows = answer[part.rows].as_array().map_or(&[][..], Vec::as_slice);
        if !rows.is_empty() {
            text.push_str(&format!("\n{heading}\n{}", table(rows, part.columns, as_of, screen)));
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;
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
            render(&answer(), None, &screen(Format::Table)).unwrap(),
            "\
ORG   CATEGORY  MONTH    ITEMS  INCIDENTS  RATE    GAPS  COLLISIONS  BOUNCES  DOUBLE  MISROUTES  HAND-OFFS  HAND-OFF TIME  TRANSIT
acme  backup    2026-11  40     5          12.5 %  3     1           0        2       1          4          25m            2.0 %

Who works on each row's items since 2026-08-31 00:00
ORG   ROW          RESPONSIBLE  ITEMS  WORK  BY THE OTHER  DRIFTS
acme  last resort  msp          6      20    25.0 %        yes
"
        );
        let csv = render(&answer(), None, &screen(Format::Csv)).unwrap();
        assert!(
            csv.ends_with("\r\nacme,backup,2026-11,40,5,0.125,3,1,0,2,1,4,7200,1500,3000,360000,0.02\r\n"),
            "{csv}"
        );
    }

    #[test]
    fn every_table_of_the_report_is_one_that_a_spreadsheet_can_have() {
        let csv = Screen { format: Format::Csv, colour: false, terminal: false, zone: TimeZone::UTC };
        let answer = answer();
        for table in QueueTable::value_variants() {
            let rows = answer[table.listing().rows].as_array().unwrap().len();
            let text = one(&answer, *table, &csv).unwrap();
            assert_eq!(text.lines().count(), 1 + rows, "{table:?}: {text}");
        }
        let tables = answer.as_object().unwrap().values().filter(|value| value.is_array()).count();
        assert_eq!(tables, QueueTable::value_variants().len());
    }
}
