//! What an org's first owner began with, and all that stands by it: it ends when they come in by themself.
//!
//! A token that the MSP made for them is silent. Whoever holds a copy may have let people in with it, given them rights, made
//! them tokens, and had those do the same; nobody can tell afterwards whose doing that was. Till the owner comes it is nobody's
//! word (`word.rs`), and then they begin anew: whoever was let in that way is kept out, through as many hands as there are,
//! with passwords, tokens and invitations, and what was given or approved that way ends. Whom they meant themself they let in
//! again (`access enable`, `access invite --again`, `access grant`): from then on it is their own word.
//!
//! Who comes by a provider stays, for it says who they are; a password and the rights that they got that way end as well.

use std::collections::BTreeMap;

use dogwatch_model::Side;
use jiff::Timestamp;

use super::{ApiToken, Approval, Change, Ended, Grant, Invitation, Person, PersonKey, Register};

/// Why a grant ends with it.
const WHY: &str = "it goes back to a token that the MSP made for the first owner and may have held; give it anew if it is right";

/// The owner, and whoever may have been the MSP's hand by what they began with, each since when.
struct Beginning<'r> {
    register: &'r Register,
    owner: &'r PersonKey,
    hands: BTreeMap<PersonKey, Timestamp>,
    now: Timestamp,
}

impl Register {
    /// Whether somebody has ever come in by a way that nobody else has seen.
    pub(super) fn has_come(&self, key: &PersonKey) -> bool {
        self.accounts.contains_key(key) || self.bonds.contains_key(key)
    }

    /// The end of all that goes back to what an org's first owner began with, for when they come in by themself at last. Who
    /// is no owner any more takes nobody else's place.
    pub(super) fn begun_anew(&self, owner: &PersonKey, now: Timestamp) -> Vec<Change> {
        let first = self.people.get(owner).is_some_and(|person| {
            person.side == Side::Internal && self.is_of_the_guest(person) && !self.has_come(owner)
        });
        let owns = |org| self.owners(org, now).any(|person| person.key() == *owner);
        match &owner.org {
            Some(org) if first && owns(org) => Beginning::of(self, owner, now).ends(),
            _ => Vec::new(),
        }
    }
}

impl<'r> Beginning<'r> {
    fn of(register: &'r Register, owner: &'r PersonKey, now: Timestamp) -> Self {
        let hands = [(owner.clone(), Timestamp::MIN)].into();
        let mut beginning = Self { register, owner, hands, now };
        loop {
            let more: Vec<_> = register.people.values().filter_map(|person| beginning.hand(person)).collect();
            if more.is_empty() {
                return beginning;
            }
            beginning.hands.extend(more);
        }
    }

    /// Somebody as one more hand: let in by one, or come in by a password that one of them had set.
    fn hand(&self, person: &Person) -> Option<(PersonKey, Timestamp)> {
        let key = person.key();
        if self.hands.contains_key(&key) {
            return None;
        }
        if self.let_in(person) {
            return Some((key, Timestamp::MIN));
        }
        let account = self.register.accounts.get(&key)?;
        self.is_by(account.set_by.as_ref(), account.set_at).then_some((key, account.set_at))
    }

    fn let_in(&self, person: &Person) -> bool {
        self.is_by(person.created_by.as_ref(), person.created_at)
    }

    /// Whether something was done by one of the hands, when it was one already.
    fn is_by(&self, by: Option<&PersonKey>, at: Timestamp) -> bool {
        by.and_then(|by| self.hands.get(by)).is_some_and(|since| at >= *since)
    }

    /// Whether somebody else than the owner is one of the hands.
    fn is_hand(&self, key: &PersonKey) -> bool {
        key != self.owner && self.hands.contains_key(key)
    }

    fn ends(&self) -> Vec<Change> {
        let accounts = self.register.accounts.keys().filter(|key| self.is_hand(key));
        let accounts = accounts.map(|key| Change::Account(key.clone(), None));
        let waiting = self.register.invitations.iter().filter(|(_, waiting)| self.asked(waiting));
        let waiting = waiting.map(|(hash, _)| Change::Invitation(*hash, None));
        let tokens = self.register.tokens.values().filter(|token| self.speaks(token));
        let tokens = tokens.map(|token| Change::Token(token.revoked(self.now)));
        self.people().chain(accounts).chain(waiting).chain(tokens).chain(self.rights()).collect()
    }

    /// Whoever was let in and whom no provider knows, kept out.
    fn people(&self) -> impl Iterator<Item = Change> {
        let out = self.register.people.values().filter(|person| {
            let key = person.key();
            let known = self.register.bonds.contains_key(&key);
            self.is_hand(&key) && self.let_in(person) && !known && !person.is_out_for_good()
        });
        out.map(|person| {
            Change::Person(Person { disabled_at: Some(self.now), disabled_until: None, ..person.clone() })
        })
    }

    fn asked(&self, waiting: &Invitation) -> bool {
        let by = [Some(&waiting.by), waiting.maker.as_ref()];
        self.is_hand(&waiting.to) || by.into_iter().flatten().any(|by| self.hands.contains_key(by))
    }

    /// Whether one of the hands speaks through a token. What the owner holds ends with how they come in.
    fn speaks(&self, token: &ApiToken) -> bool {
        let of = &token.principal;
        let key = of.key();
        let made = self.is_by(of.maker.as_ref(), token.created_at);
        token.is_valid(self.now) && key != *self.owner && (made || self.is_hand(&key))
    }

    /// What others were given or approved, as it is afterwards. The owner has theirs by the MSP, which let them in.
    fn rights(&self) -> impl Iterator<Item = Change> {
        let standing = self.register.grants.values();
        let standing = standing.filter(|grant| grant.is_in_force(self.now) && grant.to != *self.owner);
        standing.filter_map(|grant| self.right(grant)).map(Change::Grant)
    }

    fn right(&self, grant: &Grant) -> Option<Grant> {
        if self.is_by(grant.given_by.as_ref(), grant.given_at) {
            let ended = Ended { by: self.owner.clone(), at: self.now, why: WHY.to_owned() };
            return Some(Grant { ended: Some(ended), ..grant.clone() });
        }
        let mut kept = grant.clone();
        kept.approvals.retain(|_, Approval { by, at }| !self.is_by(Some(by), *at));
        (kept.approvals != grant.approvals).then_some(kept)
    }
}
