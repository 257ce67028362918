//! Sealed codes: which there are, who keeps them, sealing one, breaking one, and putting one out of use whose paper went
//! astray.

use std::net::SocketAddr;

use axum::{
    Extension, Json,
    extract::{ConnectInfo, Path, State},
};
use dogwatch_model::Side;
use http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Shared, caller::Caller, extract::Body, place::place, problem::Problem, secret, tokens::NewToken,
    tries::Purpose,
};
use crate::access::{Act, Change, PersonKey, Scope, Seal, SealState, Sha256};

/// A sealed code as it is shown: neither the code nor its hash.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SealJson {
    id: String,
    side: Side,
    scope: Scope,
    made_by: PersonKey,
    made_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    broken_at: Option<Timestamp>,
    state: SealState,
}

impl SealJson {
    fn of((seal, state): (&Seal, SealState)) -> Self {
        Self {
            id: seal.id.clone(),
            side: seal.side,
            scope: seal.scope.clone(),
            made_by: seal.made_by.clone(),
            made_at: seal.made_at,
            broken_at: seal.broken_at,
            state,
        }
    }
}

/// Sealed codes, oldest first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Seals")]
pub(crate) struct List {
    seals: Vec<SealJson>,
}

/// `GET /api/v1/access/seals`
pub(crate) async fn list(State(api): State<Shared>, caller: Caller) -> Json<List> {
    let seals = caller.see(&api, |sight| {
        sight.seals(caller.principal(), caller.now).into_iter().map(SealJson::of).collect()
    });
    Json(List { seals })
}

/// `DELETE /api/v1/access/seals/{seal}`
pub(crate) async fn revoke(
    State(api): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<SealJson>, Problem> {
    api.core.access(Act::Unseal(id.clone()), caller.principal().clone()).await?;
    let revoked = caller.see(&api, |sight| {
        let mut seals = sight.seals(caller.principal(), caller.now).into_iter();
        seals.find(|(seal, _)| seal.id == id).map(SealJson::of)
    });
    revoked.map(Json).ok_or_else(|| Problem::internal("a sealed code was put out of use and is not there"))
}

/// What a code is to open.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sealed {
    scope: Option<Scope>,
}

/// A sealed code: the one time that it is shown.
#[derive(Serialize, JsonSchema)]
pub(crate) struct NewSeal {
    code: String,
    #[serde(flatten)]
    seal: Seal,
}

/// `POST /api/v1/access/seals`
pub(crate) async fn seal(
    State(api): State<Shared>,
    caller: Caller,
    Body(sealed): Body<Sealed>,
) -> Result<(StatusCode, Json<NewSeal>), Problem> {
    let made = secret::sealed_code()?;
    let scope = match sealed.scope {
        Some(scope) => place(&api, &caller, scope)?,
        None => caller.principal().scope(),
    };
    let act = Act::Seal { id: secret::short()?, hash: made.hash, scope };
    let changes = api.core.access(act, caller.principal().clone()).await?;
    let seal = changes.into_iter().rev().find_map(|change| match change {
        Change::Seal(seal) => Some(seal),
        _ => None,
    });
    let seal = seal.ok_or_else(|| Problem::internal("a code was sealed and is not there"))?;
    Ok((StatusCode::CREATED, Json(NewSeal { code: made.text, seal })))
}

/// The code from the envelope.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Broken {
    code: String,
}

/// `POST /api/v1/break-glass`
pub(crate) async fn break_glass(
    State(api): State<Shared>,
    from: Option<Extension<ConnectInfo<SocketAddr>>>,
    Body(broken): Body<Broken>,
) -> Result<Json<NewToken>, Problem> {
    let tried = api.tries.admit(Purpose::SealedCode, from.as_ref())?;
    let made = secret::api_token()?;
    let code = Sha256::of(secret::plain(&broken.code).as_bytes());
    match api.core.break_seal(code, made.hash).await {
        Ok(kept) => {
            tried.worked();
            Ok(Json(NewToken::of(&api, &kept, made.text)))
        }
        Err(refusal) => {
            api.core.note_failed_login(None);
            Err(refusal.into())
        }
    }
}
