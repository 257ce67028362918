//! What the endpoint's owner allows: read once at start, from a file that need not exist.
//!
//! The file can only narrow what the collector asks for. Secrets do not belong in it and it has no place for them.

mod file;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

pub use file::ConfigError;

use crate::{paths, policy::Narrowing, spool, state_dir::StateDir};

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
#[derive(Debug, Clone)]
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
    /// Where the rest of the machine is seen from; `/` but in tests.
    pub root: PathBuf,
    /// How long a going agent waits for its last acknowledgements.
    pub drain: Duration,
    /// The room on the disk for what cannot be delivered.
    pub spool: spool::Terms,
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
            root: PathBuf::from("/"),
            drain: DRAIN,
            spool: spool::Terms::default(),
        }
    }

    /// Reads the configuration: `file` if one is named, else the default one if it is there.
    ///
    /// # Errors
    /// When the file cannot be read or holds what is not understood, with line and a suggestion.
    pub fn load(file: Option<&Path>, state_dir: Option<&Path>) -> Result<Self, ConfigError> {
        let state_dir = state_dir.map_or_else(paths::state_dir, Path::to_owned);
        let mut config = Self::with_state_dir(state_dir);
        if let Some(content) = file::read(file)? {
            content.apply(&mut config);
        }
        Ok(config)
    }

    /// Whether a source may run.
    pub fn allows(&self, source: SourceName) -> bool {
        !self.disabled.contains(&source)
    }
}
