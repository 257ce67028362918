//! Maintenance windows: what is hidden when, for both sides to see, plan and end.

use axum::{
    Json,
    extract::{Path, State},
};
use dogwatch_model::{OrgId, WindowId};
use dogwatch_triage::mute::{NewWindow, Window};
use http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Shared,
    caller::Caller,
    extract::{Body, Params},
    paging::page,
    place::known_org,
    problem::Problem,
};

/// A window as it is shown: with where it stands now.
#[derive(Serialize, JsonSchema)]
pub(crate) struct WindowJson {
    #[serde(flatten)]
    window: Window,
    /// `open`, `ahead` or `ended`.
    state: &'static str,
    /// When it begins next, or began if it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    begins_at: Option<Timestamp>,
    /// When that time of it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<Timestamp>,
}

impl WindowJson {
    fn of(window: Window, now: Timestamp) -> Self {
        let span = window.span_at_or_after(now);
        let state = match span {
            Some(span) if span.has(now) => "open",
            Some(_) => "ahead",
            None => "ended",
        };
        Self { state, begins_at: span.map(|span| span.start), ends_at: span.map(|span| span.end), window }
    }
}

/// Windows, those that begin or began first in front; what has ended comes last.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Windows")]
pub(crate) struct List {
    as_of: Timestamp,
    windows: Vec<WindowJson>,
    /// Where to go on, as `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Which windows.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Query {
    org: Option<OrgId>,
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// `GET /api/v1/windows`
pub(crate) async fn list(
    State(api): State<Shared>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<List>, Problem> {
    known_org(&api, &caller, query.org.as_ref())?;
    let mut windows: Vec<WindowJson> = caller.see(&api, |sight| {
        let mine =
            sight.windows().filter(|window| query.org.as_ref().is_none_or(|org| *org == window.plan.org));
        mine.cloned().map(|window| WindowJson::of(window, caller.now)).collect()
    });
    let key = |shown: &WindowJson| (shown.begins_at.is_none(), shown.begins_at, shown.window.id.clone());
    windows.sort_by_key(key);
    let (windows, next) = page(windows, key, (query.limit, query.cursor.as_deref()))?;
    Ok(Json(List { as_of: caller.now, windows, next }))
}

/// `POST /api/v1/windows`
pub(crate) async fn add(
    State(api): State<Shared>,
    caller: Caller,
    Body(plan): Body<NewWindow>,
) -> Result<(StatusCode, Json<WindowJson>), Problem> {
    let window = api.core.add_window(plan, caller.principal().clone()).await?;
    Ok((StatusCode::CREATED, Json(WindowJson::of(window, caller.now))))
}

/// `DELETE /api/v1/windows/{window}`
pub(crate) async fn end(
    State(api): State<Shared>,
    caller: Caller,
    Path(text): Path<String>,
) -> Result<Json<WindowJson>, Problem> {
    let unseen = || Problem::not_found(format!("there is no window `{text}` that you may see"));
    let id = text.parse::<WindowId>().map_err(|_| unseen())?;
    if caller.see(&api, |sight| sight.window(&id).is_none()) {
        return Err(unseen());
    }
    let window = api.core.end_window(id, caller.principal().clone()).await?;
    // It ended a moment after the request came in, and the answer is about then.
    let now = window.ended_at.map_or(caller.now, |ended| ended.max(caller.now));
    Ok(Json(WindowJson::of(window, now)))
}
