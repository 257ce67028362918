//! API tokens: who may speak, for whom, until when.
//!
//! A token never reaches further than the one that made it: whoever sees one org only makes tokens for that org and
//! for their own side only, so that nobody speaks or decides for the other crew.

use axum::{
    Json,
    extract::{Path, State},
};
use dogwatch_model::{OrgId, PersonId, Side, TeamId};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Shared, caller::Caller, extract::Body, problem::Problem, secret};
use crate::{
    access::{ApiToken, Principal, Role, Verbs},
    core::NewApiToken,
    policy::Policy,
};

/// The longest life that can be asked for: ten years. No expiry at all is possible, too, by saying nothing.
const MAX_LIFETIME_SECONDS: u32 = 10 * 366 * 24 * 3600;

/// A token as it is shown: never its text, never its hash.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TokenJson {
    id: String,
    #[serde(flatten)]
    principal: Principal,
    /// The name of its verbs, when they have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
    state: &'static str,
}

impl TokenJson {
    pub(crate) fn of(token: &ApiToken, now: Timestamp) -> Self {
        let state = match token {
            ApiToken { revoked_at: Some(_), .. } => "revoked",
            token if token.is_valid(now) => "valid",
            _ => "expired",
        };
        Self {
            id: token.id.clone(),
            principal: token.principal.clone(),
            role: Role::named(token.principal.ceiling),
            created_at: token.created_at,
            expires_at: token.expires_at,
            revoked_at: token.revoked_at,
            state,
        }
    }
}

/// A token just made: the one time that its text is shown.
#[derive(Serialize, JsonSchema)]
pub(crate) struct NewToken {
    token: String,
    #[serde(flatten)]
    kept: TokenJson,
}

impl NewToken {
    pub(crate) fn of(kept: &ApiToken, text: String) -> Self {
        Self { token: text, kept: TokenJson::of(kept, kept.created_at) }
    }
}

/// Tokens, oldest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Tokens")]
pub(crate) struct List {
    tokens: Vec<TokenJson>,
}

/// What a new token is to be.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    person: PersonId,
    side: Side,
    team: Option<TeamId>,
    org: Option<OrgId>,
    #[serde(default = "member")]
    role: Role,
    /// Exactly these, instead of a role's.
    verbs: Option<Verbs>,
    expires_in_seconds: Option<u32>,
}

const fn member() -> Role {
    Role::Member
}

/// `GET /api/v1/tokens`
pub(crate) async fn list(State(api): State<Shared>, caller: Caller) -> Json<List> {
    let mut tokens: Vec<ApiToken> =
        caller.see(&api, |sight| sight.tokens(caller.principal(), caller.now).into_iter().cloned().collect());
    tokens.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Json(List { tokens: tokens.iter().map(|token| TokenJson::of(token, caller.now)).collect() })
}

/// `POST /api/v1/tokens`
pub(crate) async fn create(
    State(api): State<Shared>,
    caller: Caller,
    Body(wanted): Body<Wanted>,
) -> Result<(http::StatusCode, Json<NewToken>), Problem> {
    let Wanted { person, side, team, org, role, verbs, expires_in_seconds } = wanted;
    let policy = api.core.policy();
    let org = scope(caller.principal(), side, org, &policy.orgs.keys().collect::<Vec<_>>())?;
    same_side(&policy, org.as_ref(), &person, side)?;
    let lifetime = match expires_in_seconds {
        Some(seconds @ 1..=MAX_LIFETIME_SECONDS) => Some(SignedDuration::from_secs(seconds.into())),
        Some(_) => {
            return Err(Problem::invalid(format!(
                "`expires_in_seconds` must be from 1 to {MAX_LIFETIME_SECONDS}; leave it out for a token without an end"
            )));
        }
        None => None,
    };
    let made = secret::api_token()?;
    let maker = Some(caller.principal().key());
    let ceiling = verbs.unwrap_or(role.verbs());
    let principal = Principal { person, side, team, org, site: None, ceiling, maker };
    let token = NewApiToken { hash: made.hash, principal, lifetime };
    let kept = api.core.create_token(token, caller.principal().clone()).await?;
    Ok((http::StatusCode::CREATED, Json(NewToken::of(&kept, made.text))))
}

/// Whom a matrix knows on one side does not come in as a person of the other.
fn same_side(policy: &Policy, org: Option<&OrgId>, person: &PersonId, side: Side) -> Result<(), Problem> {
    let concerned = policy.orgs.iter().filter(|(id, _)| org.is_none_or(|org| org == *id));
    let mut known = concerned.filter_map(|(id, matrix)| Some((id, matrix.directory().person(person)?)));
    match known.find(|(_, known)| known.side != side) {
        Some((org, known)) => Err(Problem::invalid(format!(
            "`{person}` is a person of side `{}` in the matrix of {org}; give the {side} side's person another id",
            known.side
        ))),
        None => Ok(()),
    }
}

/// The org that a new token of a side may see: never more than its maker sees, and every org only for the MSP's own people.
fn scope(
    maker: &Principal,
    side: Side,
    wanted: Option<OrgId>,
    orgs: &[&OrgId],
) -> Result<Option<OrgId>, Problem> {
    if maker.org.is_some() && side != maker.side {
        return Err(Problem::not_allowed(format!(
            "you may make tokens of your own side, {}, only; ask an administrator of the {side} side",
            maker.side
        )));
    }
    match (&maker.org, wanted) {
        (Some(own), Some(org)) if *own != org => {
            Err(Problem::not_found(format!("there is no org `{org}` that you may see")))
        }
        (Some(own), _) => Ok(Some(own.clone())),
        (None, Some(org)) if !orgs.contains(&&org) => {
            Err(Problem::not_found(format!("there is no org `{org}` that you may see")))
        }
        (None, Some(org)) => Ok(Some(org)),
        (None, None) if side == Side::Msp => Ok(None),
        (None, None) => match orgs {
            [only] => Ok(Some((*only).clone())),
            _ => Err(Problem::invalid(format!(
                "say which org the {side} side's token is for; orgs: {}",
                orgs.iter().map(|org| org.as_str()).collect::<Vec<_>>().join(", ")
            ))),
        },
    }
}

/// `DELETE /api/v1/tokens/{id}`
pub(crate) async fn revoke(
    State(api): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<TokenJson>, Problem> {
    let found = caller
        .see(&api, |sight| sight.tokens(caller.principal(), caller.now).iter().any(|token| token.id == id));
    if !found {
        return Err(Problem::not_found(format!("there is no token `{id}` that you may see")));
    }
    let kept = api.core.revoke_token(id, caller.principal().clone()).await?;
    Ok(Json(TokenJson::of(&kept, caller.now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn org(name: &str) -> OrgId {
        OrgId::new(name).unwrap()
    }

    fn maker(own: Option<&str>) -> Principal {
        let person = PersonId::new("kim").unwrap();
        Principal {
            person,
            side: Side::Msp,
            team: None,
            org: own.map(org),
            site: None,
            ceiling: Verbs::ALL,
            maker: None,
        }
    }

    #[test]
    fn only_the_msps_own_people_see_every_org() {
        let (acme, globex) = (org("acme"), org("globex"));
        let both = [&acme, &globex];
        let all = maker(None);
        assert_eq!(scope(&all, Side::Msp, None, &both).ok(), Some(None));
        assert_eq!(scope(&all, Side::Internal, None, &[&acme]).ok(), Some(Some(org("acme"))));
        assert!(scope(&all, Side::Internal, None, &both).is_err(), "which customer's is it?");
        assert!(scope(&all, Side::Vendor, None, &[]).is_err());
        assert!(scope(&all, Side::Internal, Some(org("initech")), &both).is_err(), "no such org");
    }

    #[test]
    fn whoever_sees_one_org_makes_tokens_for_that_org() {
        let (acme, globex) = (org("acme"), org("globex"));
        let both = [&acme, &globex];
        let one = maker(Some("acme"));
        assert_eq!(scope(&one, Side::Msp, None, &both).ok(), Some(Some(org("acme"))));
        assert!(scope(&one, Side::Msp, Some(org("globex")), &both).is_err());
    }

    #[test]
    fn whoever_sees_one_org_makes_no_token_of_another_side() {
        let acme = org("acme");
        let one = maker(Some("acme"));
        for other in [Side::Internal, Side::Vendor] {
            let refused = scope(&one, other, None, &[&acme]).unwrap_err();
            assert_eq!(serde_json::to_value(&refused).unwrap()["status"], 403, "{other}");
        }
    }
}
