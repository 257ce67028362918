//! Coming in: taking up an invitation, and logging in with what one knows and what one holds.
//!
//! The password was compared before, away from the core's thread; whether the second factor is asked for, and that no
//! code works twice, is decided here, where two logins at the same instant come one after the other.

use jiff::Timestamp;

use super::{
    Account, ApiToken, Change, OrgStanding, PersonKey, Principal, Register, SESSION_LIFETIME, Scope, Session,
    Sha256, Totp, Verbs,
};
use crate::refusal::{Code, Refusal};

/// What somebody showed besides their password.
#[derive(Debug, Clone, PartialEq)]
pub enum Factor {
    /// Nothing.
    None,
    /// A code that is right for this step, of the second factor in use or of the one that waits for its first code.
    Totp(u64),
    /// A recovery code, by its hash.
    Recovery(Sha256),
    /// Somebody else has looked after it: the identity provider.
    Elsewhere,
}

/// A login whose password was right.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    /// Who.
    pub who: PersonKey,
    /// When the password that was compared was set: it may have been changed meanwhile.
    pub set_at: Option<Timestamp>,
    /// What they showed besides.
    pub factor: Factor,
    /// Hash of the session's token.
    pub hash: Sha256,
    /// It is a browser's.
    pub browser: bool,
    /// The session whose cookie came along: it ends with this login.
    pub instead_of: Option<Sha256>,
}

/// The one answer to every login that does not work: it does not tell which part was wrong.
pub const NO_LOGIN: &str = "person, password and code do not go together; a code works once, so wait for the next one and try again, with your \
                            name as `ORG:NAME` (`msp:NAME`), or ask an administrator of your side for a new invitation";

/// The answer to a token that goes back to a login by password alone, where that is not enough any more.
pub fn second_factor_wanted() -> Refusal {
    Refusal {
        reason: Some("second_factor"),
        ..Refusal::new(
            Code::Unauthenticated,
            "a second factor is needed by now, and this token goes back to a login by password alone; log in again with the \
             second factor: `dogwatch login`",
        )
    }
}

/// The answer to a right recovery code of somebody who has never shown a code: nothing says yet that they hold the factor
/// for which it would stand in, and it is not used up.
const NOT_YET: &str = "a recovery code counts once you have logged in with your authenticator: give the six digits that it shows now; \
                       if the secret was not kept, ask an administrator of your side for a new invitation";

impl Register {
    /// Opens a session.
    ///
    /// # Errors
    /// `Unauthenticated` in the same words whatever was wrong; `NotAllowed` where only the second factor is missing.
    pub fn log_in(&mut self, login: &Login, now: Timestamp) -> Result<Vec<Change>, Refusal> {
        let wrong = || Refusal::new(Code::Unauthenticated, NO_LOGIN);
        let person = self.people.get(&login.who).filter(|person| person.may_come_in(now) && !person.service);
        let person = person.ok_or_else(wrong)?;
        let mut changes = Vec::new();
        if login.factor != Factor::Elsewhere {
            let account = self.accounts.get(&login.who).ok_or_else(wrong)?;
            if login.set_at != Some(account.set_at) {
                return Err(wrong());
            }
            let account = self.with_factor(&login.who, account, &login.factor, now)?;
            changes
                .extend(account.map(|account| Change::Account(login.who.clone(), Some(Box::new(account)))));
        }
        let within = Scope::of(login.who.org.clone(), None);
        let principal = Principal {
            team: person.team.clone(),
            password_only: login.factor == Factor::None,
            ..Principal::new(person.id.clone(), person.side, &within, Verbs::ALL)
        };
        changes.push(Change::Token(ApiToken {
            expires_at: Some(now + SESSION_LIFETIME),
            session: Some(Session { browser: login.browser }),
            used_at: Some(now),
            ..ApiToken::new(login.hash, principal, now)
        }));
        let before = login.instead_of.and_then(|hash| self.tokens.get(&hash));
        let before = before.filter(|before| before.is_browser() && before.is_valid(now));
        let crowded_out = self.crowded_out((&login.who, before.map(|before| before.hash)), now);
        let ended = before.map(|before| before.revoked(now)).into_iter().chain(crowded_out);
        changes.extend(ended.map(Change::Token));
        changes.extend(self.handed_over(&login.who, now));
        self.apply(&changes);
        Ok(changes)
    }

    /// The account after a factor was shown, if that changes it.
    pub(super) fn with_factor(
        &self,
        who: &PersonKey,
        account: &Account,
        factor: &Factor,
        now: Timestamp,
    ) -> Result<Option<Account>, Refusal> {
        let wrong = || Refusal::new(Code::Unauthenticated, NO_LOGIN);
        let mut account = account.clone();
        match (factor, &account.totp, account.pending.clone()) {
            (Factor::Totp(step), Some(totp), _) if *step > totp.used => {
                account.totp = Some(Totp { used: *step, ..totp.clone() });
            }
            (Factor::Totp(step), None, Some(key)) => {
                account.totp = Some(Totp { key, used: *step });
                account.pending = None;
            }
            (Factor::Recovery(code), Some(_), _) if account.recovery.remove(code) => {}
            (Factor::Recovery(code), None, Some(_)) if account.recovery.contains(code) => {
                return Err(Refusal {
                    reason: Some("second_factor"),
                    ..Refusal::new(Code::Unauthenticated, NOT_YET)
                });
            }
            (Factor::None, None, _) if !self.needs_second_factor(who, now) => return Ok(None),
            (Factor::None, _, _) => {
                return Err(Refusal {
                    reason: Some("second_factor"),
                    ..Refusal::new(
                        Code::Unauthenticated,
                        "the code of your second factor is missing: the six digits that your authenticator shows now",
                    )
                });
            }
            _ => return Err(wrong()),
        }
        Ok(Some(account))
    }

    /// Whether somebody comes in with a second factor only: administrators, and everybody who reaches an org that says so,
    /// whichever side they are of.
    pub fn needs_second_factor(&self, who: &PersonKey, now: Timestamp) -> bool {
        let Some(person) = self.people.get(who) else { return true };
        let mut given = self.grants_of(who, now);
        self.asks_second_factor(&person.home)
            || given.any(|grant| !grant.verbs.risky().is_empty() || self.asks_second_factor(&grant.scope))
    }

    /// Whether whoever reaches a place is to have a second factor: by the rule of its org, or of any where it is all of them.
    pub(super) fn asks_second_factor(&self, place: &Scope) -> bool {
        match place.org() {
            Some(org) => self.orgs.get(org).is_some_and(|standing| standing.second_factor_for_all),
            None => self.orgs.values().any(OrgStanding::asks_of_guests),
        }
    }

    /// Whether nothing comes through a token because it goes back to a login by password alone, of somebody who needs a
    /// second factor by now: rights and an org's rule may have come after the login. A provider looks after its own.
    pub fn lacks_second_factor(&self, who: &Principal, now: Timestamp) -> bool {
        who.password_only && self.needs_second_factor(who.maker.as_ref().unwrap_or(&who.key()), now)
    }

    /// Takes an invitation up: the account is from now on the only one of that person, and all that spoke for them before
    /// ends, tokens made by hand included: they may be somebody else's who came in as them, or were handed over. An org's first
    /// owner begins anew with it (`beginning.rs`).
    ///
    /// # Errors
    /// `NotAllowed` for one that is none, was used or has expired.
    pub fn accept(
        &mut self,
        invitation: &Sha256,
        account: Account,
        now: Timestamp,
    ) -> Result<(PersonKey, Vec<Change>), Refusal> {
        let refused = || {
            Refusal::new(
                Code::NotAllowed,
                "the invitation is wrong, was taken up already or has expired; ask for a new one: `dogwatch access invite \
                 --again PERSON`",
            )
        };
        let found =
            self.invitations.get(invitation).filter(|found| now < found.expires_at).ok_or_else(refused)?;
        let key = found.to.clone();
        let set_by = Some(self.behind_invitation(found, now));
        let known = self.people.get(&key).is_some_and(|person| person.may_come_in(now) && !person.service);
        if !known {
            return Err(refused());
        }
        let mut changes = vec![
            Change::Invitation(*invitation, None),
            Change::Account(key.clone(), Some(Box::new(Account { set_by, ..account }))),
        ];
        changes.extend(self.back_by(found, now));
        changes.extend(self.shut_out(&key, now));
        changes.extend(self.begun_anew(&key, now));
        self.apply(&changes);
        Ok((key, changes))
    }

    /// The scope of a person's home.
    pub fn home_of(&self, key: &PersonKey) -> Option<&Scope> {
        self.people.get(key).map(|person| &person.home)
    }
}
