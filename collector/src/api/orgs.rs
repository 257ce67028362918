//! Orgs: which there are, a new one, one's data taken out, and the day on which the MSP leaves.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use dogwatch_model::{OrgId, Side};
use http::{StatusCode, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Shared,
    caller::Caller,
    extract::{Body, Place},
    problem::Problem,
};
use crate::{
    access::{Act, Change, Verb},
    core::Sight,
};

/// An org as it is shown.
#[derive(Serialize, JsonSchema)]
pub(crate) struct OrgJson {
    org: OrgId,
    name: String,
    endpoints: usize,
    matrix: String,
    owners: Vec<String>,
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    left: std::collections::BTreeMap<Side, Timestamp>,
    second_factor_for_all: bool,
}

impl OrgJson {
    fn of(org: &OrgId, api: &Shared, sight: &Sight<'_>, now: Timestamp) -> Option<Self> {
        let policy = api.core.policy();
        let (_, matrix) = sight.orgs(&policy).find(|(id, _)| *id == org)?;
        let standing = sight.org_standing(org);
        Some(Self {
            org: org.clone(),
            name: matrix.org_name().to_owned(),
            endpoints: sight.members().filter(|member| member.endpoint.org == *org).count(),
            matrix: matrix.standing().to_string(),
            owners: sight.owners(org, now).iter().map(|owner| owner.id.to_string()).collect(),
            left: standing.left,
            second_factor_for_all: standing.second_factor_for_all,
        })
    }
}

/// Orgs, by id.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Orgs {
    orgs: Vec<OrgJson>,
}

/// `GET /api/v1/orgs`
pub(crate) async fn list(State(api): State<Shared>, caller: Caller) -> Json<Orgs> {
    let policy = api.core.policy();
    let orgs = caller.see(&api, |sight| {
        sight.orgs(&policy).filter_map(|(org, _)| OrgJson::of(org, &api, sight, caller.now)).collect()
    });
    Json(Orgs { orgs })
}

fn shown(api: &Shared, caller: &Caller, org: &OrgId) -> Result<OrgJson, Problem> {
    caller.see(api, |sight| OrgJson::of(org, api, sight, caller.now)).ok_or_else(|| unseen(org))
}

fn unseen(org: &OrgId) -> Problem {
    Problem::not_found(format!("there is no org `{org}` that you may see"))
}

/// `GET /api/v1/orgs/{org}`
pub(crate) async fn show(
    State(api): State<Shared>,
    caller: Caller,
    Place(org): Place<OrgId>,
) -> Result<Json<OrgJson>, Problem> {
    shown(&api, &caller, &org).map(Json)
}

/// A new org.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    org: OrgId,
}

/// `POST /api/v1/orgs`
pub(crate) async fn create(
    State(api): State<Shared>,
    caller: Caller,
    Body(wanted): Body<Wanted>,
) -> Result<(StatusCode, Json<OrgJson>), Problem> {
    if !caller.reach.everywhere().has(Verb::Administer) {
        return Err(Problem::not_allowed(
            "`administer` on * is missing: orgs are made by administrators of the MSP; one of them can give it",
        ));
    }
    api.info.orgs.create(&wanted.org).await?;
    api.core.note_org(&wanted.org, caller.principal().clone()).await?;
    Ok((StatusCode::CREATED, Json(shown(&api, &caller, &wanted.org)?)))
}

/// Everything of the org, as JSON Lines.
fn file(org: &OrgId, bytes: Vec<u8>) -> Response {
    let name = format!("attachment; filename=\"{org}.jsonl\"");
    ([(header::CONTENT_TYPE, "application/jsonl".to_owned()), (header::CONTENT_DISPOSITION, name)], bytes)
        .into_response()
}

/// `GET /api/v1/orgs/{org}/export`
pub(crate) async fn export(
    State(api): State<Shared>,
    caller: Caller,
    Place(org): Place<OrgId>,
) -> Result<Response, Problem> {
    shown(&api, &caller, &org)?;
    let bytes = api.core.take_out(org.clone(), caller.principal().clone()).await?;
    Ok(file(&org, bytes))
}

/// Who leaves, and the org's name once more, so that nobody does it by a slip.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Goodbye {
    #[serde(default = "msp")]
    side: Side,
    #[serde(default)]
    confirm: String,
}

const fn msp() -> Side {
    Side::Msp
}

/// What ended.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Left {
    org: OrgId,
    side: Side,
    tokens: usize,
    grants: usize,
    people: usize,
    work_goes_to: String,
}

/// `POST /api/v1/orgs/{org}/offboard`
pub(crate) async fn offboard(
    State(api): State<Shared>,
    caller: Caller,
    Place(org): Place<OrgId>,
    Body(goodbye): Body<Goodbye>,
) -> Result<Json<Left>, Problem> {
    shown(&api, &caller, &org)?;
    if goodbye.confirm != org.as_str() {
        return Err(Problem::invalid(format!(
            "this ends every session, token, grant and join token of the {} side in {org}, for good; to confirm it, say \
             `\"confirm\": \"{org}\"` (`--yes {org}`)",
            goodbye.side
        )));
    }
    let act = Act::Offboard(org.clone(), goodbye.side);
    let changes = api.core.access(act, caller.principal().clone()).await?;
    let count = |is: fn(&Change) -> bool| changes.iter().filter(|change| is(change)).count();
    let policy = api.core.policy();
    let heir = policy.matrix(&org).last_resort().to_string();
    Ok(Json(Left {
        tokens: count(|change| matches!(change, Change::Token(_))),
        grants: count(|change| matches!(change, Change::Grant(_))),
        people: count(|change| matches!(change, Change::Person(_))),
        side: goodbye.side,
        work_goes_to: heir,
        org,
    }))
}

/// Whom a second factor is asked of.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Factor {
    #[serde(default = "yes")]
    all: bool,
}

const fn yes() -> bool {
    true
}

/// `POST /api/v1/orgs/{org}/second-factor`
pub(crate) async fn second_factor(
    State(api): State<Shared>,
    caller: Caller,
    Place(org): Place<OrgId>,
    Body(factor): Body<Factor>,
) -> Result<Json<OrgJson>, Problem> {
    shown(&api, &caller, &org)?;
    api.core.access(Act::SecondFactor(org.clone(), factor.all), caller.principal().clone()).await?;
    shown(&api, &caller, &org).map(Json)
}
