//! `report boundary|patch|backup|month|review`.
//!
//! People get all parts, each under its heading; a program gets everything. A spreadsheet holds one table: the one that is
//! asked for, or else the one that is counted finest, with a word about the others.

mod boundary;
mod fleet;
mod review;

use serde_json::Value;

use super::again::{self, Pace};
use crate::{
    args::{Format, Month, MonthTable, Period, Report},
    client::Client,
    failure::Failure,
    output::{self, Screen},
};

fn percent(share: &Value) -> String {
    share.as_f64().map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

pub(crate) fn run(report: &Report, screen: &Screen) -> Result<(), Failure> {
    match report {
        Report::Boundary(asked) => boundary::run(asked, screen),
        Report::Patch(asked) => fleet::run("patch", asked, screen),
        Report::Backup(asked) => fleet::run("backup", asked, screen),
        Report::Month(asked) => month(asked, screen),
        Report::Review(asked) => review::run(asked, screen),
    }
}

/// Shows a report, once or again and again. Whoever draws is told whether it is the first time.
fn again(
    report: &str,
    params: &[(&'static str, String)],
    pace: Pace,
    screen: &Screen,
    draw: impl Fn(&Value, bool) -> Result<String, Failure>,
) -> Result<(), Failure> {
    let (client, path) = (Client::logged_in()?, format!("reports/{report}"));
    let params: Vec<_> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut is_new = true;
    again::show(&client, pace, screen, || draw(&client.get(&path, &params)?, std::mem::take(&mut is_new)))
}

/// Patches and backups as they stand now, and the queue's figures of the month.
fn month(asked: &Month, screen: &Screen) -> Result<(), Failure> {
    one_table_alone(asked.table.is_some(), screen)?;
    let pace = Pace::told(asked.period.watching, "alert,endpoint");
    again("month", &params(&asked.period), pace, screen, |answer, is_new| {
        if asked.table.is_none() && is_new {
            of_the_others("figures", &["groups", "sides", "sla", "drift", "burden"], screen);
        }
        in_month(answer, asked.table, screen)
    })
}

fn in_month(answer: &Value, wanted: Option<MonthTable>, screen: &Screen) -> Result<String, Failure> {
    match (screen.format, wanted.map(MonthTable::of_queue)) {
        (_, Some(Some(table))) => boundary::one(&answer["queue"], table, screen),
        (Format::Json | Format::Yaml, _) => screen.whole(answer),
        (Format::Csv | Format::Name, _) | (_, Some(None)) => fleet::of_both(answer, screen),
        (Format::Table | Format::Wide, None) => {
            let part = |name: &str| fleet::render(&answer[name], screen);
            let queue = boundary::render(&answer["queue"], None, screen)?;
            Ok(format!("Patches\n{}\nBackups\n{}\nThe queue\n{queue}", part("patch")?, part("backup")?))
        }
    }
}

/// A program gets every table in any case; to give it one would be another form.
fn one_table_alone(wanted: bool, screen: &Screen) -> Result<(), Failure> {
    match wanted && screen.is_for_programs() {
        true => Err(Failure::usage(
            "--table goes with -o table, wide, csv and name; json and yaml hold every table",
        )),
        false => Ok(()),
    }
}

/// Says which tables a spreadsheet does not hold: nobody takes one for all.
fn of_the_others(shown: &str, others: &[&str], screen: &Screen) {
    if matches!(screen.format, Format::Csv | Format::Name) {
        output::note(&format!("this is the table `{shown}`; --table gives another: {}", others.join(", ")));
    }
}

fn params(asked: &Period) -> Vec<(&'static str, String)> {
    let (from, until) =
        asked.month.map_or((asked.from, asked.until), |(from, until)| (Some(from), Some(until)));
    let org = asked.org.as_ref().map(|org| ("org", org.to_string()));
    let from = from.map(|from| ("from", from.to_string()));
    let until = until.map(|until| ("until", until.to_string()));
    [org, from, until].into_iter().flatten().collect()
}
