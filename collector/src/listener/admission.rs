//! No address may take all the turns to shake hands, none is turned away for being a large office, and who says nothing takes
//! nothing from anybody who speaks.
//!
//! Everybody begins in the line of their address and is given one of its turns once they have begun to speak. Lines are bounded,
//! for each address and in all. Where one is full, a silent caller makes place for who comes: the oldest of the same line, or,
//! where all lines together are full, the oldest of the address with the most silent ones, so that a flood from many addresses
//! displaces itself. Where nobody is silent, who comes is turned away.

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
    lines: usize,
    crowds: Arc<Mutex<Crowds>>,
}

#[derive(Default)]
struct Crowds {
    of: HashMap<IpAddr, Crowd>,
    /// Callers in all lines.
    waiting: usize,
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
    admission: Admission,
    network: IpAddr,
}

/// One caller of an address; the last one to leave takes the memory of it along.
struct Here {
    admission: Admission,
    network: IpAddr,
}

impl Admission {
    /// At most so many `turns` for each address, so many places in its `line` beyond those that have a turn coming, and `lines`
    /// places in all.
    pub(super) fn new(turns: u32, line: usize, lines: usize) -> Self {
        let turns = usize::try_from(turns).unwrap_or(Semaphore::MAX_PERMITS);
        Self { turns, line, lines, crowds: Arc::default() }
    }

    /// Receives one more caller of an address into its line, unless there is no place for it.
    pub(super) fn receive(&self, address: IpAddr) -> Option<Waiting> {
        let network = network(address);
        let mut crowds = self.crowds();
        if !crowds.make_place(network, self) {
            return None;
        }
        crowds.waiting += 1;
        let crowd = crowds.of.entry(network).or_insert_with(|| Crowd::new(self.turns));
        let waiter = Arc::<Waiter>::default();
        crowd.line.push(Arc::clone(&waiter));
        crowd.here += 1;
        Some(Waiting {
            turns: Arc::clone(&crowd.turns),
            waiter,
            here: Some(Here { admission: self.clone(), network }),
            admission: self.clone(),
            network,
        })
    }

    fn crowds(&self) -> MutexGuard<'_, Crowds> {
        self.crowds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Crowds {
    /// Whether there is a place for one more of an address, if need be by sending somebody silent away.
    fn make_place(&mut self, network: IpAddr, within: &Admission) -> bool {
        let of_address = self.of.get_mut(&network);
        let is_full = match &of_address {
            Some(crowd) => crowd.line.len() >= within.line + crowd.turns.available_permits(),
            None => within.line + within.turns == 0,
        };
        let displaced = match of_address {
            _ if !is_full && self.waiting < within.lines => return true,
            Some(crowd) if is_full => crowd.displace(),
            _ if is_full => false,
            _ => self.of.values_mut().max_by_key(|crowd| crowd.silent()).is_some_and(Crowd::displace),
        };
        self.waiting -= usize::from(displaced);
        displaced
    }
}

impl Crowd {
    fn new(turns: usize) -> Self {
        Self { turns: Arc::new(Semaphore::new(turns)), here: 0, line: Vec::new() }
    }

    fn silent(&self) -> usize {
        self.line.iter().filter(|waiter| waiter.is_silent()).count()
    }

    /// Sends the oldest away who has said nothing; false when there is none.
    fn displace(&mut self) -> bool {
        let silent = self.line.iter().position(|waiter| waiter.is_silent());
        silent.map(|at| self.line.remove(at).displaced.notify_one()).is_some()
    }
}

impl Waiter {
    fn is_silent(&self) -> bool {
        !self.has_spoken.load(Ordering::Relaxed)
    }
}

impl Waiting {
    /// Waits until the caller `speaks`; false when somebody else was given the place.
    pub(super) async fn spoken(&self, speaks: impl Future<Output = ()>) -> bool {
        tokio::select! {
            // Who has spoken by now is heard, even where it was just to make place.
            biased;
            () = speaks => self.waiter.has_spoken.store(true, Ordering::Relaxed),
            () = self.waiter.displaced.notified() => return false,
        }
        true
    }

    /// Waits for the turn of a caller that has spoken.
    pub(super) async fn turn(mut self) -> Option<Turn> {
        let permit = Arc::clone(&self.turns).acquire_owned().await.ok()?;
        let here = self.here.take()?;
        Some(Turn { _permit: permit, _here: here })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut crowds = self.admission.crowds();
        let Some(crowd) = crowds.of.get_mut(&self.network) else { return };
        let before = crowd.line.len();
        crowd.line.retain(|waiter| !Arc::ptr_eq(waiter, &self.waiter));
        let left = before - crowd.line.len();
        crowds.waiting -= left;
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        let mut crowds = self.admission.crowds();
        if let Some(crowd) = crowds.of.get_mut(&self.network) {
            crowd.here -= 1;
            if crowd.here == 0 {
                crowds.of.remove(&self.network);
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

    /// Comes and speaks at once.
    async fn turn(admission: &Admission, address: IpAddr) -> Turn {
        let waiting = speaking(admission, address).await;
        waiting.turn().await.unwrap()
    }

    async fn speaking(admission: &Admission, address: IpAddr) -> Waiting {
        let waiting = admission.receive(address).unwrap();
        assert!(waiting.spoken(ready(())).await);
        waiting
    }

    fn nobody_is_remembered(admission: &Admission) {
        assert!(admission.crowds().of.is_empty(), "nothing is remembered of who left");
        assert_eq!(admission.crowds().waiting, 0, "every place is free again");
    }

    #[tokio::test]
    async fn one_address_gets_its_share_and_others_theirs() {
        let admission = Admission::new(2, 0, 10);
        let held = (turn(&admission, ONE).await, turn(&admission, ONE).await);
        assert!(admission.receive(ONE).is_none());
        drop(turn(&admission, OTHER).await);
        drop(held);
        drop(turn(&admission, ONE).await);
        nobody_is_remembered(&admission);
    }

    #[tokio::test]
    async fn who_waits_and_speaks_is_given_the_next_turn() {
        let admission = Admission::new(1, 2, 10);
        let first = turn(&admission, ONE).await;
        let silent = admission.receive(ONE).unwrap();
        let speaks = tokio::spawn(speaking(&admission, ONE).await.turn());
        drop(first);
        assert!(speaks.await.unwrap().is_some(), "the one before it says nothing");
        drop(silent);
        nobody_is_remembered(&admission);
    }

    #[tokio::test]
    async fn where_a_line_is_full_the_oldest_silent_makes_place_and_who_spoke_stays() {
        let admission = Admission::new(1, 2, 10);
        let first = turn(&admission, ONE).await;
        let speaks = speaking(&admission, ONE).await;
        let silent = admission.receive(ONE).unwrap();
        let newer = speaking(&admission, ONE).await;
        assert!(!silent.spoken(pending()).await, "its place is another's");
        assert!(admission.receive(ONE).is_none(), "everybody there has spoken");
        drop((first, silent));
        assert!(speaks.turn().await.is_some());
        drop(newer);
        nobody_is_remembered(&admission);
    }

    #[tokio::test]
    async fn where_all_lines_are_full_the_address_with_the_most_silent_ones_makes_place() {
        let admission = Admission::new(2, 2, 3);
        let mut flood = [0, 1].map(|_| admission.receive(ONE).unwrap()).into_iter();
        let (oldest, newer) = (flood.next().unwrap(), flood.next().unwrap());
        let single = admission.receive(OTHER).unwrap();
        let honest = speaking(&admission, "192.0.2.3".parse().unwrap()).await;
        assert!(!oldest.spoken(pending()).await, "the flood's oldest went");
        assert!(single.spoken(ready(())).await && newer.spoken(ready(())).await);
        assert!(admission.receive(OTHER).is_none(), "all of them speak");
        drop((oldest, newer, single, honest));
        nobody_is_remembered(&admission);
    }

    #[test]
    fn without_turns_and_places_nobody_is_received_nor_remembered() {
        let admission = Admission::new(0, 0, 1);
        assert!(admission.receive(ONE).is_none());
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
