//! `rules check|test|list`.

use std::{fmt::Write as _, fs, path::Path};

use dogwatch_model::counted;
use dogwatch_triage::rules::RuleSet;
use serde_json::{Value, json};

use super::again::{self, Pace};
use crate::{
    args::{Format, Rules},
    client::Client,
    failure::{Exit, Failure},
    output::{self, Listing, Screen, Show, column, text_at},
};

const LISTING: Listing<'static> = Listing {
    rows: "rules",
    name: "id",
    columns: &[
        column("ID", "id", Show::Text),
        column("CATEGORY", "category", Show::Text),
        column("TOOL", "tool", Show::Text),
        column("ENABLED", "enabled", Show::YesNo),
        column("WORST", "levels", Show::Made(worst)),
        column("WHEN", "levels", Show::Made(when)),
    ],
    wide: &[column("ONLY", "only", Show::Text), column("TITLE", "title", Show::Text)],
    csv: &["id", "category", "tool", "enabled", "only", "title", "levels.severity", "levels.when"],
};

/// What one endpoint is told to watch.
const WATCHED: Listing<'static> = Listing {
    rows: "values",
    name: "subject",
    columns: &[
        column("WHAT", "subject", Show::Text),
        column("KEY", "key", Show::Text),
        column("VALUE", "value", Show::Text),
        column("LAYER", "layer", Show::Text),
        column("FROM", "line", Show::Made(origin)),
    ],
    wide: &[column("WHEN", "when", Show::Text)],
    csv: &["subject", "key", "value", "layer", "file", "line", "when"],
};

/// The file and line of a value; what ships has none.
fn origin(value: &Value) -> String {
    match text_at(value, "file") {
        none if none.is_empty() => "–".to_owned(),
        file => format!("{file}:{}", text_at(value, "line")),
    }
}

fn worst(rule: &Value) -> String {
    text_at(&rule["levels"][0], "severity")
}

fn when(rule: &Value) -> String {
    text_at(&rule["levels"][0], "when")
}

pub(crate) fn run(command: &Rules, screen: &Screen) -> Result<(), Failure> {
    match command {
        Rules::Check { file } => check(file, screen),
        Rules::Test { endpoint, watching } => test(endpoint, Pace::asked(*watching), screen),
        Rules::List { endpoint: None, watching } => {
            super::note_refused_policy(&Client::logged_in()?);
            super::list(("rules", &[]), &LISTING, Pace::asked(*watching), "no rules", screen)
        }
        Rules::List { endpoint: Some(endpoint), watching } => {
            watched(endpoint, Pace::asked(*watching), screen)
        }
    }
}

/// Checks a file as the collector would take it: laid over the shipped rules.
fn check(file: &Path, screen: &Screen) -> Result<(), Failure> {
    let text = fs::read_to_string(file).map_err(|error| Failure::file("read", file, &error))?;
    match RuleSet::layer(&text, &file.display().to_string()) {
        Ok(rules) => {
            let count = rules.rules().len();
            let checked = json!({ "file": file.display().to_string(), "valid": true, "rules": count });
            super::show_one(&checked, "file", screen, || {
                format!(
                    "{}: valid; {} with the shipped ones\n",
                    file.display(),
                    counted(count, "rule", "rules")
                )
            })
        }
        Err(errors) => {
            let mut said = format!("{} in {}:", counted(errors.len(), "fault", "faults"), file.display());
            for error in errors {
                let _ = write!(said, "\n  {error}");
            }
            Err(Failure::new(Exit::NotMet, said))
        }
    }
}

fn test(endpoint: &str, pace: Pace, screen: &Screen) -> Result<(), Failure> {
    let client = Client::logged_in()?;
    super::note_refused_policy(&client);
    again::show(&client, pace, screen, || {
        let tested = client.get("rules/test", &[("endpoint", endpoint)])?;
        Ok(match screen.format {
            Format::Json | Format::Yaml => screen.whole(&tested)?,
            Format::Name => matching(&tested).map(|rule| text_at(rule, "rule") + "\n").collect(),
            Format::Table | Format::Wide | Format::Csv => in_words(&tested),
        })
    })
}

fn watched(endpoint: &str, pace: Pace, screen: &Screen) -> Result<(), Failure> {
    let client = Client::logged_in()?;
    super::note_refused_policy(&client);
    let mut answer = Value::Null;
    again::show(&client, pace, screen, || {
        answer = client.get("rules/watched", &[("endpoint", endpoint)])?;
        WATCHED.render(&answer, output::as_of(&answer), screen)
    })?;
    if screen.is_for_people() {
        let left_out = answer["left_out"].as_array().map_or(&[][..], Vec::as_slice);
        for entry in left_out {
            output::note(&format!("{} is left out: {}", text_at(entry, "subject"), text_at(entry, "why")));
        }
        if answer.get("in_force").is_some_and(|in_force| *in_force != answer["version"]) {
            output::note("its agent has not taken this up yet");
        }
    }
    Ok(())
}

fn rules(tested: &Value) -> &[Value] {
    tested["rules"].as_array().map_or(&[], Vec::as_slice)
}

fn matching(tested: &Value) -> impl Iterator<Item = &Value> {
    rules(tested)
        .iter()
        .filter(|rule| output::values_at(rule, "levels.verdict").iter().any(|v| *v == "match"))
}

/// Each rule and subject, with what every level says and why.
fn in_words(tested: &Value) -> String {
    let mut out = String::new();
    for rule in rules(tested) {
        let subject = match text_at(rule, "subject") {
            none if none.is_empty() => String::new(),
            subject => format!(" on {subject}"),
        };
        let _ = writeln!(out, "{}{subject}", text_at(rule, "rule"));
        if let Some(why) = rule["set_aside"].as_str() {
            let _ = writeln!(out, "  set aside: {why}");
        }
        for level in rule["levels"].as_array().map_or(&[][..], Vec::as_slice) {
            let verdict = text_at(level, "verdict").replace('_', " ");
            let _ =
                writeln!(out, "  {:8} {verdict:8}  {}", text_at(level, "severity"), text_at(level, "why"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_says_what_it_thinks_and_why() {
        let tested = json!({ "name": "srv-01", "rules": [
            { "rule": "disk-full", "subject": "/", "levels": [
                { "severity": "critical", "verdict": "no_match", "why": "41 % used" },
                { "severity": "warning", "verdict": "match", "why": "41 % used is over 40" },
            ]},
            { "rule": "backup-late", "subject": "", "set_aside": "not known: backup.jobs", "levels": [] },
        ]});
        assert_eq!(
            in_words(&tested),
            "\
disk-full on /
  critical no match  41 % used
  warning  match     41 % used is over 40
backup-late
  set aside: not known: backup.jobs
"
        );
        assert_eq!(matching(&tested).count(), 1);
    }
}
