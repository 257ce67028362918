//! `who`: who acts first, who answers for it, and why. Asks the collector, or a file with the very same code.

use std::{fs, path::Path};

use dogwatch_triage::{
    finding::Severity,
    matrix::{Directory, Matrix, MatrixError},
    who::{Answer, Query, parse_at, who},
};
use jiff::Timestamp;

use crate::{
    args::Who,
    client::Client,
    failure::{Exit, Failure},
    output::{self, Screen},
    pin,
};

/// How much of the hash of a matrix's text is its version: 12 hex digits.
const VERSION_BYTES: usize = 6;

pub(crate) fn run(asked: &Who, screen: &Screen) -> Result<(), Failure> {
    let mut zone = screen.zone.clone();
    let at = match &asked.at {
        Some(text) => {
            let moment = parse_at(text, &screen.zone).map_err(|error| Failure::usage(error.to_string()))?;
            if let Some(note) = &moment.note {
                output::note(note);
            }
            // Whoever names a zone thinks in it.
            zone = moment.zone.unwrap_or(zone);
            Some(moment.at)
        }
        None => None,
    };
    let severity: Option<Severity> = match &asked.severity {
        Some(text) => Some(text.parse().map_err(|e: dogwatch_model::IdError| Failure::usage(e.to_string()))?),
        None => None,
    };
    let answer = match &asked.file {
        Some(file) => offline(asked, file, severity, at.unwrap_or_else(Timestamp::now))?,
        None => online(asked, severity, at)?,
    };
    let value = serde_json::to_value(&answer).unwrap_or_default();
    super::show_one(&value, "first_responder.team", screen, || answer.in_words(&zone).to_string())?;
    match &asked.expect {
        Some(expected) if answer.first_responder.team != *expected => Err(Failure::new(
            Exit::NotMet,
            format!("expected {expected}, and it is {}", answer.first_responder.team),
        )),
        _ => Ok(()),
    }
}

fn online(asked: &Who, severity: Option<Severity>, at: Option<Timestamp>) -> Result<Answer, Failure> {
    let at = at.map(|at| at.to_string());
    let params: Vec<(&str, &str)> = [
        ("about", Some(asked.about.as_str())),
        ("endpoint", asked.endpoint.as_deref()),
        ("severity", severity.map(|severity| severity.as_str())),
        ("at", at.as_deref()),
        ("org", asked.org.as_ref().map(|org| org.as_str())),
    ]
    .into_iter()
    .filter_map(|(name, value)| value.map(|value| (name, value)))
    .collect();
    let client = Client::logged_in()?;
    let answer = client.get("who", &params)?;
    super::note_refused_policy(&client);
    serde_json::from_value(answer).map_err(|error| {
        Failure::new(
            Exit::Unreachable,
            format!("the collector's answer is of another version ({error}); upgrade dogwatch"),
        )
    })
}

fn offline(asked: &Who, file: &Path, severity: Option<Severity>, at: Timestamp) -> Result<Answer, Failure> {
    if asked.endpoint.is_some() {
        return Err(Failure::usage(
            "an endpoint's facts are known to the collector only; leave out --file or --endpoint",
        ));
    }
    let read = |path: &Path| fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error));
    let text = read(file)?;
    // As the collector counts versions: the matrix, a zero byte, the directory's text if there is one.
    let mut hashed = format!("{text}\0").into_bytes();
    let directory = match &asked.directory {
        Some(path) => {
            let text = read(path)?;
            hashed.extend_from_slice(text.as_bytes());
            Some(Directory::parse(&text, &path.display().to_string()).map_err(|error| not_valid(&error))?)
        }
        None => None,
    };
    let version = pin::sha256(&hashed)[..VERSION_BYTES].iter().map(|byte| format!("{byte:02x}")).collect();
    let matrix = Matrix::parse(&text, &file.display().to_string(), version, directory.as_ref())
        .map_err(|error| not_valid(&error))?;
    let query = Query { about: asked.about.clone(), severity };
    who(&query, &matrix, None, at).map_err(|error| Failure::new(Exit::NotFound, error.to_string()))
}

fn not_valid(error: &MatrixError) -> Failure {
    Failure::new(Exit::NotMet, error.to_string())
}
