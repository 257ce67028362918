//! What the endpoint's owner allows, from a file that need not exist.
//!
//! The file can only narrow what the collector asks for, and name what the collector cannot: repositories, a proxy.
//! Secrets do not belong in it and it has no place for them. It is read at start and again whenever it changes; who
//! works by it holds a [`Live`] and looks each time.
//!
//! Parsed, then validated into another type: a [`Config`] is always one that can be worked by. A file with a fault
//! changes nothing.

mod allow;
mod fault;
mod file;
pub mod interval;
mod places;
mod proxy;
pub mod reload;
mod repository;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

pub use allow::{Allow, FilePattern, LogSource, NamedLog, Target, WebPath};
pub use file::{ConfigError, ConfigFile, Content};
pub use proxy::{Credentials, Environment, Proxy, ProxyChoice, Route, RouteError};
pub use repository::{Password, Product, Repository};
use tokio::sync::watch;

use crate::{paths, policy::Narrowing, spool, state_dir::StateDir};

/// The configuration in force, now and after each change.
pub type Live = watch::Receiver<Arc<Config>>;

dogwatch_model::text_enum! {
    /// What the agent looks at.
    pub enum SourceName {
        /// Load, memory, volumes.
        Health = "health",
        /// What the machine is.
        Inventory = "inventory",
        /// Missing updates.
        Patch = "patch",
        /// Backup runs.
        Backup = "backup",
        /// Services and checks that policy names.
        Checks = "checks",
        /// Drives: SMART.
        Drives = "drives",
        /// Crash evidence.
        Incidents = "incidents",
        /// Installed software.
        Software = "software",
    }
}

dogwatch_model::text_enum! {
    /// How log lines look.
    pub enum LogFormat {
        /// For people.
        Text = "text",
        /// One JSON object a line.
        Json = "json",
    }
}

/// A validated configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The state folder.
    pub state: StateDir,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which log lines appear, in the words of `DOGWATCH_LOG`.
    pub log_filter: String,
    /// Sources that stay off.
    pub disabled: Vec<SourceName>,
    /// How much slower than asked for.
    pub narrowing: Narrowing,
    /// What checks may read and reach beyond this endpoint itself.
    pub allow: Allow,
    /// Backup repositories whose tools are asked.
    pub repositories: Vec<Repository>,
    /// Mounted shares that count as volumes of this machine.
    pub network_mounts: Vec<String>,
    /// How connections leave.
    pub proxy: ProxyChoice,
    /// What the spool may take of the disk.
    pub spool: SpoolLimit,
    /// How long a report may be unacknowledged before it goes there.
    pub spool_after: Duration,
    /// Where all this was read; `None` when nothing is to be read again, as in tests.
    pub file: Option<ConfigFile>,
    /// Where the rest of the machine is seen from; `/` but in tests.
    pub root: PathBuf,
    /// How long a going agent waits for its last acknowledgements.
    pub drain: Duration,
}

/// What the spool may take of the disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpoolLimit(u64);

impl SpoolLimit {
    /// Least: a few segments. Less could not hold a day.
    const LEAST: u64 = 4 << 20;
    /// Most: what is older than the bounds of time would be thinned away anyhow.
    const MOST: u64 = 16 << 30;

    /// In bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl Default for SpoolLimit {
    fn default() -> Self {
        Self(64 << 20)
    }
}

/// Long enough for a round trip to the other end of the world and a commit; short enough for a shutdown.
const DRAIN: Duration = Duration::from_secs(2);

impl Config {
    /// What holds without a file.
    pub fn with_state_dir(state_dir: impl Into<PathBuf>) -> Self {
        Self {
            state: StateDir::new(state_dir),
            log_format: LogFormat::Text,
            log_filter: "info".into(),
            disabled: Vec::new(),
            narrowing: Narrowing::default(),
            allow: Allow::default(),
            repositories: Vec::new(),
            network_mounts: Vec::new(),
            proxy: ProxyChoice::default(),
            spool: SpoolLimit::default(),
            spool_after: spool::STALE_AFTER,
            file: None,
            root: PathBuf::from("/"),
            drain: DRAIN,
        }
    }

    /// Reads the configuration: `file` if one is named, else the default one if it is there.
    ///
    /// # Errors
    /// When the file cannot be read or holds what is not understood, with line and a suggestion.
    pub fn load(file: Option<&Path>, state_dir: Option<&Path>) -> Result<Self, ConfigError> {
        Self::located(file, state_dir).read()
    }

    /// This configuration with what its file says.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn read(&self) -> Result<Self, ConfigError> {
        match &self.file {
            Some(file) => Ok(self.with(file.read()?.content)),
            None => Ok(self.clone()),
        }
    }

    /// What holds before the file is read, and where that is.
    pub fn located(file: Option<&Path>, state_dir: Option<&Path>) -> Self {
        let state_dir = state_dir.map_or_else(paths::state_dir, Path::to_owned);
        // Told in hints and kept by a service that stands elsewhere.
        let state_dir = std::path::absolute(&state_dir).unwrap_or(state_dir);
        Self { file: Some(ConfigFile::new(file)), ..Self::with_state_dir(state_dir) }
    }

    /// This configuration with everything that a file can say taken from `content`.
    #[must_use]
    pub fn with(&self, content: Content) -> Self {
        let bare = Self {
            root: self.root.clone(),
            drain: self.drain,
            file: self.file.clone(),
            ..Self::with_state_dir(self.state.path())
        };
        content.applied_to(bare)
    }

    /// Whether a source may run.
    pub fn allows(&self, source: SourceName) -> bool {
        !self.disabled.contains(&source)
    }
}

/// Waits until another configuration is in force; for ever when that cannot be any more.
pub async fn changed(live: &mut Live) {
    if live.changed().await.is_err() {
        std::future::pending().await
    }
}
