//! What is asked about people, their rights and their ways in, and about join tokens.

use std::net::IpAddr;

use dogwatch_model::{OrgId, Side};
use jiff::SignedDuration;

use super::{Command, Commands, NewJoinToken};
use crate::{
    access::{
        self, Account, ApiToken, Change, JoinTokenRecord, Login, PersonKey, Principal, Renewal, Sha256,
    },
    core::{Departed, Input},
    identity::Proved,
    origin::Origin,
    refusal::Refusal,
};

/// An API token to make.
#[derive(Debug, Clone)]
pub struct NewApiToken {
    /// Hash of its text.
    pub hash: Sha256,
    /// Who it speaks for.
    pub principal: Principal,
    /// For how long it works; absent for ever.
    pub lifetime: Option<SignedDuration>,
}

impl Commands {
    /// Trades the one-time setup code for an administrator's API token.
    ///
    /// # Errors
    /// `NotAllowed` when the code is wrong or gone.
    pub async fn redeem_setup(&self, code: Sha256, token: NewApiToken) -> Result<ApiToken, Refusal> {
        self.ask(|reply| Command::RedeemSetup { code, token, reply }).await
    }

    /// Does an act of the access register, and gives what it changed.
    ///
    /// # Errors
    /// As [`crate::access::Register::act`] says.
    pub async fn access(&self, act: access::Act, by: Principal) -> Result<Vec<Change>, Refusal> {
        self.ask(|reply| Command::Access(Box::new(act), by, reply)).await
    }

    /// Trades a sealed code for an hour's token.
    ///
    /// # Errors
    /// `NotAllowed` for a code that is none, or was used.
    pub async fn break_seal(&self, code: Sha256, token: Sha256) -> Result<ApiToken, Refusal> {
        self.ask(|reply| Command::BreakSeal { code, token, reply }).await
    }

    /// Opens a session for somebody whose password was right.
    ///
    /// # Errors
    /// As [`crate::access::Register::log_in`] says.
    pub async fn log_in(&self, login: Login) -> Result<ApiToken, Refusal> {
        self.ask(|reply| Command::Login(Box::new(login), reply)).await
    }

    /// Takes an invitation up, and gives whose it was and what changed.
    ///
    /// # Errors
    /// As [`crate::access::Register::accept`] says.
    pub async fn accept(
        &self,
        invitation: Sha256,
        account: Account,
    ) -> Result<(PersonKey, Vec<Change>), Refusal> {
        self.ask(|reply| Command::Accept { invitation, account: Box::new(account), reply }).await
    }

    /// Changes how somebody comes in whose password was right, and gives what that changed.
    ///
    /// # Errors
    /// As [`crate::access::Register::renew`] says.
    pub async fn renew(&self, wanted: Renewal, by: Principal) -> Result<Vec<Change>, Refusal> {
        self.ask(|reply| Command::Renew(Box::new(wanted), by, reply)).await
    }

    /// A side leaves an org for good.
    ///
    /// # Errors
    /// As [`crate::access::Register::act`] says.
    pub async fn offboard(&self, org: OrgId, side: Side, by: Principal) -> Result<Departed, Refusal> {
        self.ask(|reply| Command::Offboard(org, side, by, reply)).await
    }

    /// Has it written down that an org's data is taken out, if who asks may do that.
    ///
    /// # Errors
    /// `NotFound`, `NotAllowed`.
    pub async fn note_export(&self, org: OrgId, by: Principal) -> Result<(), Refusal> {
        self.ask(|reply| Command::TakeOut(org, by, reply)).await
    }

    /// Has it written down that an org was made.
    ///
    /// # Errors
    /// `Unavailable` when the collector cannot write.
    pub async fn note_org(&self, org: &OrgId, by: Principal) -> Result<(), Refusal> {
        self.ask(|reply| Command::NoteOrg(org.clone(), by, reply)).await
    }

    /// Lets somebody in whom a provider has proved: gives who they are here. A token or session is made for that.
    ///
    /// # Errors
    /// `NotAllowed` when the id is another's, or the person may not come in.
    pub(crate) async fn sign_in(&self, proved: Box<Proved>) -> Result<Principal, Refusal> {
        self.ask(|reply| Command::SignIn(proved, reply)).await
    }

    /// Has it written down that somebody failed to come in. Nobody waits for it; the log has it in any case.
    pub fn note_failed_login(&self, who: Option<PersonKey>) {
        // It is no effect of the request: under a key that may be tried again.
        let origin = Origin { once: None, ..Origin::current() };
        let _ = self.inputs.try_send(Input::Command(origin, Box::new(Command::LoginFailed(who))));
    }

    /// Has it noted that a token is in use. Nobody waits for it.
    pub fn note_use(&self, token: Sha256) {
        let _ = self.inputs.try_send(Input::Command(Origin::current(), Box::new(Command::Touch(token))));
    }

    /// Has it noted that a token was refused because it has ended. Nobody waits for it.
    pub fn note_refused(&self, token: Sha256, from: Option<IpAddr>) {
        let _ = self.inputs.try_send(Input::TokenRefused(token, from));
    }

    /// Makes a join token.
    ///
    /// # Errors
    /// `NotFound` when the org has no matrix.
    pub async fn create_join_token(
        &self,
        token: NewJoinToken,
        by: Principal,
    ) -> Result<JoinTokenRecord, Refusal> {
        self.ask(|reply| Command::CreateJoinToken(token, by, reply)).await
    }

    /// Withdraws a join token by its short id.
    ///
    /// # Errors
    /// `NotFound` when there is none that the principal may see.
    pub async fn revoke_join_token(&self, id: String, by: Principal) -> Result<JoinTokenRecord, Refusal> {
        self.ask(|reply| Command::RevokeJoinToken(id, by, reply)).await
    }
}
