//! `endpoint show|approve|revoke`.

mod words;

use jiff::Timestamp;
use serde_json::json;

use crate::{
    args::{Endpoint, Named},
    client::Client,
    failure::Failure,
    output::{Screen, text_at},
};

pub(crate) fn run(endpoint: &Endpoint, screen: &Screen) -> Result<(), Failure> {
    match endpoint {
        Endpoint::Show(named) => show(named, screen),
        Endpoint::Approve(named) => decide(named, "approve", screen),
        Endpoint::Revoke(named) => decide(named, "revoke", screen),
    }
}

fn show(named: &Named, screen: &Screen) -> Result<(), Failure> {
    let path = format!("endpoints/{}", super::segment(&named.endpoint));
    let endpoint = Client::logged_in()?.get(&path, &[])?;
    super::show_one(&endpoint, "name", screen, || words::all(&endpoint, Timestamp::now(), screen))
}

fn decide(named: &Named, what: &str, screen: &Screen) -> Result<(), Failure> {
    let path = format!("endpoints/{}/{what}", super::segment(&named.endpoint));
    let decided = Client::logged_in()?.post(&path, &json!({}))?;
    super::show_one(&decided, "name", screen, || {
        format!("{} is {} now\n", text_at(&decided, "name"), text_at(&decided, "state"))
    })
}
