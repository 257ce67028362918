//! One endpoint: found by id or by name, its software listed; approved, revoked, retired; tagged, classed, moved.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, State},
};
use dogwatch_model::{Class, Criticality, EndpointId, EndpointState, OrgId, SiteId, Software};
use dogwatch_triage::upkeep::EndpointChange;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Shared,
    caller::Caller,
    extract::{Body, Params},
    problem::Problem,
};
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

/// `POST /api/v1/endpoints/{endpoint}/retire`
pub(crate) async fn retire(
    api: State<Shared>,
    caller: Caller,
    name: Path<String>,
) -> Result<Json<Decided>, Problem> {
    decide(api, caller, name, EndpointState::Retired).await
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

/// Tags and labels to have or not to have.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tagging {
    #[serde(default)]
    add: Vec<String>,
    #[serde(default)]
    remove: Vec<String>,
    #[serde(default)]
    labels: BTreeMap<String, Option<String>>,
}

/// What a machine is for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setting {
    class: Option<Class>,
    criticality: Option<Criticality>,
}

/// Where a machine goes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Moving {
    site: Option<SiteId>,
    /// The site is not in use yet, and meant so.
    #[serde(default)]
    new_site: bool,
}

/// An endpoint as people decided about it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Upkept {
    id: EndpointId,
    name: String,
    org: OrgId,
    site: SiteId,
    state: EndpointState,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<Class>,
    criticality: Criticality,
    tags: Vec<String>,
    labels: BTreeMap<String, String>,
    /// What is different now, in words.
    changed: Vec<String>,
}

/// `POST /api/v1/endpoints/{endpoint}/tag`
pub(crate) async fn tag(
    api: State<Shared>,
    caller: Caller,
    name: Path<String>,
    Body(wanted): Body<Tagging>,
) -> Result<Json<Upkept>, Problem> {
    let Tagging { add, remove, labels } = wanted;
    change(api, caller, name, EndpointChange { add, remove, labels, ..EndpointChange::default() }).await
}

/// `POST /api/v1/endpoints/{endpoint}/set`
pub(crate) async fn set(
    api: State<Shared>,
    caller: Caller,
    name: Path<String>,
    Body(wanted): Body<Setting>,
) -> Result<Json<Upkept>, Problem> {
    let Setting { class, criticality } = wanted;
    change(api, caller, name, EndpointChange { class, criticality, ..EndpointChange::default() }).await
}

/// `POST /api/v1/endpoints/{endpoint}/move`
pub(crate) async fn relocate(
    api: State<Shared>,
    caller: Caller,
    Path(text): Path<String>,
    Body(wanted): Body<Moving>,
) -> Result<Json<Upkept>, Problem> {
    let Moving { site, new_site } = wanted;
    caller.see(&api, |sight| {
        let org = &find(sight, &text)?.endpoint.org;
        match &site {
            None => Err(Problem::invalid("say where it goes: `site`")),
            Some(site) if !new_site => in_use(sight, org, site),
            Some(_) => Ok(()),
        }
    })?;
    let wanted = EndpointChange { site, ..EndpointChange::default() };
    change(api, caller, Path(text), wanted).await
}

/// A slip of the hand would make a site of one machine, whose windows and rows nobody wrote.
fn in_use(sight: &Sight<'_>, org: &OrgId, site: &SiteId) -> Result<(), Problem> {
    let known = sight.sites(org);
    if known.contains(site) {
        return Ok(());
    }
    let known: Vec<_> = known.into_iter().map(|site| site.as_str()).collect();
    let what = format!(
        "nothing stands at site `{site}` of {org} yet; in use: {}. If it is a new site, say so: `new_site`, or --new-site",
        known.join(", ")
    );
    Err(Problem::invalid(what))
}

async fn change(
    api: State<Shared>,
    caller: Caller,
    Path(text): Path<String>,
    change: EndpointChange,
) -> Result<Json<Upkept>, Problem> {
    let id = caller.see(&api, |sight| find(sight, &text).map(|m| m.endpoint.id))?;
    let upkept = api.core.change_endpoint(id, change, caller.principal().clone()).await?;
    let endpoint = upkept.endpoint;
    Ok(Json(Upkept {
        id: endpoint.id,
        name: endpoint.name,
        org: endpoint.org,
        site: endpoint.site,
        state: endpoint.state,
        class: endpoint.class,
        criticality: endpoint.criticality,
        tags: endpoint.tags,
        labels: endpoint.labels,
        changed: upkept.changed,
    }))
}
