//! Offline: waits for its time to come, or for another way out.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Connecting, State, Uplink, nap, wake};
use crate::config::{self, Live};

/// Waiting before the next attempt.
pub(super) struct Offline {
    wait: Duration,
    reason: Option<String>,
    napping: bool,
}

impl Offline {
    pub(super) fn new(wait: Duration, reason: Option<String>) -> Self {
        Self { wait, reason, napping: false }
    }

    /// Until the machine is awake again, after a goodbye.
    pub(super) fn napping() -> Self {
        Self { wait: nap::AWAKE, reason: Some("the machine goes to sleep".into()), napping: true }
    }

    pub(super) fn reason(&self) -> Option<String> {
        self.reason.clone()
    }

    pub(super) async fn run(self, uplink: &mut Uplink, cancel: &CancellationToken) -> State {
        if self.napping {
            return sleep_through(self.wait, uplink, cancel).await;
        }
        let until = Instant::now() + self.wait;
        loop {
            tokio::select! {
                () = cancel.cancelled() => return State::Stopped,
                () = uplink.nap.begun() => return State::Offline(Self::napping()),
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

/// Waits for the machine to be awake: by word, by the clocks, or because it never went to sleep.
async fn sleep_through(awake: Duration, uplink: &mut Uplink, cancel: &CancellationToken) -> State {
    let until = Instant::now() + awake;
    loop {
        tokio::select! {
            () = cancel.cancelled() => return State::Stopped,
            () = uplink.nap.ended() => break,
            () = tokio::time::sleep_until(until) => break,
            () = wake::look_again() => {}
        }
        if let Some(state) = uplink.woken() {
            return state;
        }
    }
    uplink.nap.end();
    // The sleep is told once, before the new link stands and not as a reason to leave it.
    uplink.woken().unwrap_or(State::Connecting(Connecting))
}

/// The way out was mended, perhaps: worth an attempt at once.
async fn another_proxy(live: &mut Live) {
    let before = live.borrow_and_update().proxy.clone();
    while live.borrow_and_update().proxy == before {
        config::changed(live).await;
    }
}
