//! API tokens: who may speak, for whom, until when.
//!
//! A token never reaches further than the one that made it, and speaks for somebody of its maker's own side: nobody makes
//! a voice for the other crew. What exactly may be made is decided in [`crate::access::Act`].

use axum::{
    Json,
    extract::{Path, State},
};
use dogwatch_model::{OrgId, PersonId, Side, SiteId, TeamId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Shared,
    caller::Caller,
    extract::{Body, Params},
    paging::page,
    problem::Problem,
    secret, teams,
};
use crate::{
    access::{self, Act, ApiToken, Change, NewPerson, PersonKey, Principal, Reach, Role, Scope, Verbs},
    policy::Policy,
};

/// A token as it is shown: never its text, never its hash.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TokenJson {
    id: String,
    #[serde(flatten)]
    principal: Principal,
    /// What its person may really do with it, at its own place or, where it reaches every org, in one of them at least.
    may: Verbs,
    /// The name of that, when it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    used_at: Option<Timestamp>,
    /// `token`, `login` or `browser`.
    kind: &'static str,
    state: &'static str,
}

impl TokenJson {
    pub(crate) fn of(api: &Shared, token: &ApiToken, reach: &Reach, now: Timestamp) -> Self {
        let may = reach.at(&token.principal.scope());
        let state = match token {
            ApiToken { revoked_at: Some(_), .. } => "revoked",
            token if token.is_valid(now) => "valid",
            _ => "expired",
        };
        Self {
            id: token.id.clone(),
            principal: token.principal.clone(),
            may,
            role: Role::named(may),
            created_at: token.created_at,
            expires_at: token.expires_at,
            revoked_at: token.revoked_at,
            used_at: api.used.of(token),
            kind: match &token.session {
                None => "token",
                Some(session) if session.browser => "browser",
                Some(_) => "login",
            },
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
    /// Nobody of this name was known in this place before.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    new_person: bool,
    /// Nobody asked for this end: it is that of the token with which it was made.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    ends_with_maker: bool,
}

impl NewToken {
    pub(crate) fn of(api: &Shared, kept: &ApiToken, text: String) -> Self {
        let now = (api.now)();
        let reach = api.core.reach(&kept.principal, now);
        let kept = TokenJson::of(api, kept, &reach, kept.created_at);
        Self { token: text, kept, new_person: false, ends_with_maker: false }
    }
}

/// Tokens, oldest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Tokens")]
pub(crate) struct List {
    tokens: Vec<TokenJson>,
    /// Where to go on, as `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Which tokens.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Query {
    /// The one org that they reach.
    org: Option<OrgId>,
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// What a new token is to be.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Oneself when absent; as `ORG:ID` or `msp:ID` with their org and side.
    person: Option<String>,
    side: Option<Side>,
    team: Option<TeamId>,
    org: Option<OrgId>,
    site: Option<SiteId>,
    role: Option<Role>,
    verbs: Option<Verbs>,
    expires_in_seconds: Option<u32>,
    #[serde(default)]
    never_expires: bool,
    #[serde(default)]
    service: bool,
}

/// `GET /api/v1/tokens`
pub(crate) async fn list(
    State(api): State<Shared>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<List>, Problem> {
    let mut tokens: Vec<ApiToken> =
        caller.see(&api, |sight| sight.tokens(caller.principal(), caller.now).into_iter().cloned().collect());
    tokens.retain(|token| query.org.is_none() || token.principal.org == query.org);
    tokens.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    let key = |token: &ApiToken| (token.created_at, token.id.clone());
    let (tokens, next) = page(tokens, key, (query.limit, query.cursor.as_deref()))?;
    let tokens = tokens
        .iter()
        .map(|token| TokenJson::of(&api, token, &api.core.reach(&token.principal, caller.now), caller.now));
    let tokens = tokens.collect();
    Ok(Json(List { tokens, next }))
}

/// `POST /api/v1/tokens`
pub(crate) async fn create(
    State(api): State<Shared>,
    caller: Caller,
    Body(wanted): Body<Wanted>,
) -> Result<(http::StatusCode, Json<NewToken>), Problem> {
    let by = caller.principal();
    let policy = api.core.policy();
    let made = secret::api_token()?;
    let own = wanted.person.is_none();
    let called = wanted.person.as_deref().map(|text| Called::of(text, &caller, &api)).transpose()?;
    let (id, place) = called.map_or((by.person.clone(), None), |called| (called.id, called.place));
    let (side, org) = match place {
        None => (wanted.side.unwrap_or(by.side), wanted.org),
        Some((side, org)) => in_place((side, org), (wanted.side, wanted.org))?,
    };
    let org = match org.or_else(|| by.org.clone()) {
        None if side != Side::Msp => Some(only_org(&caller, &api, side)?),
        org => org,
    };
    let site = wanted.site.or_else(|| by.site.clone().filter(|_| by.org == org));
    if let Some(org) = org.as_ref().filter(|org| !policy.orgs.contains_key(*org) || !caller.sees(org)) {
        return Err(Problem::not_found(format!("there is no org `{org}` that you may see")));
    }
    let scope = Scope::of(org, site);
    let person = NewPerson { id, side, home: scope.clone(), team: wanted.team, service: wanted.service };
    same_side(&policy, &person, |org| caller.sees(org))?;
    teams::of_person(&policy, &person, |org| caller.sees(org))?;
    let usual = if own { by.ceiling } else { Verbs::CREW };
    let asked_until = caller.token.session.is_none().then_some(caller.token.expires_at).flatten();
    let ends_by_itself = wanted.expires_in_seconds.is_some();
    let token = access::NewToken {
        hash: made.hash,
        person,
        scope,
        verbs: wanted.verbs.or(wanted.role.map(Role::verbs)).unwrap_or(usual),
        expires_at: super::access::ahead("expires_in_seconds", wanted.expires_in_seconds, caller.now)?,
        endless: wanted.never_expires,
        asked_until,
    };
    let changes = api.core.access(Act::MakeToken(Box::new(token)), by.clone()).await?;
    let kept = token_of(&changes)?;
    let told = NewToken {
        new_person: changes.iter().any(|change| matches!(change, Change::Person(_))),
        ends_with_maker: !ends_by_itself && asked_until.is_some() && kept.expires_at == asked_until,
        ..NewToken::of(&api, kept, made.text)
    };
    Ok((http::StatusCode::CREATED, Json(told)))
}

/// Whom a token is to be for: an id, and the side and org that stand before it.
struct Called {
    id: PersonId,
    place: Option<(Side, Option<OrgId>)>,
}

impl Called {
    fn of(text: &str, caller: &Caller, api: &Shared) -> Result<Self, Problem> {
        let wrong = |error| Problem::invalid(format!("person: {error}"));
        if !text.contains(':') {
            return Ok(Self { id: text.parse().map_err(wrong)?, place: None });
        }
        let key: PersonKey = text.parse().map_err(wrong)?;
        let known = caller.see(api, |sight| sight.person(&key).map(|person| person.side));
        // Who is not there and who is not the caller's to see are the same answer.
        let side = known.ok_or_else(|| {
            Problem::not_found(format!(
                "there is no person `{key}` that you may see; somebody new is named without the org: `{}`",
                key.id
            ))
        })?;
        Ok(Self { id: key.id, place: Some((side, key.org)) })
    }
}

/// The side and org that stand before a name, where what is asked besides does not say otherwise.
fn in_place(
    (side, org): (Side, Option<OrgId>),
    (wanted_side, wanted_org): (Option<Side>, Option<OrgId>),
) -> Result<(Side, Option<OrgId>), Problem> {
    if let Some(other) = wanted_side.filter(|wanted| (*wanted == Side::Msp) != (side == Side::Msp)) {
        return Err(Problem::invalid(format!(
            "the name stands for somebody of the {side} side, and side `{other}` is asked for; leave one of them out"
        )));
    }
    match (org, wanted_org) {
        (Some(org), Some(other)) if org != other => Err(Problem::invalid(format!(
            "the name stands for somebody of {org}, and org `{other}` is asked for; leave one of them out"
        ))),
        (org, other) => Ok((wanted_side.unwrap_or(side), org.or(other))),
    }
}

fn token_of(changes: &[Change]) -> Result<&ApiToken, Problem> {
    let found = changes.iter().find_map(|change| match change {
        Change::Token(token) => Some(token),
        _ => None,
    });
    found.ok_or_else(|| Problem::internal("a token was changed and is not there"))
}

/// The only org there is, for a person of a side that belongs to one.
fn only_org(caller: &Caller, api: &Shared, side: Side) -> Result<OrgId, Problem> {
    let policy = api.core.policy();
    let orgs: Vec<OrgId> = caller.see(api, |sight| sight.orgs(&policy).map(|(org, _)| org.clone()).collect());
    match orgs.as_slice() {
        [only] => Ok(only.clone()),
        _ => Err(Problem::invalid(format!(
            "say which org the {side} side's token is for; orgs: {}",
            orgs.iter().map(|org| org.as_str()).collect::<Vec<_>>().join(", ")
        ))),
    }
}

/// Whom a matrix that is seen knows on one side does not come in as a person of the other.
pub(super) fn same_side(
    policy: &Policy,
    person: &NewPerson,
    seen: impl Fn(&OrgId) -> bool,
) -> Result<(), Problem> {
    let concerned = policy.orgs.iter().filter(|(id, _)| seen(id) && person.home.touches(id));
    let mut known = concerned.filter_map(|(id, matrix)| Some((id, matrix.directory().person(&person.id)?)));
    match known.find(|(_, known)| known.side != person.side) {
        Some((org, known)) => Err(Problem::invalid(format!(
            "`{}` is a person of side `{}` in the matrix of {org}; give the {} side's person another id",
            person.id, known.side, person.side
        ))),
        None => Ok(()),
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
    let changes = api.core.access(Act::RevokeToken(id), caller.principal().clone()).await?;
    let kept = token_of(&changes)?;
    Ok(Json(TokenJson::of(&api, kept, &api.core.reach(&kept.principal, caller.now), caller.now)))
}
