//! When what has gathered for one way is told: not at once, because causes come in swarms, and not late.
//!
//! A group is what one org has to say through one way; orgs are never mixed. The first notice waits [`Timing::wait`] for
//! company. Then the group is quiet for [`Timing::interval`], however much comes, and says everything at once. What
//! concerns a P1 waits as long at first, and then only [`Timing::urgent`]; what went *wrong* with a P1 ([`Pace::Now`])
//! does not wait at first. So one way hears at most one message a minute of one org, and ten thousand items of one cause
//! make two: one after the wait, one for what came after.

use jiff::{SignedDuration, Timestamp};

use super::Pace;

/// How a group waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// From the first notice to the message: long enough for a switch that fails to take its site with it.
    pub wait: SignedDuration,
    /// Between messages.
    pub interval: SignedDuration,
    /// Between messages when a P1 is concerned.
    pub urgent: SignedDuration,
    /// From a message to the word that nobody has taken it still.
    pub repeat: SignedDuration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            wait: SignedDuration::from_secs(30),
            interval: SignedDuration::from_mins(5),
            urgent: SignedDuration::from_mins(1),
            repeat: SignedDuration::from_hours(4),
        }
    }
}

/// When the oldest notice of each pace came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Oldest {
    /// Of those that do not wait.
    pub now: Option<Timestamp>,
    /// Of those that wait a little.
    pub soon: Option<Timestamp>,
    /// Of the others.
    pub calm: Option<Timestamp>,
}

impl Oldest {
    /// Counts one more.
    pub fn add(&mut self, pace: Pace, at: Timestamp) {
        let slot = match pace {
            Pace::Now => &mut self.now,
            Pace::Soon => &mut self.soon,
            Pace::Calm => &mut self.calm,
        };
        *slot = Some(slot.map_or(at, |known| known.min(at)));
    }
}

impl Timing {
    /// When what has gathered is to be told; `None` when there is nothing.
    pub fn due(&self, oldest: Oldest, last: Option<Timestamp>) -> Option<Timestamp> {
        let at = |came: Option<Timestamp>, wait: SignedDuration, interval: SignedDuration| {
            let ready = later(came?, wait);
            Some(last.map_or(ready, |last| ready.max(later(last, interval))))
        };
        let instants = [
            at(oldest.now, SignedDuration::ZERO, self.urgent),
            at(oldest.soon, self.wait, self.urgent),
            at(oldest.calm, self.wait, self.interval),
        ];
        instants.into_iter().flatten().min()
    }

    /// When to say again what nobody has taken.
    pub fn repeat_due(&self, last: Timestamp) -> Timestamp {
        later(last, self.repeat)
    }
}

/// Beyond the end of time is its end.
fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}
