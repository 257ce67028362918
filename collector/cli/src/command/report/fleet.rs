//! `report patch|backup`: how much of the fleet is as it should be. Every figure names the filter behind it.

use serde_json::{Value, json};

use super::again;
use crate::{
    args::{Format, Of, OfFleet},
    client::Client,
    command::{again::Pace, view::named},
    failure::Failure,
    output::{self, Listing, Screen, Show, column, text_at},
};

const FIGURES: Listing<'static> = Listing {
    rows: "figures",
    name: "measure",
    columns: &[
        column("ORG", "org", Show::Text),
        column("SITE", "site", Show::Made(site)),
        column("CLASS", "class", Show::Made(class)),
        column("SHARE", "share", Show::Made(share)),
        column("OF", "denominator", Show::Made(of)),
        column("NOT JUDGED", "unjudged", Show::Text),
        column("WHAT", "says", Show::Text),
        column("OLDEST", "oldest.at", Show::Age),
        column("WHERE", "oldest.name", Show::Text),
    ],
    wide: &[column("THE OTHERS", "rows_not", Show::Text)],
    csv: &[
        "org",
        "site",
        "class",
        "measure",
        "numerator",
        "denominator",
        "share",
        "unjudged",
        "oldest.at",
        "oldest.name",
        "rows_not",
    ],
};

fn site(figure: &Value) -> String {
    figure.get("site").map_or_else(|| "all".to_owned(), |_| text_at(figure, "site"))
}

fn class(figure: &Value) -> String {
    match (figure.get("class"), figure.get("site")) {
        (Some(_), _) => text_at(figure, "class"),
        (None, Some(_)) => "–".to_owned(),
        (None, None) => "all".to_owned(),
    }
}

fn share(figure: &Value) -> String {
    super::percent(&figure["share"])
}

fn of(figure: &Value) -> String {
    format!("{} of {}", text_at(figure, "numerator"), text_at(figure, "denominator"))
}

pub(super) fn run(report: &str, asked: &OfFleet, screen: &Screen) -> Result<(), Failure> {
    let org = asked.org.as_ref().map(|org| ("org", org.to_string()));
    let filter = match &asked.filter {
        Some(typed) => Some(("filter", named::expanded(&Client::logged_in()?, typed, Of::Fleet)?)),
        None => None,
    };
    let params: Vec<_> = org.into_iter().chain(filter).collect();
    again(report, &params, Pace::told(asked.watching, "endpoint"), screen, |answer, is_new| {
        if screen.is_for_people() && is_new {
            remark(answer, screen.format);
        }
        render(answer, screen)
    })
}

pub(super) fn render(report: &Value, screen: &Screen) -> Result<String, Failure> {
    FIGURES.render(report, output::as_of(report), screen)
}

/// The figures of a month's two reports, as one list.
pub(super) fn of_both(month: &Value, screen: &Screen) -> Result<String, Failure> {
    let both = ["patch", "backup"].iter().flat_map(|part| output::values_at(&month[*part], "figures"));
    let all = json!({ "figures": both.collect::<Vec<_>>() });
    FIGURES.render(&all, output::as_of(month), screen)
}

fn remark(answer: &Value, format: Format) {
    let count = |name: &str| answer[name].as_u64().unwrap_or(0);
    match count("endpoints") {
        0 => output::note("no endpoint in service matches"),
        _ if format == Format::Wide => output::note(
            "the endpoints that a figure leaves out: dogwatch fleet 'FILTER', with the filter under THE OTHERS",
        ),
        _ => output::note(
            "the endpoints behind a figure: dogwatch fleet 'FILTER', with the filter that -o wide shows",
        ),
    }
    if count("undecided") > 0 {
        output::note(&format!("{} left out: the filter could not judge them", count("undecided")));
    }
}
