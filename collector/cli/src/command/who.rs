//! `who`: who acts first, who answers for it, and why: now, at an instant, through a week, or for an alert. Asks the
//! collector, or a file with the very same code.

mod offline;
mod online;

use dogwatch_model::TeamId;
use dogwatch_triage::{
    finding::Severity,
    who::{Answer, Week, parse_at},
};
use jiff::{Timestamp, tz::TimeZone};

use super::again::{self, Pace};
use crate::{
    args::Who,
    client::Client,
    failure::{Exit, Failure},
    output::{self, Screen},
};

/// What was typed, read.
struct Asked<'a> {
    who: &'a Who,
    severity: Option<Severity>,
    at: Option<Timestamp>,
    /// The zone that was typed with the time, or else that of whoever looks.
    zone: TimeZone,
}

pub(crate) fn run(who: &Who, screen: &Screen) -> Result<(), Failure> {
    let asked = read(who, screen)?;
    if who.watching.watch {
        return watch(&asked, screen);
    }
    if who.week {
        let week = match &who.file {
            Some(file) => offline::week(&asked, file)?,
            None => online::week(&asked)?,
        };
        return show_week(&week, &asked, screen);
    }
    let answer = match &who.file {
        Some(file) => offline::answer(&asked, file)?,
        None => online::answer(&asked)?,
    };
    let value = serde_json::to_value(&answer).unwrap_or_default();
    let words = || answer.in_words(&asked.zone).to_string();
    super::show_one(&value, "first_responder.team", screen, words)?;
    meets(who.expect.as_ref(), &answer)
}

/// Again and again: whoever watches expects no particular team.
fn watch(asked: &Asked<'_>, screen: &Screen) -> Result<(), Failure> {
    let client = Client::logged_in()?;
    again::show(&client, Pace::told(asked.who.watching, "alert,ownership"), screen, || {
        if asked.who.week {
            return week_text(&online::week(asked)?, asked, screen);
        }
        let answer = online::answer(asked)?;
        let value = serde_json::to_value(&answer).unwrap_or_default();
        super::one(&value, "first_responder.team", screen, || answer.in_words(&asked.zone).to_string())
    })
}

fn read<'a>(who: &'a Who, screen: &Screen) -> Result<Asked<'a>, Failure> {
    let severity = who.severity.as_ref().map(|text| text.parse()).transpose();
    let severity = severity.map_err(|error: dogwatch_model::IdError| Failure::usage(error.to_string()))?;
    let mut asked = Asked { who, severity, at: None, zone: screen.zone.clone() };
    if let Some(text) = &who.at {
        let moment = parse_at(text, &screen.zone).map_err(|error| Failure::usage(error.to_string()))?;
        if let Some(note) = &moment.note {
            output::note(note);
        }
        // Whoever names a zone thinks in it.
        asked.zone = moment.zone.unwrap_or(asked.zone);
        asked.at = Some(moment.at);
    }
    Ok(asked)
}

fn meets(expected: Option<&TeamId>, answer: &Answer) -> Result<(), Failure> {
    let team = &answer.first_responder.team;
    match expected.filter(|expected| *expected != team) {
        Some(expected) => Err(Failure::new(Exit::NotMet, format!("expected {expected}, and it is {team}"))),
        None => Ok(()),
    }
}

fn week_text(week: &Week, asked: &Asked<'_>, screen: &Screen) -> Result<String, Failure> {
    if screen.format == crate::args::Format::Name {
        return Ok(week.teams().iter().map(|team| format!("{}\n", team.team)).collect());
    }
    let value = serde_json::to_value(week).unwrap_or_default();
    super::one(&value, "", screen, || week.in_words(&asked.zone).to_string())
}

fn show_week(week: &Week, asked: &Asked<'_>, screen: &Screen) -> Result<(), Failure> {
    output::print(&week_text(week, asked, screen)?)?;
    let Some(expected) = &asked.who.expect else { return Ok(()) };
    match week.stretches.iter().find(|stretch| stretch.team != *expected) {
        Some(other) => {
            let from = other.from.to_zoned(asked.zone.clone()).strftime("%a %Y-%m-%d %H:%M %Z").to_string();
            let what = format!("expected {expected} all week, and from {from} it is {}", other.team);
            Err(Failure::new(Exit::NotMet, what))
        }
        None => Ok(()),
    }
}

/// What it is about; the command line makes sure that something is said.
fn about(asked: &Asked<'_>) -> Result<String, Failure> {
    asked.who.about.clone().ok_or_else(|| Failure::usage("say what it is about: a category or a tool"))
}
