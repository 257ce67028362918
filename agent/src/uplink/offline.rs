//! Offline: waits for its time to come.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Connecting, State, Uplink, wake};

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

    pub(super) async fn run(self, uplink: &mut Uplink, cancel: &CancellationToken) -> State {
        let until = Instant::now() + self.wait;
        loop {
            tokio::select! {
                () = cancel.cancelled() => return State::Stopped,
                () = tokio::time::sleep_until(until) => return State::Connecting(Connecting),
                // The network of before the sleep says nothing about that of now.
                () = wake::look_again() => if let Some(state) = uplink.woken() {
                    return state;
                },
            }
        }
    }
}
