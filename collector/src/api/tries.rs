//! A limit on guesses of codes: some are free for an address, and after those that did not work each pause is twice the
//! last. Every purpose has a count of its own, what works does not count, and so an office takes up as many invitations as
//! it has people, and breaks a sealed code whatever else was tried there.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{Extension, extract::ConnectInfo};
use jiff::SignedDuration;

use super::{
    failures::{Failures, Share},
    problem::Problem,
};
use crate::{access::Sha256, listener::network};

/// Guesses that are free for an address: a person with the code in hand needs one, and a second one for a slip.
const FREE: u32 = 5;

/// The longest pause.
const MAX_PAUSE: Duration = Duration::from_secs(300);

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    SetupCode,
    Invitation,
    SealedCode,
    DeviceCode,
}

impl Purpose {
    /// What many of it are called.
    const fn many(self) -> &'static str {
        match self {
            Self::SetupCode => "setup codes",
            Self::Invitation => "invitations",
            Self::SealedCode => "sealed codes",
            Self::DeviceCode => "device codes",
        }
    }
}

/// Tries by purpose and address.
#[derive(Debug, Default)]
pub(crate) struct Tries(Mutex<Failures>);

/// A try that is counted until it is known to have worked.
#[must_use]
pub(crate) struct Try<'t> {
    tries: &'t Tries,
    share: Share,
    at: Instant,
}

impl Tries {
    /// Counts a try from whoever is connected, or says how long to wait.
    pub(crate) fn admit(
        &self,
        purpose: Purpose,
        from: Option<&Extension<ConnectInfo<SocketAddr>>>,
    ) -> Result<Try<'_>, Problem> {
        self.admit_from(purpose, from.map(|Extension(ConnectInfo(address))| network(address.ip())))
    }

    /// The same from an address.
    pub(crate) fn admit_from(&self, purpose: Purpose, from: Option<IpAddr>) -> Result<Try<'_>, Problem> {
        self.admit_at(purpose, from, Instant::now()).map_err(|wait| {
            let seconds = wait.as_secs() + 1;
            Problem::too_many(format!(
                "{FREE} {} that do not work were tried from your address; try again in {:#}",
                purpose.many(),
                SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
            ))
            .retry_after(seconds)
        })
    }

    fn admit_at(&self, purpose: Purpose, from: Option<IpAddr>, now: Instant) -> Result<Try<'_>, Duration> {
        let key = Sha256::of(format!("{purpose:?}:{from:?}").as_bytes());
        let share = Share { key, free: FREE, longest: MAX_PAUSE };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).admit(&[share], now)?;
        Ok(Try { tries: self, share, at: now })
    }
}

impl Try<'_> {
    /// It worked, so it was no guess.
    pub(crate) fn worked(self) {
        self.tries.0.lock().unwrap_or_else(PoisonError::into_inner).take_back(&self.share, self.at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::failures::{MAX_KEPT, PAUSE};

    fn place(n: u32) -> Option<IpAddr> {
        Some(IpAddr::from(n.to_be_bytes()))
    }

    #[test]
    fn guesses_are_slowed_down_by_purpose_and_by_address() {
        let tries = Tries::default();
        let start = Instant::now();
        let guess = |purpose, from, now| tries.admit_at(purpose, place(from), now).map(drop);
        let free = (0..7).filter(|_| guess(Purpose::Invitation, 1, start).is_ok()).count();
        assert_eq!(free, 5);
        assert_eq!(guess(Purpose::Invitation, 2, start), Ok(()), "another address has its own share");
        assert_eq!(guess(Purpose::SealedCode, 1, start), Ok(()), "a bad day waits for no invitation");
        assert_eq!(guess(Purpose::Invitation, 1, start + PAUSE), Ok(()), "a minute later there is one again");
        assert_eq!(guess(Purpose::Invitation, 1, start + PAUSE), Err(PAUSE * 2));
        let words = tries.admit_from(Purpose::Invitation, place(1)).map(drop).unwrap_err();
        assert!(words.detail().starts_with("5 invitations that do not work"), "{}", words.detail());
    }

    #[test]
    fn what_works_does_not_count() {
        let tries = Tries::default();
        let start = Instant::now();
        for n in 0..100 {
            let invited = tries.admit_at(Purpose::Invitation, place(1), start);
            invited.unwrap_or_else(|wait| panic!("person {n} of an office waits {wait:?}")).worked();
        }
        let guesses =
            (0..10).filter(|_| tries.admit_at(Purpose::Invitation, place(1), start).is_ok()).count();
        assert_eq!(guesses, 5, "and gives no more guesses");
    }

    #[test]
    fn one_that_works_ends_the_pause_that_it_began_and_no_other() {
        let tries = Tries::default();
        let start = Instant::now();
        let guess = |now| tries.admit_at(Purpose::Invitation, place(1), now);
        for _ in 0..5 {
            drop(guess(start));
        }
        let later = start + PAUSE;
        guess(later).unwrap_or_else(|wait| panic!("the pause is over: {wait:?}")).worked();
        let next = guess(later).map(drop);
        assert_eq!(next, Ok(()), "who sits beside them does not wait longer because of it");
        assert_eq!(guess(later).map(drop), Err(PAUSE * 2), "guesses still do");

        let tries = Tries::default();
        let guess = |now| tries.admit_at(Purpose::Invitation, place(1), now);
        (0..3).for_each(|_| drop(guess(start)));
        let slow: Vec<_> = [guess(start), guess(start)].into_iter().flatten().collect();
        assert_eq!(slow.len(), 2);
        let [first, second] = <[_; 2]>::try_from(slow).unwrap_or_else(|_| panic!("two were admitted"));
        drop(second);
        first.worked();
        assert_eq!(guess(start).map(drop), Ok(()), "four did not work");
        assert!(guess(start).is_err());
    }

    #[test]
    fn a_flood_of_addresses_neither_grows_the_table_nor_locks_anybody_out() {
        let tries = Tries::default();
        let start = Instant::now();
        for n in 0..20_000 {
            assert!(tries.admit_at(Purpose::SealedCode, place(n), start).is_ok(), "{n}");
        }
        assert_eq!(tries.0.lock().unwrap().len(), MAX_KEPT);
        assert!(tries.admit_at(Purpose::SealedCode, place(30_000), start).is_ok());
    }
}
