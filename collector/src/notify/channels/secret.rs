//! A text that is never shown: not in logs, not in errors. Nor is the file or variable that holds it: who writes the secret
//! itself into the wrong key must not find it in a log.

use std::{fmt, fs, path::Path};

/// The longest secret, URL or key: some services put tokens of a kilobyte into URLs.
const MAX_BYTES: u64 = 8 * 1024;

/// A secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a text into safe keeping.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one place that needs it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// One of three places that a secret may stand in.
#[derive(Debug, Default)]
pub(crate) struct Places {
    pub(crate) here: Option<String>,
    pub(crate) file: Option<String>,
    pub(crate) variable: Option<String>,
}

impl Places {
    /// The secret; `None` when no place is named. A file's name is taken from `folder`.
    pub(crate) fn find(self, key: &str, folder: &Path) -> Result<Option<Secret>, String> {
        let text = match (self.here, self.file, self.variable) {
            (None, None, None) => return Ok(None),
            (Some(text), None, None) => text,
            (None, Some(file), None) => {
                from_file(&folder.join(&file)).map_err(|why| format!("`{key}_file`: {why}"))?
            }
            (None, None, Some(name)) => std::env::var(&name).map_err(|_| {
                format!("`{key}_env`: the variable that it names is not set where the collector runs")
            })?,
            _ => return Err(format!("give `{key}`, `{key}_file` or `{key}_env`: one of them")),
        };
        let text = text.trim();
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(format!("`{key}` must be one line of text"));
        }
        Ok(Some(Secret::new(text)))
    }
}

fn from_file(path: &Path) -> Result<String, String> {
    let length = fs::metadata(path).map_err(|error| format!("the file that it names: {error}"))?.len();
    if length > MAX_BYTES {
        return Err(format!("the file that it names has {length} bytes, over the limit of {MAX_BYTES}"));
    }
    fs::read_to_string(path).map_err(|error| format!("the file that it names: {error}"))
}
