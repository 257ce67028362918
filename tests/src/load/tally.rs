//! What a fleet counts, shared by all its agents.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use dogwatch_proto::v1::Poisoned;

use super::latency::Latencies;

/// Running counts, and the latencies since they were last taken.
#[derive(Debug, Default)]
pub struct Tally {
    connected: AtomicU64,
    sent: AtomicU64,
    acknowledged: AtomicU64,
    withheld: AtomicU64,
    rejected: AtomicU64,
    poisoned: AtomicU64,
    lost: AtomicU64,
    latencies: Mutex<Latencies>,
    last_trouble: Mutex<Option<String>>,
}

/// The counts at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Agents with an open stream.
    pub connected: u64,
    /// Reports sent, repeats included.
    pub sent: u64,
    /// Reports that the collector said are on disk.
    pub acknowledged: u64,
    /// Samples not taken because the collector's window was full.
    pub withheld: u64,
    /// Rejects: a sequence that the collector did not expect.
    pub rejected: u64,
    /// Reports that the collector could not read.
    pub poisoned: u64,
    /// Sessions that ended without being asked to.
    pub lost: u64,
}

/// Counts one open stream for as long as it lives.
pub(super) struct Connection<'a>(&'a Tally);

impl Tally {
    /// The counts now.
    pub fn counts(&self) -> Counts {
        Counts {
            connected: self.connected.load(Relaxed),
            sent: self.sent.load(Relaxed),
            acknowledged: self.acknowledged.load(Relaxed),
            withheld: self.withheld.load(Relaxed),
            rejected: self.rejected.load(Relaxed),
            poisoned: self.poisoned.load(Relaxed),
            lost: self.lost.load(Relaxed),
        }
    }

    /// The latencies since this was last asked.
    pub fn take_latencies(&self) -> Latencies {
        std::mem::take(&mut *held(&self.latencies))
    }

    /// The last thing that went wrong, in words.
    pub fn last_trouble(&self) -> Option<String> {
        held(&self.last_trouble).clone()
    }

    pub(super) fn connection(&self) -> Connection<'_> {
        self.connected.fetch_add(1, Relaxed);
        Connection(self)
    }

    pub(super) fn sent(&self) {
        self.sent.fetch_add(1, Relaxed);
    }

    pub(super) fn acknowledged(&self, latency: Duration) {
        self.acknowledged.fetch_add(1, Relaxed);
        held(&self.latencies).record(latency);
    }

    pub(super) fn withheld(&self) {
        self.withheld.fetch_add(1, Relaxed);
    }

    pub(super) fn rejected(&self) {
        self.rejected.fetch_add(1, Relaxed);
    }

    pub(super) fn poisoned(&self, poisoned: &Poisoned) {
        self.poisoned.fetch_add(1, Relaxed);
        *held(&self.last_trouble) = Some(format!("a report was set aside: {}", poisoned.reason));
    }

    pub(super) fn lost(&self, error: &anyhow::Error) {
        self.lost.fetch_add(1, Relaxed);
        *held(&self.last_trouble) = Some(format!("{error:#}"));
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        self.0.connected.fetch_sub(1, Relaxed);
    }
}

/// A count is a count even if somebody panicked while holding the lock.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
