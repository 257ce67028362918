//! Logins are tried slowly: five for a person from an address, and after that each pause is twice the last.
//!
//! Nobody is locked out by somebody else's guesses: what an address tried counts against that address, an office has more
//! tries than one person, and who has logged in from where they are does not wait for what others try in their name
//! elsewhere. From a new address they wait a minute at most, however many guesses there were. A pause grows to five minutes
//! at most, and a login that works does not count.
//!
//! Counted is the name alone, without the org before it and however it is written: whether there is such a person makes no
//! difference to any answer, and another spelling is no other guess. People of one name share a count, so a login that works
//! takes back itself and nothing that was tried for a namesake.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{Extension, extract::ConnectInfo};

use super::{
    failures::{Failures, PAUSE, Share, make_room},
    problem::Problem,
};
use crate::{access::Sha256, listener::network};

/// Tries that are free: for a person from an address, …
const FREE: u32 = 5;
/// … for a person from wherever, …
const FREE_OF_PERSON: u32 = 20;
/// … and from an address for whomever: a crew comes in through one address at the same hour.
const FREE_OF_ADDRESS: u32 = 40;
/// The longest, for an address and for a person from it.
const MAX_PAUSE: Duration = Duration::from_secs(300);
/// The longest for a person from wherever: guesses of others hold up who comes from a new address, so it does not grow.
const MAX_PAUSE_OF_PERSON: Duration = PAUSE;
/// How long a person is known where they logged in: over a holiday.
const KNOWN: Duration = Duration::from_secs(30 * 24 * 3600);
/// Failed tries, and who logged in from where.
#[derive(Debug, Default)]
pub(crate) struct LoginTries(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    kept: Failures,
    known: HashMap<Sha256, Instant>,
}

/// What a try is counted against, and as whom somebody is known here.
pub(crate) struct Counted {
    here: Sha256,
    address: Sha256,
    person: Sha256,
    known: Sha256,
}

impl Counted {
    pub(crate) fn of(from: Option<&Extension<ConnectInfo<SocketAddr>>>, person: &str) -> Self {
        let from = from.map(|Extension(ConnectInfo(address))| network(address.ip()));
        let (from, called) = (format!("{from:?}"), person.trim().to_lowercase());
        let name = called.split_once(':').map_or(&*called, |(_, name)| name).trim();
        let of = |text: String| Sha256::of(text.as_bytes());
        Self {
            here: of(format!("here:{from}:{name}")),
            address: of(format!("address:{from}")),
            person: of(format!("person:{name}")),
            // As they wrote it: who is known as `acme:olga` is not known as `home:olga`.
            known: of(format!("known:{from}:{called}")),
        }
    }

    /// For the person from here, for the address, for the person from wherever.
    const fn shares(&self) -> [Share; 3] {
        [
            Share { key: self.here, free: FREE, longest: MAX_PAUSE },
            Share { key: self.address, free: FREE_OF_ADDRESS, longest: MAX_PAUSE },
            Share { key: self.person, free: FREE_OF_PERSON, longest: MAX_PAUSE_OF_PERSON },
        ]
    }
}

impl LoginTries {
    /// Counts a try, or says how long to wait.
    pub(crate) fn admit(&self, counted: &Counted) -> Result<Instant, Problem> {
        let now = Instant::now();
        self.admit_at(counted, now).map_err(|wait| {
            let seconds = wait.as_secs() + 1;
            Problem::too_many(format!("too many logins were tried; try again in {seconds} s"))
                .retry_after(seconds)
        })?;
        Ok(now)
    }

    fn admit_at(&self, counted: &Counted, now: Instant) -> Result<(), Duration> {
        let Book { kept, known } = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, at| now < *at + KNOWN);
        let [here, address, person] = counted.shares();
        match known.contains_key(&counted.known) {
            true => kept.admit(&[here, address], now),
            false => kept.admit(&[here, address, person], now),
        }
    }

    /// One that was admitted then worked: it does not count, and here they are known.
    pub(crate) fn worked(&self, counted: &Counted, at: Instant) {
        let Book { kept, known } = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for share in counted.shares() {
            kept.take_back(&share, at);
        }
        make_room(known, &counted.known, |at| *at);
        known.insert(counted.known, at);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::api::failures::MAX_KEPT;

    fn from(last: u8, person: &str) -> Counted {
        let address = IpAddr::V4(Ipv4Addr::new(192, 0, 2, last));
        Counted::of(Some(&Extension(ConnectInfo(SocketAddr::new(address, 1)))), person)
    }

    #[test]
    fn guesses_are_slowed_down_and_never_stopped_for_good() {
        let tries = LoginTries::default();
        let start = Instant::now();
        let omar = from(1, "omar");
        let free = (0..5).filter(|_| tries.admit_at(&omar, start).is_ok()).count();
        assert_eq!(free, 5);
        assert_eq!(tries.admit_at(&omar, start), Err(PAUSE));
        assert_eq!(tries.admit_at(&from(1, "mira"), start), Ok(()), "who sits beside them does not wait");
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
    fn guesses_from_many_places_are_slowed_down_but_not_the_person_where_they_are_known() {
        let tries = LoginTries::default();
        let start = Instant::now();
        let home = from(250, "omar");
        tries.worked(&home, start);
        let admitted = (0..100).filter(|n| tries.admit_at(&from(*n, "omar"), start).is_ok()).count();
        assert_eq!(admitted, FREE_OF_PERSON as usize);
        assert_eq!(tries.admit_at(&from(251, "omar"), start), Err(PAUSE));
        assert_eq!(tries.admit_at(&home, start), Ok(()), "here they logged in before");
    }

    #[test]
    fn a_person_from_a_new_address_waits_a_minute_at_most_whatever_others_guess() {
        let tries = LoginTries::default();
        let mut now = Instant::now();
        for n in 0..200 {
            while tries.admit_at(&from(n, "omar"), now).is_ok() {}
            assert_eq!(tries.admit_at(&from(251, "omar"), now).err().filter(|wait| *wait > PAUSE), None);
            now += PAUSE;
        }
        assert_eq!(
            tries.admit_at(&from(251, "omar"), now),
            Ok(()),
            "who is there when the minute is over comes in"
        );
        assert!(tries.admit_at(&from(252, "omar"), now).is_err(), "guesses are still slowed down");
    }

    #[test]
    fn an_address_that_tries_many_names_is_slowed_down() {
        let tries = LoginTries::default();
        let start = Instant::now();
        let admitted = (0..100).filter(|n| tries.admit_at(&from(1, &format!("p{n}")), start).is_ok()).count();
        assert_eq!(admitted, FREE_OF_ADDRESS as usize);
        assert_eq!(tries.admit_at(&from(2, "p0"), start), Ok(()), "another address has its own share");
    }

    #[test]
    fn a_login_that_works_is_not_counted() {
        let tries = LoginTries::default();
        let start = Instant::now();
        for n in 0..200 {
            let one = from(1, &format!("p{}", n % 50));
            assert_eq!(tries.admit_at(&one, start), Ok(()), "a crew comes in at the same hour: {n}");
            tries.worked(&one, start);
        }
    }

    #[test]
    fn another_spelling_is_no_other_guess() {
        let tries = LoginTries::default();
        let start = Instant::now();
        let spelled = |n: usize| match n % 4 {
            0 => format!("{}iris", " ".repeat(n)),
            1 => format!("iris{}", "\t".repeat(n)),
            2 => format!("{}:Iris", ["msp", "acme", " home "][n % 3]),
            _ => "IRIS".to_owned(),
        };
        let admitted = (0..25).filter(|n| tries.admit_at(&from(1, &spelled(*n)), start).is_ok()).count();
        assert_eq!(admitted, FREE as usize);
        let v6 = |last: u128, net: u128| {
            let address = IpAddr::from(((0x2001_0db8_u128 << 96) | (net << 64) | last).to_be_bytes());
            Counted::of(Some(&Extension(ConnectInfo(SocketAddr::new(address, 1)))), "iris")
        };
        let admitted = (0..25).filter(|n| tries.admit_at(&v6(*n, 1), start).is_ok()).count();
        assert_eq!(admitted, FREE as usize, "a host picks its address of a network as it likes");
        assert_eq!(tries.admit_at(&v6(1, 2), start), Ok(()));
    }

    #[test]
    fn a_login_of_a_namesake_gives_no_more_guesses() {
        let tries = LoginTries::default();
        let mut now = Instant::now();
        let (own, victim) = (from(1, "home:olga"), from(1, "acme:olga"));
        let mut guesses = 0;
        for _ in 0..600 {
            now += Duration::from_secs(1);
            if tries.admit_at(&own, now).is_ok() {
                tries.worked(&own, now);
            }
            guesses += u32::from(tries.admit_at(&victim, now).is_ok());
        }
        assert!((5..10).contains(&guesses), "{guesses} guesses in ten minutes");
    }

    #[test]
    fn a_flood_of_names_does_not_grow_the_table() {
        let tries = LoginTries::default();
        let now = Instant::now();
        for n in 0..10_000_u32 {
            let of = |kind: u8| Sha256::of(&[&n.to_be_bytes()[..], &[kind]].concat());
            let counted = Counted { here: of(0), address: of(1), person: of(2), known: of(3) };
            let _ = tries.admit_at(&counted, now);
            tries.worked(&counted, now);
        }
        let book = tries.0.lock().unwrap();
        assert!(book.kept.len() <= MAX_KEPT && book.known.len() <= MAX_KEPT);
    }
}
