//! `collector.toml`: where to listen, what to tell agents, and how long things may take.
//!
//! Every key has a default, unknown keys are refused with their line, and durations are written as people say them
//! (`10s`, `15m`, `6h`). The file holds no secrets.

mod file;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use dogwatch_model::metric::{self, Metric};
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) use file::pem;
pub use file::{ConfigError, parse_secret_toml, parse_toml};

/// The file's name in the data directory.
pub const FILE_NAME: &str = "collector.toml";

/// Everything `collector.toml` can say.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Name of the MSP or team that runs this collector, for people.
    pub name: String,
    /// The people's listener: JSON API, pages, enrolment.
    pub people: Listener,
    /// The agents' listener.
    pub agents: Listener,
    /// The data directory's store.
    pub storage: StorageConfig,
    /// What agents are told.
    pub telemetry: Telemetry,
    /// How long things take.
    pub times: Times,
    /// How much is taken.
    pub limits: Limits,
}

/// One listener.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// The socket to listen on.
    pub listen: SocketAddr,
    /// `host:port` under which others reach it; it must be among the server certificate's names.
    pub address: String,
}

/// How the embedded store is kept.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StorageConfig {
    /// How often the view is brought up to the journal.
    pub settle_every: SignedDuration,
    /// How often a snapshot is taken (and older journal segments go).
    pub snapshot_every: SignedDuration,
    /// Memory that the view may use as cache, MiB. Nothing that is asked often is read from it.
    pub view_cache_mib: u64,
    /// How long to gather reports into one `fdatasync`; 0 writes each as it comes.
    pub gather: SignedDuration,
}

/// What agents are told.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Telemetry {
    /// Between health samples.
    pub sample_every: SignedDuration,
    /// Between summaries; the summary is the heartbeat.
    pub summary_every: SignedDuration,
    /// Between patch scans.
    pub patch_scan_every: SignedDuration,
    /// Between looks at the backups.
    pub backup_scan_every: SignedDuration,
    /// Values at which a metric is reported at once, beside those that the rules in force compare with.
    pub bands: Vec<Band>,
    /// How far a metric must move to be reported at once.
    pub deadbands: Vec<Deadband>,
}

/// A threshold of one metric.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Which metric.
    pub metric: Metric,
    /// The threshold.
    pub at: f64,
}

/// The dead band of one metric.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deadband {
    /// Which metric.
    pub metric: Metric,
    /// Its width.
    pub width: f64,
}

/// How long things take.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Times {
    /// Every endpoint is judged at least this often, report or not.
    pub sweep_every: SignedDuration,
    /// A report older than this when it was sent changes no live state.
    pub late_after: SignedDuration,
    /// An ended alert that fires again within this is reopened.
    pub reopen_window: SignedDuration,
    /// How long an ended alert stays in memory.
    pub keep_done: SignedDuration,
    /// The cap of the agents' back-off.
    pub backoff_cap: SignedDuration,
    /// How long an agent's certificate lives.
    pub certificate_lifetime: SignedDuration,
    /// How long a stop may take before what is left is cut.
    pub drain_limit: SignedDuration,
}

/// How much is taken.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections on the agents' listener.
    pub agent_connections: usize,
    /// Connections on the people's listener.
    pub people_connections: usize,
    /// Handshakes under way at once, per listener.
    pub pending_handshakes: usize,
    /// Handshakes under way at once from one address.
    pub pending_per_address: u32,
    /// Callers of one address that wait for such a turn.
    pub waiting_per_address: usize,
    /// How long a handshake may take.
    pub handshake: SignedDuration,
    /// Frames a second that one agent may send for long.
    pub frames_per_second: u32,
    /// Frames that one agent may send at once.
    pub frames_burst: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: "Dogwatch".into(),
            people: Listener::at(7443),
            agents: Listener::at(7444),
            storage: StorageConfig::default(),
            telemetry: Telemetry::default(),
            times: Times::default(),
            limits: Limits::default(),
        }
    }
}

impl Listener {
    fn at(port: u16) -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], port)), address: format!("localhost:{port}") }
    }
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self {
            settle_every: SignedDuration::from_secs(30),
            snapshot_every: SignedDuration::from_hours(1),
            view_cache_mib: 8,
            gather: SignedDuration::from_millis(10),
        }
    }
}

impl Default for Telemetry {
    fn default() -> Self {
        let span = |span: Duration| SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
        let deadbands = metric::DEADBANDS.iter();
        Self {
            sample_every: span(metric::SAMPLE_EVERY),
            summary_every: span(metric::SUMMARY_EVERY),
            patch_scan_every: span(metric::PATCH_SCAN_EVERY),
            backup_scan_every: span(metric::BACKUP_SCAN_EVERY),
            bands: Vec::new(),
            deadbands: deadbands.map(|&(metric, width)| Deadband { metric, width }).collect(),
        }
    }
}

impl Default for Times {
    fn default() -> Self {
        Self {
            sweep_every: SignedDuration::from_secs(15),
            late_after: SignedDuration::from_mins(2),
            reopen_window: SignedDuration::from_hours(24),
            keep_done: SignedDuration::from_hours(24 * 7),
            backoff_cap: SignedDuration::from_secs(30),
            certificate_lifetime: SignedDuration::from_hours(24 * 30),
            drain_limit: SignedDuration::from_secs(10),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            agent_connections: 20_000,
            people_connections: 2_000,
            pending_handshakes: 512,
            pending_per_address: 32,
            waiting_per_address: 96,
            handshake: SignedDuration::from_secs(5),
            frames_per_second: 50,
            frames_burst: 500,
        }
    }
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// The file cannot be read, is not valid TOML, has an unknown key, or a value out of bounds.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let config: Self = parse_toml(path, &text)?;
        config.validate(path)?;
        Ok(config)
    }

    fn validate(&self, path: &Path) -> Result<(), ConfigError> {
        let positive = [
            ("storage.settle_every", self.storage.settle_every),
            ("storage.snapshot_every", self.storage.snapshot_every),
            ("telemetry.sample_every", self.telemetry.sample_every),
            ("telemetry.summary_every", self.telemetry.summary_every),
            ("telemetry.patch_scan_every", self.telemetry.patch_scan_every),
            ("telemetry.backup_scan_every", self.telemetry.backup_scan_every),
            ("times.sweep_every", self.times.sweep_every),
            ("times.late_after", self.times.late_after),
            ("times.backoff_cap", self.times.backoff_cap),
            ("times.certificate_lifetime", self.times.certificate_lifetime),
            ("times.drain_limit", self.times.drain_limit),
            ("limits.handshake", self.limits.handshake),
        ];
        let wrong = |what: String| ConfigError::Value { path: path.to_owned(), what };
        if let Some((key, _)) = positive.iter().find(|(_, value)| *value <= SignedDuration::ZERO) {
            return Err(wrong(format!("`{key}` must be longer than zero")));
        }
        if self.storage.gather.is_negative() || self.storage.gather > SignedDuration::from_secs(1) {
            return Err(wrong("`storage.gather` must be between 0s and 1s".into()));
        }
        let most = metric::MARKS;
        if self.telemetry.bands.len() > most || self.telemetry.deadbands.len() > most {
            return Err(wrong(format!("`telemetry` takes at most {most} bands and as many deadbands")));
        }
        for (key, listener) in [("people", &self.people), ("agents", &self.agents)] {
            let has_port = listener.address.rsplit_once(':').is_some_and(|(_, p)| p.parse::<u16>().is_ok());
            if !has_port {
                return Err(wrong(format!("`{key}.address` must be HOST:PORT, such as \"localhost:7443\"")));
            }
        }
        Ok(())
    }
}

/// Where a collector keeps what.
#[derive(Debug, Clone)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// A data directory, not looked at yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// `collector.toml`.
    pub fn config_file(&self) -> PathBuf {
        self.0.join(FILE_NAME)
    }

    /// Who may bring people in.
    pub fn identity_file(&self) -> PathBuf {
        crate::identity::Providers::path(&self.0)
    }

    /// How people are told.
    pub fn notify_file(&self) -> PathBuf {
        self.0.join(crate::notify::channels::FILE_NAME)
    }

    /// Keys and certificates.
    pub fn authority(&self) -> PathBuf {
        self.0.join("authority")
    }

    /// Rules and matrices.
    pub fn policy(&self) -> PathBuf {
        self.0.join("policy")
    }

    /// Journal, view and snapshots.
    pub fn store(&self) -> PathBuf {
        self.0.join("store")
    }
}

/// A validated duration of the configuration as the standard library's.
pub fn std_duration(duration: SignedDuration) -> Duration {
    duration.try_into().unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, ConfigError> {
        let config: Config = parse_toml(Path::new("collector.toml"), text)?;
        config.validate(Path::new("collector.toml")).map(|()| config)
    }

    #[test]
    fn an_empty_file_is_the_defaults() {
        assert_eq!(parse("").unwrap().telemetry.sample_every, SignedDuration::from_secs(10));
    }

    #[test]
    fn durations_are_written_as_people_say_them() {
        let config = parse("[telemetry]\nsample_every = \"250ms\"\npatch_scan_every = \"2h\"\n").unwrap();
        assert_eq!(config.telemetry.sample_every, SignedDuration::from_millis(250));
        assert_eq!(config.telemetry.patch_scan_every, SignedDuration::from_hours(2));
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_a_suggestion() {
        let error = parse("[times]\nsweep_evry = \"1s\"\n").unwrap_err().to_string();
        assert!(error.contains("collector.toml:2:1"), "{error}");
        assert!(error.contains("sweep_evry") && error.contains("did you mean `sweep_every`"), "{error}");
    }

    #[test]
    fn a_duration_of_zero_is_refused_by_name() {
        let error = parse("[times]\nsweep_every = \"0s\"\n").unwrap_err().to_string();
        assert!(error.contains("times.sweep_every"), "{error}");
    }
}
