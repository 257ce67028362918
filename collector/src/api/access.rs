//! The access register: grants, their approvals and reviews, why somebody may or may not.

use axum::{
    Json,
    extract::{Path, State},
};
use dogwatch_model::OrgId;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Shared,
    caller::Caller,
    extract::{Body, Params},
    place::{known_org, place},
    problem::Problem,
    secret,
};
use crate::{
    access::{Act, Due, Explained, Grant, GrantState, NewGrant, PersonKey, Scope, Verb, Verbs},
    core::Sight,
};

/// The farthest that a grant's end or review can lie ahead: ten years.
const MAX_SECONDS: u32 = 10 * 366 * 24 * 3600;

/// Orgs that a refusal names; more are counted. It is to be read in a line or two.
const MAX_ORGS_NAMED: usize = 8;

/// A grant as it is shown.
#[derive(Serialize, JsonSchema)]
pub(crate) struct GrantJson {
    #[serde(flatten)]
    grant: Grant,
    state: GrantState,
}

impl GrantJson {
    fn of(grant: Grant, sight: &Sight<'_>, now: Timestamp) -> Self {
        Self { state: sight.grant_state(&grant, now), grant }
    }
}

/// Grants, oldest first.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Grants {
    grants: Vec<GrantJson>,
}

/// Which grants.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    org: Option<OrgId>,
    person: Option<String>,
    #[serde(default)]
    all: bool,
}

/// `GET /api/v1/access/grants`
pub(crate) async fn list(
    State(api): State<Shared>,
    caller: Caller,
    Params(which): Params<Which>,
) -> Result<Json<Grants>, Problem> {
    known_org(&api, &caller, which.org.as_ref())?;
    let now = caller.now;
    let mut grants = caller.see(&api, |sight| {
        let keys = which.person.as_deref().map(|person| match sight.named(person) {
            Some(key) => vec![key],
            None => sight.namesakes(person),
        });
        let wanted = |grant: &Grant| {
            which.org.as_ref().is_none_or(|org| grant.scope.touches(org))
                && keys.as_ref().is_none_or(|keys| keys.contains(&grant.to))
                && (which.all || grant.is_in_force(now))
        };
        let listed = sight.register_grants().filter(wanted);
        listed.map(|grant| GrantJson::of(grant, sight, now)).collect::<Vec<_>>()
    });
    grants.sort_by(|GrantJson { grant: a, .. }, GrantJson { grant: b, .. }| {
        (a.given_at, &a.id).cmp(&(b.given_at, &b.id))
    });
    Ok(Json(Grants { grants }))
}

/// What is to be looked at.
#[derive(Serialize, JsonSchema)]
pub(crate) struct DueList {
    due: Vec<Due>,
}

/// `GET /api/v1/access/due`
pub(crate) async fn due(State(api): State<Shared>, caller: Caller) -> Json<DueList> {
    Json(DueList { due: caller.see(&api, |sight| sight.due(caller.now)) })
}

/// What is asked.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    person: String,
    verb: String,
    scope: Option<Scope>,
}

/// `GET /api/v1/access/check`
pub(crate) async fn check(
    State(api): State<Shared>,
    caller: Caller,
    Params(asked): Params<Question>,
) -> Result<Json<Explained>, Problem> {
    let verb: Verb = asked.verb.parse().map_err(|error| Problem::invalid(format!("verb: {error}")))?;
    let key = known(&api, &caller, &asked.person)?;
    let scope = match asked.scope {
        Some(scope) => place(&api, &caller, scope)?,
        None => meant_for(&api, &caller, &key)?,
    };
    let answer = caller.see(&api, |sight| sight.explain(&key, verb, &scope, caller.now));
    answer.map(Json).ok_or_else(|| Problem::not_found(format!("there is no org `{scope}` that you may see")))
}

/// Whom somebody means.
pub(super) fn known(api: &Shared, caller: &Caller, text: &str) -> Result<PersonKey, Problem> {
    let (named, several) = caller.see(api, |sight| (sight.named(text), sight.namesakes(text)));
    named.ok_or_else(|| match several.as_slice() {
        [first, second, ..] => {
            let all = several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let many = if several.len() == 2 { "two".to_owned() } else { several.len().to_string() };
            let example = if first.org.is_some() { first } else { second };
            Problem::invalid(format!(
                "{many} have the name `{text}`: {all}; write which one you mean, such as `{example}`"
            ))
        }
        _ => {
            let id = text.split_once(':').map_or(text, |(_, id)| id);
            Problem::not_found(format!("there is no person `{id}` that you may see"))
        }
    })
}

/// Which place a question is about when nobody says: where they are at home. Of who is at home everywhere it is the
/// one org that who asks sees, for there it is decided what counts; where they see several, they have to say.
fn meant_for(api: &Shared, caller: &Caller, key: &PersonKey) -> Result<Scope, Problem> {
    let home = home(api, caller, key)?;
    let policy = api.core.policy();
    let seen: Vec<&OrgId> = policy.orgs.keys().filter(|org| caller.sees(org)).collect();
    match (&home, seen.as_slice()) {
        (Scope::Everywhere, [only]) => Ok(Scope::of(Some((*only).clone()), None)),
        (Scope::Everywhere, [_, _, ..]) => Err(Problem::invalid(format!(
            "{} is at home everywhere, and each org decides for itself: say which you mean with `scope` (`--scope`): {}; `*` \
             asks about what is of no org",
            key.id,
            in_a_row(&seen)
        ))),
        _ => Ok(home),
    }
}

/// A few orgs by name, the rest by count.
fn in_a_row(orgs: &[&OrgId]) -> String {
    let named: Vec<&str> = orgs.iter().take(MAX_ORGS_NAMED).map(|org| org.as_str()).collect();
    match orgs.len().saturating_sub(MAX_ORGS_NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn home(api: &Shared, caller: &Caller, key: &PersonKey) -> Result<Scope, Problem> {
    let home = caller.see(api, |sight| sight.person(key).map(|person| person.home.clone()));
    home.ok_or_else(|| Problem::not_found(format!("there is no person `{}` that you may see", key.id)))
}

/// Rights to give.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    person: String,
    verbs: Verbs,
    scope: Option<Scope>,
    #[serde(default)]
    reason: String,
    expires_in_seconds: Option<u32>,
    review_in_seconds: Option<u32>,
}

/// An instant that lies so many seconds ahead.
pub(super) fn ahead(name: &str, seconds: Option<u32>, now: Timestamp) -> Result<Option<Timestamp>, Problem> {
    match seconds {
        None => Ok(None),
        Some(seconds @ 1..=MAX_SECONDS) => Ok(Some(now + SignedDuration::from_secs(seconds.into()))),
        Some(_) => Err(Problem::invalid(format!("`{name}` must be from 1 to {MAX_SECONDS}"))),
    }
}

/// `POST /api/v1/access/grants`
pub(crate) async fn give(
    State(api): State<Shared>,
    caller: Caller,
    Body(wanted): Body<Wanted>,
) -> Result<(StatusCode, Json<GrantJson>), Problem> {
    let to = known(&api, &caller, &wanted.person)?;
    let scope = match wanted.scope {
        Some(scope) => place(&api, &caller, scope)?,
        None => home(&api, &caller, &to)?,
    };
    let grant = NewGrant {
        id: secret::short()?,
        to,
        verbs: wanted.verbs,
        scope,
        reason: wanted.reason,
        expires_at: ahead("expires_in_seconds", wanted.expires_in_seconds, caller.now)?,
        review_at: ahead("review_in_seconds", wanted.review_in_seconds, caller.now)?,
    };
    Ok((StatusCode::CREATED, Json(changed(&api, &caller, Act::Grant(grant)).await?)))
}

/// Does something to a grant, and gives it as it is then.
async fn changed(api: &Shared, caller: &Caller, act: Act) -> Result<GrantJson, Problem> {
    let id = match &act {
        Act::Grant(grant) => grant.id.clone(),
        Act::Approve(id, _) | Act::Refuse(id, _) | Act::End(id, _) | Act::Review(id, _) => id.clone(),
        _ => String::new(),
    };
    api.core.access(act, caller.principal().clone()).await?;
    // Not what the core hands back, but what of it is theirs to see.
    caller
        .see(api, |sight| {
            let grant = sight.register_grants().find(|grant| grant.id == id)?;
            Some(GrantJson::of(grant, sight, caller.now))
        })
        .ok_or_else(|| Problem::not_found(format!("there is no grant `{id}` that you may see")))
}

/// In which org, and why.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Word {
    org: Option<OrgId>,
    #[serde(default)]
    why: String,
    review_in_seconds: Option<u32>,
}

/// `POST /api/v1/access/grants/{grant}/approve`, `/refuse`, `/end` and `/review`
pub(crate) async fn act(
    State(api): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    uri: http::Uri,
    Body(word): Body<Word>,
) -> Result<Json<GrantJson>, Problem> {
    let grant = caller.see(&api, |sight| sight.register_grants().find(|grant| grant.id == id));
    let grant =
        grant.ok_or_else(|| Problem::not_found(format!("there is no grant `{id}` that you may see")))?;
    let org = word.org.or_else(|| grant.scope.org().cloned()).or_else(|| caller.principal().org.clone());
    let org = || {
        org.clone().ok_or_else(|| Problem::invalid("say in which org: the grant counts in every one (`org`)"))
    };
    let act = match uri.path().rsplit('/').next() {
        Some("approve") => Act::Approve(id, org()?),
        Some("refuse") => Act::Refuse(id, org()?),
        Some("end") => Act::End(id, word.why),
        _ => Act::Review(id, ahead("review_in_seconds", word.review_in_seconds, caller.now)?),
    };
    changed(&api, &caller, act).await.map(Json)
}
