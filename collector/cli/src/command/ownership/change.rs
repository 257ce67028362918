//! `ownership diff`: what changes from one document to another, in words that people can agree to.

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    args::{Change, Draft, Format},
    client::Client,
    failure::Failure,
    output::{self, Listing, Screen, Show, column, text_at, values_at},
};

const LISTING: Listing<'static> = Listing {
    rows: "differences",
    name: "id",
    columns: &[
        column("PART", "part", Show::Text),
        column("ID", "id", Show::Text),
        column("CHANGE", "change", Show::Text),
        column("HOW", "words", Show::Text),
    ],
    wide: &[],
    csv: &["part", "id", "change", "words"],
};

pub(super) fn run(wanted: &Change, screen: &Screen) -> Result<(), Failure> {
    // One alone is what would come after what is in force.
    let (from, to) = match &wanted.to {
        Some(to) => (Some(&wanted.from), to),
        None => (None, &wanted.from),
    };
    let side = |draft: &Draft, names: [&'static str; 2]| {
        super::document(draft).map(|(kind, text)| (names[usize::from(kind == "text")], Some(text)))
    };
    let from = from.map_or(Ok(("from", None)), |from| side(from, ["from", "from_text"]))?;
    let to = side(to, ["to", "to_text"])?;
    let file = [Some(&wanted.from), wanted.to.as_ref()].into_iter().flatten().rev().find_map(Draft::file);
    let body = super::parts([from, to, ("org", super::of(&wanted.org))]);
    let answer = Client::logged_in()?.post("ownership/diff", &Value::Object(body));
    let answer = answer.map_err(|failure| super::named(failure, file))?;
    output::print(&match screen.format {
        Format::Table => in_words(&answer),
        _ => LISTING.render(&answer, Timestamp::UNIX_EPOCH, screen)?,
    })?;
    if screen.is_for_people() && answer["differences"].as_array().is_some_and(Vec::is_empty) {
        output::note("nothing differs in what they say");
    }
    Ok(())
}

/// A thing each, and what exactly below it.
pub(super) fn in_words(answer: &Value) -> String {
    let mut out = String::new();
    for one in values_at(answer, "differences") {
        let sign = match text_at(one, "change").as_str() {
            "added" => '+',
            "removed" => '-',
            _ => '~',
        };
        out +=
            &format!("{sign} {} {} {}\n", text_at(one, "part"), text_at(one, "id"), text_at(one, "change"));
        for words in values_at(one, "words") {
            out += &format!("    {}\n", output::tame(words.as_str().unwrap_or_default()));
        }
    }
    out
}
