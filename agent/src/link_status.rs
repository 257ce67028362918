//! What the link is doing, for the log, the service manager and `dogwatch-agent status`.
//!
//! `status.json` in the state folder is written when the link changes and at no other time: an idle agent writes
//! nothing.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use dogwatch_model::text_enum;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    VERSION, service,
    state_dir::{StateDir, StateError},
    wishes,
};

const FILE: &str = "status.json";

text_enum! {
    /// What the link is doing.
    pub enum LinkState {
        /// Waiting before the next attempt.
        Offline = "offline",
        /// Connecting and introducing itself.
        Connecting = "connecting",
        /// Reports flow.
        Streaming = "streaming",
        /// Saying goodbye.
        Draining = "draining",
        /// The agent has ended on purpose.
        Stopped = "stopped",
    }
}

/// What the file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The agent's process.
    pub pid: u32,
    /// Its version.
    pub version: String,
    /// What the link was doing.
    pub link: LinkState,
    /// Since when.
    pub since: Timestamp,
    /// When reports last flowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_contact: Option<Timestamp>,
    /// Why it is offline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The configuration file that is followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_file: Option<PathBuf>,
    /// What is wrong with it; the last good one is in force then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_fault: Option<String>,
    /// The agent tells what it costs when it is signalled.
    #[serde(default)]
    pub tells_cost: bool,
}

/// Keeps the file. Clones keep the same one.
#[derive(Debug, Clone)]
pub struct LinkStatus {
    state: StateDir,
    now: Arc<Mutex<Snapshot>>,
}

impl LinkStatus {
    /// Of an agent that has just started, and follows this configuration file.
    pub fn new(state: StateDir, config_file: Option<PathBuf>, now: Timestamp) -> Self {
        let now = Snapshot {
            pid: std::process::id(),
            version: VERSION.to_owned(),
            link: LinkState::Offline,
            since: now,
            last_contact: None,
            reason: None,
            config_file,
            config_fault: None,
            tells_cost: wishes::ARE_HEARD,
        };
        Self { state, now: Arc::new(Mutex::new(now)) }
    }

    /// The agent runs: from now on people know whom to ask, connected or not.
    pub fn begin(&self) {
        self.write(&self.now.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The link does something else now. Attempts while it is down are not worth a write each: the file says
    /// `offline` until it streams.
    pub fn set(&mut self, link: LinkState, reason: Option<String>, at: Timestamp) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if link == LinkState::Connecting || (now.link == link && now.reason == reason) {
            return;
        }
        if now.link == LinkState::Streaming || link == LinkState::Streaming {
            now.last_contact = Some(at);
        }
        if now.link != link {
            now.since = at;
        }
        now.link = link;
        now.reason = reason;
        service::status(&match &now.reason {
            Some(reason) => format!("{link}: {reason}"),
            None => link.to_string(),
        });
        self.write(&now);
    }

    /// The configuration file has a fault now, or none any more.
    pub fn set_config_fault(&self, fault: Option<String>) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if now.config_fault != fault {
            now.config_fault = fault;
            self.write(&now);
        }
    }

    fn write(&self, now: &Snapshot) {
        let json = serde_json::to_vec_pretty(now).unwrap_or_default();
        if let Err(error) = self.state.write(FILE, &json) {
            tracing::warn!(%error, "link status not written");
            // What it said is not true any more, and nothing is better than that.
            let _ = std::fs::remove_file(self.state.path().join(FILE));
        }
    }
}

/// Reads what an agent wrote last; `None` when there is nothing, or nothing that can be read.
///
/// # Errors
/// When the file is there and cannot be opened.
pub fn read(state: &StateDir) -> Result<Option<Snapshot>, StateError> {
    Ok(state.read(FILE)?.and_then(|text| serde_json::from_str(&text).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_follows_the_link_and_is_written_only_on_change() {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::new(root.path());
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut status = LinkStatus::new(state.clone(), None, at(0));
        assert_eq!(read(&state).unwrap(), None);
        status.begin();
        assert_eq!(read(&state).unwrap().unwrap().link, LinkState::Offline);
        status.set(LinkState::Connecting, None, at(1));
        assert_eq!(read(&state).unwrap().unwrap().link, LinkState::Offline, "attempts are not worth a write");
        status.set(LinkState::Streaming, None, at(2));
        status.set(LinkState::Offline, Some("gone".into()), at(9));
        let snapshot = read(&state).unwrap().unwrap();
        assert_eq!((snapshot.link, snapshot.since), (LinkState::Offline, at(9)));
        assert_eq!(snapshot.last_contact, Some(at(9)));
        std::fs::remove_file(root.path().join(FILE)).unwrap();
        status.set(LinkState::Offline, Some("gone".into()), at(10));
        assert_eq!(read(&state).unwrap(), None, "nothing changed, nothing written");
        status.clone().set_config_fault(Some("line 3".into()));
        assert_eq!(read(&state).unwrap().unwrap().config_fault.as_deref(), Some("line 3"));
    }
}
