//! What nobody does on trial: what would outlive a broken seal in another form, and what would take something for good.
//!
//! Every act is named here, so that a new one cannot be forgotten: what it gives ends with the trial, or it is refused.

use dogwatch_model::OrgId;
use jiff::Timestamp;

use super::{is_glass, refused};
use crate::{
    access::{Act, PersonKey, Principal, Register, Scope},
    refusal::Refusal,
};

/// Who acts on trial, as far as the bounds differ.
#[derive(Clone, Copy, PartialEq)]
enum Hand {
    /// Whoever broke the seal, for an hour.
    Glass,
    /// Who came back through it.
    Back,
    /// Whom it let in or gave something.
    LetIn,
}

impl Register {
    /// Refuses what would outlive a broken seal, or the trial of who administers by one.
    pub(in crate::access) fn within_trial(
        &self,
        act: &Act,
        by: &Principal,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let hands = self.hands(by);
        let hand = if hands.iter().any(is_glass) {
            Hand::Glass
        } else if hands.iter().any(|key| self.back_on_trial(key, now).is_some()) {
            Hand::Back
        } else {
            Hand::LetIn
        };
        let Some((scope, what)) = self.lasting(act, hand, now) else { return Ok(()) };
        // An approval is given by what counts in that org alone.
        let trial = match act {
            Act::Approve(..) => hands.iter().filter_map(|key| self.trial_of(key, &scope, now)).min(),
            _ => self.trial(by, &scope, now),
        };
        match (trial, hand) {
            (None, _) => Ok(()),
            (Some(_), Hand::Glass) => Err(refused(format!(
                "a broken seal lets people in again and keeps people out; it does not {what}. Let an administrator in \
                 (`dogwatch access invite PERSON --role admin`, `--again` for who is known), and they do it"
            ))),
            (Some(_), Hand::Back) => Err(refused(format!(
                "you came back through a broken seal and cannot {what} yet: somebody who administers {scope} for good confirms \
                 you (`dogwatch access approve GRANT`), or three days pass without anybody's objection"
            ))),
            (Some(end), Hand::LetIn) => Err(refused(format!(
                "you administer {scope} on trial until {end:.0}, after a seal was broken, and cannot {what}; somebody who \
                 administers it for good can, once they have confirmed you too"
            ))),
        }
    }

    /// What an act does at a scope that would outlast a trial, if it does.
    fn lasting(&self, act: &Act, hand: Hand, now: Timestamp) -> Option<(Scope, &'static str)> {
        let in_org = |org: &OrgId| Scope::Org(org.clone());
        let home = |whom: &PersonKey| self.home_of(whom).cloned();
        let grant = |id: &str| self.grants.get(id);
        match act {
            // What these give ends with the trial.
            Act::Invite { .. } | Act::Grant(_) => None,
            // A stolen token is to end at once; whoever has lost one makes another.
            Act::RevokeToken(_) => None,
            // It does no more than its maker, who goes with the trial.
            Act::MakeToken(_) if hand == Hand::LetIn => None,
            Act::MakeToken(token) => Some((token.scope.clone(), "make tokens")),
            Act::Seal { scope, .. } => Some((scope.clone(), "seal the next code")),
            Act::Unseal(id) => {
                let seal = self.seals.values().find(|seal| seal.id == *id)?;
                Some((seal.scope.clone(), "put sealed codes out of use"))
            }
            Act::Approve(_, org) => Some((in_org(org), "approve rights")),
            Act::Refuse(_, org) => Some((in_org(org), "refuse rights")),
            Act::Review(id, _) => Some((grant(id)?.scope.clone(), "review rights")),
            Act::End(id, _) => {
                let lasts = grant(id).filter(|grant| !grant.on_trial && !is_glass(&grant.to))?;
                Some((
                    lasts.scope.clone(),
                    "end rights that were given for good; it may keep their holder out",
                ))
            }
            Act::SecondFactor(org, _) => Some((in_org(org), "change how people come in")),
            Act::Offboard(org, _) => Some((in_org(org), "say goodbye to the MSP")),
            // The paper's purpose; who comes back by it administers on trial.
            Act::Reinvite(..) if hand == Hand::Glass => None,
            Act::Reinvite(whom, _) => {
                let lasts = self.holds_for_good(whom, now);
                let what = "let those in again who administer or hold other risky rights for good";
                lasts.then(|| home(whom)).flatten().map(|home| (home, what))
            }
            // What the seal itself keeps out comes back with the end of the trial.
            Act::Disable(_) if hand == Hand::Glass => None,
            Act::Disable(whom) => {
                let lasts = self.holds_for_good(whom, now);
                let what = "keep those out who administer or hold other risky rights for good";
                lasts.then(|| home(whom)).flatten().map(|home| (home, what))
            }
            Act::Enable(whom) => {
                let person = self.people.get(whom);
                let lasts = person
                    .filter(|person| person.disabled_at.is_some() && person.disabled_until.is_none())?;
                Some((lasts.home.clone(), "let those in again whom somebody kept out for good"))
            }
        }
    }

    /// Whether somebody holds risky rights that no trial ends.
    fn holds_for_good(&self, key: &PersonKey, now: Timestamp) -> bool {
        self.grants_of(key, now).any(|grant| !grant.on_trial && !grant.verbs.risky().is_empty())
    }
}
