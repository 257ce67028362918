//! `view list|show|save|delete`.

pub(super) mod named;

use dogwatch_model::OrgId;
use serde_json::{Value, json};

use super::{again::Pace, list, segment, show_again, show_one};
use crate::{
    args::{SaveView, View},
    client::Client,
    failure::Failure,
    output::{self, Listing, Screen, Show, column, text_at},
};

const LISTING: Listing<'static> = Listing {
    rows: "views",
    name: "name",
    columns: &[
        column("NAME", "name", Show::Text),
        column("OF", "of", Show::Text),
        column("FILTER", "filter", Show::Text),
        column("SORT", "sort", Show::Text),
        column("ORG", "org", Show::Text),
        column("SIDE", "side", Show::Text),
        column("BY", "saved_by", Show::Text),
        column("SAVED", "saved_at", Show::Age),
    ],
    wide: &[column("COLUMNS", "columns", Show::Text)],
    csv: &["name", "of", "filter", "sort", "columns", "org", "side", "saved_by", "saved_at"],
};

pub(crate) fn run(command: &View, screen: &Screen) -> Result<(), Failure> {
    match command {
        View::List(watching) => {
            let empty = "no saved views; save one: dogwatch view save NAME FILTER";
            list(("views", &[]), &LISTING, Pace::asked(*watching), empty, screen)
        }
        View::Show { name, org, watching } => {
            let path = path(name, org.as_ref());
            show_again((&path, &[]), "name", Pace::asked(*watching), screen, words)
        }
        View::Save(view) => save(view, screen),
        View::Delete { name, org } => {
            let gone = Client::logged_in()?.delete(&path(name, org.as_ref()))?;
            show_one(&gone, "name", screen, || format!("deleted {}\n", text_at(&gone, "name")))
        }
    }
}

fn path(name: &str, org: Option<&OrgId>) -> String {
    let org = org.map(|org| format!("?org={org}")).unwrap_or_default();
    format!("views/{}{org}", segment(name))
}

fn words(view: &Value, screen: &Screen) -> String {
    let mut out = String::new();
    for (name, path) in [
        ("name", "name"),
        ("of", "of"),
        ("filter", "filter"),
        ("sort", "sort"),
        ("columns", "columns"),
        ("org", "org"),
        ("side", "side"),
        ("saved by", "saved_by"),
    ] {
        let value = Show::Text.show(view, path, output::as_of(view), screen);
        if !value.is_empty() && value != "–" {
            out.push_str(&format!("{name:<9} {value}\n"));
        }
    }
    out
}

fn save(view: &SaveView, screen: &Screen) -> Result<(), Failure> {
    let client = Client::logged_in()?;
    // One view may build on another: what it is then is kept, not the name.
    let filter = named::expanded(&client, &view.filter.join(" "), view.of)?;
    let saved = client.post(
        "views",
        &json!({
            "name": view.name, "of": view.of.as_str(), "filter": filter, "sort": view.sort, "columns": view.columns,
            "org": view.org, "shared": view.shared,
        }),
    )?;
    show_one(&saved, "name", screen, || {
        let name = text_at(&saved, "name");
        format!("saved {name}: dogwatch {} @{name}\n", view.of.as_str())
    })
}
