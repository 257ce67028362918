//! What comes after what in an export, and what each step takes from the state.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use dogwatch_model::{EndpointId, OrgId, PersonId, Side, SiteId};
use dogwatch_triage::alert::AlertNumber;
use jiff::Timestamp;
use serde::Serialize;

use super::{PIECE_ROWS, lines::Lines};
use crate::{
    access::{
        ApiToken, Grant, JoinTokenRecord, PersonKey, Principal, Register, Scope, Seal, Session, Sha256,
    },
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
    Tokens(Option<(PersonKey, Sha256)>),
    JoinTokens(Option<String>),
    Seals(Option<Sha256>),
    Bonds(Option<PersonKey>),
    Invitations(Option<Sha256>),
    Standing,
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
    used_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'a Session>,
}

/// A sealed code: that there is one, and who keeps it.
#[derive(Serialize)]
struct SealLine<'a> {
    id: &'a str,
    side: Side,
    scope: &'a Scope,
    made_by: &'a PersonKey,
    made_at: Timestamp,
    broken_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct JoinLine<'a> {
    id: &'a str,
    site: &'a SiteId,
    created_by: &'a PersonId,
    created_side: Option<Side>,
    approval: bool,
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
        // The MSP as a whole is none of the org's business once it has left.
        let guest = access.left.get(&Side::Msp).is_none_or(|left| !left.contains(org));
        let concerns = |scope: &Scope| scope.touches(org) && (guest || *scope != Scope::Everywhere);
        match self {
            Self::People(after) => {
                let rows = after_in(&access.people, after);
                let own =
                    rows.map(|(key, person)| (key.clone(), Some(person).filter(|own| concerns(&own.home))));
                some(own, lines, "person").map_or(Self::Grants(None), |last| Self::People(Some(last)))
            }
            Self::Grants(after) => {
                let rows = after_in(&access.grants, after);
                let own = rows
                    .map(|(id, grant)| (id.clone(), concerns(&grant.scope).then(|| of_grant(grant, org))));
                some(own, lines, "grant").map_or(Self::Tokens(None), |last| Self::Grants(Some(last)))
            }
            Self::Tokens(after) => {
                let own = access.tokens.after(after).map(|(place, token)| (place, of_token(token, org)));
                some(own, lines, "token").map_or(Self::JoinTokens(None), |last| Self::Tokens(Some(last)))
            }
            Self::JoinTokens(after) => {
                let rows = after_in(&state.join_tokens, after);
                let own = rows.map(|(id, join)| (id.clone(), (join.org == *org).then(|| of_join(join))));
                some(own, lines, "join_token").map_or(Self::Seals(None), |last| Self::JoinTokens(Some(last)))
            }
            Self::Seals(after) => {
                let rows = after_in(&access.seals, after);
                let own = rows.map(|(hash, seal)| (*hash, concerns(&seal.scope).then(|| of_seal(seal))));
                some(own, lines, "seal").map_or(Self::Bonds(None), |last| Self::Seals(Some(last)))
            }
            Self::Bonds(after) => {
                let rows = after_in(&access.bonds, after);
                let own =
                    rows.map(|(key, bond)| (key.clone(), Some(bond).filter(|_| is_home(access, key, org))));
                some(own, lines, "bond").map_or(Self::Invitations(None), |last| Self::Bonds(Some(last)))
            }
            Self::Invitations(after) => {
                let rows = after_in(&access.invitations, after);
                let own = rows
                    .map(|(hash, waits)| (*hash, Some(waits).filter(|own| is_home(access, &own.to, org))));
                some(own, lines, "invitation").map_or(Self::Standing, |last| Self::Invitations(Some(last)))
            }
            Self::Standing => {
                lines.add("org_standing", &access.orgs.get(org).cloned().unwrap_or_default());
                Self::Vouch
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
fn of_grant(grant: &Grant, org: &OrgId) -> Grant {
    let mut grant = grant.clone();
    grant.approvals.retain(|other, _| other == org);
    grant
}

/// Whether somebody is at home in an org, whichever side they are on.
fn is_home(access: &Register, key: &PersonKey, org: &OrgId) -> bool {
    access.home_of(key).and_then(Scope::org) == Some(org)
}

/// A seal without its hash.
fn of_seal(seal: &Seal) -> SealLine<'_> {
    SealLine {
        id: &seal.id,
        side: seal.side,
        scope: &seal.scope,
        made_by: &seal.made_by,
        made_at: seal.made_at,
        broken_at: seal.broken_at,
    }
}

fn of_token<'t>(token: &'t ApiToken, org: &OrgId) -> Option<TokenLine<'t>> {
    let own = token.principal.org.as_ref() == Some(org);
    own.then_some(TokenLine {
        id: &token.id,
        principal: &token.principal,
        created_at: token.created_at,
        expires_at: token.expires_at,
        revoked_at: token.revoked_at,
        used_at: token.used_at,
        session: token.session.as_ref(),
    })
}

fn of_join(join: &JoinTokenRecord) -> JoinLine<'_> {
    JoinLine {
        id: &join.id,
        site: &join.site,
        created_by: &join.created_by,
        created_side: join.created_side,
        approval: join.approval,
        created_at: join.created_at,
        expires_at: join.expires_at,
        uses: join.uses,
        used: join.used,
        revoked_at: join.revoked_at,
    }
}
