//! No single address may take all the turns to shake hands, and none is turned away for being a large office.
//!
//! An address has so many turns at once. Who comes while all are taken waits in a line, and is given a turn when one is free
//! and it has begun to speak: whoever says nothing takes a turn from nobody who waits. Lines are bounded, for each address and
//! in all; where one is full, the oldest in it that is silent makes place for who comes, and without one who comes is turned
//! away.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Who is there, by address. As many entries as handshakes under way and callers in lines: the listener's own caps bound it.
#[derive(Clone)]
pub(super) struct Admission {
    turns: usize,
    line: usize,
    /// Places in all lines together.
    lines: Arc<Semaphore>,
    crowds: Arc<Mutex<HashMap<IpAddr, Crowd>>>,
}

/// Everybody of one address.
struct Crowd {
    turns: Arc<Semaphore>,
    /// With a turn, or in the line.
    here: usize,
    /// Without a turn, oldest first.
    line: Vec<Arc<Waiter>>,
}

/// Somebody in a line.
#[derive(Default)]
struct Waiter {
    has_spoken: AtomicBool,
    /// Somebody else needs the place.
    displaced: Notify,
}

/// How a caller is received.
pub(super) enum Reception {
    /// It may shake hands now.
    Turn(Turn),
    /// It is in the line.
    Line(Waiting),
}

/// One handshake under way; dropping it ends it.
pub(super) struct Turn {
    _permit: OwnedSemaphorePermit,
    _here: Here,
}

/// A place in a line; dropping it leaves the line.
pub(super) struct Waiting {
    turns: Arc<Semaphore>,
    waiter: Arc<Waiter>,
    here: Option<Here>,
    _place: OwnedSemaphorePermit,
    admission: Admission,
    network: IpAddr,
}

/// One caller of an address; the last one to leave takes the memory of it along.
struct Here {
    admission: Admission,
    network: IpAddr,
}

impl Admission {
    /// At most so many `turns` and so many places in the `line` for each address, and `lines` places in all.
    pub(super) fn new(turns: u32, line: usize, lines: usize) -> Self {
        let turns = usize::try_from(turns).unwrap_or(Semaphore::MAX_PERMITS);
        Self { turns, line, lines: Arc::new(Semaphore::new(lines)), crowds: Arc::default() }
    }

    /// Receives one more caller of an address, unless there is no place for it.
    pub(super) fn receive(&self, address: IpAddr) -> Option<Reception> {
        let network = network(address);
        let mut crowds = self.crowds();
        let crowd = crowds.entry(network).or_insert_with(|| Crowd::new(self.turns));
        if let Ok(permit) = Arc::clone(&crowd.turns).try_acquire_owned() {
            crowd.here += 1;
            return Some(Reception::Turn(Turn { _permit: permit, _here: self.here(network) }));
        }
        let place = match crowd.line.len() < self.line || crowd.displace() {
            true => Arc::clone(&self.lines).try_acquire_owned().ok(),
            false => None,
        };
        let Some(place) = place else {
            // Without turns at all there may be nobody else who would forget it.
            if crowd.here == 0 {
                crowds.remove(&network);
            }
            return None;
        };
        let waiter = Arc::<Waiter>::default();
        crowd.line.push(Arc::clone(&waiter));
        crowd.here += 1;
        Some(Reception::Line(Waiting {
            turns: Arc::clone(&crowd.turns),
            waiter,
            here: Some(self.here(network)),
            _place: place,
            admission: self.clone(),
            network,
        }))
    }

    fn here(&self, network: IpAddr) -> Here {
        Here { admission: self.clone(), network }
    }

    fn crowds(&self) -> MutexGuard<'_, HashMap<IpAddr, Crowd>> {
        self.crowds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Crowd {
    fn new(turns: usize) -> Self {
        Self { turns: Arc::new(Semaphore::new(turns)), here: 0, line: Vec::new() }
    }

    /// Sends the oldest away who has said nothing; false when there is none.
    fn displace(&mut self) -> bool {
        let silent = self.line.iter().position(|waiter| !waiter.has_spoken.load(Ordering::Relaxed));
        silent.map(|at| self.line.remove(at).displaced.notify_one()).is_some()
    }
}

impl Waiting {
    /// Waits until the caller `speaks`, and then for its turn; none when somebody else was given the place.
    pub(super) async fn turn(mut self, speaks: impl Future<Output = ()>) -> Option<Turn> {
        let called = async {
            speaks.await;
            self.waiter.has_spoken.store(true, Ordering::Relaxed);
            Arc::clone(&self.turns).acquire_owned().await.ok()
        };
        let permit = tokio::select! {
            permit = called => permit?,
            () = self.waiter.displaced.notified() => return None,
        };
        let here = self.here.take()?;
        Some(Turn { _permit: permit, _here: here })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(crowd) = self.admission.crowds().get_mut(&self.network) {
            crowd.line.retain(|waiter| !Arc::ptr_eq(waiter, &self.waiter));
        }
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        let mut crowds = self.admission.crowds();
        if let Some(crowd) = crowds.get_mut(&self.network) {
            crowd.here -= 1;
            if crowd.here == 0 {
                crowds.remove(&self.network);
            }
        }
    }
}

/// One customer's line: the address itself, or the /64 that an IPv6 host may pick addresses from at will.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        v4 @ IpAddr::V4(_) => v4,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use core::future::{pending, ready};

    use super::*;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    fn turn(admission: &Admission, address: IpAddr) -> Option<Turn> {
        match admission.receive(address)? {
            Reception::Turn(turn) => Some(turn),
            Reception::Line(_) => None,
        }
    }

    fn waiting(admission: &Admission, address: IpAddr) -> Option<Waiting> {
        match admission.receive(address)? {
            Reception::Turn(_) => None,
            Reception::Line(waiting) => Some(waiting),
        }
    }

    fn nobody_is_remembered(admission: &Admission) {
        assert!(admission.crowds().is_empty(), "nothing is remembered of who left");
    }

    #[test]
    fn one_address_gets_its_share_and_others_theirs() {
        let admission = Admission::new(2, 0, 10);
        let held = (turn(&admission, ONE), turn(&admission, ONE));
        assert!(held.0.is_some() && held.1.is_some());
        assert!(admission.receive(ONE).is_none());
        assert!(turn(&admission, OTHER).is_some());
        drop(held);
        assert!(turn(&admission, ONE).is_some());
        nobody_is_remembered(&admission);
    }

    #[tokio::test]
    async fn who_waits_and_speaks_is_given_the_next_turn() {
        let admission = Admission::new(1, 2, 10);
        let first = turn(&admission, ONE).unwrap();
        let (silent, speaks) = (waiting(&admission, ONE).unwrap(), waiting(&admission, ONE).unwrap());
        let silent = tokio::spawn(silent.turn(pending()));
        let speaks = tokio::spawn(speaks.turn(ready(())));
        drop(first);
        assert!(speaks.await.unwrap().is_some(), "the one before it says nothing");
        silent.abort();
        assert!(silent.await.is_err());
        nobody_is_remembered(&admission);
    }

    #[tokio::test]
    async fn where_a_line_is_full_the_oldest_silent_makes_place_and_who_spoke_stays() {
        let admission = Admission::new(1, 2, 10);
        let first = turn(&admission, ONE).unwrap();
        let [speaks, silent] = [0, 1].map(|_| waiting(&admission, ONE).unwrap());
        speaks.waiter.has_spoken.store(true, Ordering::Relaxed);
        let newer = waiting(&admission, ONE).unwrap();
        assert!(silent.turn(pending()).await.is_none(), "its place is another's");
        newer.waiter.has_spoken.store(true, Ordering::Relaxed);
        assert!(admission.receive(ONE).is_none(), "everybody there has spoken");
        drop(first);
        assert!(speaks.turn(ready(())).await.is_some());
        drop(newer);
        nobody_is_remembered(&admission);
    }

    #[test]
    fn all_lines_together_are_bounded_and_whoever_finds_a_turn_needs_none() {
        let admission = Admission::new(1, 2, 1);
        let held = [turn(&admission, ONE), turn(&admission, OTHER)];
        let line = waiting(&admission, ONE).unwrap();
        assert!(admission.receive(OTHER).is_none());
        drop((held, line));
        nobody_is_remembered(&admission);
    }

    #[test]
    fn addresses_of_one_ipv6_network_share_one_limit() {
        let [one, same, other] = ["2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1"]
            .map(|ip| network(ip.parse::<IpAddr>().unwrap()));
        assert_eq!(one, same);
        assert_ne!(one, other);
    }
}
