//! How fast a token may ask: a bucket of requests each, filled again as time passes.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use crate::access::Sha256;

/// Requests a second that a token may make for ever.
const SUSTAINED: f64 = 100.0;
/// Requests that it may make at once after a pause: a page of a console with all that belongs to it, many times over.
const BURST: f64 = 1000.0;
/// Buckets that are kept. A full one needs none; when more are in use than this, the fullest go.
const MAX_BUCKETS: usize = 16_384;

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    fn at(self, now: Instant) -> f64 {
        (self.left + now.duration_since(self.at).as_secs_f64() * SUSTAINED).min(BURST)
    }
}

/// The buckets.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    buckets: Mutex<HashMap<Sha256, Bucket>>,
}

impl Pace {
    /// Takes one request out of a token's bucket; gives the seconds to wait when it is empty.
    pub(crate) fn take(&self, token: &Sha256, now: Instant) -> Result<(), u64> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_BUCKETS && !buckets.contains_key(token) {
            buckets.retain(|_, bucket| bucket.at(now) < BURST / 2.0);
        }
        let bucket = buckets.entry(*token).or_insert(Bucket { left: BURST, at: now });
        let left = bucket.at(now);
        if left < 1.0 {
            return Err(1);
        }
        *bucket = Bucket { left: left - 1.0, at: now };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_is_borne_and_then_a_hundred_a_second() {
        let (pace, start) = (Pace::default(), Instant::now());
        let token = Sha256::of(b"one");
        let taken = (0..2_000).filter(|_| pace.take(&token, start).is_ok()).count();
        assert_eq!(taken, 1_000);
        let later = start + Duration::from_secs(1);
        assert_eq!((0..2_000).filter(|_| pace.take(&token, later).is_ok()).count(), 100);
        assert!(pace.take(&Sha256::of(b"two"), start).is_ok(), "another token has its own");
    }
}
