//! Reading TOML with errors that say where and how to mend.

use std::path::{Path, PathBuf};

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
    let nearest =
        quoted.map(|key| (strsim::jaro_winkler(unknown, key), key)).max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((score, key)) if score > 0.7 => format!("unknown key `{unknown}`; did you mean `{key}`?"),
        _ => message.replacen("unknown field", "unknown key", 1),
    }
}
