//! `endpoint show|approve|revoke`.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    args::{Endpoint, Named},
    client::Client,
    failure::Failure,
    output::{Screen, Show, text_at},
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
    super::show_one(&endpoint, "name", screen, || in_words(&endpoint, Timestamp::now(), screen))
}

fn decide(named: &Named, what: &str, screen: &Screen) -> Result<(), Failure> {
    let path = format!("endpoints/{}/{what}", super::segment(&named.endpoint));
    let decided = Client::logged_in()?.post(&path, &json!({}))?;
    super::show_one(&decided, "name", screen, || {
        format!("{} is {} now\n", text_at(&decided, "name"), text_at(&decided, "state"))
    })
}

/// Every fact, a line each; groups become paths, elements of lists are marked.
fn in_words(endpoint: &Value, now: Timestamp, screen: &Screen) -> String {
    let mut lines = Vec::new();
    flatten("", endpoint, &mut lines);
    let width = lines.iter().map(|(path, _)| path.chars().count()).max().unwrap_or(0).min(48);
    let mut out = String::new();
    for (path, value) in lines {
        let shown = Show::Guess.show(&json!({ "v": value }), "v", now, screen);
        let _ = writeln!(out, "{path:width$}  {shown}");
    }
    out
}

fn flatten<'v>(path: &str, value: &'v Value, into: &mut Vec<(String, &'v Value)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&inner, member, into);
            }
        }
        Value::Array(list) if list.iter().any(Value::is_object) => {
            for (index, member) in list.iter().enumerate() {
                flatten(&format!("{path}[{index}]"), member, into);
            }
        }
        Value::Array(list) if list.is_empty() => {}
        other => into.push((path.to_owned(), other)),
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::args::Format;

    #[test]
    fn an_endpoint_is_shown_fact_by_fact_under_the_names_of_the_filter() {
        let screen = Screen {
            format: Format::Table,
            colour: false,
            width: None,
            terminal: false,
            zone: TimeZone::UTC,
        };
        let endpoint = json!({
            "name": "srv-01", "tags": ["lab", "prod"], "labels": {}, "last_seen": "2026-11-22T11:59:56Z",
            "health": { "disks": [{ "mount": "/", "used_percent": 41.5 }] },
        });
        assert_eq!(
            in_words(&endpoint, Timestamp::UNIX_EPOCH, &screen),
            "\
health.disks[0].mount         /
health.disks[0].used_percent  41.5
last_seen                     2026-11-22 11:59
name                          srv-01
tags                          lab,prod
"
        );
    }
}
