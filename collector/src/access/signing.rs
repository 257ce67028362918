//! Whose hand a signature is by: what is agreed on between two sides is signed by a person, with a way in of their own.
//!
//! Who administers a side makes tokens and programs for others, and would sign in their name by them. So a signature takes
//! what its person opened themself, as far as it lets `sign` through, and nobody signs on the strength of a broken seal. Nor
//! does who was invited not long ago by a colleague who may not sign: that one may have taken the invitation up. Nor a first
//! owner who works with what the MSP made for them (`word.rs`).

use dogwatch_model::{OrgId, PersonId};
use jiff::Timestamp;

use super::{
    Grant, Person, PersonKey, Principal, Register, Scope, Verb, Verbs,
    act::{GLASS_ID, INVITED},
    word::not_yet,
};
use crate::refusal::{Code, Refusal};

impl Register {
    /// Refuses a signature for an org that is not by its person's own hand. `signers` are those whom the document in force
    /// names for their side; where it names none, who was given `sign` signs.
    ///
    /// # Errors
    /// `NotAllowed`, with how they come in to sign.
    pub fn by_own_hand(
        &self,
        by: &Principal,
        (org, signers): (&OrgId, &[PersonId]),
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let key = by.key();
        let what = if self.is_program(&key) {
            format!(
                "`{}` is a program, and a program signs nothing; a person does, with a login of their own (`dogwatch login`)",
                by.person
            )
        } else if let Some(maker) = by.maker.as_ref().filter(|maker| **maker != key) {
            format!(
                "{} made this token for {}, and a signature is by one's own hand; log in yourself (`dogwatch login`)",
                maker.id, by.person
            )
        } else if let Some(owner) = self.not_yet_come(by, now) {
            not_yet(owner, by)
        } else if !by.ceiling.has(Verb::Sign) {
            format!(
                "`{}` on {org} is missing; this token does not let it through: log in (`dogwatch login`), or use a token of \
                 your own that does",
                Verb::Sign
            )
        } else if self.signs_on_trial(&key, (org, signers), now) {
            format!(
                "{} may sign for {org} on trial alone, after a seal was broken, and that signs nothing; somebody who \
                 administers it for good confirms them first (`dogwatch access approve`)",
                by.person
            )
        } else if let Some(colleague) = self.invited_to_sign(&key, (org, signers), now) {
            format!(
                "{} invited {}, does not sign for {org} and may have taken that up: {} signs once the invitation was taken up {} \
                 days ago, or one of somebody who signs was",
                colleague.id,
                by.person,
                by.person,
                INVITED.as_hours() / 24
            )
        } else {
            return Ok(());
        };
        Err(Refusal::new(Code::NotAllowed, what))
    }

    /// Who invited somebody not long ago and could not sign themself.
    fn invited_to_sign(
        &self,
        key: &PersonKey,
        (org, signers): (&OrgId, &[PersonId]),
        now: Timestamp,
    ) -> Option<&PersonKey> {
        let signs = |who: &PersonKey| match signers {
            [] => self.own_reach(who, Verbs::ALL, Scope::Everywhere, now).may(Verb::Sign, org, None),
            signers => signers.contains(&who.id),
        };
        self.let_in_by(key, now).filter(|colleague| !signs(colleague) || self.is_program(colleague))
    }

    /// Whether somebody could sign by a broken seal alone.
    fn signs_on_trial(&self, key: &PersonKey, (org, signers): (&OrgId, &[PersonId]), now: Timestamp) -> bool {
        let on_trial = |person: &Person| person.trial_until.is_some();
        if key.id.as_str() == GLASS_ID || self.people.get(key).is_some_and(on_trial) {
            return true;
        }
        let gives = |grant: &&Grant| grant.verbs.has(Verb::Sign) && grant.scope.covers(org, None);
        let mut given = self.grants_of(key, now).filter(gives).peekable();
        signers.is_empty() && given.peek().is_some() && given.all(|grant| grant.on_trial)
    }
}
