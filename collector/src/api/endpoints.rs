//! One endpoint: found by id or by name, its software listed, approved, revoked.

use axum::{
    Json,
    extract::{Path, State},
};
use dogwatch_model::{EndpointId, EndpointState, Software};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Shared, caller::Caller, extract::Params, problem::Problem};
use crate::{core::Sight, state::Member};

/// An endpoint whose identity was decided on.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Decided {
    id: EndpointId,
    name: String,
    state: EndpointState,
}

/// The one endpoint that `text` names among those the caller may see.
pub(crate) fn find<'s>(sight: &Sight<'s>, text: &str) -> Result<&'s Member, Problem> {
    match sight.find_endpoint(text)[..] {
        [member] => Ok(member),
        [] => Err(Problem::not_found(format!(
            "there is no endpoint `{text}` that you may see; `dogwatch fleet` lists them"
        ))),
        ref several => {
            let which: Vec<String> = several
                .iter()
                .map(|member| format!("{} (org {})", member.endpoint.id, member.endpoint.org))
                .collect();
            Err(Problem::invalid(format!(
                "`{text}` names several endpoints; say which by id: {}",
                which.join(", ")
            )))
        }
    }
}

/// Narrows the list of software.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Wanted {
    /// Part of a name, whatever its case.
    name: Option<String>,
}

/// What an endpoint has installed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Installed {
    endpoint: String,
    /// When it told; absent until it has.
    told_at: Option<Timestamp>,
    /// Entries before narrowing.
    total: usize,
    software: Vec<Software>,
}

/// `GET /api/v1/endpoints/{endpoint}/software`
pub(crate) async fn software(
    State(api): State<Shared>,
    caller: Caller,
    Path(text): Path<String>,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Installed>, Problem> {
    let (id, endpoint) =
        caller.see(&api, |sight| find(sight, &text).map(|m| (m.endpoint.id, m.endpoint.name.clone())))?;
    let list = api.core.software(&caller.reach, id).await?;
    let (told_at, mut software) = list.map_or((None, Vec::new()), |list| (Some(list.told_at), list.software));
    let total = software.len();
    if let Some(part) = wanted.name.map(|name| name.to_lowercase()) {
        software.retain(|entry| entry.name.to_lowercase().contains(&part));
    }
    Ok(Json(Installed { endpoint, told_at, total, software }))
}

/// `POST /api/v1/endpoints/{endpoint}/approve`
pub(crate) async fn approve(
    api: State<Shared>,
    caller: Caller,
    name: Path<String>,
) -> Result<Json<Decided>, Problem> {
    decide(api, caller, name, EndpointState::Active).await
}

/// `POST /api/v1/endpoints/{endpoint}/revoke`
pub(crate) async fn revoke(
    api: State<Shared>,
    caller: Caller,
    name: Path<String>,
) -> Result<Json<Decided>, Problem> {
    decide(api, caller, name, EndpointState::Revoked).await
}

async fn decide(
    State(api): State<Shared>,
    caller: Caller,
    Path(text): Path<String>,
    state: EndpointState,
) -> Result<Json<Decided>, Problem> {
    let (id, name) =
        caller.see(&api, |sight| find(sight, &text).map(|m| (m.endpoint.id, m.endpoint.name.clone())))?;
    api.core.set_endpoint_state(id, state, caller.principal().clone()).await?;
    Ok(Json(Decided { id, name, state }))
}
