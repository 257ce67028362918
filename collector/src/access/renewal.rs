//! Changing by oneself how one comes in: another password, other recovery codes.
//!
//! Whoever asks is logged in, and that is not enough: a terminal left open, or a token that somebody found, would take the
//! account over for good. So they show what a login asks for, and it is judged as there; no code counts twice.
//! What only an administrator can do, a new second factor for who lost theirs, is not here: that is a new invitation.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Account, Change, Factor, Hidden, PersonKey, Register, Sha256};
use crate::refusal::{Code, Refusal};

/// What somebody changes who showed their password.
#[derive(Debug, Clone, PartialEq)]
pub struct Renewal {
    /// Who.
    pub who: PersonKey,
    /// When the password that was compared was set: it may have been changed meanwhile.
    pub set_at: Timestamp,
    /// What they showed besides.
    pub factor: Factor,
    /// What is to be another.
    pub what: Renewed,
    /// The token that asks: where it is a session, it is the one that stays.
    pub by: Sha256,
}

/// What is to be another.
#[derive(Debug, Clone, PartialEq)]
pub enum Renewed {
    /// The password, as its hash.
    Password(Hidden),
    /// The recovery codes, by their hashes.
    RecoveryCodes(BTreeSet<Sha256>),
}

impl Renewed {
    /// Its name in the audit.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Password(_) => "account.password",
            Self::RecoveryCodes(_) => "account.recovery_codes",
        }
    }
}

/// The answer to who did not show what a login asks for: it does not tell which part was wrong.
pub const NOT_SHOWN: &str = "password and code do not go together, and nothing is changed; a code counts once, so wait for the next \
                             one where you have just used it";

/// The answer to new recovery codes for who did not show their second factor itself.
const BY_FACTOR_ONLY: &str = "new recovery codes want the six digits that your authenticator shows now: the codes stand in for it, and \
                              make no others; who has lost it asks an administrator of their side for a new invitation";

impl Register {
    /// Changes somebody's password, which ends their other sessions, or their recovery codes, which ends the old ones.
    ///
    /// # Errors
    /// `Unauthenticated` in the same words whatever was wrong, with a reason where only the second factor is missing.
    pub fn renew(&mut self, wanted: &Renewal, now: Timestamp) -> Result<Vec<Change>, Refusal> {
        let wrong = || Refusal::new(Code::Unauthenticated, NOT_SHOWN);
        let who = &wanted.who;
        let comes = self.people.get(who).is_some_and(|person| person.may_come_in(now) && !person.service);
        let account = self.accounts.get(who).filter(|account| comes && account.set_at == wanted.set_at);
        let account = account.ok_or_else(wrong)?;
        if matches!(wanted.what, Renewed::RecoveryCodes(_)) && !matches!(wanted.factor, Factor::Totp(_)) {
            return Err(Refusal {
                reason: Some("second_factor"),
                ..Refusal::new(Code::Unauthenticated, BY_FACTOR_ONLY)
            });
        }
        let shown = self.with_factor(who, account, &wanted.factor, now);
        let shown = shown.map_err(|refusal| if refusal.reason.is_some() { refusal } else { wrong() })?;
        let shown = shown.unwrap_or_else(|| account.clone());
        let changes = match &wanted.what {
            Renewed::Password(password) => {
                let account = Account { password: password.clone(), set_at: now, ..shown };
                let others = self.tokens.of(who).filter(|token| {
                    token.session.is_some() && token.hash != wanted.by && token.is_valid(now)
                });
                let ended = others.map(|token| Change::Token(token.revoked(now)));
                [Change::Account(who.clone(), Some(Box::new(account)))].into_iter().chain(ended).collect()
            }
            Renewed::RecoveryCodes(codes) => {
                let account = Account { recovery: codes.clone(), ..shown };
                vec![Change::Account(who.clone(), Some(Box::new(account)))]
            }
        };
        self.apply(&changes);
        Ok(changes)
    }
}
