//! Log lines: lower-case event phrases with fields, to standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// The variable that says which log lines appear: the same for every program of Dogwatch.
pub const FILTER_VARIABLE: &str = "DOGWATCH_LOG";

/// Starts logging. `DOGWATCH_LOG` wins over the configuration. A second call does nothing: the first one stands.
pub fn start(config: &Config) {
    let filter = EnvFilter::try_from_env(FILTER_VARIABLE)
        .or_else(|_| EnvFilter::try_new(&config.log_filter))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    let _ = match config.log_format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
}
