//! Who stands behind what is done: with a program whoever made it, with a token that somebody made for another both of them,
//! with a broken seal who sealed it.
//!
//! What takes a second person — giving, approving, reviewing — takes one who is none of these. A program acts as far as its
//! maker may, and never gives the word that stands for a person's judgement: it approves nothing, reviews nothing, seals
//! nothing and owns nothing.

use std::collections::BTreeSet;

use super::{glass::GLASS_ID, not_allowed};
use crate::{
    access::{Person, PersonKey, Principal, Register},
    refusal::Refusal,
};

impl Register {
    /// Whether somebody is a program.
    pub(in crate::access) fn is_program(&self, key: &PersonKey) -> bool {
        self.people.get(key).is_some_and(|person| person.service)
    }

    /// Who stands behind a program, or behind whoever broke a seal: who made it, or, where that is a program again, who
    /// made that.
    pub(in crate::access) fn behind<'r>(&'r self, key: &'r PersonKey) -> Option<&'r PersonKey> {
        let (mut hand, mut seen) = (key, BTreeSet::new());
        let made = |person: &&Person| person.service || person.id.as_str() == GLASS_ID;
        while let Some(person) = self.people.get(hand).filter(made)
            && seen.insert(hand)
        {
            hand = person.created_by.as_ref()?;
        }
        (hand != key).then_some(hand)
    }

    /// Whether what is done by a token may be somebody's own doing.
    pub(in crate::access) fn is_oneself(&self, by: &Principal, whom: &PersonKey) -> bool {
        let key = by.key();
        let mut hands = [Some(&key), by.maker.as_ref()].into_iter().flatten();
        hands.any(|hand| hand == whom || self.behind(hand) == Some(whom))
    }

    /// Refuses what nobody does to their own rights, by whatever hand.
    pub(super) fn not_oneself(&self, by: &Principal, whom: &PersonKey, what: &str) -> Result<(), Refusal> {
        if !self.is_oneself(by, whom) {
            return Ok(());
        }
        Err(not_allowed(match by.key() == *whom {
            true => format!("nobody {what}"),
            false => format!("{} stands behind what `{}` does here, and nobody {what}", whom.id, by.person),
        }))
    }

    /// Refuses a program what only people do.
    pub(super) fn not_a_program(&self, by: &Principal, what: &str) -> Result<(), Refusal> {
        match self.is_program(&by.key()) {
            true => Err(not_allowed(format!(
                "`{}` is a program, and a program {what} nothing; a person does, with a login of their own",
                by.person
            ))),
            false => Ok(()),
        }
    }
}
