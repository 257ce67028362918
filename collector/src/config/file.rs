//! Reading TOML with errors that say where and how to mend.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;

/// Why a configuration file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not what it should be, at a place.
    #[error("{}:{line}:{column}: {what}", path.display())]
    Place {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What, and how to mend it.
        what: String,
    },
    /// A value is out of bounds.
    #[error("{}: {what}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// What, and how to mend it.
        what: String,
    },
}

impl ConfigError {
    /// Something wrong with what begins at a byte of a file's text.
    pub(crate) fn at(path: &Path, text: &str, byte: usize, what: String) -> Self {
        let (line, column) = line_and_column(text, byte);
        Self::Place { path: path.to_owned(), line, column, what }
    }
}

/// Parses TOML into a type that refuses unknown keys.
///
/// # Errors
/// [`ConfigError::Place`] with line, column and, for an unknown key, the nearest one there is.
pub fn parse_toml<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let (line, column) = line_and_column(text, error.span().map_or(0, |span| span.start));
        ConfigError::Place { path: path.to_owned(), line, column, what: with_suggestion(error.message()) }
    })
}

/// As [`parse_toml`], for a file that holds secrets: what is said of it never quotes what stands in it, because a secret
/// in the wrong place is still one. It names place, key and what is expected.
///
/// # Errors
/// [`ConfigError::Place`] with line and column.
pub fn parse_secret_toml<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, ConfigError> {
    let stem = path.file_stem().unwrap_or_default().display();
    let example = format!("{stem}.example.toml");
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let what = match text.parse::<toml::Table>() {
            Ok(_) => without_values(error.message(), key_before(text, start), &example),
            Err(_) => format!("this is not valid TOML: see {example}"),
        };
        ConfigError::at(path, text, start, what)
    })
}

/// The PEM file that `ca_file` names, if it names one; taken from `folder`.
pub(crate) fn pem(file: Option<&str>, folder: &Path) -> Result<Option<Vec<u8>>, String> {
    let Some(file) = file else { return Ok(None) };
    fs::read(folder.join(file))
        .map(Some)
        .map_err(|error| format!("`ca_file`: the file that it names: {error}"))
}

/// The key that stands before a value on its line. A value is only looked at below a key that is known.
fn key_before(text: &str, value: usize) -> Option<&str> {
    let before = text.get(..value)?;
    let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    let key = line.split_once('=')?.0.trim();
    is_word(key).then_some(key)
}

/// The longest unknown key that is repeated to its writer; every key there is is shorter, and most secrets are longer.
const LONGEST_WORD: usize = 20;

/// Whether a text is like our keys: short, of lower-case letters and `_`.
fn is_word(text: &str) -> bool {
    (1..=LONGEST_WORD).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// A message of serde, in words of ours. Names of fields are ours; everything else in backticks is the file's.
fn without_values(message: &str, key: Option<&str>, example: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    if message.starts_with("unknown field") {
        let unknown = quoted.next().unwrap_or_default();
        return match nearest(unknown, quoted) {
            Some(known) if is_word(unknown) => format!("unknown key `{unknown}`; did you mean `{known}`?"),
            Some(known) => format!("unknown key; did you mean `{known}`?"),
            None => format!("unknown key: see {example} for those there are"),
        };
    }
    if let (true, Some(field)) =
        (message.starts_with("missing field"), quoted.next().filter(|field| is_word(field)))
    {
        return format!("`{field}` is missing");
    }
    let what = format!("not what this key takes; see {example}");
    key.map_or_else(|| what.clone(), |key| format!("`{key}`: {what}"))
}

/// The key that was meant, if one is near.
fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.map(|key| (strsim::jaro_winkler(unknown, key), key));
    let (score, key) = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (score > 0.7).then_some(key)
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// serde says ``unknown field `x`, expected one of `a`, `b` ``; people want the nearest.
fn with_suggestion(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let (true, Some(unknown)) = (message.starts_with("unknown field"), quoted.next()) else {
        return message.trim_end().replace('\n', "; ");
    };
    match nearest(unknown, quoted) {
        Some(key) => format!("unknown key `{unknown}`; did you mean `{key}`?"),
        _ => message.replacen("unknown field", "unknown key", 1),
    }
}
