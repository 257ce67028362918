//! The access register's acts, sealed codes and logins: decided purely in [`crate::access`], written down here.

use std::collections::BTreeSet;

use dogwatch_model::{OrgId, Side};
use dogwatch_triage::audit::{By, Deed};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Batch, Core, NewApiToken,
    audit::{deed, of_token},
};
use crate::{
    access::{
        Act, ApiToken, Change, Factor, Login, Past, PersonKey, Principal, Renewal, Scope, Sha256, Verb,
        free_id,
    },
    policy::Policy,
    queue,
    refusal::{Code, Refusal},
    state::State,
    storage::Table,
};

/// The setup code's key in the meta table.
pub(super) const SETUP_CODE: &str = "setup-code";

/// Writes changes of the register.
fn put(changes: &[Change], batch: &mut Batch) {
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

/// What an act was done to, for the audit.
fn on(act: &Act, changes: &[Change]) -> String {
    match act {
        Act::Invite { person, .. } => person.key().to_string(),
        Act::Reinvite(key, _) | Act::Disable(key) | Act::Enable(key) => key.to_string(),
        Act::Grant(grant) => format!("{}: {} on {} for {}", grant.id, grant.verbs, grant.scope, grant.to),
        Act::Approve(id, org) | Act::Refuse(id, org) => format!("{id} in {org}"),
        Act::End(id, _)
        | Act::Review(id, _)
        | Act::RevokeToken(id)
        | Act::Seal { id, .. }
        | Act::Unseal(id) => id.clone(),
        Act::MakeToken(_) => {
            changes.iter().find_map(token_of).map(|token| token.id.clone()).unwrap_or_default()
        }
        Act::Offboard(org, side) => format!("{side} from {org}"),
        Act::SecondFactor(org, all) => {
            format!("{org}: {}", if *all { "everybody" } else { "administrators" })
        }
    }
}

/// What changed, as the audit of an org tells of it: no hash, no secret, and no word of another org.
fn told_of(changes: &[Change], org: Option<&OrgId>) -> Value {
    let told = |change: &Change| match change {
        Change::Person(person) => Some(json!({ "person": person })),
        Change::Grant(grant) => {
            let mut grant = grant.clone();
            grant.approvals.retain(|of, _| org.is_none_or(|org| org == of));
            Some(json!({ "grant": grant }))
        }
        Change::Token(token) if !of_another(token, org) => {
            Some(json!({ "token": of_token(token), "id": token.id }))
        }
        Change::Org(org, standing) => Some(json!({ "org": org, "standing": standing })),
        Change::Seal(seal) => {
            Some(json!({ "seal": seal.id, "scope": seal.scope, "broken_at": seal.broken_at }))
        }
        Change::Invitation(_, Some(invitation)) => Some(json!({ "invitation": invitation })),
        Change::Token(_) | Change::Invitation(_, None) | Change::Account(..) | Change::Bond(_) => None,
    };
    changes.iter().filter_map(told).collect()
}

/// Whether a token is for an org of which another one's audit tells nothing.
fn of_another(token: &ApiToken, org: Option<&OrgId>) -> bool {
    let own = token.principal.org.as_ref();
    own.is_some_and(|own| org.is_some_and(|org| own != org))
}

/// What the end of a row is called in the audit, and what ended.
fn ended(change: &Change) -> Option<(&'static str, String)> {
    match change {
        Change::Person(person) => Some(("person.disable", person.key().to_string())),
        Change::Grant(grant) if grant.ended.is_none() => Some(("grant.refuse", grant.id.clone())),
        Change::Grant(grant) => Some(("grant.end", grant.id.clone())),
        Change::Token(token) => Some(("token.revoke", token.id.clone())),
        _ => None,
    }
}

/// The org that changes are about, where they are about one.
fn org_of(changes: &[Change]) -> Option<OrgId> {
    changes.iter().find_map(|change| match change {
        Change::Person(person) => person.home.org().cloned(),
        Change::Grant(grant) => grant.scope.org().cloned(),
        Change::Token(token) => token.principal.org.clone(),
        Change::Org(org, _) => Some(org.clone()),
        Change::Seal(seal) => seal.scope.org().cloned(),
        Change::Account(key, _) => key.org.clone(),
        Change::Bond(bond) => bond.person.org.clone(),
        Change::Invitation(_, invitation) => {
            invitation.as_ref().and_then(|invitation| invitation.to.org.clone())
        }
    })
}

/// Somebody as the doer of a deed, known by their key alone.
fn doer(key: &PersonKey, state: &State) -> By {
    let unknown = if key.org.is_some() { Side::Internal } else { Side::Msp };
    let side = state.access.people.get(key).map_or(unknown, |person| person.side);
    By::new(key.id.clone(), side, key.org.clone())
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
    /// Does one act of the register.
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
        let mut was: Vec<_> = changes.iter().map(|change| state.access.was(change)).collect();
        state.access.apply(&changes);
        put(&changes, batch);
        let whose: BTreeSet<_> =
            changes.iter().filter_map(token_of).map(|token| token.principal.key()).collect();
        whose.iter().for_each(|key| let_go_of(state, key, now, batch));
        let of_whom = match act {
            // Their tokens may be of many orgs; it is told where they are at home.
            Act::Reinvite(whom, _) => state.access.home_of(whom).and_then(Scope::org).cloned(),
            _ => org_of(&changes),
        };
        let org = of_whom.or_else(|| by.key().org);
        if let Some(org) = &org {
            state.uses(by, Verb::Administer, (org, None), now);
        }
        let one_by_one = matches!(act, Act::Offboard(..));
        let told = |changes: &[Change]| told_of(changes, org.as_ref());
        let (first, rest) = changes.split_at(if one_by_one { 1 } else { changes.len() });
        let was_rest = was.split_off(first.len());
        let before: Vec<Change> = was.into_iter().flatten().collect();
        let deed_of = |name: &str, on: String| deed(by, name, on, org.as_ref());
        batch.record(now, deed_of(act.name(), on(act, &changes)).before(told(&before)).after(told(first)));
        // What goes with a side is too much for one record, and each of it is somebody's.
        for (change, was) in rest.iter().zip(was_rest) {
            let Some((name, on)) = ended(change) else { continue };
            let before = was.map(|before| told(&[before]));
            let deed = deed_of(name, on).after(told(core::slice::from_ref(change)));
            batch.record(now, before.into_iter().fold(deed, |deed, before| deed.before(before)));
        }
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
            Deed::new("break-glass.open", on, seal.scope.org()).after(told_of(&changes, seal.scope.org())),
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

    /// Lets somebody in who has shown who they are.
    pub(super) fn log_in(
        &mut self,
        state: &mut State,
        login: &Login,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<ApiToken, Refusal> {
        match state.access.log_in(login, now) {
            Ok(changes) => {
                put(&changes, batch);
                let_go_of(state, &login.who, now, batch);
                let (who, bonds) = (&login.who, &state.access.bonds);
                let provider = bonds.get(who).filter(|_| login.factor == Factor::Elsewhere);
                let on = match provider {
                    Some(bond) => format!("{who} by {}", bond.provider),
                    None => who.to_string(),
                };
                batch.record(now, Deed::new("login", on, who.org.as_ref()).by(doer(who, state)));
                let mut tokens = changes.iter().filter_map(token_of);
                let opened = tokens.next().cloned();
                for ended in tokens {
                    let told = Deed::new("token.revoke", &ended.id, ended.principal.org.as_ref());
                    batch.record(now, told.by(doer(who, state)).after(of_token(ended)));
                }
                opened.ok_or_else(|| Refusal::new(Code::Unavailable, "the login opened nothing"))
            }
            Err(refusal) => {
                let told = Deed::new("login.refused", &login.who, login.who.org.as_ref());
                batch.record(now, told);
                Err(refusal)
            }
        }
    }

    /// Writes down that somebody failed to come in.
    pub(super) fn login_failed(who: Option<&PersonKey>, now: Timestamp, batch: &mut Batch) {
        let told = match who {
            Some(key) => Deed::new("login.failed", key, key.org.as_ref()),
            None => Deed::new("login.failed", "somebody unknown", None),
        };
        batch.record(now, told);
    }

    /// Takes an invitation up.
    pub(super) fn accept(
        &mut self,
        state: &mut State,
        (invitation, account): (Sha256, crate::access::Account),
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<PersonKey, Refusal> {
        let (key, changes) = state.access.accept(&invitation, account, now)?;
        put(&changes, batch);
        let told = Deed::new("invitation.accept", &key, key.org.as_ref()).by(doer(&key, state));
        // The sessions and tokens that ended; of the account itself nothing is told.
        let told = told.after(told_of(&changes, key.org.as_ref()));
        batch.record(now, told);
        let_go_of(state, &key, now, batch);
        Ok(key)
    }

    /// Changes how somebody comes in who showed their password.
    pub(super) fn renew(
        state: &mut State,
        wanted: &Renewal,
        by: &Principal,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<Vec<Change>, Refusal> {
        let changes = state.access.renew(wanted, now)?;
        put(&changes, batch);
        let_go_of(state, &wanted.who, now, batch);
        let org = wanted.who.org.as_ref();
        // The sessions that ended; of the account itself nothing is told.
        let told = deed(by, wanted.what.name(), &wanted.who, org).after(told_of(&changes, org));
        batch.record(now, told);
        Ok(changes)
    }

    /// Notes that a token is in use.
    pub(super) fn touch(state: &mut State, hash: &Sha256, now: Timestamp, batch: &mut Batch) {
        if let Some(token) = state.access.tokens.get_mut(hash)
            && token.is_valid(now)
            && token.is_worth_noting(now)
        {
            token.used_at = Some(now);
            batch.put(Table::Tokens, token.hash, &*token);
        }
    }
}

/// Trades the one-time setup code for an administrator's token.
pub(super) fn redeem_setup(
    (state, policy): (&mut State, &Policy),
    code: Sha256,
    token: NewApiToken,
    now: Timestamp,
    batch: &mut Batch,
) -> Result<ApiToken, Refusal> {
    if state.setup_code != Some(code) {
        return Err(Refusal::new(
            Code::NotAllowed,
            "the setup code is wrong or was used already; `dogwatch-collector setup-code` on the collector makes a new one",
        ));
    }
    free_id(&token.principal.person)?;
    if let Some(team) = &token.principal.team {
        policy.team_is_of(token.principal.side, team, |_| true)?;
    }
    state.setup_code = None;
    batch.delete(Table::Meta, SETUP_CODE);
    let expires_at = token.lifetime.and_then(|lifetime| now.checked_add(lifetime).ok());
    let record = ApiToken { expires_at, ..ApiToken::new(token.hash, token.principal, now) };
    let mut changes: Vec<Change> = state.access.enlist(&record, now).into_iter().map(Change::Grant).collect();
    changes.extend(state.access.people.get(&record.principal.key()).cloned().map(Change::Person));
    changes.push(Change::Token(record.clone()));
    state.access.apply(&changes);
    put(&changes, batch);
    let told = deed(&record.principal, "setup.redeem", &record.id, None);
    batch.record(now, told.after(of_token(&record)));
    Ok(record)
}
