//! Answers from a file, without a collector.

use std::{fs, path::Path};

use dogwatch_triage::{
    matrix::{Directory, Matrix, MatrixError},
    who::{self, Answer, Query, UnknownName, Week, known_team},
};
use jiff::Timestamp;

use super::{Asked, about};
use crate::{
    failure::{Exit, Failure},
    pin,
};

/// How much of the hash of a matrix's text is its version: 12 hex digits.
const VERSION_BYTES: usize = 6;

pub(super) fn answer(asked: &Asked<'_>, file: &Path) -> Result<Answer, Failure> {
    let matrix = matrix(asked, file)?;
    let at = asked.at.unwrap_or_else(Timestamp::now);
    who::who(&query(asked)?, &matrix, None, at).map_err(|error| unknown(&error))
}

pub(super) fn week(asked: &Asked<'_>, file: &Path) -> Result<Week, Failure> {
    let matrix = matrix(asked, file)?;
    let at = asked.at.unwrap_or_else(Timestamp::now);
    who::week(&query(asked)?, &matrix, None, at, &asked.zone).map_err(|error| unknown(&error))
}

fn query(asked: &Asked<'_>) -> Result<Query, Failure> {
    Ok(Query { about: about(asked)?, severity: asked.severity })
}

/// Reads the matrix, and makes sure that it knows the team that is expected of it.
fn matrix(asked: &Asked<'_>, file: &Path) -> Result<Matrix, Failure> {
    if asked.who.endpoint.is_some() {
        return Err(Failure::usage(
            "an endpoint's facts are known to the collector only; leave out --file or --endpoint",
        ));
    }
    let read = |path: &Path| fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error));
    let text = read(file)?;
    // As the collector counts versions: the matrix, a zero byte, the directory's text if there is one.
    let mut hashed = format!("{text}\0").into_bytes();
    let directory = match &asked.who.directory {
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
    if let Some(team) = &asked.who.expect {
        known_team(&matrix, team).map_err(|error| Failure::usage(error.to_string()))?;
    }
    Ok(matrix)
}

fn not_valid(error: &MatrixError) -> Failure {
    Failure::new(Exit::NotMet, error.to_string())
}

fn unknown(error: &UnknownName) -> Failure {
    Failure::new(Exit::NotFound, error.to_string())
}
