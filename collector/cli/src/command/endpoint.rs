//! `endpoint show|software|approve|revoke`.

mod words;

use jiff::Timestamp;
use serde_json::json;

use crate::{
    args::{Endpoint, Named, NamedSoftware},
    client::Client,
    failure::Failure,
    output::{self, Listing, Screen, Show, column, text_at},
};

pub(crate) fn run(endpoint: &Endpoint, screen: &Screen) -> Result<(), Failure> {
    match endpoint {
        Endpoint::Show(named) => show(named, screen),
        Endpoint::Software(wanted) => software(wanted, screen),
        Endpoint::Approve(named) => decide(named, "approve", screen),
        Endpoint::Revoke(named) => decide(named, "revoke", screen),
    }
}

fn show(named: &Named, screen: &Screen) -> Result<(), Failure> {
    let path = format!("endpoints/{}", super::segment(&named.endpoint));
    let endpoint = Client::logged_in()?.get(&path, &[])?;
    super::show_one(&endpoint, "name", screen, || words::all(&endpoint, Timestamp::now(), screen))
}

const SOFTWARE: Listing<'static> = Listing {
    rows: "software",
    name: "name",
    columns: &[
        column("NAME", "name", Show::Text),
        column("VERSION", "version", Show::Text),
        column("SOURCE", "source", Show::Text),
    ],
    wide: &[],
    csv: &["source", "name", "version"],
};

fn software(wanted: &NamedSoftware, screen: &Screen) -> Result<(), Failure> {
    let path = format!("endpoints/{}/software", super::segment(&wanted.endpoint));
    let query: Vec<(&str, &str)> = wanted.name.iter().map(|name| ("name", name.as_str())).collect();
    let installed = Client::logged_in()?.get(&path, &query)?;
    if installed["told_at"].is_null() {
        output::note(&format!(
            "no list has come from {} yet: its agent sends one when the collector asks, within a minute or so of being \
             connected, unless its owner switched the source `software` off",
            text_at(&installed, "endpoint")
        ));
    }
    output::print(&SOFTWARE.render(&installed, output::as_of(&installed), screen)?)
}

fn decide(named: &Named, what: &str, screen: &Screen) -> Result<(), Failure> {
    let path = format!("endpoints/{}/{what}", super::segment(&named.endpoint));
    let decided = Client::logged_in()?.post(&path, &json!({}))?;
    super::show_one(&decided, "name", screen, || {
        format!("{} is {} now\n", text_at(&decided, "name"), text_at(&decided, "state"))
    })
}
