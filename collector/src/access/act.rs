//! What people do to the register, decided purely: who may give and take which right from whom.
//!
//! Invariants, tried with random histories in `tests`:
//! * Each side's administrators manage their own side's people, grants and tokens, nobody else's. The owners of an org
//!   may besides end what the MSP holds in their org alone, and say yes or no to its risky verbs there.
//! * Nobody gives what they do not have, nobody gives themself anything, and risky verbs count only once somebody else
//!   than their holder has approved them; nor does anybody by a program or a token of theirs ([`behind`]).
//! * What a broken seal gives lasts no longer than a trial (`trial.rs`), whoever passes it on.
//! * An org that has an owner keeps one: what would take the last one away is refused, whoever asks.
//! * An administrator of the MSP brings in the first owner of an org, and after that nobody of that org's side. What it had in
//!   its hands of theirs is nobody's word (`word.rs`) and ends when they come in by themself, with all that was done by it
//!   (`beginning.rs`), and whoever is there by its word alone goes with it.
//! * Who administers a part of an org keeps out, and lets in again, nobody who has what they could not give.

mod approvals;
mod behind;
mod glass;
mod goodbye;
mod grants;
mod management;
mod orgs;
mod people;
mod tokens;

use dogwatch_model::{OrgId, PersonId, Side, TeamId};
use jiff::Timestamp;

use super::{Change, PersonKey, Principal, Register, Scope, Sha256, Verbs, login::second_factor_wanted};
use crate::refusal::{Code, Refusal};

pub(super) use behind::INVITED;
pub(super) use glass::GLASS_ID;
pub use glass::{GLASS_OPEN, glass_person};
pub use tokens::{DEFAULT_LIFETIME, SESSION_IDLE, SESSION_LIFETIME};

/// Somebody new.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPerson {
    /// Their id.
    pub id: PersonId,
    /// Their side.
    pub side: Side,
    /// What they are to see and comment on.
    pub home: Scope,
    /// Their team.
    pub team: Option<TeamId>,
    /// It is a program.
    pub service: bool,
}

/// Rights to give.
#[derive(Debug, Clone, PartialEq)]
pub struct NewGrant {
    /// The short id that it gets.
    pub id: String,
    /// To whom.
    pub to: PersonKey,
    /// What.
    pub verbs: Verbs,
    /// Where.
    pub scope: Scope,
    /// What for.
    pub reason: String,
    /// Until when.
    pub expires_at: Option<Timestamp>,
    /// When it is to be looked at again.
    pub review_at: Option<Timestamp>,
}

impl NewGrant {
    /// Rights without an end of their own, looked at again when such rights are.
    pub fn new(
        id: impl Into<String>,
        to: PersonKey,
        (verbs, scope): (Verbs, Scope),
        reason: impl Into<String>,
    ) -> Self {
        let (id, reason) = (id.into(), reason.into());
        Self { id, to, verbs, scope, reason, expires_at: None, review_at: None }
    }
}

/// A token to make.
#[derive(Debug, Clone, PartialEq)]
pub struct NewToken {
    /// Hash of its text.
    pub hash: Sha256,
    /// For whom, by what they are called on that side in that org. Who is not known yet comes in with it.
    pub person: NewPerson,
    /// Where it reaches at most.
    pub scope: Scope,
    /// What it lets through at most.
    pub verbs: Verbs,
    /// Until when; the default's end when absent.
    pub expires_at: Option<Timestamp>,
    /// It never ends: programs only.
    pub endless: bool,
    /// Until when the token works by which this one is asked for.
    pub asked_until: Option<Timestamp>,
}

/// One act.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Bring somebody in.
    Invite {
        /// Whom.
        person: NewPerson,
        /// What they may do at their home beyond seeing and commenting, and the id of the grant.
        verbs: (Verbs, String),
        /// What for.
        reason: String,
        /// Hash of the invitation; programs have none.
        invitation: Option<Sha256>,
    },
    /// A new invitation for somebody who is known, whose second factor and password it takes the place of.
    Reinvite(PersonKey, Sha256),
    /// Give rights.
    Grant(NewGrant),
    /// Approve the risky verbs of a grant in an org.
    Approve(String, OrgId),
    /// Take an approval back, or say no.
    Refuse(String, OrgId),
    /// End a grant.
    End(String, String),
    /// Say that a grant is still right, and when to look again.
    Review(String, Option<Timestamp>),
    /// Keep somebody out.
    Disable(PersonKey),
    /// Let them in again.
    Enable(PersonKey),
    /// Make a token.
    MakeToken(Box<NewToken>),
    /// Revoke a token or a session.
    RevokeToken(String),
    /// A side leaves an org for good.
    Offboard(OrgId, Side),
    /// Ask a second factor of everybody of an org and of whoever of the MSP reaches it, or of administrators only.
    SecondFactor(OrgId, bool),
    /// Seal a code.
    Seal {
        /// Its short id.
        id: String,
        /// Its hash.
        hash: Sha256,
        /// What it is to open.
        scope: Scope,
    },
    /// Put a sealed code out of use.
    Unseal(String),
}

impl Act {
    /// Its name in the audit.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Invite { .. } => "person.invite",
            Self::Reinvite(..) => "person.reinvite",
            Self::Grant(_) => "grant.give",
            Self::Approve(..) => "grant.approve",
            Self::Refuse(..) => "grant.refuse",
            Self::End(..) => "grant.end",
            Self::Review(..) => "grant.review",
            Self::Disable(_) => "person.disable",
            Self::Enable(_) => "person.enable",
            Self::MakeToken(_) => "token.create",
            Self::RevokeToken(_) => "token.revoke",
            Self::Offboard(..) => "org.offboard",
            Self::SecondFactor(..) => "org.second_factor",
            Self::Seal { .. } => "break-glass.seal",
            Self::Unseal(_) => "break-glass.revoke",
        }
    }
}

impl Register {
    /// Does what somebody wants done, if they may. Gives what changed.
    ///
    /// # Errors
    /// Who may not, what is not there, and what would leave an org without an owner. Nothing has changed then.
    pub fn act(&mut self, act: &Act, by: &Principal, now: Timestamp) -> Result<Vec<Change>, Refusal> {
        let changes = self.weigh(act, by, now)?;
        self.apply(&changes);
        Ok(changes)
    }

    /// What an act would change, if they may; nothing has changed yet.
    ///
    /// # Errors
    /// As [`Self::act`] says.
    pub fn weigh(&self, act: &Act, by: &Principal, now: Timestamp) -> Result<Vec<Change>, Refusal> {
        if self.lacks_second_factor(by, now) {
            return Err(second_factor_wanted());
        }
        self.within_trial(act, by, now)?;
        let mut changes = self.decide(act, by, now)?;
        self.own_word(act, by, now)?;
        if let Some(org) = self.org_left_alone(&changes, now) {
            let what = format!(
                "{org} would be left without an owner who can come in, and nobody may do that; let another owner in first: `dogwatch access \
                 invite PERSON --org {org} --role admin`"
            );
            return Err(Refusal::new(Code::Conflict, what));
        }
        let outgrown = self.outgrown(&changes, now);
        changes.extend(outgrown);
        Ok(changes)
    }

    fn decide(&self, act: &Act, by: &Principal, now: Timestamp) -> Result<Vec<Change>, Refusal> {
        match act {
            Act::Invite { person, verbs, reason, invitation } => {
                self.invite(person, verbs, reason, *invitation, by, now)
            }
            Act::Reinvite(whom, invitation) => self.reinvite(whom, *invitation, by, now),
            Act::Grant(grant) => self.give(grant, by, now),
            Act::Approve(id, org) => self.approve(id, org, by, now),
            Act::Refuse(id, org) => self.refuse(id, org, by, now),
            Act::End(id, why) => self.end(id, why, by, now),
            Act::Review(id, next) => self.review(id, *next, by, now),
            Act::Disable(whom) => self.set_disabled(whom, true, by, now),
            Act::Enable(whom) => self.set_disabled(whom, false, by, now),
            Act::MakeToken(token) => self.make_token(token, by, now),
            Act::RevokeToken(id) => self.revoke_token(id, by, now),
            Act::Offboard(org, side) => self.offboard(org, *side, by, now),
            Act::SecondFactor(org, all) => self.second_factor(org, *all, by, now),
            Act::Seal { id, hash, scope } => self.seal(id, *hash, scope, by, now),
            Act::Unseal(id) => self.unseal(id, by, now),
        }
    }
}

/// Refuses for want of a right.
fn not_allowed(what: impl Into<String>) -> Refusal {
    Refusal::new(Code::NotAllowed, what)
}

/// The answer for what is not there, or not the asker's to see.
fn unseen(what: &str, id: impl core::fmt::Display) -> Refusal {
    Refusal::new(Code::NotFound, format!("there is no {what} `{id}` that you may see"))
}

/// Refuses what is wrong in itself.
fn invalid(what: impl Into<String>) -> Refusal {
    Refusal::new(Code::Invalid, what)
}
