//! `diff`: what changes from one document of an org to another.

use axum::{Json, extract::State};
use dogwatch_model::OrgId;
use dogwatch_triage::matrix::{self, Difference};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::meant::Document;
use crate::api::{
    Shared,
    caller::Caller,
    extract::{Body, Params},
    problem::Problem,
    who::org_meant,
};

/// From which document to which: by version, or by text. What is in force where nothing is said.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    org: Option<OrgId>,
    from: Option<String>,
    to: Option<String>,
    from_text: Option<String>,
    to_text: Option<String>,
}

/// From which version to which; what is in force where nothing is said.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Named {
    org: Option<OrgId>,
    from: Option<String>,
    to: Option<String>,
}

/// What changes.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Changes {
    as_of: Timestamp,
    org: OrgId,
    from: String,
    to: String,
    differences: Vec<Difference>,
}

/// `GET /api/v1/ownership/diff`
pub(crate) async fn diff(
    State(api): State<Shared>,
    caller: Caller,
    Params(Named { org, from, to }): Params<Named>,
) -> Result<Json<Changes>, Problem> {
    compare(&api, &caller, Asked { org, from, to, from_text: None, to_text: None })
}

/// `POST /api/v1/ownership/diff`: the same, for documents that the collector does not have.
pub(crate) async fn diff_of_texts(
    State(api): State<Shared>,
    caller: Caller,
    Body(asked): Body<Asked>,
) -> Result<Json<Changes>, Problem> {
    compare(&api, &caller, asked)
}

fn compare(api: &Shared, caller: &Caller, asked: Asked) -> Result<Json<Changes>, Problem> {
    let policy = api.core.policy();
    let org = org_meant(&policy, caller, asked.org)?;
    let meant = |version: Option<&str>, text| Document::meant(api, (caller, &policy), &org, (version, text));
    let from = meant(asked.from.as_deref(), asked.from_text)?;
    let to = meant(asked.to.as_deref(), asked.to_text)?;
    let differences = matrix::diff(&from.understood(&policy, &org)?, &to.understood(&policy, &org)?);
    Ok(Json(Changes { as_of: caller.now, from: from.name, to: to.name, differences, org }))
}
