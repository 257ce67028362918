//! What the audit is told of the register's acts: what was done to what, with the rows as they were and as they are.

use dogwatch_model::OrgId;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    super::{
        Batch,
        audit::{deed, of_token},
    },
    token_of,
};
use crate::access::{Act, ApiToken, Change, Principal};

/// Writes an act down, with what its changes took the place of.
pub(super) fn record(
    act: &Act,
    (changes, mut was): (&[Change], Vec<Option<Change>>),
    (by, org): (&Principal, Option<&OrgId>),
    now: Timestamp,
    batch: &mut Batch,
) {
    let one_by_one = matches!(act, Act::Offboard(..));
    let (first, rest) = changes.split_at(if one_by_one { 1 } else { changes.len() });
    let was_rest = was.split_off(first.len());
    let before: Vec<Change> = was.into_iter().flatten().collect();
    let done = deed(by, act.name(), on(act, changes), org);
    batch.record(now, done.before(of(&before, org)).after(of(first, org)));
    // What goes with a side is too much for one record, and each of it is somebody's.
    for (change, was) in rest.iter().zip(was_rest) {
        let Some((name, on)) = change.end() else { continue };
        let done = deed(by, name, on, org).after(of(core::slice::from_ref(change), org));
        let before = was.map(|before| of(&[before], org));
        batch.record(now, before.into_iter().fold(done, |done, before| done.before(before)));
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
pub(super) fn of(changes: &[Change], org: Option<&OrgId>) -> Value {
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

/// The org that changes are about, where they are about one.
pub(super) fn org_of(changes: &[Change]) -> Option<OrgId> {
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
