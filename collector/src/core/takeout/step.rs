//! What comes after what in an export, and what each step takes from the state.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use dogwatch_model::{EndpointId, OrgId, PersonId, SiteId};
use dogwatch_triage::alert::AlertNumber;
use jiff::Timestamp;
use serde::Serialize;

use super::{PIECE_ROWS, lines::Lines};
use crate::{
    access::{ApiToken, Grant, JoinTokenRecord, PersonKey, Principal, Sha256},
    policy::Policy,
    state::State,
};

/// Where an export is. A place is the last row that was looked at.
pub(super) enum Step {
    Head,
    Endpoints(Option<EndpointId>),
    Alerts(Option<AlertNumber>),
    Archive(u64),
    Software(Option<EndpointId>),
    Matrices,
    Plans,
    People(Option<PersonKey>),
    Grants(Option<String>),
    Tokens(Option<Sha256>),
    JoinTokens(Option<String>),
    Vouch,
    Audit(u64),
    Tail,
}

/// A token without its hash.
#[derive(Serialize)]
struct TokenLine<'a> {
    id: &'a str,
    principal: &'a Principal,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct JoinLine<'a> {
    id: &'a str,
    site: &'a SiteId,
    created_by: &'a PersonId,
    created_at: Timestamp,
    expires_at: Timestamp,
    uses: u32,
    used: u32,
    revoked_at: Option<Timestamp>,
}

impl Step {
    /// What comes after the head.
    pub(super) const FIRST: Self = Self::Endpoints(None);
    /// What comes after the lists of software.
    pub(super) const AFTER_SOFTWARE: Self = Self::Matrices;

    /// Takes what the state has for this step; gives the next one.
    pub(super) fn of_state(
        self,
        (state, policy): (&State, &Policy),
        org: &OrgId,
        lines: &mut Lines,
        seen: &mut BTreeSet<AlertNumber>,
    ) -> Self {
        match self {
            Self::Endpoints(after) => {
                let rows = state.members.after(after).map(|member| (member.endpoint.id, &member.endpoint));
                let own = rows.map(|(id, endpoint)| (id, Some(endpoint).filter(|own| own.org == *org)));
                some(own, lines, "endpoint").map_or(Self::Alerts(None), |last| Self::Endpoints(Some(last)))
            }
            Self::Alerts(after) => {
                let own = after_in(&state.alerts, after).map(|(number, item)| {
                    let own = item.alert.org == *org;
                    seen.extend(own.then_some(*number));
                    (*number, own.then_some(item))
                });
                some(own, lines, "alert").map_or(Self::Archive(0), |last| Self::Alerts(Some(last)))
            }
            Self::Matrices => {
                state
                    .matrices
                    .get(org)
                    .into_iter()
                    .flatten()
                    .for_each(|row| lines.add("matrix_version", row));
                policy.drafts.get(org).into_iter().for_each(|draft| lines.add("matrix_file", &draft.text));
                Self::Plans
            }
            Self::Plans => {
                let windows = state.windows.values().filter(|window| window.plan.org == *org);
                windows.for_each(|window| lines.add("window", window));
                let views = state.views.values().filter(|view| view.org.as_ref() == Some(org));
                views.for_each(|view| lines.add("view", view));
                Self::People(None)
            }
            register => register.of_register(state, org, lines),
        }
    }

    /// The same of who may do what.
    fn of_register(self, state: &State, org: &OrgId, lines: &mut Lines) -> Self {
        let access = &state.access;
        match self {
            Self::People(after) => {
                let rows = after_in(&access.people, after);
                let own =
                    rows.map(|(key, person)| (key.clone(), Some(person).filter(|own| own.home.touches(org))));
                some(own, lines, "person").map_or(Self::Grants(None), |last| Self::People(Some(last)))
            }
            Self::Grants(after) => {
                let rows = after_in(&access.grants, after);
                let own = rows.map(|(id, grant)| (id.clone(), concerned(grant, org)));
                some(own, lines, "grant").map_or(Self::Tokens(None), |last| Self::Grants(Some(last)))
            }
            Self::Tokens(after) => {
                let mut hashes: Vec<_> =
                    access.tokens.keys().filter(|hash| after.is_none_or(|after| **hash > after)).collect();
                hashes.sort_unstable();
                let rows = hashes.into_iter().filter_map(|hash| access.tokens.get(hash));
                let own = rows.map(|token| (token.hash, of_token(token, org)));
                some(own, lines, "token").map_or(Self::JoinTokens(None), |last| Self::Tokens(Some(last)))
            }
            Self::JoinTokens(after) => {
                let rows = after_in(&state.join_tokens, after);
                let own = rows.map(|(id, join)| (id.clone(), (join.org == *org).then(|| of_join(join))));
                some(own, lines, "join_token").map_or(Self::Vouch, |last| Self::JoinTokens(Some(last)))
            }
            _ => Self::Tail,
        }
    }
}

/// Takes as many rows as make a piece; gives the last that was looked at, if there may be more.
fn some<K, T: Serialize>(
    rows: impl Iterator<Item = (K, Option<T>)>,
    lines: &mut Lines,
    kind: &'static str,
) -> Option<K> {
    for (looked_at, (key, row)) in (1..).zip(rows) {
        row.into_iter().for_each(|row| lines.add(kind, &row));
        if lines.is_full() || looked_at >= PIECE_ROWS {
            return Some(key);
        }
    }
    None
}

/// Of as many endpoints as are looked at for a piece those of the org that have told what they have installed; and the last
/// that was looked at, if there may be more.
pub(super) fn with_software(
    state: &State,
    org: &OrgId,
    after: Option<EndpointId>,
) -> (Vec<EndpointId>, Option<EndpointId>) {
    let (mut own, mut last) = (Vec::new(), None);
    for (looked_at, member) in (1..).zip(state.members.after(after)) {
        let endpoint = &member.endpoint;
        if endpoint.org == *org && endpoint.facts.software_held.is_some() {
            own.push(endpoint.id);
        }
        if looked_at >= PIECE_ROWS {
            last = Some(endpoint.id);
            break;
        }
    }
    (own, last)
}

fn after_in<K: Ord, V>(rows: &BTreeMap<K, V>, after: Option<K>) -> impl Iterator<Item = (&K, &V)> {
    let after = after.map_or(Bound::Unbounded, Bound::Excluded);
    rows.range((after, Bound::Unbounded))
}

/// A grant as it concerns one org: nothing of others.
fn concerned(grant: &Grant, org: &OrgId) -> Option<Grant> {
    grant.scope.touches(org).then(|| {
        let mut grant = grant.clone();
        grant.approvals.retain(|other, _| other == org);
        grant
    })
}

fn of_token<'t>(token: &'t ApiToken, org: &OrgId) -> Option<TokenLine<'t>> {
    let ApiToken { id, principal, created_at, expires_at, revoked_at, .. } = token;
    let own = principal.org.as_ref() == Some(org);
    let (created_at, expires_at, revoked_at) = (*created_at, *expires_at, *revoked_at);
    own.then_some(TokenLine { id, principal, created_at, expires_at, revoked_at })
}

fn of_join(join: &JoinTokenRecord) -> JoinLine<'_> {
    JoinLine {
        id: &join.id,
        site: &join.site,
        created_by: &join.created_by,
        created_at: join.created_at,
        expires_at: join.expires_at,
        uses: join.uses,
        used: join.used,
        revoked_at: join.revoked_at,
    }
}
