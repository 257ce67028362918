//! `replay`: items of the last days, routed by a draft as if it had been in force.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use dogwatch_model::{Endpoint, EndpointId, OrgId};
use dogwatch_triage::{
    filter::{AlertCounts, Row},
    matrix::Matrix,
    replay::{Past, Replay, replay as played},
};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::meant::Document;
use crate::{
    api::{
        Shared,
        caller::Caller,
        extract::Body,
        gather::{Bounds, gather},
        problem::Problem,
        who::org_meant,
    },
    state::Item,
};

/// How far back a replay may look: a quarter, which is how often matrices are reviewed.
const MAX_DAYS: u16 = 92;

/// Days when nobody says how many.
const DAYS: u16 = 30;

/// The most shelves of the archive that are read, the newest first: twenty thousand items.
const MAX_SHELVES: u64 = 20;

/// Which document, over how many days.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    org: Option<OrgId>,
    text: Option<String>,
    version: Option<String>,
    days: Option<u16>,
}

/// What would have changed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Replayed {
    as_of: Timestamp,
    org: OrgId,
    document: String,
    days: u16,
    #[serde(flatten)]
    replay: Replay,
    /// What it rests on.
    note: String,
}

/// `POST /api/v1/ownership/replay`
pub(crate) async fn replay(
    State(api): State<Shared>,
    caller: Caller,
    Body(asked): Body<Asked>,
) -> Result<Json<Replayed>, Problem> {
    let days = asked.days.unwrap_or(DAYS);
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(Problem::invalid(format!("`days` must be from 1 to {MAX_DAYS}, not {days}")));
    }
    let policy = api.core.policy();
    let org = org_meant(&policy, &caller, asked.org)?;
    let document = Document::meant(&api, (&caller, &policy), &org, (asked.version.as_deref(), asked.text))?;
    let draft = document.understood(&policy, &org)?;
    let since = caller.now.checked_sub(SignedDuration::from_hours(24 * i64::from(days)));
    let since = since.map_err(|_| Problem::invalid("so many days ago there was no calendar"))?;
    let bounds = Bounds { items: usize::MAX, shelves: MAX_SHELVES };
    let (items, whole) = gather(&api, &caller, (since, &bounds), |alert| alert.org == org).await?;
    let endpoints = endpoints_of(&api, &caller, &items);
    let now = caller.now;
    let work = tokio::task::spawn_blocking(move || play(&items, &endpoints, &draft, now));
    let replay = work.await.map_err(|_| Problem::internal("a replay stopped half way"))?;
    let mut note = "endpoints count as they are now, and items where they first went".to_owned();
    if !whole {
        note.push_str("; there were more items than are looked at, the oldest are left out");
    }
    Ok(Json(Replayed { as_of: now, org, document: document.name, days, replay, note }))
}

/// The endpoints of items, as they are now.
fn endpoints_of(
    api: &Shared,
    caller: &Caller,
    items: &[Item],
) -> BTreeMap<EndpointId, (Endpoint, AlertCounts)> {
    caller.see(api, |sight| {
        let mut known = BTreeMap::new();
        for id in items.iter().filter_map(|item| item.alert.endpoint) {
            if let Some(member) = sight.member(id).filter(|_| !known.contains_key(&id)) {
                known.insert(id, (member.endpoint.clone(), member.counts));
            }
        }
        known
    })
}

fn play(
    items: &[Item],
    endpoints: &BTreeMap<EndpointId, (Endpoint, AlertCounts)>,
    draft: &Matrix,
    now: Timestamp,
) -> Replay {
    let rows: BTreeMap<EndpointId, Row<'_>> = endpoints
        .iter()
        .map(|(id, (endpoint, alerts))| (*id, Row { endpoint, as_of: now, alerts: *alerts, owners: None }))
        .collect();
    let past = items.iter().map(|item| Past {
        alert: &item.alert,
        timeline: &item.timeline,
        endpoint: item.alert.endpoint.and_then(|id| rows.get(&id)),
    });
    played(past, draft)
}
