//! `ownership replay`: whose load would have changed, had a document been in force.

use serde_json::{Value, json};

use crate::{
    args::{Format, Replay},
    client::Client,
    failure::Failure,
    output::{self, Listing, Screen, Show, column, table, text_at, values_at},
    progress,
};

/// Items that would have gone to another team.
const MOVED: Listing<'static> = Listing {
    rows: "moved",
    name: "number",
    columns: &[
        column("NUMBER", "number", Show::Made(number)),
        column("CAME", "at", Show::Instant),
        column("ENDPOINT", "endpoint_name", Show::Text),
        column("TITLE", "title", Show::Text),
        column("WENT TO", "before", Show::Made(before)),
        column("WOULD GO TO", "after", Show::Made(after)),
    ],
    wide: &[],
    csv: &[
        "number",
        "at",
        "endpoint_name",
        "title",
        "before.team",
        "before.side",
        "before.row",
        "after.team",
        "after.side",
        "after.row",
    ],
};

fn number(item: &Value) -> String {
    format!("#{}", text_at(item, "number"))
}

fn place(place: &Value) -> String {
    let row = match text_at(place, "row") {
        none if none.is_empty() => "last resort".to_owned(),
        row => row,
    };
    format!("{} ({}) by {row}", text_at(place, "team"), text_at(place, "side"))
}

fn before(item: &Value) -> String {
    place(&item["before"])
}

fn after(item: &Value) -> String {
    place(&item["after"])
}

pub(super) fn run(wanted: &Replay, screen: &Screen) -> Result<(), Failure> {
    let (kind, text) = super::document(&wanted.draft)?;
    let mut body = super::parts([(kind, Some(text)), ("org", super::of(&wanted.org))]);
    body.insert("days".to_owned(), json!(wanted.days));
    let (client, body) = (Client::logged_in()?, Value::Object(body));
    let what = format!("replaying {} days", wanted.days);
    let answer = progress::while_waiting(&what, || client.post("ownership/replay", &body));
    let answer = answer.map_err(|failure| super::named(failure, wanted.draft.file()))?;
    output::print(&match screen.format {
        Format::Table | Format::Wide => in_words(&answer, screen),
        _ => MOVED.render(&answer, output::as_of(&answer), screen)?,
    })
}

fn in_words(answer: &Value, screen: &Screen) -> String {
    let at = |path: &str| text_at(answer, path);
    let as_of = output::as_of(answer);
    let mut out = format!(
        "{} of {}, {} of them would have gone to another team\n\n",
        output::counted_at(answer, "items", "item", "items"),
        output::counted_at(answer, "days", "day", "days"),
        at("moved_total")
    );
    let loads = |name: &str| values_at(answer, name).into_iter().cloned().collect::<Vec<_>>();
    let columns = [
        column("TEAM", "team", Show::Text),
        column("SIDE", "side", Show::Text),
        column("BEFORE", "before", Show::Text),
        column("AFTER", "after", Show::Text),
    ];
    out += &table(&loads("teams"), &columns, as_of, screen);
    out.push('\n');
    out += &table(&loads("sides"), &columns[1..], as_of, screen);
    let moved = loads("moved");
    if !moved.is_empty() {
        out.push('\n');
        out += &table(&moved, MOVED.columns, as_of, screen);
    }
    let told = u64::try_from(moved.len()).unwrap_or(u64::MAX);
    let left_off = answer["moved_total"].as_u64().unwrap_or(0).saturating_sub(told);
    if left_off > 0 {
        out += &format!("… and {left_off} more\n");
    }
    if let Some(note) = answer["note"].as_str() {
        out += &format!("\n{}\n", output::tame(note));
    }
    out
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn a_replay_says_whose_load_changes_and_which_items_move() {
        let screen = Screen { format: Format::Table, colour: false, terminal: false, zone: TimeZone::UTC };
        let answer = json!({
            "as_of": "2026-11-22T12:00:00Z", "days": 30, "items": 3, "moved_total": 2,
            "teams": [{ "team": "noc", "side": "msp", "before": 3, "after": 1 }, { "team": "it", "side": "internal", "before": 0, "after": 2 }],
            "sides": [{ "side": "msp", "before": 3, "after": 1 }, { "side": "internal", "before": 0, "after": 2 }],
            "moved": [{ "number": 7, "at": "2026-11-20T12:00:00Z", "endpoint_name": "srv-01", "title": "disk full",
                        "before": { "team": "noc", "side": "msp" }, "after": { "team": "it", "side": "internal", "row": "disks" } }],
        });
        assert_eq!(
            in_words(&answer, &screen),
            "\
3 items of 30 days, 2 of them would have gone to another team

TEAM  SIDE      BEFORE  AFTER
noc   msp       3       1
it    internal  0       2

SIDE      BEFORE  AFTER
msp       3       1
internal  0       2

NUMBER  CAME              ENDPOINT  TITLE      WENT TO                   WOULD GO TO
#7      2026-11-20 12:00  srv-01    disk full  noc (msp) by last resort  it (internal) by disks
… and 1 more
"
        );
    }
}
