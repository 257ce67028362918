//! Orgs: which there are, a new one, one's data taken out, and the day on which the MSP leaves.

mod pieces;

use std::collections::BTreeMap;

use axum::{
    Json,
    body::Body,
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
    extract::{self, Named, Params},
    place::no_org,
    problem::Problem,
};
use crate::{
    access::{Act, Change, Verb},
    core::Sight,
};
use pieces::Pieces;
pub(crate) use pieces::{Exports, Full};

/// An org as it is shown.
#[derive(Serialize, JsonSchema)]
pub(crate) struct OrgJson {
    org: OrgId,
    name: String,
    endpoints: usize,
    matrix: String,
    owners: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    left: BTreeMap<Side, Timestamp>,
    /// Ways to tell people that were a departed side's alone, and why nothing of the org goes there any more.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    ways_stopped: BTreeMap<String, String>,
    second_factor_for_all: bool,
}

impl OrgJson {
    fn of(org: &OrgId, api: &Shared, sight: &Sight<'_>, now: Timestamp) -> Option<Self> {
        let policy = api.core.policy();
        let (_, matrix) = sight.orgs(&policy).find(|(id, _)| *id == org)?;
        let standing = sight.org_standing(org);
        let who = standing.left.keys().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let stopped = |via: String| {
            (via, format!("the {who} side has left {org}, and nobody else was told through it"))
        };
        let ways_stopped = standing.ways_stopped.into_iter().map(stopped).collect();
        Some(Self {
            org: org.clone(),
            name: matrix.org_name().to_owned(),
            endpoints: sight.members().filter(|member| member.endpoint.org == *org).count(),
            matrix: matrix.standing().to_string(),
            owners: sight.owners(org, now).iter().map(|owner| owner.id.to_string()).collect(),
            left: standing.left,
            ways_stopped,
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
    caller.see(api, |sight| OrgJson::of(org, api, sight, caller.now)).ok_or_else(|| no_org(api, caller, org))
}

/// `GET /api/v1/orgs/{org}`
pub(crate) async fn show(
    State(api): State<Shared>,
    caller: Caller,
    Named(org): Named<OrgId>,
) -> Result<Json<OrgJson>, Problem> {
    shown(&api, &caller, &org).map(Json)
}

/// A new org.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    org: OrgId,
    /// What people call it; its id when absent.
    name: Option<String>,
}

/// `POST /api/v1/orgs`
pub(crate) async fn create(
    State(api): State<Shared>,
    caller: Caller,
    extract::Body(wanted): extract::Body<Wanted>,
) -> Result<(StatusCode, Json<OrgJson>), Problem> {
    if !caller.reach.everywhere().has(Verb::Administer) {
        return Err(Problem::not_allowed(
            "`administer` on * is missing: orgs are made by administrators of the MSP; one of them can give it",
        ));
    }
    api.info.orgs.create(&wanted.org, wanted.name.as_deref()).await?;
    api.core.note_org(&wanted.org, caller.principal().clone()).await?;
    Ok((StatusCode::CREATED, Json(shown(&api, &caller, &wanted.org)?)))
}

/// `GET /api/v1/orgs/{org}/export`
pub(crate) async fn export(
    State(api): State<Shared>,
    caller: Caller,
    Named(org): Named<OrgId>,
) -> Result<Response, Problem> {
    shown(&api, &caller, &org)?;
    let place = api.exports.take(caller.principal().key().to_string()).map_err(|Full| {
        Problem::too_many("you take out as many exports at once as one person may; wait for one to end")
    })?;
    api.core.note_export(org.clone(), caller.principal().clone()).await?;
    let taken = api.core.take_out(caller.token.hash, org.clone(), api.now);
    let name = format!("attachment; filename=\"{org}.jsonl\"");
    let headers =
        [(header::CONTENT_TYPE, "application/jsonl".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::new(Pieces::of(taken, place))).into_response())
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

/// Whose goodbye is asked about.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Whose {
    side: Option<Side>,
}

/// What a goodbye would end of the register.
#[derive(Serialize, JsonSchema)]
pub(crate) struct WouldEnd {
    org: OrgId,
    side: Side,
    tokens: usize,
    grants: usize,
    people: usize,
}

/// `GET /api/v1/orgs/{org}/offboard`
pub(crate) async fn would_offboard(
    State(api): State<Shared>,
    caller: Caller,
    Named(org): Named<OrgId>,
    Params(whose): Params<Whose>,
) -> Result<Json<WouldEnd>, Problem> {
    shown(&api, &caller, &org)?;
    let side = whose.side.unwrap_or(Side::Msp);
    let changes = caller.see(&api, |sight| sight.goodbye(&org, side, caller.principal(), caller.now))?;
    Ok(Json(WouldEnd {
        tokens: tokens(&changes),
        grants: grants(&changes),
        people: people(&changes),
        side,
        org,
    }))
}

fn tokens(changes: &[Change]) -> usize {
    changes.iter().filter(|change| matches!(change, Change::Token(_))).count()
}

/// A grant that reaches other orgs as well has lost its approval here, and goes on there.
fn grants(changes: &[Change]) -> usize {
    let ended = |change: &&Change| matches!(change, Change::Grant(grant) if grant.ended.is_some());
    changes.iter().filter(ended).count()
}

fn people(changes: &[Change]) -> usize {
    changes.iter().filter(|change| matches!(change, Change::Person(_))).count()
}

/// What ended.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Left {
    org: OrgId,
    side: Side,
    tokens: usize,
    grants: usize,
    people: usize,
    join_tokens: usize,
    views: usize,
    /// Versions of the matrix that it had proposed and that waited: they are withdrawn.
    proposals: usize,
    /// Items that its people had: they are free again.
    items_released: usize,
    /// Words to it about this org that were gathered or on their way.
    messages_dropped: usize,
    work_goes_to: String,
}

/// `POST /api/v1/orgs/{org}/offboard`
pub(crate) async fn offboard(
    State(api): State<Shared>,
    caller: Caller,
    Named(org): Named<OrgId>,
    extract::Body(goodbye): extract::Body<Goodbye>,
) -> Result<Json<Left>, Problem> {
    shown(&api, &caller, &org)?;
    if goodbye.confirm != org.as_str() {
        return Err(Problem::invalid(format!(
            "this ends every session, token, grant and join token of the {} side in {org}, for good; to confirm it, say \
             `\"confirm\": \"{org}\"` (`--yes {org}`)",
            goodbye.side
        )));
    }
    let departed = api.core.offboard(org.clone(), goodbye.side, caller.principal().clone()).await?;
    let policy = api.core.policy();
    let heir = policy.matrix(&org).last_resort().to_string();
    Ok(Json(Left {
        tokens: tokens(&departed.changes),
        grants: grants(&departed.changes),
        people: people(&departed.changes),
        join_tokens: departed.join_tokens,
        views: departed.views,
        proposals: departed.proposals,
        items_released: departed.items,
        messages_dropped: departed.messages,
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
    Named(org): Named<OrgId>,
    extract::Body(factor): extract::Body<Factor>,
) -> Result<Json<OrgJson>, Problem> {
    shown(&api, &caller, &org)?;
    api.core.access(Act::SecondFactor(org.clone(), factor.all), caller.principal().clone()).await?;
    shown(&api, &caller, &org).map(Json)
}
