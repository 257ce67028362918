//! Tokens that were handed over: an org's first owner may begin with one that an administrator of the MSP made, and whoever
//! made it has read its text.
//!
//! It is a way to begin and none to stay. It ends when its person comes in by themself — takes an invitation up, or comes by a
//! provider — and with it every token that they made by hand till then: whoever holds the first may have made the others.
//! At the goodbye it ends at the latest (`act/goodbye.rs`).

use dogwatch_model::Side;
use jiff::Timestamp;

use super::{ApiToken, Change, Person, PersonKey, Register};

impl Register {
    /// Whether somebody has a way in that nobody else has seen: a password of their own, or a provider's word.
    pub(super) fn comes_by_themself(&self, key: &PersonKey, now: Timestamp) -> bool {
        self.accounts.contains_key(key) || (self.bonds.contains_key(key) && !self.has_lapsed(key, now))
    }

    /// Whether it is the MSP's word that somebody of an org's own people is there at all.
    pub(super) fn is_of_the_guest(&self, person: &Person) -> bool {
        let by_guest = |by: &PersonKey| self.side_of(by) == Side::Msp;
        person.side != Side::Msp && person.created_by.as_ref().is_some_and(by_guest)
    }

    /// Whether a token was made by the MSP for the first owner of an org: it came with their first grant, of the same id.
    fn is_handed(&self, token: &ApiToken) -> bool {
        let key = token.principal.key();
        let first = self.grants.get(&token.id).filter(|grant| grant.to == key && key.org.is_some());
        let giver = first.and_then(|grant| grant.given_by.as_ref());
        token.session.is_none() && giver.is_some_and(|by| self.side_of(by) == Side::Msp)
    }

    /// The end of what was handed over to somebody, and of what may have been made with it.
    pub(super) fn handed_over(&self, key: &PersonKey, now: Timestamp) -> Vec<Change> {
        match self.tokens.of(key).any(|token| token.is_valid(now) && self.is_handed(token)) {
            true => self.made_by_hand(key, now).into_iter().map(Change::Token).collect(),
            false => Vec::new(),
        }
    }

    /// All that somebody has but sessions, withdrawn.
    pub(super) fn made_by_hand(&self, key: &PersonKey, now: Timestamp) -> Vec<ApiToken> {
        let by_hand = self.tokens.of(key).filter(|token| token.session.is_none() && token.is_valid(now));
        by_hand.map(|token| token.revoked(now)).collect()
    }

    /// The end of every session and token of somebody.
    pub(super) fn shut_out(&self, key: &PersonKey, now: Timestamp) -> Vec<Change> {
        let theirs = self.tokens.of(key).filter(|token| token.is_valid(now));
        theirs.map(|token| Change::Token(token.revoked(now))).collect()
    }
}
