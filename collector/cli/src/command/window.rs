//! `window add|list|end`.

use dogwatch_model::OrgId;
use dogwatch_triage::mute::NewWindow;
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::{Value, json};

use super::again::Pace;
use crate::{
    args::{AddWindow, Of, Window},
    client::Client,
    failure::Failure,
    output::{Listing, Screen, Show, column, text_at},
};

const LISTING: Listing<'static> = Listing {
    rows: "windows",
    name: "id",
    columns: &[
        column("ID", "id", Show::Text),
        column("STATE", "state", Show::Text),
        column("BEGINS", "begins_at", Show::Instant),
        column("ENDS", "ends_at", Show::Instant),
        column("EVERY", "every", Show::Text),
        column("WHERE", "org", Show::Made(scope)),
        column("WHAT", "categories", Show::Made(what)),
        column("BY", "by", Show::Made(by)),
        column("REASON", "reason", Show::Text),
    ],
    wide: &[
        column("STARTS", "starts", Show::Text),
        column("ZONE", "zone", Show::Text),
        column("LAST DAY", "last_day", Show::Text),
        column("MADE", "created_at", Show::Instant),
        column("ENDED", "ended_at", Show::Instant),
    ],
    csv: &[
        "id",
        "state",
        "org",
        "site",
        "filter",
        "categories",
        "tools",
        "starts",
        "zone",
        "lasts",
        "every",
        "last_day",
        "begins_at",
        "ends_at",
        "reason",
        "by.person",
        "by.side",
        "created_at",
        "ended_at",
    ],
};

fn scope(window: &Value) -> String {
    let site = match text_at(window, "site") {
        none if none.is_empty() => text_at(window, "org"),
        site => format!("{}/{site}", text_at(window, "org")),
    };
    let filter = text_at(window, "filter");
    if filter.is_empty() { site } else { format!("{site}, {filter}") }
}

/// Who made it, and for which side.
fn by(window: &Value) -> String {
    let (person, side) = (text_at(window, "by.person"), text_at(window, "by.side"));
    if side.is_empty() { person } else { format!("{person} ({side})") }
}

fn what(window: &Value) -> String {
    let parts = [text_at(window, "categories"), text_at(window, "tools")];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "everything".to_owned() } else { parts.join(", tools ") }
}

pub(crate) fn run(command: &Window, screen: &Screen) -> Result<(), Failure> {
    match command {
        Window::Add(wanted) => add(wanted, screen),
        Window::List { org, watching } => {
            let params: Vec<(&str, &str)> = org.iter().map(|org| ("org", org.as_str())).collect();
            let pace = Pace::told(*watching, "window");
            super::list(("windows", &params), &LISTING, pace, "no windows", screen)
        }
        Window::End { id } => {
            let ended = Client::logged_in()?.delete(&format!("windows/{}", super::segment(id)))?;
            super::show_one(&ended, "id", screen, || {
                format!("window {id} is over; what it hid is judged anew\n")
            })
        }
    }
}

fn add(wanted: &AddWindow, screen: &Screen) -> Result<(), Failure> {
    let client = Client::logged_in()?;
    let org = match &wanted.org {
        Some(org) => org.clone(),
        None => super::only_org(&client)?,
    };
    let mut plan = plan(wanted, org, &screen.zone)?;
    // The window keeps what the view is now: whoever changes the view later does not change what is hidden.
    if let Some(typed) = &plan.filter {
        plan.filter = Some(super::view::named::expanded(&client, typed, Of::Fleet)?);
    }
    let made = client.post("windows", &json!(plan))?;
    super::show_one(&made, "id", screen, || in_words(&made, screen))
}

/// What was typed, as what the collector takes.
fn plan(wanted: &AddWindow, org: OrgId, zone: &TimeZone) -> Result<NewWindow, Failure> {
    let (starts, zone) = local_start(&wanted.starts, zone)?;
    Ok(NewWindow {
        org,
        site: wanted.site.clone(),
        filter: wanted.filter.clone(),
        categories: wanted.category.clone(),
        tools: wanted.tool.clone(),
        starts,
        zone,
        lasts: SignedDuration::from_secs(wanted.lasts.into()),
        every: wanted.every.clone(),
        last_day: wanted.last_day,
        reason: wanted.reason.clone(),
    })
}

/// A local time and the name of its zone. It stays local: the collector keeps it through changes of the clock.
fn local_start(text: &str, zone: &TimeZone) -> Result<(DateTime, String), Failure> {
    let wrong = || {
        Failure::usage(format!(
            "`{text}` is not a local time; write \"2026-12-05 22:00 America/Toronto\", or leave the zone out if it is yours"
        ))
    };
    let text = text.trim();
    let (local, name) = match text.rsplit_once(' ') {
        Some((local, name)) if name.starts_with(|first: char| first.is_ascii_alphabetic()) => (local, name),
        _ => {
            let name = zone.iana_name().ok_or_else(|| {
                Failure::usage("your zone has no name here; write it after the time, such as America/Toronto")
            })?;
            (text, name)
        }
    };
    // An offset says less than a zone: nothing about the next change of the clock.
    let digits = local.trim().ends_with(|last: char| last.is_ascii_digit()) && !local.contains('+');
    let starts = local.trim().parse::<DateTime>().ok().filter(|_| digits).ok_or_else(wrong)?;
    Ok((starts, name.to_owned()))
}

fn in_words(made: &Value, screen: &Screen) -> String {
    let when = |path: &str| Show::Instant.show(made, path, Timestamp::UNIX_EPOCH, screen);
    let again = match text_at(made, "every").as_str() {
        "once" => String::new(),
        every => format!(", then {every}"),
    };
    format!(
        "window {} hides {} of {} from {} to {}{again}\n",
        text_at(made, "id"),
        what(made),
        scope(made),
        when("begins_at"),
        when("ends_at")
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Args, Command, Format};

    fn planned(words: &[&str]) -> Result<Value, Failure> {
        let args = Args::try_parse_from(["dogwatch", "window", "add"].iter().chain(words))
            .map_err(|error| Failure::usage(error.to_string()))?;
        let Command::Window(Window::Add(wanted)) = args.command else { panic!("no window") };
        plan(&wanted, "acme".parse().unwrap(), &TimeZone::get("Europe/London").unwrap())
            .map(|plan| json!(plan))
    }

    #[test]
    fn a_window_is_sent_in_its_own_local_time() {
        let words = [
            "patch night",
            "--starts",
            "2026-12-05 22:00 America/Toronto",
            "--for",
            "2h",
            "--every",
            "monthly 2nd tue +4",
            "--site",
            "toronto",
            "--category",
            "patch",
            "--filter",
            "online",
        ];
        assert_eq!(
            planned(&words).unwrap(),
            json!({
                "org": "acme", "site": "toronto", "filter": "online", "categories": ["patch"],
                "starts": "2026-12-05T22:00:00", "zone": "America/Toronto", "lasts": "PT2H",
                "every": "monthly 2nd tue +4", "reason": "patch night",
            })
        );
        let here = planned(&["x", "--starts", "2026-12-05 22:00", "--for", "90m"]).unwrap();
        assert_eq!((&here["zone"], &here["lasts"]), (&json!("Europe/London"), &json!("PT1H30M")));
    }

    #[test]
    fn what_is_no_local_time_or_no_recurrence_says_what_would_be() {
        for (words, told) in [
            (["x", "--starts", "tonight", "--for", "2h"], "America/Toronto"),
            (["x", "--starts", "2026-12-05T22:00:00Z", "--for", "2h"], "America/Toronto"),
            (["x", "--starts", "2026-12-05 22:00", "--for", "long"], "such as 60m"),
        ] {
            let said = planned(&words).unwrap_err().to_string();
            assert!(said.contains(told), "{words:?}: {said}");
        }
        let often = ["x", "--starts", "2026-12-05 22:00", "--for", "2h", "--every", "fortnightly"];
        assert!(planned(&often).unwrap_err().to_string().contains("weekly mon,thu"));
    }

    #[test]
    fn a_list_says_where_and_what_each_hides() {
        let screen = Screen { format: Format::Table, colour: false, terminal: false, zone: TimeZone::UTC };
        let answer = json!({ "windows": [
            { "id": "w1", "state": "ahead", "begins_at": "2026-12-06T03:00:00Z", "ends_at": "2026-12-06T05:00:00Z",
              "every": "daily", "org": "acme", "site": "toronto", "categories": ["patch"], "tools": ["backup"], "reason": "switches",
              "by": { "person": "mira", "side": "msp" } },
            { "id": "w2", "state": "ended", "every": "once", "org": "acme", "filter": "online", "reason": "move",
              "by": { "person": "lee", "side": "internal" } },
        ]});
        assert_eq!(
            LISTING.render(&answer, Timestamp::UNIX_EPOCH, &screen).unwrap(),
            "\
ID  STATE  BEGINS            ENDS              EVERY  WHERE         WHAT                 BY              REASON
w1  ahead  2026-12-06 03:00  2026-12-06 05:00  daily  acme/toronto  patch, tools backup  mira (msp)      switches
w2  ended  –                 –                 once   acme, online  everything           lee (internal)  move
"
        );
    }
}
