//! Log lines: lower-case event phrases with fields, to standard error.

use std::{io::IsTerminal as _, sync::OnceLock};

use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// The variable that says which log lines appear: the same for every program of Dogwatch.
pub const FILTER_VARIABLE: &str = "DOGWATCH_LOG";

/// Puts another filter into the place of the present one. There is one log in a process.
static EXCHANGE: OnceLock<Box<dyn Fn(EnvFilter) + Send + Sync>> = OnceLock::new();

/// Starts logging. `DOGWATCH_LOG` wins over the configuration. A second call does nothing: the first one stands.
pub fn start(config: &Config) {
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter(&config.log_filter))
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    // A filter that cannot be exchanged stays: its log is gone, and so is everybody who could miss it.
    let started = match config.log_format {
        LogFormat::Text => {
            let lines = lines.with_filter_reloading();
            let handle = lines.reload_handle();
            let exchange = move |filter| drop(handle.reload(filter));
            lines.try_init().map(|()| EXCHANGE.set(Box::new(exchange)))
        }
        LogFormat::Json => {
            let lines = lines.json().with_filter_reloading();
            let handle = lines.reload_handle();
            let exchange = move |filter| drop(handle.reload(filter));
            lines.try_init().map(|()| EXCHANGE.set(Box::new(exchange)))
        }
    };
    drop(started);
}

/// The configuration may name another filter now. `DOGWATCH_LOG` still wins.
pub fn follow(config: &Config) {
    if let Some(exchange) = EXCHANGE.get() {
        exchange(filter(&config.log_filter));
    }
}

fn filter(configured: &str) -> EnvFilter {
    EnvFilter::try_from_env(FILTER_VARIABLE)
        .or_else(|_| EnvFilter::try_new(configured))
        .unwrap_or_else(|_| EnvFilter::new("info"))
}
