//! The feed of changes: what people's screens are told, as it happens.
//!
//! The core hands over what a commit changed once it is on disk. Ten times a second that becomes *blocks*: text as it goes
//! over the wire, written once for everybody, in runs of one place and kind. The newest blocks stand in one ring, and each
//! listener only has a place in it: a listener holds nothing, slows nobody down, and is handed slices of the same bytes.
//!
//! Invariants:
//! * What is told is on disk.
//! * Whoever listens is told each change that they may see, in order and once, or is told that they missed some; and when they
//!   may not see any more what they were told.
//! * What somebody may see is asked at every handing over, and twice a second besides.
//! * Neither the text nor the ids tell anybody how much goes on where they may not look. (Who comes back after so much that even
//!   the memory of it is gone is told `missed` without a number, whosever it was.)
//!
//! Deliberately not here: HTTP and tokens ([`crate::api`]), and what a change is good for (whoever listens).

mod block;
mod brief;
mod change;
mod listener;
mod notice;
mod places;
mod ring;
mod seal;

#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

pub(crate) use change::{Group, Kind};
pub(crate) use listener::{Audience, Listener, Looked, Over, Since};
pub(crate) use notice::{News, Notices};
pub(crate) use places::{Full, Place};

use crate::access::PersonKey;
use change::Change;
use places::Places;
use ring::Ring;
use seal::Seal;

/// How often what happens.
#[derive(Debug, Clone, Copy)]
struct Rhythm {
    /// What comes within this time goes out together.
    tick: Duration,
    /// Whether somebody may still hear what they may is asked this often, also when nothing happens.
    look: Duration,
    /// After so much silence a sign of life goes out.
    sign: Duration,
}

/// Ten ticks a second are quick enough for eyes, and five hundred listeners cost ten writes each, however much goes on. Two
/// looks a second: what is withdrawn ends within one. A sign every 15 s: proxies give up after a minute or less, and a dead
/// peer is found out.
const RHYTHM: Rhythm = Rhythm {
    tick: Duration::from_millis(100),
    look: Duration::from_millis(500),
    sign: Duration::from_secs(15),
};

/// Changes that may wait for the next tick; then they are written at once. Some megabytes.
const MAX_WAITING: usize = 8_192;

/// The feed. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Feed(Arc<Inner>);

struct Inner {
    rhythm: Rhythm,
    waiting: Mutex<Vec<Change>>,
    news: Notify,
    ring: RwLock<Ring>,
    /// Counts the times that blocks were added.
    ticks: watch::Sender<u64>,
    seal: Seal,
    places: Places,
    /// Counts the times that somebody's rights may have changed.
    access: AtomicU64,
    closing: CancellationToken,
}

impl Default for Feed {
    fn default() -> Self {
        Self::in_rhythm(RHYTHM)
    }
}

impl Feed {
    fn in_rhythm(rhythm: Rhythm) -> Self {
        Self(Arc::new(Inner {
            rhythm,
            waiting: Mutex::default(),
            news: Notify::new(),
            ring: RwLock::default(),
            ticks: watch::Sender::new(0),
            seal: Seal::new(),
            places: Places::default(),
            access: AtomicU64::new(0),
            closing: CancellationToken::new(),
        }))
    }

    /// Takes what a commit changed. Never waits for a listener.
    pub(crate) fn publish(&self, News { changes, access }: News) {
        if access {
            // Before anything of it is told.
            self.0.access.fetch_add(1, Ordering::Release);
        }
        if changes.is_empty() {
            return;
        }
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.extend(changes);
        let full = waiting.len() >= MAX_WAITING;
        drop(waiting);
        if full {
            self.flush();
        }
        self.0.news.notify_one();
    }

    /// Writes what waits, at once and then at most once a tick, until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = self.0.news.notified() => {}
                () = stop.cancelled() => break,
            }
            self.flush();
            tokio::select! {
                () = tokio::time::sleep(self.0.rhythm.tick) => {}
                () = stop.cancelled() => break,
            }
        }
        self.flush();
        self.close();
    }

    /// Whoever listens is told what waits, and goodbye.
    pub(crate) fn close(&self) {
        self.0.closing.cancel();
    }

    /// Writes what waits.
    pub(crate) fn flush(&self) {
        // Both locks are held, so that what came first is written first whoever flushes.
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.is_empty() {
            return;
        }
        let changes = std::mem::take(&mut *waiting);
        self.0.ring.write().unwrap_or_else(PoisonError::into_inner).add(changes, &self.0.seal);
        drop(waiting);
        self.0.ticks.send_modify(|ticks| *ticks += 1);
    }

    /// A place for somebody who listens, if there is one.
    pub(crate) fn place(&self, caller: PersonKey) -> Result<Place, Full> {
        self.0.places.take(caller)
    }

    /// Somebody who listens from now on, or from where they were.
    pub(crate) fn listen(&self, audience: Box<dyn Audience>, from: Since<'_>, place: Place) -> Listener {
        Listener::new(self.clone(), audience, from, place)
    }
}
