//! The first administrator: with the code that the collector wrote down when it began, once.

use jiff::Timestamp;

use super::{
    Batch, NewApiToken,
    access::put,
    audit::{deed, of_token},
};
use crate::{
    access::{ApiToken, Change, Sha256, free_id},
    policy::Policy,
    refusal::{Code, Refusal},
    state::State,
    storage::Table,
};

/// The setup code's key in the meta table.
pub(super) const SETUP_CODE: &str = "setup-code";

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
        let side = token.principal.side;
        policy.team_is_of(side, team, |org| !state.access.has_left(side, org))?;
    }
    state.setup_code = None;
    batch.delete(Table::Meta, SETUP_CODE);
    let expires_at = token.lifetime.and_then(|lifetime| now.checked_add(lifetime).ok());
    let record = ApiToken { expires_at, ..ApiToken::new(token.hash, token.principal, now) };
    let mut changes = state.access.enlist(&record, now);
    state.access.apply_one(Change::Token(record.clone()));
    changes.push(Change::Token(record.clone()));
    put(&changes, batch);
    let told = deed(&record.principal, "setup.redeem", &record.id, None);
    batch.record(now, told.after(of_token(&record)));
    Ok(record)
}
