//! A limit on guesses: five tries a minute from one address.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{Extension, extract::ConnectInfo};

use super::problem::Problem;
use crate::listener::network;

/// Guesses that one address has in each [`WINDOW`]. A person with the link in hand needs one.
const TRIES: u32 = 5;

/// For how long tries count.
const WINDOW: Duration = Duration::from_secs(60);

/// How many addresses are remembered. When more come inside one window, all further ones are refused: that is an
/// attack, and the collector has one setup code for one person to enter once.
const MAX_ADDRESSES: usize = 4096;

/// Tries by address.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    seen: Mutex<HashMap<Option<IpAddr>, (Instant, u32)>>,
}

impl Tries {
    /// Lets a try from an address through, or says how long to wait.
    pub(crate) fn admit(
        &self,
        from: Option<&Extension<ConnectInfo<SocketAddr>>>,
        what: &str,
    ) -> Result<(), Problem> {
        let from = from.map(|Extension(ConnectInfo(address))| network(address.ip()));
        match self.allow(from, Instant::now()) {
            true => Ok(()),
            false => Err(Problem::too_many(format!(
                "five {what} were tried within a minute; wait a minute and try again"
            ))),
        }
    }

    /// Counts a try at `now`; `false` when the address has had its share.
    pub(crate) fn allow(&self, from: Option<IpAddr>, now: Instant) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|_, (since, _)| now.duration_since(*since) < WINDOW);
        if seen.len() >= MAX_ADDRESSES && !seen.contains_key(&from) {
            return false;
        }
        let (_, count) = seen.entry(from).or_insert((now, 0));
        *count += 1;
        *count <= TRIES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_try_in_a_minute_is_refused_and_a_minute_later_there_are_five_again() {
        let tries = Tries::default();
        let start = Instant::now();
        let one = Some(IpAddr::from([192, 0, 2, 1]));
        let allowed = (0..7).filter(|_| tries.allow(one, start)).count();
        assert_eq!(allowed, 5);
        assert!(tries.allow(Some(IpAddr::from([192, 0, 2, 2])), start), "another address has its own share");
        assert!(tries.allow(one, start + WINDOW));
    }

    #[test]
    fn a_flood_of_addresses_does_not_grow_the_table() {
        let tries = Tries::default();
        let now = Instant::now();
        let flood = |n: u32| Some(IpAddr::from(n.to_be_bytes()));
        let allowed = (0..10_000).filter(|&n| tries.allow(flood(n), now)).count();
        assert_eq!(allowed, MAX_ADDRESSES);
    }
}
