//! Who may stand: so many connections in all, and no address keeps them from others.
//!
//! While there are seats, whoever comes is given one, so that an office behind one address has as many as it needs. Where all are
//! taken, the address with the most of them gives one up for who comes from an address with fewer: its connection that has had
//! no request under way for the longest, or, where all have some, its oldest (an answer that is never read is one under way, too).
//! Where nobody has more, an idle connection of the same address makes place. Else who comes is turned away.
//!
//! A seat is taken after the handshake: who has shown nothing displaces nobody.

use std::{
    collections::HashMap,
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::sync::Notify;

use crate::shares::AHEAD;

/// The seats of one listener.
pub(super) struct Seats {
    room: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    /// By address, each in the order of their coming.
    of: HashMap<IpAddr, Vec<Arc<Guest>>>,
    /// Counts comings and ends of requests.
    count: Arc<AtomicU64>,
}

/// One connection.
pub(super) struct Guest {
    /// Requests under way.
    requests: AtomicUsize,
    /// When it came or its last request ended, by `count`.
    rested: AtomicU64,
    count: Arc<AtomicU64>,
    displaced: Notify,
}

/// A connection's place; dropping it leaves.
pub(super) struct Seat {
    seats: Arc<Seats>,
    network: IpAddr,
    guest: Arc<Guest>,
}

/// A request under way, until this is dropped.
pub(super) struct UnderWay(Arc<Guest>);

impl Seats {
    pub(super) fn new(room: usize) -> Self {
        Self { room, taken: Mutex::default() }
    }

    /// Whether one more of an address would be given a seat.
    pub(super) fn would_seat(&self, network: IpAddr) -> bool {
        let taken = self.taken();
        taken.all < self.room || taken.who_makes_place(network).is_some()
    }

    /// Seats one more of an address, if need be in place of another.
    pub(super) fn take(self: &Arc<Self>, network: IpAddr) -> Option<Seat> {
        let mut taken = self.taken();
        if taken.all >= self.room {
            let (crowd, at) = taken.who_makes_place(network)?;
            taken.displace(crowd, at);
        }
        let guest = Arc::new(Guest::new(&taken.count));
        taken.of.entry(network).or_default().push(Arc::clone(&guest));
        taken.all += 1;
        drop(taken);
        Some(Seat { seats: Arc::clone(self), network, guest })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// Who goes for one more of an address.
    fn who_makes_place(&self, network: IpAddr) -> Option<(IpAddr, usize)> {
        let own = self.of.get(&network).map_or(0, Vec::len);
        let most = self.of.iter().max_by_key(|(_, crowd)| crowd.len())?;
        if most.1.len() >= own + AHEAD {
            return Some((*most.0, idlest(most.1).unwrap_or(0)));
        }
        Some((network, idlest(self.of.get(&network)?)?))
    }

    fn displace(&mut self, network: IpAddr, at: usize) {
        if let Some(crowd) = self.of.get_mut(&network) {
            crowd.remove(at).displaced.notify_one();
            self.all -= 1;
        }
    }

    fn leave(&mut self, network: IpAddr, guest: &Arc<Guest>) {
        let Some(crowd) = self.of.get_mut(&network) else { return };
        let before = crowd.len();
        crowd.retain(|other| !Arc::ptr_eq(other, guest));
        self.all -= before - crowd.len();
        if crowd.is_empty() {
            self.of.remove(&network);
        }
    }
}

/// Who has had no request under way for the longest.
fn idlest(crowd: &[Arc<Guest>]) -> Option<usize> {
    let idle = crowd.iter().enumerate().filter(|(_, guest)| guest.requests.load(Ordering::Acquire) == 0);
    idle.min_by_key(|(_, guest)| guest.rested.load(Ordering::Relaxed)).map(|(at, _)| at)
}

impl Guest {
    fn new(count: &Arc<AtomicU64>) -> Self {
        let (requests, displaced) = (AtomicUsize::new(0), Notify::new());
        let rested = AtomicU64::new(count.fetch_add(1, Ordering::Relaxed));
        Self { requests, rested, count: Arc::clone(count), displaced }
    }

    /// A request has come.
    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        self.requests.fetch_add(1, Ordering::AcqRel);
        UnderWay(Arc::clone(self))
    }

    /// Ends when somebody else needs the seat.
    pub(super) async fn displaced(&self) {
        self.displaced.notified().await;
    }
}

impl Seat {
    /// Whose it is.
    pub(super) fn guest(&self) -> Arc<Guest> {
        Arc::clone(&self.guest)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.taken().leave(self.network, &self.guest);
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.rested.store(self.0.count.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        self.0.requests.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The body of an answer: its request is under way until all of it has been handed out.
pub(super) struct Answer {
    body: Body,
    _under_way: UnderWay,
}

impl Answer {
    pub(super) fn new(body: Body, under_way: UnderWay) -> Self {
        Self { body, _under_way: under_way }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
