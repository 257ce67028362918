//! Sealed codes: which there are, who keeps them, and putting one out of use whose paper went astray.

use axum::{
    Json,
    extract::{Path, State},
};
use dogwatch_model::Side;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Shared, caller::Caller, problem::Problem};
use crate::access::{Act, PersonKey, Scope, Seal};

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
    /// `sealed`, `over` (broken, or put out of use) or `void` (whoever sealed it may not open that any more).
    state: &'static str,
}

impl SealJson {
    fn of((seal, holds): (&Seal, bool)) -> Self {
        let state = match (seal.broken_at, holds) {
            (Some(_), _) => "over",
            (None, true) => "sealed",
            (None, false) => "void",
        };
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
