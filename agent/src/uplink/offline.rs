//! Offline: waits for its time to come, or for another way out.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Connecting, State, Uplink, wake};
use crate::config::{self, Live};

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
                () = another_proxy(&mut uplink.live) => return State::Connecting(Connecting),
                // The network of before the sleep says nothing about that of now.
                () = wake::look_again() => {}
            }
            if let Some(state) = uplink.woken() {
                return state;
            }
        }
    }
}

/// The way out was mended, perhaps: worth an attempt at once.
async fn another_proxy(live: &mut Live) {
    let before = live.borrow_and_update().proxy.clone();
    while live.borrow_and_update().proxy == before {
        config::changed(live).await;
    }
}
