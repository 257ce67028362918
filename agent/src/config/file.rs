//! `agent.toml`: its form, and errors that point at the line.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

use super::{Config, LogFormat, SourceName};
use crate::{paths, spool};

/// Why the configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read the configuration {path}: {cause}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// It is not understood.
    #[error("{path}, line {line}: {message}")]
    Form {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// What is wrong, with a suggestion where there is one.
        message: String,
    },
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Content {
    log: Log,
    narrow: Narrow,
    spool: Spool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Log {
    format: Option<LogFormat>,
    filter: Option<String>,
}

/// What the collector may not undo.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Narrow {
    disable: Vec<SourceName>,
    sample_at_least_seconds: u32,
    patch_scan_at_least_seconds: u32,
}

/// What may wait on the disk while the collector is away.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Spool {
    max_bytes: Option<u64>,
    after_seconds: Option<u32>,
}

/// Every key, for suggestions.
const KEYS: &[&str] = &[
    "log",
    "narrow",
    "format",
    "filter",
    "disable",
    "sample_at_least_seconds",
    "patch_scan_at_least_seconds",
    "spool",
    "max_bytes",
    "after_seconds",
];

pub(super) fn read(named: Option<&Path>) -> Result<Option<Content>, ConfigError> {
    let path = named.map_or_else(paths::config_file, Path::to_owned);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => return Ok(None),
        Err(cause) => return Err(ConfigError::Read { path, cause }),
    };
    parse(&text).map(Some).map_err(|(line, message)| ConfigError::Form { path, line, message })
}

fn parse(text: &str) -> Result<Content, (usize, String)> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
        let mut message = error.message().to_owned();
        let unknown = message.split('`').nth(1).filter(|_| message.starts_with("unknown field"));
        if let Some(meant) = unknown.and_then(suggestion) {
            message.push_str(&format!("; did you mean `{meant}`?"));
        }
        (line, message)
    })
}

/// The known key nearest to what was written, when it is near.
fn suggestion(written: &str) -> Option<&'static str> {
    let near = |key: &&&str| edit_distance(written, key);
    KEYS.iter().min_by_key(near).filter(|key| edit_distance(written, key) <= 1 + key.len() / 4).copied()
}

/// Levenshtein distance.
fn edit_distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

impl Content {
    pub(super) fn apply(self, config: &mut Config) {
        if let Some(format) = self.log.format {
            config.log_format = format;
        }
        if let Some(filter) = self.log.filter {
            config.log_filter = filter;
        }
        if let Some(max_bytes) = self.spool.max_bytes {
            config.spool.max_bytes = max_bytes.max(spool::LEAST_BYTES);
        }
        if let Some(after) = self.spool.after_seconds {
            config.spool.stale_after = Duration::from_secs(after.max(1).into());
        }
        config.disabled = self.narrow.disable;
        config.narrowing.sample_at_least = Duration::from_secs(self.narrow.sample_at_least_seconds.into());
        config.narrowing.patch_scan_at_least =
            Duration::from_secs(self.narrow.patch_scan_at_least_seconds.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_is_applied() {
        let text = "[log]\nformat = \"json\"\n[narrow]\ndisable = [\"patch\"]\nsample_at_least_seconds = 30\n[spool]\nmax_bytes = 2097152\n";
        let mut config = Config::with_state_dir("/nowhere");
        parse(text).unwrap().apply(&mut config);
        assert_eq!(config.log_format, LogFormat::Json);
        assert!(!config.allows(SourceName::Patch));
        assert_eq!(config.narrowing.sample_at_least, Duration::from_secs(30));
        assert_eq!(config.spool.max_bytes, 2 << 20);
    }

    #[test]
    fn an_unknown_key_is_refused_with_line_and_suggestion() {
        let (line, message) = parse("[log]\nformat = \"text\"\n\n[narrow]\ndisabel = []\n").unwrap_err();
        assert_eq!(line, 5);
        assert!(message.contains("unknown field `disabel`"), "{message}");
        assert!(message.ends_with("did you mean `disable`?"), "{message}");
    }

    #[test]
    fn a_named_file_must_exist() {
        assert!(matches!(read(Some(Path::new("/nowhere/agent.toml"))), Err(ConfigError::Read { .. })));
    }
}
