//! Failed tries to enrol, by address: a secret of 256 bits cannot be guessed, but guessing must not cost us anything either.
//!
//! Not the count of the people's side (`api/failures.rs`), which counts a try before it is known how it ends and doubles its
//! pauses: a thousand machines come in behind one address at the same minute, so tries under way are no failures here, and
//! after a mistyped token the crowd waits a minute and no longer.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Failed tries that an address has in one [`WINDOW`].
pub(super) const MAX_FAILED: u32 = 10;
/// After this, the count begins anew.
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses remembered at once; when all are in their window, new ones share one count.
const MAX_ADDRESSES: usize = 4096;

/// Counts failed tries.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    failed: Mutex<HashMap<Option<IpAddr>, Count>>,
}

#[derive(Debug)]
struct Count {
    since: Instant,
    failed: u32,
}

impl Attempts {
    /// Whether an address may try (again).
    pub(super) fn may_try(&self, address: IpAddr, now: Instant) -> bool {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let who = place(&failed, address);
        failed
            .get(&who)
            .is_none_or(|count| count.failed < MAX_FAILED || now.duration_since(count.since) >= WINDOW)
    }

    /// Counts a failed try.
    pub(super) fn failed(&self, address: IpAddr, now: Instant) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() >= MAX_ADDRESSES {
            failed.retain(|_, count| now.duration_since(count.since) < WINDOW);
        }
        let who = place(&failed, address);
        let count = failed.entry(who).or_insert(Count { since: now, failed: 0 });
        if now.duration_since(count.since) >= WINDOW {
            *count = Count { since: now, failed: 0 };
        }
        count.failed = count.failed.saturating_add(1);
    }
}

/// Where an address is counted: at its own place while there is room, else at the one for all the others.
fn place(failed: &HashMap<Option<IpAddr>, Count>, address: IpAddr) -> Option<IpAddr> {
    let own = Some(crate::listener::network(address));
    if failed.len() < MAX_ADDRESSES || failed.contains_key(&own) { own } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_failure_in_a_minute_has_to_wait_and_others_do_not() {
        let attempts = Attempts::default();
        let (bad, good) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let start = Instant::now();
        for _ in 0..MAX_FAILED {
            assert!(attempts.may_try(bad, start));
            attempts.failed(bad, start);
        }
        assert!(!attempts.may_try(bad, start));
        assert!(attempts.may_try(good, start));
        assert!(attempts.may_try(bad, start + WINDOW));
    }

    #[test]
    fn a_flood_of_addresses_takes_bounded_space_and_locks_out_nobody_who_was_known() {
        let attempts = Attempts::default();
        let (known, now) = (IpAddr::from([192, 0, 2, 1]), Instant::now());
        attempts.failed(known, now);
        for n in 0..10_000_u32 {
            attempts.failed(IpAddr::from((0x0a00_0000 + n).to_be_bytes()), now);
        }
        assert_eq!(attempts.failed.lock().unwrap().len(), MAX_ADDRESSES + 1);
        assert!(attempts.may_try(known, now));
        assert!(!attempts.may_try(IpAddr::from([198, 51, 100, 1]), now), "newcomers share one count");
    }
}
