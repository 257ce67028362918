//! Who stands behind what is done: with a program whoever made it, with a token that somebody made for another both of them,
//! with a broken seal who sealed it, with an account that was let in not long ago whoever let it in.
//!
//! What takes a second person — giving, approving, reviewing — takes one who is none of these. A program acts as far as its
//! maker may, and never gives the word that stands for a person's judgement: it approves nothing, reviews nothing, seals
//! nothing and owns nothing.
//!
//! Whoever sends an invitation can take it up themself and be that person. So for [`INVITED`] from when a password was set by
//! it, whoever of the same side invited stands behind with them: long enough for a colleague who cannot come in any more to
//! say so, and short enough that an org of two owners is not stuck. Another administrator's new invitation ends it, because
//! from then on that one stands behind. An org's first owner is invited by the MSP, and nobody of their own side is there.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{glass::GLASS_ID, not_allowed};
use crate::{
    access::{Invitation, Person, PersonKey, Principal, Register},
    refusal::Refusal,
};

/// For how long whoever invited somebody stands behind what they do: longer than most are away from work at a stretch.
pub(in crate::access) const INVITED: SignedDuration = SignedDuration::from_hours(14 * 24);

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

    /// Who invited somebody whose password is not older than [`INVITED`], where that was a colleague.
    pub(in crate::access) fn let_in_by(&self, key: &PersonKey, now: Timestamp) -> Option<&PersonKey> {
        let account = self.accounts.get(key)?;
        let recent = now.duration_since(account.set_at) < INVITED;
        account.set_by.as_ref().filter(|by| recent && *by != key && self.side_of(by) == self.side_of(key))
    }

    /// Who stands behind whoever takes an invitation up. Nobody gets rid of whoever stands behind them by an invitation of
    /// their own, nor by one of somebody behind whom they stand themself.
    pub(in crate::access) fn behind_invitation(&self, invitation: &Invitation, now: Timestamp) -> PersonKey {
        let by = invitation.maker.as_ref().unwrap_or(&invitation.by);
        let before =
            self.let_in_by(&invitation.to, now).filter(|_| self.is_hand_of(vec![by], &invitation.to, now));
        before.unwrap_or(by).clone()
    }

    /// Whether what is done by a token may be somebody's own doing.
    pub(in crate::access) fn is_oneself(&self, by: &Principal, whom: &PersonKey, now: Timestamp) -> bool {
        let key = by.key();
        self.is_hand_of([Some(&key), by.maker.as_ref()].into_iter().flatten().collect(), whom, now)
    }

    /// Whether somebody stands behind one of these, through as many hands as there are.
    fn is_hand_of<'r>(&'r self, mut hands: Vec<&'r PersonKey>, whom: &PersonKey, now: Timestamp) -> bool {
        let mut seen = BTreeSet::new();
        while let Some(hand) = hands.pop() {
            if hand == whom {
                return true;
            }
            if seen.insert(hand) {
                hands.extend(self.behind(hand));
                hands.extend(self.let_in_by(hand, now));
            }
        }
        false
    }

    /// Refuses what nobody does to their own rights, by whatever hand.
    pub(super) fn not_oneself(
        &self,
        (by, now): (&Principal, Timestamp),
        whom: &PersonKey,
        what: &str,
    ) -> Result<(), Refusal> {
        if !self.is_oneself(by, whom, now) {
            return Ok(());
        }
        let key = by.key();
        Err(not_allowed(match key == *whom {
            true => format!("nobody {what}"),
            false if self.let_in_by(&key, now) == Some(whom) => format!(
                "{} invited {}, and stands behind what they do for {} days from when they took that up; nobody {what}",
                whom.id,
                by.person,
                INVITED.as_hours() / 24
            ),
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
