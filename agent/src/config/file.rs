//! `agent.toml`: its form, and errors that point at the line.
//!
//! Every key that the parser knows is in `agent.toml.example` and in `agent.schema.json`, which editors read; a test
//! holds the three against each other.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use dogwatch_model::veiled;
use dogwatch_proto::conversions::limits;
use serde::Deserialize;
use tracing_subscriber::filter::Targets;

use super::{
    Allow, Config, LogFormat, ProxyChoice, Repository, SourceName, SpoolLimit, allow, fault::Fault,
    repository::Backup,
};
use crate::{
    paths,
    trust::{self, TrustError},
};

/// No configuration comes near this.
const FILE_BYTES: u64 = 256 * 1024;
/// Bytes of a complaint: it travels, and a parser may quote what it was given.
const MESSAGE_BYTES: usize = 512;

/// Why the configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read, or others may have written it.
    #[error("the configuration cannot be used: {0}")]
    File(#[from] TrustError),
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

/// Where the configuration is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFile {
    path: PathBuf,
    /// Somebody named it: then it has to be there.
    named: bool,
}

/// What was read.
#[derive(Debug)]
pub struct Read {
    /// The file's text; `None` when there is no file, and need not be.
    pub text: Option<String>,
    /// What it says.
    pub content: Content,
}

impl ConfigError {
    /// What to do about it.
    pub fn mend(&self) -> &'static str {
        match self {
            Self::Form { .. } => "mend that line, then: doctor",
            Self::File(TrustError::Exposed { .. }) => {
                "give it and its folder to root, and let nobody else write there: chown root, chmod go-w"
            }
            Self::File(error) if error.is_missing() => "write it there, or name another one with --config",
            Self::File(TrustError::Read { .. }) => "let the agent's user read it: chmod 644",
            Self::File(TrustError::Kind { .. }) => "put a text file of that name there",
        }
    }
}

impl ConfigFile {
    /// The file that was named, else the default one.
    pub fn new(named: Option<&Path>) -> Self {
        let path = named.map_or_else(paths::config_file, Path::to_owned);
        // Watched and told by its absolute path, wherever the agent stands.
        let path = std::path::absolute(&path).unwrap_or(path);
        Self { path, named: named.is_some() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads and validates it.
    ///
    /// # Errors
    /// When it cannot be read, may not be believed, or is not understood.
    pub fn read(&self) -> Result<Read, ConfigError> {
        let text = match trust::read_owned(&self.path, FILE_BYTES) {
            Ok(text) => text,
            Err(error) if error.is_missing() && !self.named => {
                return Ok(Read { text: None, content: Content::default() });
            }
            Err(error) => return Err(error.into()),
        };
        let content = self.parse(&text)?;
        Ok(Read { text: Some(text), content })
    }

    /// Validates what stands in it.
    ///
    /// # Errors
    /// With the line, and a suggestion where there is one.
    pub fn parse(&self, text: &str) -> Result<Content, ConfigError> {
        parse(text).map_err(|(line, message)| ConfigError::Form { path: self.path.clone(), line, message })
    }
}

/// The file's form: each value is good by itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Form {
    log: Log,
    narrow: Narrow,
    allow: allow::Form,
    backup: Backup,
    proxy: ProxyChoice,
    spool: Spool,
    health: Health,
}

/// What a valid file says.
#[derive(Debug, Default)]
pub struct Content {
    log: Log,
    narrow: Narrow,
    allow: Allow,
    repositories: Vec<Repository>,
    proxy: ProxyChoice,
    spool: Spool,
    health: Health,
}

impl TryFrom<Form> for Content {
    type Error = Fault;

    fn try_from(form: Form) -> Result<Self, Fault> {
        let Form { log, narrow, allow, backup, proxy, spool, health } = form;
        let (allow, repositories) = (allow.try_into()?, backup.validated()?);
        Ok(Self { log, narrow, allow, repositories, proxy, spool, health })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Log {
    format: Option<LogFormat>,
    filter: Option<Filter>,
}

/// What may stand in `DOGWATCH_LOG`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Filter(String);

impl TryFrom<String> for Filter {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.parse::<Targets>() {
            Ok(_) => Ok(Self(text)),
            Err(error) => {
                Err(format!("`{text}` is no log filter such as \"info\" or \"warn,uplink=debug\": {error}"))
            }
        }
    }
}

/// What the collector may not undo.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Narrow {
    disable: Vec<SourceName>,
    sample_at_least_seconds: u32,
    patch_scan_at_least_seconds: u32,
    /// False lets the collector ask for looks closer together than the floors allow: for tests and demonstrations.
    floors: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Spool {
    max_bytes: Option<SpoolLimit>,
    after_seconds: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Health {
    network_mounts: Vec<NetworkMount>,
}

/// Where a share is mounted, as the system writes it.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct NetworkMount(String);

impl TryFrom<String> for NetworkMount {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if !Path::new(&text).is_absolute() {
            return Err(format!("`{text}` is not an absolute path of a mount, such as /mnt/share"));
        }
        let trimmed = text.trim_end_matches('/');
        Ok(Self(if trimmed.is_empty() { text } else { trimmed.to_owned() }))
    }
}

impl<'de> Deserialize<'de> for SpoolLimit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = u64::deserialize(deserializer)?;
        let (least, most) = (Self::LEAST, Self::MOST);
        let wrong = || serde::de::Error::custom(format!("{bytes} bytes are not between {least} and {most}"));
        (least..=most).contains(&bytes).then_some(Self(bytes)).ok_or_else(wrong)
    }
}

fn parse(text: &str) -> Result<Content, (usize, String)> {
    let form = toml::from_str::<Form>(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let mut message = error.message().to_owned();
        if let Some(meant) = suggestion(&message) {
            message = format!("{message}; did you mean `{meant}`?");
        }
        Fault { at, message }
    });
    form.and_then(Content::try_from).map_err(|Fault { at, message }| {
        let before = &text.as_bytes()[..at.min(text.len())];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        // It is told to the collector, too.
        (line, limits::clip_message(&veiled(&message), MESSAGE_BYTES))
    })
}

/// The nearest of the words that the parser would have taken, when it is near: the complaint names all of them.
fn suggestion(complaint: &str) -> Option<&str> {
    let quoted: Vec<&str> = complaint.split('`').skip(1).step_by(2).collect();
    let (written, known) = quoted.split_first().filter(|_| complaint.starts_with("unknown "))?;
    let distance = |word: &str| edit_distance(written, word);
    let nearest = known.iter().copied().min_by_key(|word| distance(word))?;
    (distance(nearest) <= 1 + nearest.len() / 4).then_some(nearest)
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
    pub(super) fn applied_to(self, mut config: Config) -> Config {
        if let Some(format) = self.log.format {
            config.log_format = format;
        }
        if let Some(filter) = self.log.filter {
            config.log_filter = filter.0;
        }
        if let Some(after) = self.spool.after_seconds {
            config.spool_after = Duration::from_secs(after.max(1).into());
        }
        config.disabled = self.narrow.disable;
        config.narrowing.sample_at_least = Duration::from_secs(self.narrow.sample_at_least_seconds.into());
        config.narrowing.patch_scan_at_least =
            Duration::from_secs(self.narrow.patch_scan_at_least_seconds.into());
        config.narrowing.lift_floors = self.narrow.floors == Some(false);
        config.allow = self.allow;
        config.repositories = self.repositories;
        config.proxy = self.proxy;
        config.network_mounts = self.health.network_mounts.into_iter().map(|mount| mount.0).collect();
        config.spool = self.spool.max_bytes.unwrap_or_default();
        config
    }
}

#[cfg(test)]
mod tests;
