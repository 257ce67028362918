//! Join tokens: what lets a machine enrol, into which org and site, how often and until when.

use axum::{
    Json,
    extract::{Path, State},
};
use dogwatch_model::{JoinToken, OrgId, PersonId, SiteId};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Shared, caller::Caller, extract::Body, problem::Problem, secret};
use crate::{access::JoinTokenRecord, core::NewJoinToken};

/// For how long a token works unless something else is said: long enough to walk to the machine.
const DEFAULT_LIFETIME_SECONDS: u32 = 3600;

/// The longest life: 30 days. A token that lies about longer than a roll-out takes is a key under the mat.
const MAX_LIFETIME_SECONDS: u32 = 30 * 24 * 3600;

/// The most endpoints that one token enrols: a large roll-out in one go.
const MAX_USES: u32 = 10_000;

/// A join token as it is shown: never its secret.
#[derive(Serialize, JsonSchema)]
pub(crate) struct JoinTokenJson {
    id: String,
    org: OrgId,
    site: SiteId,
    created_by: PersonId,
    created_at: Timestamp,
    expires_at: Timestamp,
    uses: u32,
    used: u32,
    approval: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
    state: &'static str,
}

impl JoinTokenJson {
    fn of(token: JoinTokenRecord, now: Timestamp) -> Self {
        let state = if token.revoked_at.is_some() {
            "revoked"
        } else if now >= token.expires_at {
            "expired"
        } else if token.used >= token.uses {
            "used_up"
        } else {
            "valid"
        };
        Self {
            id: token.id,
            org: token.org,
            site: token.site,
            created_by: token.created_by,
            created_at: token.created_at,
            expires_at: token.expires_at,
            uses: token.uses,
            used: token.used,
            approval: token.approval,
            revoked_at: token.revoked_at,
            state,
        }
    }
}

/// Join tokens, oldest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "JoinTokens")]
pub(crate) struct List {
    join_tokens: Vec<JoinTokenJson>,
}

/// A join token just made: the one time that it is shown whole.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Made {
    token: String,
    /// Nothing stood at that site before, and something at others of the org.
    new_site: bool,
    #[serde(flatten)]
    kept: JoinTokenJson,
}

/// What a new join token is to be.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    org: OrgId,
    site: SiteId,
    #[serde(default = "one")]
    uses: u32,
    #[serde(default = "default_lifetime")]
    expires_in_seconds: u32,
    #[serde(default)]
    approval: bool,
}

const fn one() -> u32 {
    1
}

const fn default_lifetime() -> u32 {
    DEFAULT_LIFETIME_SECONDS
}

impl Wanted {
    fn check(&self) -> Result<(), Problem> {
        if !(1..=MAX_USES).contains(&self.uses) {
            return Err(Problem::invalid(format!("`uses` must be from 1 to {MAX_USES}, not {}", self.uses)));
        }
        if !(1..=MAX_LIFETIME_SECONDS).contains(&self.expires_in_seconds) {
            return Err(Problem::invalid(format!(
                "`expires_in_seconds` must be from 1 to {MAX_LIFETIME_SECONDS} (30 days), not {}",
                self.expires_in_seconds
            )));
        }
        Ok(())
    }
}

/// `GET /api/v1/join-tokens`
pub(crate) async fn list(State(api): State<Shared>, caller: Caller) -> Json<List> {
    let mut tokens: Vec<JoinTokenRecord> = caller.see(&api, |sight| sight.join_tokens().cloned().collect());
    tokens.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Json(List { join_tokens: tokens.into_iter().map(|token| JoinTokenJson::of(token, caller.now)).collect() })
}

/// `POST /api/v1/join-tokens`
pub(crate) async fn create(
    State(api): State<Shared>,
    caller: Caller,
    Body(wanted): Body<Wanted>,
) -> Result<(http::StatusCode, Json<Made>), Problem> {
    wanted.check()?;
    let new_site = caller.see(&api, |sight| {
        let known = sight.sites(&wanted.org);
        !known.is_empty() && !known.contains(&wanted.site)
    });
    let made = secret::join_secret()?;
    let text = JoinToken {
        address: api.info.people_address.clone(),
        org: wanted.org.clone(),
        site: wanted.site.clone(),
        root_sha256: api.info.root_sha256.0,
        secret: made.text,
    }
    .to_string();
    let new = NewJoinToken {
        hash: made.hash,
        org: wanted.org,
        site: wanted.site,
        lifetime: SignedDuration::from_secs(wanted.expires_in_seconds.into()),
        uses: wanted.uses,
        approval: wanted.approval,
    };
    let kept = api.core.create_join_token(new, caller.principal().clone()).await?;
    Ok((
        http::StatusCode::CREATED,
        Json(Made { token: text, new_site, kept: JoinTokenJson::of(kept, caller.now) }),
    ))
}

/// `DELETE /api/v1/join-tokens/{id}`
pub(crate) async fn revoke(
    State(api): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<JoinTokenJson>, Problem> {
    let found = caller.see(&api, |sight| sight.join_tokens().any(|token| token.id == id));
    if !found {
        return Err(Problem::not_found(format!("there is no join token `{id}` that you may see")));
    }
    let kept = api.core.revoke_join_token(id, caller.principal().clone()).await?;
    Ok(Json(JoinTokenJson::of(kept, caller.now)))
}
