//! Saved views, for those they were saved for.

use axum::{
    Json,
    extract::{Path, State},
};
use dogwatch_model::OrgId;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Shared,
    caller::Caller,
    extract::{Body, Params},
    fleet::misread,
    problem::Problem,
};
use crate::views::{NewView, View};

/// Views, by name.
#[derive(Serialize, JsonSchema)]
pub(crate) struct List {
    as_of: Timestamp,
    views: Vec<View>,
}

/// Whose view.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Query {
    org: Option<OrgId>,
}

/// `GET /api/v1/views`
pub(crate) async fn list(State(api): State<Shared>, caller: Caller) -> Json<List> {
    let mut views: Vec<View> = caller.see(&api, |sight| sight.views().cloned().collect());
    views.sort_by(|left, right| (&left.name, left.key()).cmp(&(&right.name, right.key())));
    Json(List { as_of: caller.now, views })
}

/// `POST /api/v1/views`
pub(crate) async fn save(
    State(api): State<Shared>,
    caller: Caller,
    Body(new): Body<NewView>,
) -> Result<Json<View>, Problem> {
    new.check().map_err(|(part, error)| misread(part, &error))?;
    let policy = api.core.policy();
    let vocabulary = || policy.vocabulary(|org| caller.sees(org));
    new.known_to(vocabulary).map_err(|(part, error)| misread(part, &error))?;
    Ok(Json(api.core.save_view(new, caller.principal().clone()).await?))
}

/// `GET /api/v1/views/{view}`
pub(crate) async fn show(
    State(api): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Params(query): Params<Query>,
) -> Result<Json<View>, Problem> {
    let meant: Vec<View> = caller.see(&api, |sight| {
        sight.views().filter(|view| view.is_meant(&name, query.org.as_ref())).cloned().collect()
    });
    // One's own side's comes before one that both have, and an org's before everybody's.
    let first = meant.into_iter().max_by_key(|view| (view.side.is_some(), view.org.is_some()));
    first.map(Json).ok_or_else(|| Problem::not_found(unseen(&name)))
}

/// `DELETE /api/v1/views/{view}`
pub(crate) async fn delete(
    State(api): State<Shared>,
    caller: Caller,
    Path(name): Path<String>,
    Params(query): Params<Query>,
) -> Result<Json<View>, Problem> {
    let meant = |view: &&View| view.is_meant(&name, query.org.as_ref());
    if caller.see(&api, |sight| sight.views().find(meant).is_none()) {
        return Err(Problem::not_found(unseen(&name)));
    }
    Ok(Json(api.core.delete_view(name, query.org, caller.principal().clone()).await?))
}

fn unseen(name: &str) -> String {
    format!("there is no view `{name}` that you may see; `dogwatch view list` shows those there are")
}
