//! `ownership …`: whose is what, as a document that both sides read, sign, compare and try out.

mod change;
mod lint;
mod replay;

use std::{fs, path::Path};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::again::Pace;
use crate::{
    args::{Draft, OfOrg, Ownership, Propose},
    client::Client,
    failure::Failure,
    output::{self, Listing, Screen, Show, column, text_at, values_at},
    when::parse_ahead,
};

const VERSIONS: Listing<'static> = Listing {
    rows: "versions",
    name: "hash",
    columns: &[
        column("VERSION", "hash", Show::Text),
        column("STATE", "state", Show::Made(state)),
        column("FROM", "in_force_from", Show::Instant),
        column("PROPOSED", "proposed_at", Show::Instant),
        column("BY", "proposed_by", Show::Text),
        column("SIGNED", "signatures", Show::Made(signed)),
        column("NOTE", "note", Show::Text),
    ],
    wide: &[column("NOT BEFORE", "effective_at", Show::Instant), column("ORG", "org", Show::Text)],
    csv: &[
        "org",
        "hash",
        "state",
        "proposed_by",
        "proposed_side",
        "proposed_at",
        "effective_at",
        "in_force_from",
        "signatures.side",
        "signatures.person",
        "missing",
        "note",
    ],
};

/// `in force`, `waiting for internal` …
fn state(version: &Value) -> String {
    let state = text_at(version, "state").replace('_', " ");
    match text_at(version, "missing") {
        none if none.is_empty() => state,
        missing => format!("{state} for {}", missing.replace(',', " and ")),
    }
}

fn signed(version: &Value) -> String {
    let each =
        |signature: &Value| format!("{} ({})", text_at(signature, "person"), text_at(signature, "side"));
    let all: Vec<_> = values_at(version, "signatures").into_iter().map(each).collect();
    if all.is_empty() { "nobody".to_owned() } else { all.join(", ") }
}

pub(crate) fn run(command: &Ownership, screen: &Screen) -> Result<(), Failure> {
    match command {
        Ownership::Show { org, text: true, .. } => show_text(org),
        Ownership::Show { org, watching, .. } => {
            let params: Vec<(&str, &str)> = org.org.iter().map(|org| ("org", org.as_str())).collect();
            let pace = Pace::told(*watching, "ownership");
            let words = |shown: &Value, screen: &Screen| in_words(shown, org, screen);
            super::show_again(("ownership", &params), "matrix_version", pace, screen, words)
        }
        Ownership::History(wanted) => {
            let params: Vec<(&str, &str)> = wanted.org.org.iter().map(|org| ("org", org.as_str())).collect();
            let pace = Pace::told(wanted.watching, "ownership");
            let empty = "nobody has proposed a version yet: dogwatch ownership propose FILE";
            super::list(("ownership/versions", &params), &VERSIONS, pace, empty, screen)
        }
        Ownership::Propose(wanted) => propose(wanted, screen),
        Ownership::Sign(of) => {
            let path = format!("ownership/versions/{}/sign", super::segment(&of.hash));
            let version = Client::logged_in()?.post(&path, &json!({}))?;
            super::show_one(&version, "hash", screen, || in_a_line(&version, screen))
        }
        Ownership::Withdraw(of) => {
            let path = format!("ownership/versions/{}", super::segment(&of.hash));
            let version = Client::logged_in()?.delete(&path)?;
            super::show_one(&version, "hash", screen, || in_a_line(&version, screen))
        }
        Ownership::Lint(wanted) => lint::run(wanted, screen),
        Ownership::Diff(wanted) => change::run(wanted, screen),
        Ownership::Replay(wanted) => replay::run(wanted, screen),
    }
}

fn show_text(org: &OfOrg) -> Result<(), Failure> {
    let client = Client::logged_in()?;
    let params: Vec<(&str, &str)> = org.org.iter().map(|org| ("org", org.as_str())).collect();
    let shown = client.get("ownership", &params)?;
    super::note_refused_policy(&client);
    output::print(shown["text"].as_str().unwrap_or_default())
}

fn in_words(shown: &Value, asked: &OfOrg, screen: &Screen) -> String {
    let at = |path: &str| text_at(shown, path);
    let mut out = format!("{}: {} (matrix {})\n", at("org"), at("standing"), at("matrix_version"));
    match shown.get("in_force") {
        Some(version) => {
            let from = Show::Instant.show(version, "in_force_from", Timestamp::UNIX_EPOCH, screen);
            out += &format!(
                "version {} since {from}, signed by {}\n",
                text_at(version, "hash"),
                signed(version)
            );
        }
        None => {
            out += &format!(
                "{} decides until both sides have signed a version: dogwatch ownership propose FILE\n",
                at("file")
            );
        }
    }
    if shown["file_differs"] == true {
        out += &format!("{} says something else, which nobody has proposed\n", at("file"));
    }
    // Whoever had to say which org has to say it again.
    let org = asked.org.as_ref().map(|org| format!(" --org {org}")).unwrap_or_default();
    out + &format!("the document: dogwatch ownership show --text{org}\n")
}

fn propose(wanted: &Propose, screen: &Screen) -> Result<(), Failure> {
    let mut body = parts([("text", Some(read(&wanted.file)?)), ("org", of(&wanted.org))]);
    body.insert("note".to_owned(), json!(wanted.note));
    if let Some(text) = &wanted.effective {
        let (at, note) = parse_ahead(text, Timestamp::now(), &screen.zone)?;
        note.iter().for_each(|note| output::note(note));
        body.insert("effective_at".to_owned(), json!(at));
    }
    let version = Client::logged_in()?
        .post("ownership/versions", &Value::Object(body))
        .map_err(|failure| named(failure, Some(&wanted.file)))?;
    super::show_one(&version, "hash", screen, || {
        let hash = text_at(&version, "hash");
        format!("{}each side signs it with: dogwatch ownership sign {hash}\n", in_a_line(&version, screen))
    })
}

fn in_a_line(version: &Value, screen: &Screen) -> String {
    let from = match version.get("in_force_from") {
        Some(_) => {
            format!(" from {}", Show::Instant.show(version, "in_force_from", Timestamp::UNIX_EPOCH, screen))
        }
        None => String::new(),
    };
    format!(
        "version {} is {}{from}; signed by {}\n",
        text_at(version, "hash"),
        state(version),
        signed(version)
    )
}

fn of(org: &OfOrg) -> Option<String> {
    org.org.as_ref().map(ToString::to_string)
}

fn read(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|error| Failure::file("read", file, &error))
}

/// A failure that names places in a document, which the collector knows by its text only, by the name of its file.
fn named(failure: Failure, file: Option<&Path>) -> Failure {
    match (failure, file) {
        (Failure::Told { exit, what }, Some(file)) => {
            Failure::new(exit, what.replace("draft:", &format!("{}:", file.display())))
        }
        (other, _) => other,
    }
}

/// The parts that there are, as a body.
fn parts<const N: usize>(parts: [(&str, Option<String>); N]) -> Map<String, Value> {
    let given = parts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?))));
    given.collect()
}

/// A document as the collector takes it: its text, or the version that it knows.
fn document(draft: &Draft) -> Result<(&'static str, String), Failure> {
    Ok(match draft {
        Draft::File(file) => ("text", read(file)?),
        Draft::Version(hash) => ("version", hash.clone()),
    })
}

#[cfg(test)]
mod tests;
