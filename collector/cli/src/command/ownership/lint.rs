//! `ownership lint`: what is not good about a document. Of a file without any collector, with the very same code.

use std::{fmt::Write as _, path::Path};

use dogwatch_triage::{
    lint::{self, Finding, LintContext, Severity, Source},
    matrix::{Directory, Matrix},
};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use crate::{
    args::{Format, Lint},
    client::Client,
    command::again::{self, Pace},
    failure::{Exit, Failure},
    output::{self, Listing, Screen, Show, column, tame},
};

const LISTING: Listing<'static> = Listing {
    rows: "findings",
    name: "code",
    columns: &[
        column("SEVERITY", "severity", Show::Text),
        column("CODE", "code", Show::Text),
        column("FILE", "file", Show::Text),
        column("LINE", "line", Show::Text),
        column("WHAT", "what", Show::Text),
    ],
    wide: &[column("WHY", "why", Show::Text), column("MEND", "mend", Show::Text)],
    csv: &["severity", "code", "file", "line", "column", "what", "why", "mend"],
};

pub(super) fn run(wanted: &Lint, screen: &Screen) -> Result<(), Failure> {
    if wanted.watching.watch {
        return watch(wanted, screen);
    }
    let answer = match &wanted.file {
        Some(file) if !wanted.online => {
            let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
            let name = file.display().to_string();
            let findings = offline(file, wanted.directory.as_deref(), &LintContext::on(today))?;
            json!({ "file": name, "findings": findings })
        }
        file => {
            let text = file.as_deref().map(super::read).transpose()?;
            let body = super::parts([("text", text), ("org", super::of(&wanted.org))]);
            Client::logged_in()?.post("ownership/lint", &Value::Object(body))?
        }
    };
    show(&answer, screen)
}

/// What is in force, looked at again whenever it changes. Errors in it are shown, and end nothing.
fn watch(wanted: &Lint, screen: &Screen) -> Result<(), Failure> {
    let client = Client::logged_in()?;
    let body = Value::Object(super::parts([("org", super::of(&wanted.org))]));
    again::show(&client, Pace::told(wanted.watching, "ownership"), screen, || {
        let answer = client.post("ownership/lint", &body)?;
        render(&answer, &found(&answer)?, screen)
    })
}

/// The findings about a file: those of the document, those of the directory, or that one of them is none.
fn offline(
    file: &Path,
    directory: Option<&Path>,
    context: &LintContext<'_>,
) -> Result<Vec<Finding>, Failure> {
    let name = |path: &Path| path.display().to_string();
    let (text, file) = (super::read(file)?, name(file));
    let mut sources = vec![(file.clone(), text.clone())];
    let known = match directory {
        Some(path) => {
            let text = super::read(path)?;
            let known = Directory::parse(&text, &name(path));
            sources.push((name(path), text));
            match known {
                Ok(known) => Some(known),
                Err(error) => return Ok(lint::faults(&error)),
            }
        }
        None => None,
    };
    // What a matrix is called decides nothing that lint looks at.
    match Matrix::parse(&text, &file, String::new(), known.as_ref()) {
        Ok(matrix) => {
            let sources: Vec<_> = sources.iter().map(|(file, text)| Source { file, text }).collect();
            Ok(lint::lint(&matrix, &sources, context))
        }
        Err(error) => Ok(lint::faults(&error)),
    }
}

fn found(answer: &Value) -> Result<Vec<Finding>, Failure> {
    serde_json::from_value(answer["findings"].clone()).map_err(|error| {
        Failure::new(
            Exit::Unreachable,
            format!("the collector's answer is of another version ({error}); upgrade dogwatch"),
        )
    })
}

fn render(answer: &Value, findings: &[Finding], screen: &Screen) -> Result<String, Failure> {
    match screen.format {
        Format::Table => Ok(in_lines(findings)),
        _ => LISTING.render(answer, Timestamp::UNIX_EPOCH, screen),
    }
}

fn show(answer: &Value, screen: &Screen) -> Result<(), Failure> {
    let findings = found(answer)?;
    output::print(&render(answer, &findings, screen)?)?;
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    if screen.is_for_people() {
        for left_out in output::values_at(answer, "not_judged") {
            output::note(&tame(left_out.as_str().unwrap_or_default()));
        }
        if findings.is_empty() {
            output::note("nothing to mend");
        }
    }
    match errors {
        0 => Ok(()),
        1 => Err(Failure::new(Exit::NotMet, "one error; a document with errors should not take effect")),
        many => Err(Failure::new(
            Exit::NotMet,
            format!("{many} errors; a document with errors should not take effect"),
        )),
    }
}

/// A line each, as compilers write them: editors jump to the place.
fn in_lines(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        let _ = writeln!(out, "{}", tame(&finding.to_string()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linted(text: &str) -> Vec<Finding> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("acme.toml");
        std::fs::write(&file, text).unwrap();
        offline(&file, None, &LintContext::on("2026-11-22".parse().unwrap())).unwrap()
    }

    #[test]
    fn a_file_is_linted_without_a_collector_with_places_that_editors_jump_to() {
        let text = dogwatch_triage::matrix::starter(&"acme".parse().unwrap());
        let whole = linted(&text);
        assert!(whole.iter().all(|finding| finding.severity == Severity::Warning), "{whole:?}");
        let broken = linted(&text.replace("last_resort = \"msp-noc\"", "last_resort = \"msp-nco\""));
        let line = text.lines().position(|line| line.starts_with("last_resort")).unwrap() + 1;
        let error = broken.iter().find(|finding| finding.severity == Severity::Error).unwrap();
        assert_eq!(error.line, line);
        let lines = in_lines(&broken);
        assert!(lines.contains(&format!("acme.toml:{line}:")) && lines.contains("msp-nco"), "{lines}");
    }
}
