//! The access register's acts and sealed codes: decided purely in [`crate::access`], written down here.

mod entry;
mod told;

use std::collections::BTreeSet;

use dogwatch_model::OrgId;
use dogwatch_triage::audit::Deed;
use jiff::Timestamp;

use super::{Batch, Core};
use crate::{
    access::{Act, ApiToken, Change, Past, PersonKey, Principal, Scope, Sha256, Verb},
    policy::Policy,
    queue,
    refusal::{Code, Refusal},
    state::State,
    storage::Table,
};

/// Writes changes of the register.
pub(super) fn put(changes: &[Change], batch: &mut Batch) {
    for change in changes {
        match change {
            Change::Person(person) => batch.put(Table::People, person.key(), person),
            Change::Grant(grant) => batch.put(Table::Grants, &grant.id, grant),
            Change::Token(token) => batch.put(Table::Tokens, token.hash, token),
            Change::Account(key, Some(account)) => batch.put(Table::Accounts, key, &(key, account)),
            Change::Account(key, None) => batch.delete(Table::Accounts, key),
            Change::Invitation(hash, Some(invitation)) => batch.put(Table::Invitations, hash, invitation),
            Change::Invitation(hash, None) => batch.delete(Table::Invitations, hash),
            Change::Bond(bond) => batch.put(Table::Bonds, &bond.person, bond),
            Change::Seal(seal) => batch.put(Table::Seals, seal.hash, seal),
            Change::Org(org, standing) => batch.put(Table::Orgs, org, standing),
        }
    }
}

const fn token_of(change: &Change) -> Option<&ApiToken> {
    match change {
        Change::Token(token) => Some(token),
        _ => None,
    }
}

/// Lets go of what of somebody's tokens and sessions ended long enough ago.
fn let_go_of(state: &mut State, whose: &PersonKey, now: Timestamp, batch: &mut Batch) {
    let outlived = state.access.outlived_of(whose, now);
    let_go(state, &outlived, batch);
}

/// Lets tokens go, from memory and from the store.
pub(super) fn let_go(state: &mut State, outlived: &[Sha256], batch: &mut Batch) {
    state.access.let_go(outlived);
    outlived.iter().for_each(|hash| batch.delete(Table::Tokens, hash));
}

/// Lets go of what gave rights long ago, from memory and from the store.
pub(super) fn forget(state: &mut State, past: &[Past], batch: &mut Batch) {
    for past in past {
        state.access.forget(past);
        match past {
            Past::Grant(id) => batch.delete(Table::Grants, id),
            Past::Seal(hash) => batch.delete(Table::Seals, hash),
            Past::Invitation(hash) => batch.delete(Table::Invitations, hash),
        }
    }
}

impl Core {
    /// Does one act of the register. A goodbye changes more than that, whichever way it is asked for.
    pub(super) fn access(
        &mut self,
        state: &mut State,
        act: &Act,
        by: &Principal,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<Vec<Change>, Refusal> {
        match act {
            Act::Offboard(org, side) => {
                self.offboard(state, (org, *side), by, now, batch).map(|departed| departed.changes)
            }
            act => Self::change_register(state, act, by, now, batch),
        }
    }

    /// Changes the register and nothing else, and writes down what was changed.
    pub(super) fn change_register(
        state: &mut State,
        act: &Act,
        by: &Principal,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<Vec<Change>, Refusal> {
        let changes = state.access.weigh(act, by, now)?;
        let was: Vec<_> = changes.iter().map(|change| state.access.was(change)).collect();
        // Said once is enough. A no is a word of its own, also where there was no yes before.
        let as_it_was = |(change, was): (&Change, &Option<Change>)| was.as_ref() == Some(change);
        if !matches!(act, Act::Refuse(..)) && changes.iter().zip(&was).all(as_it_was) {
            return Ok(changes);
        }
        state.access.apply(&changes);
        put(&changes, batch);
        let whose: BTreeSet<_> =
            changes.iter().filter_map(token_of).map(|token| token.principal.key()).collect();
        whose.iter().for_each(|key| let_go_of(state, key, now, batch));
        let of_whom = match act {
            // Their tokens may be of many orgs; it is told where they are at home.
            Act::Reinvite(whom, _) => state.access.home_of(whom).and_then(Scope::org).cloned(),
            _ => told::org_of(&changes),
        };
        let org = of_whom.or_else(|| by.key().org);
        if let Some(org) = &org {
            state.uses(by, Verb::Administer, (org, None), now);
        }
        told::record(act, (&changes, was), (by, org.as_ref()), now, batch);
        Ok(changes)
    }

    /// Breaks a sealed code, and tells both sides of every org concerned.
    pub(super) fn break_seal(
        &mut self,
        state: &mut State,
        policy: &Policy,
        (code, token): (Sha256, Sha256),
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<ApiToken, Refusal> {
        let (seal, changes) = state.access.break_seal(&code, token, now)?;
        put(&changes, batch);
        let on = format!("{} for {} on {}", seal.id, seal.side, seal.scope);
        batch.record(
            now,
            Deed::new("break-glass.open", on, seal.scope.org()).after(told::of(&changes, seal.scope.org())),
        );
        tracing::warn!(seal = seal.id, side = %seal.side, scope = %seal.scope, "a sealed code was broken");
        let orgs: Vec<OrgId> = match seal.scope.org() {
            Some(org) => vec![org.clone()],
            None => policy.orgs.keys().cloned().collect(),
        };
        let left = state.access.left.get(&seal.side).cloned().unwrap_or_default();
        for org in orgs.iter().filter(|org| !left.contains(*org)) {
            queue::glass_broken(state, policy, org, &seal, now, batch);
        }
        let opened = changes.iter().find_map(token_of).cloned();
        opened.ok_or_else(|| Refusal::new(Code::Unavailable, "the code opened nothing"))
    }
}
