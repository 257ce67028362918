//! One who listens: a place in the ring, and what they may hear.

use std::{
    collections::VecDeque,
    sync::{PoisonError, atomic::Ordering},
    time::Duration,
};

use axum::body::Bytes;
use dogwatch_model::text_enum;
use serde::Serialize;
use tokio::{sync::watch, time::Instant};

use super::{Feed, Group, Place};

/// What a client waits before it comes back after its stream has ended.
const RETRY: Duration = Duration::from_secs(2);

text_enum! {
    /// Why nothing more is told.
    pub(crate) enum Over {
        /// The collector stops.
        Stopping = "stopping",
        /// What the listener showed does not let them in any more.
        NotAllowed = "not_allowed",
        /// Others need the place, whose people listen less.
        Crowded = "crowded",
    }
}

text_enum! {
    /// Why something was not told.
    enum Missed {
        /// The listener did not keep up.
        TooSlow = "too_slow",
        /// It came back too late.
        TooOld = "too_old",
        /// Where it was is not known here: the collector was started anew.
        Restarted = "restarted",
        /// Some of what they were told is not theirs to see any more.
        SightLost = "sight_lost",
    }
}

/// What a look has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looked {
    /// They may hear what they might before, or more.
    AsBefore,
    /// They may not hear any more all that they might before.
    LessThanBefore,
}

/// Who listens, as far as the feed cares.
pub(crate) trait Audience: Send {
    /// Looks again what may be heard; the reason when that is nothing any more.
    fn look(&mut self) -> Result<Looked, Over>;

    /// Whether changes of a group may be heard, as of the last look.
    fn hears(&self, group: &Group) -> bool;
}

/// Since where somebody listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since<'a> {
    /// Since now on.
    Now,
    /// Since after the change with this id.
    After(&'a str),
}

/// Somebody who listens.
pub(crate) struct Listener {
    feed: Feed,
    audience: Box<dyn Audience>,
    ticks: watch::Receiver<u64>,
    /// They were told everything up to here, or that they missed it.
    seen: u64,
    ready: VecDeque<Bytes>,
    looked_at: Instant,
    /// What the feed had counted of changed rights then.
    access: u64,
    told_at: Instant,
    over: bool,
    place: Place,
}

impl Listener {
    pub(super) fn new(feed: Feed, audience: Box<dyn Audience>, from: Since<'_>, place: Place) -> Self {
        let ticks = feed.0.ticks.subscribe();
        let now = Instant::now();
        let present = feed.present();
        let seen = match from {
            Since::Now => Some(present),
            Since::After(text) => feed.0.seal.place(text).filter(|seen| *seen <= present),
        };
        let mut listener = Self {
            ticks,
            audience,
            seen: seen.unwrap_or(present),
            ready: VecDeque::new(),
            looked_at: now,
            access: feed.0.access.load(Ordering::Acquire),
            told_at: now,
            over: false,
            place,
            feed,
        };
        // They begin where they were, and what is told next may be what they missed.
        listener.ready.push_back(format!("retry: {}\n\n", RETRY.as_millis()).into());
        listener.say("hello", &Hello { retry_ms: RETRY.as_millis() });
        match seen {
            None => listener.say_missed(None, Missed::Restarted),
            Some(_) => listener.take(Missed::TooOld),
        }
        listener
    }

    /// What goes out next; nothing when it is over. Dropped while it waits, it loses nothing.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                self.told_at = Instant::now();
                return Some(bytes);
            }
            if self.over {
                return None;
            }
            if let Some(over) = self.ends() {
                self.take(Missed::TooSlow);
                self.end(over);
                continue;
            }
            self.ticks.borrow_and_update();
            self.take(Missed::TooSlow);
            if !self.ready.is_empty() || self.over {
                continue;
            }
            let rhythm = self.feed.0.rhythm;
            let sign_at = self.told_at + rhythm.sign;
            tokio::select! {
                // The feed is ours as well: it does not go before us.
                _ = self.ticks.changed() => {}
                () = self.feed.0.closing.cancelled() => {}
                () = self.place.displaced() => {}
                () = tokio::time::sleep_until(sign_at.min(self.looked_at + rhythm.look)) => {
                    if Instant::now() >= sign_at {
                        self.ready.push_back(Bytes::from_static(b": still here\n\n"));
                    }
                }
            }
        }
    }

    /// Why it ends now, whatever they may hear.
    fn ends(&self) -> Option<Over> {
        if self.feed.0.closing.is_cancelled() {
            return Some(Over::Stopping);
        }
        self.place.is_displaced().then_some(Over::Crowded)
    }

    /// Takes what has been added, as far as they may hear it now.
    fn take(&mut self, missed: Missed) {
        let ring = self.feed.0.ring.read().unwrap_or_else(PoisonError::into_inner);
        let last = ring.last();
        if last == self.seen && self.looked_at.elapsed() < self.feed.0.rhythm.look {
            return;
        }
        let found = ring.after(self.seen);
        drop(ring);
        // After the ring: a right that ended before a change was written has been counted by now.
        let access = self.feed.0.access.load(Ordering::Acquire);
        if access != self.access || self.looked_at.elapsed() >= self.feed.0.rhythm.look {
            (self.access, self.looked_at) = (access, Instant::now());
            match self.audience.look() {
                Ok(Looked::AsBefore) => {}
                // No change will ever tell them that what they show is gone.
                Ok(Looked::LessThanBefore) => self.say_missed(None, Missed::SightLost),
                Err(over) => return self.end(over),
            }
        }
        match found {
            Some(blocks) => {
                for block in blocks {
                    self.ready.extend(block.after(self.seen, |group| self.audience.hears(group)));
                    self.seen = block.last();
                }
            }
            None => {
                let ring = self.feed.0.ring.read().unwrap_or_else(PoisonError::into_inner);
                let count = ring.heard_since(self.seen, |group| self.audience.hears(group));
                self.seen = ring.last();
                drop(ring);
                if count != Some(0) {
                    self.say_missed(count, missed);
                }
            }
        }
    }

    fn say_missed(&mut self, count: Option<u64>, why: Missed) {
        self.say("missed", &Told { missed: count, why, reload: true });
    }

    fn end(&mut self, why: Over) {
        self.say("bye", &Bye { why });
        self.over = true;
    }

    /// Says something that is no change, with the place where they are.
    fn say(&mut self, event: &str, data: &impl Serialize) {
        let id = self.feed.0.seal.text(self.seen);
        let data = serde_json::to_string(data).unwrap_or_default();
        self.ready.push_back(format!("id: {id}\nevent: {event}\ndata: {data}\n\n").into());
    }
}

impl Feed {
    /// The place of the last change.
    fn present(&self) -> u64 {
        self.0.ring.read().unwrap_or_else(PoisonError::into_inner).last()
    }
}

#[derive(Serialize)]
struct Hello {
    retry_ms: u128,
}

#[derive(Serialize)]
struct Told {
    /// How many; absent when nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    missed: Option<u64>,
    why: Missed,
    /// What they show is to be fetched anew.
    reload: bool,
}

#[derive(Serialize)]
struct Bye {
    why: Over,
}
