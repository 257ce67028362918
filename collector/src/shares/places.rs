//! Places that many share: taken while something is under way, and given up where somebody with fewer needs one.

use core::cmp::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::Shares;

/// So much room, shared.
pub(crate) struct Places<C, M> {
    room: usize,
    /// What one member may have of it.
    of_member: usize,
    taken: Mutex<Taken<C, M>>,
}

struct Taken<C, M> {
    shares: Shares<C, M, Ticket>,
    came: u64,
}

/// One place, by the order of their taking.
#[derive(Clone)]
struct Ticket {
    number: u64,
    displaced: CancellationToken,
}

/// Room for something that is under way; dropped, it is free again.
pub(crate) struct Place<C: Ord + Clone, M: Ord + Clone> {
    places: Arc<Places<C, M>>,
    crowd: C,
    member: M,
    ticket: Ticket,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// All together have as many as there are, and nobody has more than who asks.
    InAll,
    /// Who asks has as many as one may have.
    OfMember,
}

impl<C: Ord + Clone, M: Ord + Clone> Places<C, M> {
    /// So much room in all, and so much of it for one member.
    pub(crate) fn new(room: usize, of_member: usize) -> Self {
        Self { room, of_member, taken: Mutex::new(Taken { shares: Shares::default(), came: 0 }) }
    }

    /// Takes room of a weight, if need be in place of whoever has more.
    pub(crate) fn take(self: &Arc<Self>, crowd: C, member: M, weight: usize) -> Result<Place<C, M>, Full> {
        let mut taken = self.taken();
        if taken.shares.weight_of(&crowd, &member).saturating_add(weight) > self.of_member {
            return Err(Full::OfMember);
        }
        if !taken.makes_room(self.room, &crowd, &member, weight) {
            return Err(Full::InAll);
        }
        taken.came += 1;
        let ticket = Ticket { number: taken.came, displaced: CancellationToken::new() };
        taken.shares.insert((crowd.clone(), member.clone(), ticket.clone()), weight);
        drop(taken);
        Ok(Place { places: Arc::clone(self), crowd, member, ticket })
    }

    /// The same, but where there is no room for a member its own oldest gives way first.
    pub(crate) fn push(self: &Arc<Self>, crowd: &C, member: &M, weight: usize) -> Result<Place<C, M>, Full> {
        loop {
            let full = match self.take(crowd.clone(), member.clone(), weight) {
                Err(full) => full,
                place => return place,
            };
            let mut taken = self.taken();
            let oldest = taken.shares.oldest_of(crowd, member).cloned().ok_or(full)?;
            taken.displace((crowd, member, &oldest));
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken<C, M>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn are_free(&self) -> bool {
        self.taken().shares.is_empty()
    }
}

impl<C: Ord + Clone, M: Ord + Clone> Taken<C, M> {
    /// Whether there is room for one more of a member, if need be by displacing others: as many as are needed, or nobody.
    fn makes_room(&mut self, room: usize, crowd: &C, member: &M, weight: usize) -> bool {
        let is_enough = |taken: &Self| taken.shares.weight().saturating_add(weight) <= room;
        if weight > room {
            return false;
        }
        let mut is_ahead = false;
        while !is_enough(self) {
            // Who is ahead by enough is asked once: what they lose for it brings them no further than level.
            let next = match is_ahead {
                false => self.shares.gives_way(crowd, member, weight),
                true => self.shares.oldest_of_heaviest(),
            };
            let Some((of, whose, ticket)) = next else { return false };
            self.displace((&of, &whose, &ticket));
            is_ahead = true;
        }
        true
    }

    fn displace(&mut self, owned: (&C, &M, &Ticket)) {
        self.shares.remove(owned);
        owned.2.displaced.cancel();
    }
}

impl<C: Ord + Clone, M: Ord + Clone> Place<C, M> {
    /// Ends when somebody else was given the room.
    pub(crate) async fn displaced(&self) {
        self.ticket.displaced.cancelled().await;
    }

    /// Whether somebody else was given the room.
    pub(crate) fn is_displaced(&self) -> bool {
        self.ticket.displaced.is_cancelled()
    }
}

impl<C: Ord + Clone, M: Ord + Clone> Drop for Place<C, M> {
    fn drop(&mut self) {
        self.places.taken().shares.remove((&self.crowd, &self.member, &self.ticket));
    }
}

impl PartialEq for Ticket {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Ticket {}

impl PartialOrd for Ticket {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ticket {
    fn cmp(&self, other: &Self) -> Ordering {
        self.number.cmp(&other.number)
    }
}
