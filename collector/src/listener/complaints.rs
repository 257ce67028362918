//! Failed handshakes in the log: each address once a minute, however often it tries.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{Door, admission::network};

/// How long an address stays unmentioned after it was mentioned.
const QUIET: Duration = Duration::from_secs(60);

/// How many addresses are remembered; beyond that, all others count as one.
const MAX_ADDRESSES: usize = 1024;

/// Stands for everybody that is not remembered by address.
const EVERYBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Remembers who was mentioned when.
#[derive(Default)]
pub(super) struct Complaints {
    said: Mutex<HashMap<IpAddr, Said>>,
}

struct Said {
    at: Instant,
    kept_back: u32,
}

impl Complaints {
    /// Logs why a caller was turned away, unless that was said of it a moment ago.
    pub(super) fn note(&self, door: &Door, address: Option<IpAddr>, why: &str) {
        let address = address.unwrap_or(EVERYBODY);
        if let Some(kept_back) = self.due(address, Instant::now()) {
            tracing::warn!(door = door.name(), %address, why, kept_back, "turned a caller away");
        }
    }

    /// Whether to say it now; then with how many were kept back since the last time.
    fn due(&self, address: IpAddr, now: Instant) -> Option<u32> {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let mut who = network(address);
        if said.len() >= MAX_ADDRESSES && !said.contains_key(&who) {
            said.retain(|_, said| now.duration_since(said.at) < QUIET);
            if said.len() >= MAX_ADDRESSES {
                who = EVERYBODY;
            }
        }
        match said.get_mut(&who) {
            Some(said) if now.duration_since(said.at) < QUIET => {
                said.kept_back = said.kept_back.saturating_add(1);
                None
            }
            known => {
                let kept_back = known.map_or(0, |said| said.kept_back);
                said.insert(who, Said { at: now, kept_back: 0 });
                Some(kept_back)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_mentioned_once_a_minute_with_the_number_of_tries_between() {
        let complaints = Complaints::default();
        let (address, start) = ("192.0.2.1".parse().unwrap(), Instant::now());
        let told: Vec<_> =
            [0, 1, 59, 60].map(|s| complaints.due(address, start + Duration::from_secs(s))).into();
        assert_eq!(told, [Some(0), None, None, Some(2)]);
    }

    #[test]
    fn a_flood_from_everywhere_is_remembered_in_bounded_space() {
        let complaints = Complaints::default();
        let now = Instant::now();
        let told = (0..10_000_u32)
            .filter(|n| complaints.due(IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + n)), now).is_some())
            .count();
        assert_eq!(told, MAX_ADDRESSES + 1);
        assert_eq!(complaints.said.lock().unwrap().len(), MAX_ADDRESSES + 1);
    }
}
