//! The people's side of the core: a [`Desk`] is all that the API has of it, and hands out a [`Sight`], never the state itself.

use core::ops::Deref;
use std::sync::Arc;

use dogwatch_model::{EndpointId, OrgId};
use dogwatch_triage::{
    alert::AlertNumber,
    audit::{Chain, Checkpoint, PublicKey},
};
use jiff::Timestamp;

use super::{
    CoreHandle, Sight, SoftwareList,
    command::Commands,
    sight::{covers, covers_chain},
    takeout::TakeOut,
};
use crate::{
    access::{Account, ApiToken, PersonKey, Principal, Reach, Sha256},
    once::Mark,
    policy::{Policy, Standing},
    refusal::Refusal,
    state::{Health, Item},
};

/// The core as the people's side has it: commands go through, reading goes through a [`Sight`].
#[derive(Clone)]
pub struct Desk(CoreHandle);

impl Deref for Desk {
    type Target = Commands;

    fn deref(&self) -> &Commands {
        &self.0
    }
}

impl Desk {
    /// The people's side of a core.
    pub const fn new(core: CoreHandle) -> Self {
        Self(core)
    }

    /// Looks at what a reach covers. Keep it brief: the core waits meanwhile.
    pub fn see<R>(&self, reach: &Reach, look: impl FnOnce(&Sight<'_>) -> R) -> R {
        self.0.read(|state| look(&Sight::of(state, reach)))
    }

    /// The token with this hash and how far it reaches at `now`, whether it is valid or not.
    pub fn token(&self, hash: &Sha256, now: Timestamp) -> Option<(ApiToken, Reach)> {
        self.0.read(|state| {
            let token = state.access.tokens.get(hash)?;
            Some((token.clone(), state.access.reach(&token.principal, now)))
        })
    }

    /// How far somebody reaches at `now`.
    pub fn reach(&self, who: &Principal, now: Timestamp) -> Reach {
        self.0.read(|state| state.access.reach(who, now))
    }

    /// Whom somebody may mean who wants to come in, each with how they prove it, and how many comparisons that takes. For
    /// logins only: nobody is told.
    pub fn called(&self, text: &str, now: Timestamp) -> (Vec<(PersonKey, Account)>, usize) {
        self.0.read(|state| state.access.called(text, now))
    }

    /// The valid tokens and sessions of somebody, oldest first.
    pub fn tokens_of(&self, who: &Principal, now: Timestamp) -> Vec<ApiToken> {
        let key = who.key();
        let valid = |token: &&ApiToken| token.is_valid(now);
        let mut tokens: Vec<_> =
            self.0.read(|state| state.access.tokens.of(&key).filter(valid).cloned().collect());
        tokens.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        tokens
    }

    /// What changes, for whoever listens; each is told what their reach covers then.
    pub(crate) const fn feed(&self) -> &crate::feed::Feed {
        &self.0.feed
    }

    /// What is known of a request under a key, which only who asked it can name.
    pub fn done_once(&self, id: &Sha256) -> Option<Mark> {
        self.0.read(|state| state.once.get(id).cloned())
    }

    /// Whether all is well.
    pub fn health(&self) -> Health {
        self.0.health()
    }

    /// The policy in force.
    pub fn policy(&self) -> Arc<Policy> {
        self.0.policy()
    }

    /// What the policy files came to when they were last read.
    pub fn policy_files(&self) -> Arc<Standing> {
        self.0.policy_files()
    }

    /// One alert, also when it ended long ago. What is another's is looked for in the archive as what never was: neither the
    /// answer nor the way to it tells them apart.
    ///
    /// # Errors
    /// `Unavailable` when the archive cannot be read.
    pub async fn alert(&self, reach: &Reach, number: AlertNumber) -> Result<Option<Item>, Refusal> {
        match self.see(reach, |sight| sight.alert(number).cloned()) {
            Some(item) => Ok(Some(item)),
            None => Ok(self.0.read_archived(number).await?.filter(|item| covers(reach, item))),
        }
    }

    /// The alerts of the archive whose number divided by [`super::SHELF`] is `shelf`.
    ///
    /// # Errors
    /// `Unavailable` when the archive cannot be read.
    pub async fn shelf(&self, reach: &Reach, shelf: u64) -> Result<Vec<Item>, Refusal> {
        let mut items = self.0.read_shelf(shelf).await?;
        items.retain(|item| covers(reach, item));
        Ok(items)
    }

    /// The records of a chain of the audit whose number divided by [`crate::audit::SHELF`] is `shelf`, as they were hashed;
    /// none of a chain that the reach does not cover whole.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read.
    pub async fn audit(&self, reach: &Reach, chain: &Chain, shelf: u64) -> Result<Vec<Vec<u8>>, Refusal> {
        if covers_chain(reach, chain) {
            self.0.read_audit(chain.clone(), shelf).await
        } else {
            Ok(Vec::new())
        }
    }

    /// The checkpoints of a chain of the audit, one of this moment included.
    ///
    /// # Errors
    /// `Unavailable` when the core has ended.
    pub async fn checkpoints(&self, reach: &Reach, chain: &Chain) -> Result<Vec<Checkpoint>, Refusal> {
        if covers_chain(reach, chain) { self.0.read_checkpoints(chain.clone()).await } else { Ok(Vec::new()) }
    }

    /// What the audit's checkpoints are signed with, and its short name. It is no secret.
    pub fn audit_key(&self) -> Option<(String, PublicKey)> {
        self.0.read(|state| state.audit.key.as_ref().map(|key| (key.id().to_owned(), key.public())))
    }

    /// Everything of an org, piece by piece, as long as a token may take it out.
    pub(crate) fn take_out(&self, token: Sha256, org: OrgId, now: fn() -> Timestamp) -> TakeOut {
        TakeOut::new(self.0.clone(), token, org, now)
    }

    /// What an endpoint has installed.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read.
    pub async fn software(&self, reach: &Reach, id: EndpointId) -> Result<Option<SoftwareList>, Refusal> {
        match self.see(reach, |sight| sight.member(id).is_some()) {
            true => self.0.read_software(id).await,
            false => Ok(None),
        }
    }
}
