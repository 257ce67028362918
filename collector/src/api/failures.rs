//! Failed tries of all kinds, and the pauses that come of them: some are free, and after them each pause is twice the last.
//!
//! A try is counted before it is known how it ends, so that many at once are no way around; one that works is taken back.
//! When the table is full, what was quiet for longest makes room: a flood of addresses locks nobody out.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use crate::access::Sha256;

/// The first pause.
pub(super) const PAUSE: Duration = Duration::from_secs(60);
/// How long failures are remembered after the last.
const MEMORY: Duration = Duration::from_secs(900);
/// What is counted apart at once; the one that was quiet for longest makes room.
pub(super) const MAX_KEPT: usize = 8192;

/// What a try is counted against: so many are free, and a pause is no longer than this.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    pub(super) key: Sha256,
    pub(super) free: u32,
    pub(super) longest: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Kept {
    count: u32,
    latest: Instant,
    until: Instant,
}

/// Tries that have not worked, or not yet.
#[derive(Debug, Default)]
pub(super) struct Failures(HashMap<Sha256, Kept>);

impl Failures {
    /// Counts a try against every share, or says how long to wait.
    pub(super) fn admit(&mut self, shares: &[Share], now: Instant) -> Result<(), Duration> {
        self.0.retain(|_, one| now < one.latest + MEMORY);
        let waits = shares.iter().filter_map(|share| self.0.get(&share.key)).map(|one| one.until);
        if let Some(until) = waits.max().filter(|until| now < *until) {
            return Err(until - now);
        }
        for share in shares {
            make_room(&mut self.0, &share.key, |one| one.latest);
            let one = self.0.entry(share.key).or_insert(Kept { count: 0, latest: now, until: now });
            one.count += 1;
            one.latest = now;
            if one.count >= share.free {
                let doubled = PAUSE.saturating_mul(1 << (one.count - share.free).min(8));
                one.until = now + doubled.min(share.longest);
            }
        }
        Ok(())
    }

    /// Takes back a try of then that worked, and ends the pause that it began. What else was tried still counts, and its
    /// pause goes on: whoever has one thing that works does not get more guesses by showing it beside them.
    pub(super) fn take_back(&mut self, share: &Share, at: Instant) {
        if let Some(one) = self.0.get_mut(&share.key) {
            one.count = one.count.saturating_sub(1);
            if one.count < share.free || one.latest == at {
                one.until = one.latest;
            }
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Has what was quiet for longest make room for something new.
pub(super) fn make_room<T>(kept: &mut HashMap<Sha256, T>, key: &Sha256, latest: impl Fn(&T) -> Instant) {
    if kept.len() >= MAX_KEPT && !kept.contains_key(key) {
        let quiet = kept.iter().min_by_key(|(_, one)| latest(one)).map(|(key, _)| *key);
        quiet.map(|key| kept.remove(&key));
    }
}
