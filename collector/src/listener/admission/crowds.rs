//! Who is there, in which line and with which turn. No clock: time is told.

use std::{
    cmp::Reverse,
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{sync::Notify, time::Instant};

use super::{Outlook, Room};
use crate::shares::AHEAD;

/// One caller.
pub(super) struct Caller {
    /// Callers by the order of their coming.
    number: u64,
    came_at: Instant,
    has_spoken: AtomicBool,
    /// It has its turn.
    granted: Notify,
    /// Somebody else needs its place or its turn.
    displaced: Notify,
}

/// Everybody who is there.
pub(super) struct Crowds {
    room: Room,
    of: HashMap<IpAddr, Crowd>,
    /// Callers in all lines.
    waiting: usize,
    /// Turns taken.
    under_way: usize,
    /// How many have come.
    came: u64,
}

/// Everybody of one address.
#[derive(Default)]
struct Crowd {
    /// With a turn, and since when; oldest first.
    under_way: Vec<(Arc<Caller>, Instant)>,
    /// Without one, oldest first.
    line: Vec<Arc<Caller>>,
}

impl Caller {
    fn new(number: u64, came_at: Instant) -> Self {
        let (granted, displaced) = (Notify::new(), Notify::new());
        Self { number, came_at, has_spoken: AtomicBool::new(false), granted, displaced }
    }

    pub(super) fn speak(&self) {
        self.has_spoken.store(true, Ordering::Relaxed);
    }

    pub(super) async fn granted(&self) {
        self.granted.notified().await;
    }

    pub(super) async fn displaced(&self) {
        self.displaced.notified().await;
    }

    fn is_silent(&self) -> bool {
        !self.has_spoken.load(Ordering::Relaxed)
    }
}

impl Crowds {
    pub(super) fn new(room: Room) -> Self {
        Self { room, of: HashMap::new(), waiting: 0, under_way: 0, came: 0 }
    }

    /// Takes one more of an address into its line, if there is a place.
    pub(super) fn receive(&mut self, network: IpAddr, now: Instant) -> Option<Arc<Caller>> {
        if !self.make_place(network, now) {
            return None;
        }
        self.came += 1;
        self.waiting += 1;
        let caller = Arc::new(Caller::new(self.came, now));
        self.of.entry(network).or_default().line.push(Arc::clone(&caller));
        Some(caller)
    }

    /// Whether there is a place for one more of an address, if need be by sending somebody away.
    fn make_place(&mut self, network: IpAddr, now: Instant) -> bool {
        let (here, line) = self.of.get(&network).map_or((0, 0), |crowd| (crowd.here(), crowd.line.len()));
        let displaced = if here >= self.room.line.saturating_add(self.room.of_one) {
            self.of.get_mut(&network).is_some_and(Crowd::displace_silent)
        } else if self.waiting < self.room.lines {
            return true;
        } else {
            self.displace_anybody(line, now)
        };
        self.waiting -= usize::from(displaced);
        displaced
    }

    /// Sends somebody away for one of an address with so many in its line: of several silent ones of one address the oldest, else
    /// of a longer line whoever has been there for long, else the oldest silent one. Who has just come is the last to go, as
    /// their first byte may be on its way.
    fn displace_anybody(&mut self, line: usize, now: Instant) -> bool {
        let slow = self.room.slow;
        let silent =
            self.of.values_mut().filter(|crowd| crowd.silent() > 0).max_by_key(|crowd| crowd.silent());
        if let Some(crowd) = silent.filter(|crowd| crowd.silent() >= AHEAD) {
            return crowd.displace_silent();
        }
        let longer = self.of.values_mut().filter(|crowd| {
            crowd.line.len() >= line + AHEAD
                && crowd.line.first().is_some_and(|first| now >= first.came_at + slow)
        });
        if let Some(crowd) = longer.max_by_key(|crowd| crowd.line.len()) {
            return crowd.displace(0);
        }
        self.of.values_mut().any(Crowd::displace_silent)
    }

    /// Whether there is no turn left.
    pub(super) const fn turns_are_taken(&self) -> bool {
        self.under_way >= self.room.turns
    }

    /// Gives turns to those who have spoken, as long as there are any.
    pub(super) fn serve(&mut self, now: Instant) {
        while let Some(network) = self.next() {
            if self.turns_are_taken() && !self.make_turn(network, now) {
                return;
            }
            let Some(crowd) = self.of.get_mut(&network) else { return };
            let Some(at) = crowd.first_spoken() else { return };
            let caller = crowd.line.remove(at);
            caller.granted.notify_one();
            crowd.under_way.push((caller, now));
            self.waiting -= 1;
            self.under_way += 1;
        }
    }

    /// Whose turn is next: of an address with the fewest under way, of those whoever has been there for longest.
    fn next(&self) -> Option<IpAddr> {
        let waiting = self.of.iter().filter_map(|(network, crowd)| {
            let under_way = crowd.under_way.len();
            let first = crowd.first_spoken().filter(|_| under_way < self.room.of_one)?;
            Some(((under_way, crowd.line.get(first)?.number), *network))
        });
        waiting.min_by_key(|(rank, _)| *rank).map(|(_, network)| network)
    }

    /// Ends somebody's turn for one of an address; false when nobody is slow who has more than that address.
    fn make_turn(&mut self, network: IpAddr, now: Instant) -> bool {
        let own = self.of.get(&network).map_or(0, |crowd| crowd.under_way.len());
        let slow = self.room.slow;
        let hogs = self.of.values_mut().filter(|crowd| {
            crowd.under_way.len() >= own + AHEAD && crowd.oldest().is_some_and(|since| now >= since + slow)
        });
        let Some(hog) = hogs.max_by_key(|crowd| (crowd.under_way.len(), crowd.oldest().map(Reverse))) else {
            return false;
        };
        let (ended, _) = hog.under_way.remove(0);
        ended.displaced.notify_one();
        self.under_way -= 1;
        true
    }

    /// Whether more may be received: while there are turns, or somebody slow who has several.
    pub(super) fn outlook(&self, now: Instant) -> Outlook {
        if !self.turns_are_taken() {
            return Outlook { is_open: true, look_again: None };
        }
        let several = self.of.values().filter(|crowd| crowd.under_way.len() >= AHEAD);
        let slow = several.filter_map(Crowd::oldest).map(|since| since + self.room.slow);
        let (now_slow, later): (Vec<Instant>, Vec<Instant>) = slow.partition(|at| *at <= now);
        Outlook { is_open: !now_slow.is_empty(), look_again: later.into_iter().min() }
    }

    /// Somebody leaves, wherever they stand; the last one of an address takes the memory of it along.
    pub(super) fn leave(&mut self, network: IpAddr, caller: &Arc<Caller>) {
        let Some(crowd) = self.of.get_mut(&network) else { return };
        let (line, under_way) = (crowd.line.len(), crowd.under_way.len());
        crowd.line.retain(|other| !Arc::ptr_eq(other, caller));
        crowd.under_way.retain(|(other, _)| !Arc::ptr_eq(other, caller));
        self.waiting -= line - crowd.line.len();
        self.under_way -= under_way - crowd.under_way.len();
        if crowd.here() == 0 {
            self.of.remove(&network);
        }
    }

    #[cfg(test)]
    pub(super) fn are_forgotten(&self) -> bool {
        self.of.is_empty() && (self.waiting, self.under_way) == (0, 0)
    }
}

impl Crowd {
    const fn here(&self) -> usize {
        self.line.len() + self.under_way.len()
    }

    fn silent(&self) -> usize {
        self.line.iter().filter(|caller| caller.is_silent()).count()
    }

    fn first_spoken(&self) -> Option<usize> {
        self.line.iter().position(|caller| !caller.is_silent())
    }

    /// Since when its oldest turn is under way.
    fn oldest(&self) -> Option<Instant> {
        self.under_way.first().map(|(_, since)| *since)
    }

    /// Sends the oldest away who has said nothing; false when there is none.
    fn displace_silent(&mut self) -> bool {
        let silent = self.line.iter().position(|caller| caller.is_silent());
        silent.is_some_and(|at| self.displace(at))
    }

    /// Sends somebody of the line away.
    fn displace(&mut self, at: usize) -> bool {
        self.line.remove(at).displaced.notify_one();
        true
    }
}
