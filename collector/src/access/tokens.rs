//! The tokens that speak for people, by their hash and by their person, and which of them are let go of.
//!
//! Every login makes one, so what has ended cannot stay for good: lists show it for a while, the audit has it for ever.
//! Only the one by which somebody came last to a place stays as long as they do, because by it is told when that was.

use core::ops::{Bound, Deref};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::{ApiToken, PersonKey, Register, Sha256};

/// For how long lists show a token or a session that has ended: long enough for whoever comes back from a week off to see
/// what was open meanwhile.
pub const ENDED_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Ended tokens and sessions of one person that are kept at most: a program that logs in every minute fills no store.
pub const MAX_ENDED: usize = 256;

/// Living sessions of one person: more than anybody has browsers and terminals. One more ends the oldest.
pub const MAX_SESSIONS: usize = 32;

/// Tokens by the hash of their text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tokens {
    by_hash: HashMap<Sha256, ApiToken>,
    by_person: BTreeMap<PersonKey, BTreeSet<Sha256>>,
}

impl Deref for Tokens {
    type Target = HashMap<Sha256, ApiToken>;

    fn deref(&self) -> &Self::Target {
        &self.by_hash
    }
}

impl Tokens {
    /// Takes one in, in the place of the one with the same hash.
    pub fn insert(&mut self, hash: Sha256, token: ApiToken) {
        self.remove(&hash);
        self.by_person.entry(token.principal.key()).or_default().insert(hash);
        self.by_hash.insert(hash, token);
    }

    /// One, to change when it was used or that it has ended. Whose it is stays.
    pub fn get_mut(&mut self, hash: &Sha256) -> Option<&mut ApiToken> {
        self.by_hash.get_mut(hash)
    }

    /// Those of one person.
    pub fn of<'t>(&'t self, whose: &PersonKey) -> impl Iterator<Item = &'t ApiToken> + use<'t> {
        self.by_person.get(whose).into_iter().flatten().filter_map(|hash| self.by_hash.get(hash))
    }

    /// Those behind one, by person and hash, each with its place in that order.
    pub fn after(
        &self,
        after: Option<(PersonKey, Sha256)>,
    ) -> impl Iterator<Item = ((PersonKey, Sha256), &ApiToken)> {
        let from = after.clone().map_or(Bound::Unbounded, |(whose, _)| Bound::Included(whose));
        let people = self.by_person.range((from, Bound::Unbounded));
        let places = people.flat_map(|(whose, own)| own.iter().map(move |hash| (whose, hash)));
        let behind = places.filter(move |(whose, hash)| {
            after.as_ref().is_none_or(|(person, place)| (*whose, *hash) > (person, place))
        });
        behind.filter_map(|(whose, hash)| Some(((whose.clone(), *hash), self.by_hash.get(hash)?)))
    }

    fn remove(&mut self, hash: &Sha256) {
        let Some(token) = self.by_hash.remove(hash) else { return };
        let key = token.principal.key();
        if let Some(own) = self.by_person.get_mut(&key) {
            own.remove(hash);
            if own.is_empty() {
                self.by_person.remove(&key);
            }
        }
    }

    /// Those of one person that nobody needs to see any more.
    fn outlived(&self, whose: &PersonKey, now: Timestamp) -> Vec<Sha256> {
        let mut latest = BTreeMap::new();
        for token in self.of(whose) {
            let seen = (token.used_at, token.created_at, token.hash);
            let latest = latest.entry(token.principal.scope()).or_insert(seen);
            *latest = seen.max(*latest);
        }
        let latest: BTreeSet<_> = latest.into_values().map(|(.., hash)| hash).collect();
        let spare = self.of(whose).filter(|token| !latest.contains(&token.hash));
        let mut ended: Vec<_> = spare.filter_map(|token| Some((token.ended_at(now)?, token.hash))).collect();
        ended.sort_unstable_by(|a, b| b.cmp(a));
        let kept = ended.iter().take(MAX_ENDED).take_while(|(at, _)| now.duration_since(*at) < ENDED_KEPT);
        let kept = kept.count();
        ended.into_iter().skip(kept).map(|(_, hash)| hash).collect()
    }
}

impl Register {
    /// The tokens and sessions that are to be let go of, whosever they are, at most so many.
    pub fn outlived(&self, now: Timestamp, at_most: usize) -> Vec<Sha256> {
        let several = self.tokens.by_person.iter().filter(|(_, own)| own.len() > 1);
        several.flat_map(|(whose, _)| self.tokens.outlived(whose, now)).take(at_most).collect()
    }

    /// Those of one person.
    pub fn outlived_of(&self, whose: &PersonKey, now: Timestamp) -> Vec<Sha256> {
        self.tokens.outlived(whose, now)
    }

    /// Lets tokens go.
    pub fn let_go(&mut self, hashes: &[Sha256]) {
        hashes.iter().for_each(|hash| self.tokens.remove(hash));
    }

    /// The sessions that one more of somebody ends, the oldest first, beside one whose place it takes.
    pub(super) fn crowded_out(
        &self,
        (whose, replaced): (&PersonKey, Option<Sha256>),
        now: Timestamp,
    ) -> Vec<ApiToken> {
        let living = |token: &&ApiToken| {
            token.session.is_some() && token.is_valid(now) && Some(token.hash) != replaced
        };
        let mut living: Vec<_> = self.tokens.of(whose).filter(living).collect();
        living.sort_unstable_by_key(|token| (token.created_at, token.hash));
        let over = (living.len() + 1).saturating_sub(MAX_SESSIONS);
        living.into_iter().take(over).map(|token| token.revoked(now)).collect()
    }
}

#[cfg(test)]
mod tests;
