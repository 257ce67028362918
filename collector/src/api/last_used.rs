//! When tokens were used last, to the second: for lists.
//!
//! The store is told once in a while (a day, for a browser five minutes), because a write for every request would cost more
//! than it tells. What people look at to find a session that is not theirs should not be older than that session's last act,
//! so it is kept here besides. A restart forgets it, and lists say again what the store knows.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;

use crate::access::{ApiToken, Sha256};

/// Tokens whose last use is kept; when more are in use, those that were quiet for longest go. As many as have a bucket of
/// requests.
const MAX_KEPT: usize = 16_384;

/// How many go at once: looking for the quietest costs a walk through all, so it is not done for each.
const GO_AT_ONCE: usize = 1_024;

/// Last uses.
#[derive(Debug, Default)]
pub(crate) struct LastUsed(Mutex<HashMap<Sha256, Timestamp>>);

impl LastUsed {
    /// Notes a use.
    pub(crate) fn note(&self, token: &Sha256, now: Timestamp) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT && !kept.contains_key(token) {
            let mut all: Vec<_> = kept.iter().map(|(hash, at)| (*at, *hash)).collect();
            all.sort_unstable();
            for (_, hash) in all.iter().take(GO_AT_ONCE) {
                kept.remove(hash);
            }
        }
        kept.insert(*token, now);
    }

    /// When a token was used last: by what is kept here or by what the store knows, whichever is later.
    pub(crate) fn of(&self, token: &ApiToken) -> Option<Timestamp> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&token.hash).copied().max(token.used_at)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn the_latest_uses_are_kept_and_never_more_than_so_many() {
        let used = LastUsed::default();
        let at = |second: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second);
        let hash = |n: i64| Sha256::of(&n.to_be_bytes());
        for n in 0..20_000 {
            used.note(&hash(n), at(n));
        }
        let kept = used.0.lock().unwrap();
        assert!(kept.len() <= MAX_KEPT);
        assert_eq!(kept.get(&hash(19_999)), Some(&at(19_999)));
        assert_eq!(kept.get(&hash(0)), None);
    }
}
