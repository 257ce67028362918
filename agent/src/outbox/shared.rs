//! The outbox between the reporter, which fills it, and the uplink, which empties it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dogwatch_model::Epoch;
use tokio::sync::Notify;
use uuid::Uuid;

use super::{Draft, Outbox};
use crate::clock;

/// A handle to the one outbox.
#[derive(Debug, Clone)]
pub struct SharedOutbox {
    outbox: Arc<Mutex<Outbox>>,
    filled: Arc<Notify>,
    stirred: Arc<Notify>,
}

impl SharedOutbox {
    /// An empty outbox with an epoch of its own.
    pub fn new() -> Self {
        let outbox = Outbox::new(Epoch(Uuid::new_v4()));
        Self { outbox: Arc::new(Mutex::new(outbox)), filled: Arc::default(), stirred: Arc::default() }
    }

    /// Takes a report for sending and wakes whoever sends.
    pub fn push(&self, draft: Draft) {
        self.lock().push(draft, clock::now().moment);
        self.filled.notify_one();
        self.stirred.notify_one();
    }

    /// A connection stands, or none does.
    pub fn set_connected(&self, connected: bool) {
        self.lock().set_connected(connected);
        self.stirred.notify_one();
    }

    /// There is something to send that was not pushed.
    pub(crate) fn refilled(&self) {
        self.filled.notify_one();
    }

    /// Something was pushed, or the link came or went, since this was last awaited. For the spool's keeper.
    pub async fn stirred(&self) {
        self.stirred.notified().await;
    }

    /// Something was pushed since this was last awaited.
    pub async fn filled(&self) {
        self.filled.notified().await;
    }

    /// The outbox itself, for the length of a few assignments. Its calls leave it whole even when one panics between
    /// two of them, so a poisoned lock is no reason to stop.
    pub fn lock(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for SharedOutbox {
    fn default() -> Self {
        Self::new()
    }
}
