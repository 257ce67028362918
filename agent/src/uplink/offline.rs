//! Offline: waits for its time to come.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Connecting, State};

/// Waiting before the next attempt.
pub(super) struct Offline {
    wait: Duration,
    reason: Option<String>,
}

impl Offline {
    pub(super) fn new(wait: Duration, reason: Option<String>) -> Self {
        Self { wait, reason }
    }

    pub(super) fn reason(&self) -> Option<String> {
        self.reason.clone()
    }

    pub(super) async fn run(self, cancel: &CancellationToken) -> State {
        tokio::select! {
            () = cancel.cancelled() => State::Stopped,
            () = tokio::time::sleep(self.wait) => State::Connecting(Connecting),
        }
    }
}
