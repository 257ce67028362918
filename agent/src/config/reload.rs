//! Follows the configuration file: a change takes effect at once, a fault changes nothing.
//!
//! A fault is logged once, shown by `dogwatch-agent status`, and told to the collector as the event `bad_config`; its
//! end as `config_mended`. The last good text is kept in the state folder, so that an agent that starts on a bad file
//! still works by what its owner meant, and not by wider defaults.
//!
//! Nothing is written but on a change, and nothing is polled where the file's folders can be watched.

use std::{sync::Arc, time::Duration};

use dogwatch_model::AgentEvent;
use dogwatch_proto::conversions::limits;
use jiff::Timestamp;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, timeout, timeout_at},
};

use super::{Config, ConfigError, ConfigFile, places};
use crate::{sources::file_watch::FileWatch, state_dir::StateDir};

/// The text that was taken last, in the state folder.
const LAST_GOOD: &str = "agent.toml.good";
/// An editor truncates, then writes: looked at when nothing has happened for this long.
const QUIET: Duration = Duration::from_millis(200);
/// But no later than this after the first event.
const UNREST: Duration = Duration::from_secs(2);
/// Between looks where the system cannot watch.
const POLL: Duration = Duration::from_secs(30);

/// The configuration to start with: the file's, or when that has a fault the last good one. The fault is told by the
/// [`Follower`] then.
///
/// # Errors
/// When the file has a fault and no good one was ever taken.
pub fn at_start(config: Config) -> Result<Config, ConfigError> {
    let Some(file) = &config.file else { return Ok(config) };
    match file.read() {
        Ok(read) => Ok(config.with(read.content)),
        Err(fault) => last_good(&config.state, file).map(|content| config.with(content)).ok_or(fault),
    }
}

fn last_good(state: &StateDir, file: &ConfigFile) -> Option<super::Content> {
    let text = state.read(LAST_GOOD).ok().flatten()?;
    file.parse(&text).ok()
}

/// Follows one file.
#[derive(Debug)]
pub struct Follower {
    file: ConfigFile,
    live: watch::Sender<Arc<Config>>,
    fault: Option<String>,
    wake: Arc<Notify>,
}

/// What a look at the file came to.
#[derive(Debug, Clone, PartialEq)]
pub struct News {
    /// What is wrong with the file now.
    pub fault: Option<String>,
    /// What the collector is told.
    pub event: AgentEvent,
}

impl Follower {
    /// Follows the file of the configuration in force; `None` when there is none to follow.
    pub fn new(live: watch::Sender<Arc<Config>>) -> Option<Self> {
        let file = live.borrow().file.clone()?;
        Some(Self { file, live, fault: None, wake: Arc::default() })
    }

    /// Looks at the file and takes it if it is good. News when that begins or ends a fault, or makes it another one.
    pub fn look(&mut self, now: Timestamp) -> Option<News> {
        match self.file.read() {
            Ok(read) => {
                self.remember(read.text.as_deref());
                self.take(read.content);
                let mended = self.fault.take()?;
                tracing::info!(file = %self.file.path().display(), "configuration mended");
                let detail = limits::clip(&format!("no longer: {mended}"), limits::TEXT_BYTES);
                Some(self.news("config_mended", None, detail, now))
            }
            Err(fault) => {
                let fault = limits::clip(&fault.to_string(), limits::TEXT_BYTES);
                if self.fault.as_ref() == Some(&fault) {
                    return None;
                }
                tracing::error!(reason = fault, "configuration not taken, the last good one stays in force");
                self.fault = Some(fault.clone());
                Some(self.news("bad_config", Some(fault.clone()), fault, now))
            }
        }
    }

    fn news(&self, kind: &str, fault: Option<String>, detail: String, at: Timestamp) -> News {
        News { fault, event: AgentEvent { at, kind: kind.to_owned(), detail } }
    }

    fn take(&self, content: super::Content) {
        let before = self.live.borrow().clone();
        let config = before.with(content);
        if config == *before {
            return;
        }
        tracing::info!(file = %self.file.path().display(), "configuration changed");
        if config.log_format != before.log_format {
            tracing::warn!("the new log.format takes effect at the next start");
        }
        self.live.send_replace(Arc::new(config));
    }

    /// Keeps the text for a start on a bad file. Without it such a start fails, which is no reason not to run now.
    fn remember(&self, text: Option<&str>) {
        let state = &self.live.borrow().state;
        let known = state.read(LAST_GOOD).ok().flatten();
        let kept = match text {
            Some(text) if known.as_deref() != Some(text) => state.write(LAST_GOOD, text.as_bytes()),
            None if known.is_some() => state.remove(LAST_GOOD),
            _ => Ok(()),
        };
        if let Err(error) = kept {
            tracing::warn!(%error, "last good configuration not kept");
        }
    }

    /// Waits until the file may have changed. Watches what is there now, so it is to be called before a look: what
    /// changes in between wakes it.
    pub fn watch(&self, files: &mut FileWatch) -> Watched {
        files.forget(&self.wake);
        let mut polled = false;
        for (folder, name) in places::of(self.file.path()) {
            let about = move |seen: &str| name.as_ref().is_none_or(|name| name.to_str() == Some(seen));
            polled |= !files.watch(&folder, about, self.wake.clone());
        }
        Watched { wake: self.wake.clone(), polled }
    }
}

/// What the file's folders are watched by.
#[derive(Debug)]
pub struct Watched {
    wake: Arc<Notify>,
    /// Some of them could not be.
    polled: bool,
}

impl Watched {
    /// Ends when something has happened, and quiet has come back; or when it is time to poll.
    pub async fn changed(&self) {
        if !self.polled {
            self.wake.notified().await;
        } else if timeout(POLL, self.wake.notified()).await.is_err() {
            return;
        }
        let latest = Instant::now() + UNREST;
        let quiet = async { while timeout(QUIET, self.wake.notified()).await.is_ok() {} };
        // Still restless: looked at all the same, and again after the next event.
        let _ = timeout_at(latest, quiet).await;
    }
}

#[cfg(test)]
mod tests;
