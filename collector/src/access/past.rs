//! What gave somebody a right once, and is let go of: ended grants, broken seals, invitations that nobody took up.
//!
//! Lists show them for a quarter, so that a review of access sees what there was since the last one; the audit has them for
//! ever. A grant by which a login knows again what a group gave stays as long as that bond: it is how what people ended
//! stays ended.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{Grant, PersonKey, Register, Sha256};

/// For how long what has ended is shown: the time between two reviews of risky rights.
pub const PAST_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Ended grants of one person that are kept at most: rights that are given and taken away by a program fill no store.
pub const MAX_PAST: usize = 256;

/// One row that is to go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Past {
    /// A grant, by its id.
    Grant(String),
    /// A seal, by the hash of its code.
    Seal(Sha256),
    /// An invitation, by the hash of its text.
    Invitation(Sha256),
}

impl Register {
    /// What is to be let go of, at most so much.
    pub fn past(&self, now: Timestamp, at_most: usize) -> Vec<Past> {
        let is_past = |end: Timestamp| now.duration_since(end) >= PAST_KEPT;
        let bonds = self.bonds.values();
        let bound: BTreeSet<&String> = bonds.flat_map(|bond| bond.grants.values()).collect();
        let grants = self.grants.holders().flat_map(|whose| self.past_grants(whose, &bound, now));
        let seals = self.seals.values().filter(|seal| seal.broken_at.is_some_and(is_past));
        let invitations = self.invitations.iter().filter(|(_, invitation)| is_past(invitation.expires_at));
        grants
            .map(Past::Grant)
            .chain(seals.map(|seal| Past::Seal(seal.hash)))
            .chain(invitations.map(|(hash, _)| Past::Invitation(*hash)))
            .take(at_most)
            .collect()
    }

    fn past_grants(&self, whose: &PersonKey, bound: &BTreeSet<&String>, now: Timestamp) -> Vec<String> {
        let spare = self.grants.of(whose).filter(|grant| !bound.contains(&grant.id));
        let mut ended: Vec<_> = spare.filter_map(|grant| Some((grant.ended_at(now)?, &grant.id))).collect();
        ended.sort_unstable_by(|a, b| b.cmp(a));
        let kept = ended.iter().take(MAX_PAST).take_while(|(at, _)| now.duration_since(*at) < PAST_KEPT);
        let kept = kept.count();
        ended.into_iter().skip(kept).map(|(_, id)| id.clone()).collect()
    }

    /// Lets one go.
    pub fn forget(&mut self, past: &Past) {
        match past {
            Past::Grant(id) => self.grants.remove(id),
            Past::Seal(hash) => drop(self.seals.remove(hash)),
            Past::Invitation(hash) => drop(self.invitations.remove(hash)),
        }
    }
}

impl Grant {
    /// Since when it counts no more; `None` while it does.
    pub fn ended_at(&self, now: Timestamp) -> Option<Timestamp> {
        let ended = self.ended.as_ref().map(|ended| ended.at);
        let expired = self.expires_at.filter(|end| *end <= now);
        ended.into_iter().chain(expired).min()
    }
}

#[cfg(test)]
mod tests;
