//! No address may take all the turns to shake hands, none is turned away for being a large office, who says nothing takes nothing
//! from anybody who speaks, and who dawdles nothing from anybody else.
//!
//! Everybody begins in the line of their address and is given a turn once they have begun to speak: of its address, which has so
//! many, and of all together. Who of several waits at an address with fewer turns comes first.
//!
//! Lines are bounded, for each address and in all. Where one is full, a silent caller makes place for who comes: the oldest of the
//! same line, or, where all lines together are full, the oldest of the address with the most silent ones, so that a flood from many
//! addresses displaces itself. Where all lines are full of callers who speak, one that has waited for long in a longer line makes
//! place for a shorter one. Else who comes is turned away.
//!
//! Where all turns are taken, the oldest slow one of the address with the most of them ends for who comes from an address with
//! fewer: a byte that is followed by none holds a turn no longer than others can spare it. Who is quick keeps their turn.

mod crowds;

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use super::Limits;
use crowds::{Caller, Crowds};

/// Who is there, by address. As many entries as handshakes under way and callers in lines: the listener's own caps bound it.
#[derive(Clone)]
pub(super) struct Admission {
    crowds: Arc<Mutex<Crowds>>,
    /// Turns have run out, or come free again.
    changed: Arc<Notify>,
}

/// How much room there is.
#[derive(Debug, Clone, Copy)]
struct Room {
    /// Turns of all addresses together.
    turns: usize,
    /// Turns of one.
    of_one: usize,
    /// Places in its line, beyond those that have a turn coming.
    line: usize,
    /// Places in all lines together.
    lines: usize,
    /// For how long a turn is nobody's but its caller's.
    slow: Duration,
}

/// Whether more may be received now, and when that may change by time alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outlook {
    pub(super) is_open: bool,
    pub(super) look_again: Option<Instant>,
}

/// Somebody's place, in a line or with a turn; dropping it leaves.
struct Place {
    admission: Admission,
    network: IpAddr,
    caller: Arc<Caller>,
}

/// A place in a line.
pub(super) struct Waiting(Place);

/// One handshake under way.
pub(super) struct Turn(Place);

impl Admission {
    pub(super) fn new(limits: &Limits) -> Self {
        let room = Room {
            turns: limits.pending,
            of_one: usize::try_from(limits.pending_per_address).unwrap_or(usize::MAX),
            line: limits.waiting_per_address,
            lines: limits.waiting,
            slow: limits.slow,
        };
        Self { crowds: Arc::new(Mutex::new(Crowds::new(room))), changed: Arc::default() }
    }

    /// Receives one more caller of an address into its line, unless there is no place for it.
    pub(super) fn receive(&self, address: IpAddr) -> Option<Waiting> {
        let network = network(address);
        let caller = self.crowds().receive(network, Instant::now())?;
        Some(Waiting(Place { admission: self.clone(), network, caller }))
    }

    /// Gives turns to whom time has made place for. While all turns are taken by who is quick, more callers are not received:
    /// a storm is served at the pace we can.
    pub(super) fn outlook(&self) -> Outlook {
        let now = Instant::now();
        let mut crowds = self.crowds();
        crowds.serve(now);
        crowds.outlook(now)
    }

    /// Ends when the outlook may have changed.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Gives turns to whom they are due, and has the door looked at where that opens or closes it.
    fn serve(&self, crowds: &mut Crowds, were_taken: bool) {
        crowds.serve(Instant::now());
        if crowds.turns_are_taken() != were_taken {
            self.changed.notify_one();
        }
    }

    fn crowds(&self) -> MutexGuard<'_, Crowds> {
        self.crowds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Waits until the caller `speaks`; false when somebody else was given the place.
    pub(super) async fn spoken(&self, speaks: impl Future<Output = ()>) -> bool {
        tokio::select! {
            // Who has spoken by now is heard, even where it was just to make place.
            biased;
            () = speaks => self.0.caller.speak(),
            () = self.0.caller.displaced() => return false,
        }
        true
    }

    /// Waits for the turn of a caller that has spoken; nothing when somebody else was given the place.
    pub(super) async fn turn(self) -> Option<Turn> {
        {
            let mut crowds = self.0.admission.crowds();
            let were_taken = crowds.turns_are_taken();
            self.0.admission.serve(&mut crowds, were_taken);
        }
        tokio::select! {
            biased;
            () = self.0.caller.granted() => Some(Turn(self.0)),
            () = self.0.caller.displaced() => None,
        }
    }
}

impl Turn {
    /// Ends when it was slow and somebody else needs it.
    pub(super) async fn displaced(&self) {
        self.0.caller.displaced().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut crowds = self.admission.crowds();
        let were_taken = crowds.turns_are_taken();
        crowds.leave(self.network, &self.caller);
        self.admission.serve(&mut crowds, were_taken);
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
mod tests;
