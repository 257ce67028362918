//! One endpoint: found by id or by name, approved, revoked.

use axum::{
    Json,
    extract::{Path, State},
};
use dogwatch_model::{EndpointId, EndpointState};
use serde::Serialize;

use super::{Shared, caller::Caller, problem::Problem};
use crate::state::{Member, State as Fleet};

/// An endpoint whose identity was decided on.
#[derive(Serialize)]
pub(crate) struct Decided {
    id: EndpointId,
    name: String,
    state: EndpointState,
}

/// The one endpoint that `text` names among those the caller may see.
pub(crate) fn find<'a>(state: &'a Fleet, caller: &Caller, text: &str) -> Result<&'a Member, Problem> {
    match state.find_endpoint(caller.principal().org.as_ref(), text)[..] {
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
    let (id, name) = api
        .core
        .read(|fleet| find(fleet, &caller, &text).map(|m| (m.endpoint.id, m.endpoint.name.clone())))?;
    api.core.set_endpoint_state(id, state, caller.principal().clone()).await?;
    Ok(Json(Decided { id, name, state }))
}
