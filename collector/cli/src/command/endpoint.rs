//! `endpoint show|software|tag|set|move|approve|revoke|retire`.

mod words;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::again::{self, Pace};
use crate::{
    args::{Endpoint, Move, Named, NamedSoftware, Set, Tag},
    client::Client,
    failure::Failure,
    output::{self, Listing, Screen, Show, column, text_at},
};

pub(crate) fn run(endpoint: &Endpoint, screen: &Screen) -> Result<(), Failure> {
    match endpoint {
        Endpoint::Show { of, watching } => show(of, Pace::told(*watching, "endpoint"), screen),
        Endpoint::Software(wanted) => software(wanted, screen),
        Endpoint::Approve(named) => decide(named, "approve", screen),
        Endpoint::Revoke(named) => decide(named, "revoke", screen),
        Endpoint::Retire(named) => decide(named, "retire", screen),
        Endpoint::Tag(wanted) => tag(wanted, screen),
        Endpoint::Set(wanted) => set(wanted, screen),
        Endpoint::Move(wanted) => relocate(wanted, screen),
    }
}

fn show(named: &Named, pace: Pace, screen: &Screen) -> Result<(), Failure> {
    let path = format!("endpoints/{}", super::segment(&named.endpoint));
    let client = Client::logged_in()?;
    again::show(&client, pace, screen, || {
        let endpoint = client.get(&path, &[])?;
        super::one(&endpoint, "name", screen, || words::all(&endpoint, Timestamp::now(), screen))
    })
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
    let client = Client::logged_in()?;
    let mut said = false;
    again::show(&client, Pace::told(wanted.watching, "endpoint"), screen, || {
        let installed = client.get(&path, &query)?;
        if installed["told_at"].is_null() && !said {
            output::note(&format!(
                "no list has come from {} yet: its agent sends one when the collector asks, within a minute or so of being \
             connected, unless its owner switched the source `software` off",
                text_at(&installed, "endpoint")
            ));
            said = true;
        }
        SOFTWARE.render(&installed, output::as_of(&installed), screen)
    })
}

fn decide(named: &Named, what: &str, screen: &Screen) -> Result<(), Failure> {
    let path = format!("endpoints/{}/{what}", super::segment(&named.endpoint));
    let decided = Client::logged_in()?.post(&path, &json!({}))?;
    super::show_one(&decided, "name", screen, || {
        format!("{} is {} now\n", text_at(&decided, "name"), text_at(&decided, "state"))
    })
}

fn tag(wanted: &Tag, screen: &Screen) -> Result<(), Failure> {
    change(&wanted.endpoint, "tag", &tagging(wanted), screen)
}

/// `KEY=VALUE` is a label, a word a tag. What is to be removed may be either, and having neither is no fault.
fn tagging(wanted: &Tag) -> Value {
    let (mut add, mut labels) = (Vec::new(), Map::new());
    for text in &wanted.add {
        match text.split_once('=') {
            Some((key, value)) => drop(labels.insert(key.to_owned(), json!(value))),
            None => add.push(text),
        }
    }
    for key in &wanted.remove {
        labels.entry(key.clone()).or_insert(Value::Null);
    }
    json!({ "add": add, "remove": wanted.remove, "labels": labels })
}

fn set(wanted: &Set, screen: &Screen) -> Result<(), Failure> {
    let mut body = Map::new();
    body.extend(wanted.what.class.map(|class| ("class".to_owned(), json!(class))));
    body.extend(wanted.what.criticality.map(|criticality| ("criticality".to_owned(), json!(criticality))));
    change(&wanted.endpoint, "set", &Value::Object(body), screen)
}

fn relocate(wanted: &Move, screen: &Screen) -> Result<(), Failure> {
    let body = json!({ "site": wanted.site, "new_site": wanted.new_site });
    change(&wanted.endpoint, "move", &body, screen)
}

fn change(endpoint: &str, how: &str, body: &Value, screen: &Screen) -> Result<(), Failure> {
    let path = format!("endpoints/{}/{how}", super::segment(endpoint));
    let changed = Client::logged_in()?.post(&path, body)?;
    super::show_one(&changed, "name", screen, || {
        let what: Vec<String> = output::values_at(&changed, "changed")
            .into_iter()
            .map(|what| output::tame(what.as_str().unwrap_or_default()))
            .collect();
        let what =
            if what.is_empty() { "nothing to change, it is so already".to_owned() } else { what.join(", ") };
        format!("{}: {what}\n", text_at(&changed, "name"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_tags_and_pairs_are_labels() {
        let wanted = Tag {
            endpoint: "srv-01".into(),
            add: vec!["prod".into(), "note=a=b".into()],
            remove: vec!["lab".into()],
        };
        assert_eq!(
            tagging(&wanted),
            json!({ "add": ["prod"], "remove": ["lab"], "labels": { "note": "a=b", "lab": null } })
        );
    }
}
