//! `view list|save|delete`.

use serde_json::json;

use super::{again::Pace, list, segment, show_one};
use crate::{
    args::{SaveView, View},
    client::Client,
    failure::Failure,
    output::{Listing, Screen, Show, column, text_at},
};

const LISTING: Listing<'static> = Listing {
    rows: "views",
    name: "name",
    columns: &[
        column("NAME", "name", Show::Text),
        column("FILTER", "filter", Show::Text),
        column("SORT", "sort", Show::Text),
        column("ORG", "org", Show::Text),
        column("SIDE", "side", Show::Text),
        column("BY", "saved_by", Show::Text),
        column("SAVED", "saved_at", Show::Age),
    ],
    wide: &[column("COLUMNS", "columns", Show::Text)],
    csv: &["name", "filter", "sort", "columns", "org", "side", "saved_by", "saved_at"],
};

pub(crate) fn run(command: &View, screen: &Screen) -> Result<(), Failure> {
    match command {
        View::List(watching) => {
            let empty = "no saved views; save one: dogwatch view save NAME FILTER";
            list(("views", &[]), &LISTING, Pace::asked(*watching), empty, screen)
        }
        View::Save(view) => save(view, screen),
        View::Delete { name, org } => {
            let org = org.as_ref().map(|org| format!("?org={org}")).unwrap_or_default();
            let gone = Client::logged_in()?.delete(&format!("views/{}{org}", segment(name)))?;
            show_one(&gone, "name", screen, || format!("deleted {}\n", text_at(&gone, "name")))
        }
    }
}

fn save(view: &SaveView, screen: &Screen) -> Result<(), Failure> {
    let saved = Client::logged_in()?.post(
        "views",
        &json!({
            "name": view.name, "filter": view.filter.join(" "), "sort": view.sort, "columns": view.columns,
            "org": view.org, "shared": view.shared,
        }),
    )?;
    show_one(&saved, "name", screen, || {
        let name = text_at(&saved, "name");
        format!("saved {name}: dogwatch fleet @{name}\n")
    })
}
