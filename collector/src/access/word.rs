//! Whose word it is: what the MSP waits for is said by a customer whom the MSP does not hold in its hands.
//!
//! An org's first owner is there by the MSP's word alone until they have come in by themself, and whoever made their token has
//! read it. Till then it is good for a beginning — lists, colleagues, join tokens — and says nothing that is asked of the
//! customer because the MSP must not say it itself: it approves, refuses and reviews nothing, signs and seals nothing, and
//! changes no rule for coming in. Nor does anybody whom they brought in, or invited anew, through as many hands as there are:
//! with that token the MSP may have invited somebody and taken that up.
//!
//! It is over when they have come in, for then they begin anew without all that (`beginning.rs`), or are kept out: either of them
//! ends what was handed over, and who worked with it notices. So nobody whose word it would be takes their rights before.

use std::collections::BTreeSet;

use dogwatch_model::Side;
use jiff::Timestamp;

use super::{Act, Person, Principal, Register};
use crate::refusal::{Code, Refusal};

impl Act {
    /// Whether it stands for the judgement of a side, for the other one to rely on. A goodbye asks for more by itself.
    const fn is_a_word(&self) -> bool {
        matches!(
            self,
            Self::Approve(..)
                | Self::Refuse(..)
                | Self::Review(..)
                | Self::SecondFactor(..)
                | Self::Seal { .. }
        )
    }
}

impl Register {
    /// Refuses an act that is a side's word where it may be the MSP that speaks for the customer.
    pub(super) fn own_word(&self, act: &Act, by: &Principal, now: Timestamp) -> Result<(), Refusal> {
        let Some(owner) = self.not_yet_come(by, now) else { return Ok(()) };
        // Without their rights they would come in unnoticed as somebody else, and begin nothing anew.
        let theirs = |id: &String| self.grants.get(id).is_some_and(|grant| grant.to == owner.key());
        match act.is_a_word() || matches!(act, Act::End(id, _) if theirs(id)) {
            true => Err(Refusal::new(Code::NotAllowed, not_yet(owner, by))),
            false => Ok(()),
        }
    }

    /// The first owner of an org, who has not come in by themself, where all that somebody is goes back to them.
    pub(super) fn not_yet_come(&self, by: &Principal, now: Timestamp) -> Option<&Person> {
        if by.side != Side::Internal {
            return None;
        }
        let (own, mut seen) = (by.key(), BTreeSet::new());
        let mut hands = vec![Some(&own), by.maker.as_ref()];
        while let Some(hand) = hands.pop() {
            let Some(person) = hand.and_then(|hand| self.people.get(hand)) else { continue };
            if person.side == Side::Internal
                && self.is_of_the_guest(person)
                && !person.is_kept_out(now)
                && !self.has_come(&person.key())
            {
                return Some(person);
            }
            if seen.insert(person.key()) {
                let password_by = hand.and_then(|hand| self.accounts.get(hand)?.set_by.as_ref());
                hands.extend([person.created_by.as_ref(), password_by]);
            }
        }
        None
    }
}

/// Why somebody's word does not count yet, and how it comes to.
pub(super) fn not_yet(owner: &Person, by: &Principal) -> String {
    let (first, name) = (owner.key(), &by.person);
    let again = format!(
        "`dogwatch access invite {first} --again`, take the invitation up, and log in (`dogwatch login`)"
    );
    if first == by.key() {
        return format!(
            "the MSP made the token by which {name} began and may hold it, so this waits until you have come in with a password \
             of your own: {again}"
        );
    }
    format!(
        "{first} let {name} in with a token that the MSP made and may hold, so this waits until {} has come in with a password of \
         their own: {again}",
        owner.id
    )
}
