//! Coming in, written down: logins and those that failed, invitations taken up, ways in that somebody made anew.

use dogwatch_model::Side;
use dogwatch_triage::audit::{By, Deed};
use jiff::Timestamp;

use super::{
    super::{
        Batch, Core,
        audit::{deed, of_token},
    },
    let_go_of, put, token_of, told,
};
use crate::{
    access::{Account, ApiToken, Change, Factor, Login, PersonKey, Principal, Renewal, Sha256},
    refusal::{Code, Refusal},
    state::State,
    storage::Table,
};

impl Core {
    /// Lets somebody in who has shown who they are.
    pub(in crate::core) fn log_in(
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
    pub(in crate::core) fn login_failed(who: Option<&PersonKey>, now: Timestamp, batch: &mut Batch) {
        let told = match who {
            Some(key) => Deed::new("login.failed", key, key.org.as_ref()),
            None => Deed::new("login.failed", "somebody unknown", None),
        };
        batch.record(now, told);
    }

    /// Takes an invitation up.
    pub(in crate::core) fn accept(
        &mut self,
        state: &mut State,
        (invitation, account): (Sha256, Account),
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<(PersonKey, Vec<Change>), Refusal> {
        let (key, changes) = state.access.accept(&invitation, account, now)?;
        put(&changes, batch);
        let org = key.org.as_ref();
        let (own, others): (Vec<_>, Vec<_>) =
            changes.iter().cloned().partition(|change| change.whose() == Some(key.clone()));
        let told = Deed::new("invitation.accept", &key, org).by(doer(&key, state));
        // The sessions and tokens that ended; of the account itself nothing is told.
        batch.record(now, told.after(told::of(&own, org)));
        // Each of what ends besides is somebody's.
        for change in &others {
            let Some((name, on)) = change.end() else { continue };
            let told = Deed::new(name, on, org).by(doer(&key, state));
            batch.record(now, told.after(told::of(core::slice::from_ref(change), org)));
        }
        let_go_of(state, &key, now, batch);
        Ok((key, changes))
    }

    /// Changes how somebody comes in who showed their password.
    pub(in crate::core) fn renew(
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
        let told = deed(by, wanted.what.name(), &wanted.who, org).after(told::of(&changes, org));
        batch.record(now, told);
        Ok(changes)
    }

    /// Notes that a token is in use.
    pub(in crate::core) fn touch(state: &mut State, hash: &Sha256, now: Timestamp, batch: &mut Batch) {
        if let Some(token) = state.access.tokens.get_mut(hash)
            && token.is_valid(now)
            && token.is_worth_noting(now)
        {
            token.used_at = Some(now);
            batch.put(Table::Tokens, token.hash, &*token);
        }
    }
}

/// Somebody as the doer of a deed, known by their key alone.
fn doer(key: &PersonKey, state: &State) -> By {
    let unknown = if key.org.is_some() { Side::Internal } else { Side::Msp };
    let side = state.access.people.get(key).map_or(unknown, |person| person.side);
    By::new(key.id.clone(), side, key.org.clone())
}
