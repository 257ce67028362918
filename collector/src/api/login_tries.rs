//! Logins are tried slowly: five a minute from an address and for a person, and after that each pause is twice the last.
//!
//! Nobody is locked out for good by somebody else's guesses: a pause grows to five minutes at most, and a login that works
//! ends it.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{Extension, extract::ConnectInfo};

use super::problem::Problem;
use crate::{access::Sha256, listener::network};

/// Tries that are free in each minute.
const FREE: u32 = 5;
/// The first pause after them.
const PAUSE: Duration = Duration::from_secs(60);
/// The longest.
const MAX_PAUSE: Duration = Duration::from_secs(300);
/// How long failures are remembered after the last.
const MEMORY: Duration = Duration::from_secs(900);
/// Addresses and persons that are remembered; the one that was quiet for longest makes room.
const MAX_KEPT: usize = 8192;

#[derive(Debug, Clone, Copy)]
struct Kept {
    count: u32,
    latest: Instant,
    until: Instant,
}

/// Failed tries by address and by person.
#[derive(Debug, Default)]
pub(crate) struct LoginTries {
    kept: Mutex<HashMap<Sha256, Kept>>,
}

/// What a try is counted against.
pub(crate) struct Counted([Sha256; 2]);

impl Counted {
    pub(crate) fn of(from: Option<&Extension<ConnectInfo<SocketAddr>>>, person: &str) -> Self {
        let from = from.map(|Extension(ConnectInfo(address))| network(address.ip()));
        let text = |kind: &str, what: String| Sha256::of(format!("{kind}:{what}").as_bytes());
        Self([text("from", format!("{from:?}")), text("person", person.to_lowercase())])
    }
}

impl LoginTries {
    /// Counts a try, or says how long to wait.
    pub(crate) fn admit(&self, counted: &Counted) -> Result<(), Problem> {
        self.admit_at(counted, Instant::now()).map_err(|wait| {
            let seconds = wait.as_secs() + 1;
            Problem::too_many(format!("too many logins were tried; try again in {seconds} s"))
                .retry_after(seconds)
        })
    }

    fn admit_at(&self, counted: &Counted, now: Instant) -> Result<(), Duration> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, one| now < one.latest + MEMORY);
        let waits = counted.0.iter().filter_map(|key| kept.get(key)).map(|one| one.until);
        if let Some(until) = waits.max().filter(|until| now < *until) {
            return Err(until - now);
        }
        for key in counted.0 {
            make_room(&mut kept, &key);
            let one = kept.entry(key).or_insert(Kept { count: 0, latest: now, until: now });
            one.count += 1;
            one.latest = now;
            if one.count >= FREE {
                let doubled = PAUSE.saturating_mul(1 << (one.count - FREE).min(8));
                one.until = now + doubled.min(MAX_PAUSE);
            }
        }
        Ok(())
    }

    /// It worked: nothing is held against the person; what the address tried for others still is.
    pub(crate) fn forget(&self, counted: &Counted) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&counted.0[1]);
        if let Some(from) = kept.get_mut(&counted.0[0]) {
            from.count = from.count.saturating_sub(1);
            if from.count < FREE {
                from.until = from.latest;
            }
        }
    }
}

fn make_room(kept: &mut HashMap<Sha256, Kept>, key: &Sha256) {
    if kept.len() >= MAX_KEPT && !kept.contains_key(key) {
        let quiet = kept.iter().min_by_key(|(_, one)| one.latest).map(|(key, _)| *key);
        quiet.map(|key| kept.remove(&key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_are_slowed_down_and_never_stopped_for_good() {
        let tries = LoginTries::default();
        let start = Instant::now();
        let omar = Counted::of(None, "omar");
        let free = (0..5).filter(|_| tries.admit_at(&omar, start).is_ok()).count();
        assert_eq!(free, 5);
        assert_eq!(tries.admit_at(&omar, start), Err(PAUSE));
        let again = start + PAUSE;
        assert_eq!(tries.admit_at(&omar, again), Ok(()));
        assert_eq!(tries.admit_at(&omar, again), Err(PAUSE * 2));
        let mut now = again;
        for _ in 0..50 {
            now += MAX_PAUSE;
            assert_eq!(tries.admit_at(&omar, now), Ok(()), "five minutes at most");
        }
    }

    #[test]
    fn a_flood_of_names_does_not_grow_the_table() {
        let tries = LoginTries::default();
        let now = Instant::now();
        for n in 0..10_000_u32 {
            let counted = Counted([Sha256([0; 32]), Sha256::of(&n.to_be_bytes())]);
            let _ = tries.admit_at(&counted, now + MAX_PAUSE);
        }
        assert!(tries.kept.lock().unwrap().len() <= MAX_KEPT);
    }
}
