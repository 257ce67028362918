//! One-time secrets: given out once, good once and for ten minutes, bounded in number.
//!
//! Only their hashes are kept. Who asks for many takes the place of their own oldest, not of other people's.

use std::{collections::HashMap, net::IpAddr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};

use crate::access::Sha256;

/// How long a login may take: time to find the second factor, not to have lunch.
pub(super) const LIFE: SignedDuration = SignedDuration::from_mins(10);

/// How many are out at once, all in all: a thousand people who log in in the same ten minutes.
const MOST: usize = 4_096;

/// How many of them were given to one network.
const MOST_OF_ONE: usize = 64;

/// What secrets stand for.
#[derive(Debug)]
pub(super) struct Tickets<T>(HashMap<Sha256, Ticket<T>>);

#[derive(Debug)]
struct Ticket<T> {
    from: Option<IpAddr>,
    until: Timestamp,
    value: T,
}

impl<T> Default for Tickets<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Tickets<T> {
    /// Gives one out; nothing when too many are out, or the system has no random bytes.
    pub(super) fn give(&mut self, value: T, from: Option<IpAddr>, now: Timestamp) -> Option<String> {
        self.0.retain(|_, ticket| now < ticket.until);
        let same = self.0.iter().filter(|(_, ticket)| ticket.from == from);
        if same.clone().count() >= MOST_OF_ONE {
            let oldest = same.min_by_key(|(_, ticket)| ticket.until).map(|(hash, _)| *hash)?;
            self.0.remove(&oldest);
        }
        if self.0.len() >= MOST {
            return None;
        }
        let text = random()?;
        let until = now.checked_add(LIFE).ok()?;
        self.0.insert(Sha256::of(text.as_bytes()), Ticket { from, until, value });
        Some(text)
    }

    /// Takes one back, once.
    pub(super) fn take(&mut self, text: &str, now: Timestamp) -> Option<T> {
        let ticket = self.0.remove(&Sha256::of(text.as_bytes()))?;
        (now < ticket.until).then_some(ticket.value)
    }
}

/// 256 random bits as text that fits into addresses, and is long enough for a PKCE verifier.
pub(super) fn random() -> Option<String> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bits))
}

/// The PKCE challenge (S256) of a verifier.
pub(super) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::of(verifier.as_bytes()).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_secret_is_good_once_and_for_its_time() {
        let mut tickets = Tickets::default();
        let one = tickets.give(1, None, noon()).unwrap();
        assert_eq!(tickets.take(&one, noon()), Some(1));
        assert_eq!(tickets.take(&one, noon()), None);
        let late = tickets.give(2, None, noon()).unwrap();
        assert_eq!(tickets.take(&late, noon() + LIFE), None);
        assert_eq!(tickets.take("invented", noon()), None);
    }

    #[test]
    fn who_asks_for_many_loses_their_own_oldest_and_a_flood_ends_somewhere() {
        let mut tickets = Tickets::default();
        let mine = tickets.give(0, None, noon()).unwrap();
        let address = |n: u32| Some(IpAddr::from(n.to_be_bytes()));
        let second = SignedDuration::from_secs(1);
        let first = tickets.give(1, address(1), noon()).unwrap();
        for _ in 0..MOST_OF_ONE {
            assert!(tickets.give(2, address(1), noon() + second).is_some());
        }
        assert_eq!(tickets.take(&first, noon() + second), None);
        let given = (2..10_000).filter(|&n| tickets.give(3, address(n), noon()).is_some()).count();
        assert!(given < MOST, "{given}");
        assert_eq!(tickets.take(&mine, noon()), Some(0));
    }

    #[test]
    fn the_challenge_is_that_of_the_standards_example() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
