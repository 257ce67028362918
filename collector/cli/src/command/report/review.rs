//! `report review`: what people look at together every quarter.

use serde_json::{Value, json};

use super::again;
use crate::{
    args::{Format, OfReview},
    command::again::Pace,
    failure::Failure,
    output::{self, Column, Listing, Screen, Show, column, table, text_at},
};

const ROWS: &[Column] = &[
    column("ORG", "org", Show::Text),
    column("ROW", "row", Show::Text),
    column("REVIEWED", "reviewed_at", Show::Text),
    column("DAYS AGO", "days", Show::Text),
];

const ACCESS: &[Column] = &[
    column("GRANT", "grant", Show::Text),
    column("WHO", "to", Show::Text),
    column("MAY", "verbs", Show::Text),
    column("WHERE", "scope", Show::Text),
    column("DUE", "due_at", Show::Instant),
    column("WHY", "why", Show::Text),
];

const STALE: &[Column] = &[
    column("ORG", "org", Show::Text),
    column("SITE", "site", Show::Text),
    column("ENDPOINT", "name", Show::Text),
    column("LAST SEEN", "last_seen", Show::Instant),
    column("DAYS AGO", "days", Show::Text),
];

/// What a spreadsheet gets: a line for each thing to look at.
const DUE: Listing<'static> = Listing {
    rows: "due",
    name: "what",
    columns: &[],
    wide: &[],
    csv: &["kind", "org", "what", "since", "why"],
};

pub(super) fn run(asked: &OfReview, screen: &Screen) -> Result<(), Failure> {
    let org = asked.org.as_ref().map(|org| ("org", org.to_string()));
    let pace = Pace::told(asked.watching, "access,alert,ownership");
    again("review", &org.into_iter().collect::<Vec<_>>(), pace, screen, |answer, is_new| {
        let text = render(answer, screen)?;
        if text.is_empty() && screen.is_for_people() && is_new {
            output::note("nothing is due");
        }
        Ok(text)
    })
}

fn render(answer: &Value, screen: &Screen) -> Result<String, Failure> {
    let as_of = output::as_of(answer);
    match screen.format {
        Format::Json | Format::Yaml => return screen.whole(answer),
        Format::Csv | Format::Name => return DUE.render(&json!({ "due": due(answer) }), as_of, screen),
        Format::Table | Format::Wide => {}
    }
    let parts = [
        ("Rows to read together", "rows", ROWS),
        ("Rows whose work the other side does", "drift", super::boundary::DRIFT.columns),
        ("Access to look at", "access", ACCESS),
        ("Endpoints that nobody hears of", "stale", STALE),
    ];
    let shown = parts.iter().filter_map(|(heading, part, columns)| {
        let rows = answer[*part].as_array().filter(|rows| !rows.is_empty())?;
        Some(format!("{heading}\n{}", table(rows, columns, as_of, screen)))
    });
    Ok(shown.collect::<Vec<_>>().join("\n"))
}

/// Everything that is due, in one form.
fn due(answer: &Value) -> Vec<Value> {
    let kinds = [
        ("row", "rows", "row", "reviewed_at", "its review is due"),
        ("drift", "drift", "row", "", "the other side does its work"),
        ("access", "access", "grant", "due_at", ""),
        ("stale", "stale", "name", "last_seen", "nobody hears of it"),
    ];
    let each = kinds.iter().flat_map(|(kind, part, what, since, why)| {
        output::values_at(answer, part).into_iter().map(move |row| {
            let why = if why.is_empty() { text_at(row, "why") } else { (*why).to_owned() };
            json!({ "kind": kind, "org": row["org"], "what": row[*what], "since": row[*since], "why": why })
        })
    });
    each.collect()
}
