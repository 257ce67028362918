//! Log lines: lower-case event phrases with fields, to standard error, or where the service manager wants them.

use std::{io::IsTerminal as _, sync::OnceLock};

use tracing_subscriber::{
    Layer as _,
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt as _,
    registry, reload,
    util::SubscriberInitExt as _,
};

use crate::{
    config::{Config, LogFormat},
    service,
};

/// The variable that says which log lines appear: the same for every program of Dogwatch.
pub const FILTER_VARIABLE: &str = "DOGWATCH_LOG";

/// Puts another filter into the place of the present one. There is one log in a process.
static EXCHANGE: OnceLock<Box<dyn Fn(Targets) + Send + Sync>> = OnceLock::new();

/// Starts logging. `DOGWATCH_LOG` wins over the configuration. A second call does nothing: the first one stands.
pub fn start(config: &Config) {
    let (filter, handle) = reload::Layer::new(filter(&config.log_filter));
    let lines = fmt::layer()
        .with_writer(service::log_lines(&config.state))
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    let lines = match config.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    if registry().with(filter).with(lines).try_init().is_ok() {
        // A filter that cannot be exchanged stays: its log is gone, and so is everybody who could miss it.
        let _ = EXCHANGE.set(Box::new(move |filter| drop(handle.reload(filter))));
    }
}

/// The configuration may name another filter now. `DOGWATCH_LOG` still wins.
pub fn follow(config: &Config) {
    if let Some(exchange) = EXCHANGE.get() {
        exchange(filter(&config.log_filter));
    }
}

/// Levels by target, without the patterns over spans and fields that other programs take: those need an engine for
/// regular expressions, a tenth of this program.
fn filter(configured: &str) -> Targets {
    let variable = std::env::var(FILTER_VARIABLE).ok();
    let named = variable.and_then(|named| named.parse().ok()).or_else(|| configured.parse().ok());
    named.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO))
}
