//! One alert: with its timeline, and what people do with it.
//!
//! A write may say which version it has seen (`If-Match`); whoever was overtaken gets 409 with the item as it is now.

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use dogwatch_triage::alert::{Act, AlertNumber};
use http::{HeaderMap, header};
use serde::Deserialize;

use super::{Shared, caller::Caller, extract::Body, problem::Problem};
use crate::{
    refusal::{Code, Refusal},
    state::{Item, State as Fleet},
};

/// The alert with a number among those the caller may see. People may write `1042` or `#1042`.
fn find<'a>(state: &'a Fleet, caller: &Caller, text: &str) -> Result<&'a Item, Problem> {
    number_of(text)
        .and_then(|number| state.alerts.get(&number))
        .filter(|item| caller.principal().sees(&item.alert.org))
        .ok_or_else(|| unseen(text))
}

fn number_of(text: &str) -> Option<AlertNumber> {
    text.strip_prefix('#').unwrap_or(text).parse().ok().map(AlertNumber)
}

fn unseen(text: &str) -> Problem {
    Problem::not_found(format!(
        "there is no alert `{text}` that you may see; `dogwatch queue --all` lists them"
    ))
}

fn answer(item: &Item) -> Response {
    let version = format!("\"{}\"", item.alert.version);
    ([(header::ETAG, version)], Json(item)).into_response()
}

/// The alert with a number, among those of long ago, too, which the queue does not list any more.
pub(super) async fn find_or_archived(api: &Shared, caller: &Caller, number: &str) -> Result<Item, Problem> {
    let (live, archived) = api.core.read(|state| {
        let of_long_ago =
            |number: &AlertNumber| number.0 < state.next_alert && !state.alerts.contains_key(number);
        (find(state, caller, number).cloned(), number_of(number).filter(of_long_ago))
    });
    match (live, archived) {
        (Err(_), Some(wanted)) => {
            let archived = api.core.read_archived(wanted).await?;
            archived.filter(|item| caller.principal().sees(&item.alert.org)).ok_or_else(|| unseen(number))
        }
        (live, _) => live,
    }
}

/// `GET /api/v1/alerts/{number}`
pub(crate) async fn show(
    State(api): State<Shared>,
    caller: Caller,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    find_or_archived(&api, &caller, &number).await.map(|item| answer(&item))
}

/// Why an act that is another's turn should pass.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Overridden {
    #[serde(rename = "override")]
    override_reason: Option<String>,
}

/// `POST /api/v1/alerts/{number}/claim`
pub(crate) async fn claim(
    api: State<Shared>,
    caller: Caller,
    number: Path<String>,
    headers: HeaderMap,
    Body(Overridden { override_reason }): Body<Overridden>,
) -> Result<Response, Problem> {
    act(api, caller, number, &headers, Act::Claim { override_reason }).await
}

/// `POST /api/v1/alerts/{number}/release`
pub(crate) async fn release(
    api: State<Shared>,
    caller: Caller,
    number: Path<String>,
    headers: HeaderMap,
    Body(Overridden { override_reason }): Body<Overridden>,
) -> Result<Response, Problem> {
    act(api, caller, number, &headers, Act::Release { override_reason }).await
}

/// What somebody says. An absent text is an empty one, which the alert's own rules refuse.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Comment {
    #[serde(default)]
    text: String,
}

/// `POST /api/v1/alerts/{number}/comment`
pub(crate) async fn comment(
    api: State<Shared>,
    caller: Caller,
    number: Path<String>,
    headers: HeaderMap,
    Body(Comment { text }): Body<Comment>,
) -> Result<Response, Problem> {
    act(api, caller, number, &headers, Act::Comment { text }).await
}

/// How it ended.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Close {
    #[serde(default)]
    resolution: String,
    #[serde(rename = "override")]
    override_reason: Option<String>,
}

/// `POST /api/v1/alerts/{number}/close`
pub(crate) async fn close(
    api: State<Shared>,
    caller: Caller,
    number: Path<String>,
    headers: HeaderMap,
    Body(Close { resolution, override_reason }): Body<Close>,
) -> Result<Response, Problem> {
    act(api, caller, number, &headers, Act::Close { resolution, override_reason }).await
}

async fn act(
    State(api): State<Shared>,
    caller: Caller,
    Path(text): Path<String>,
    headers: &HeaderMap,
    act: Act,
) -> Result<Response, Problem> {
    let version = expected_version(headers)?;
    let number = api.core.read(|state| find(state, &caller, &text).map(|item| item.alert.number))?;
    match api.core.alert_act(number, act, caller.principal().clone(), version).await {
        Ok(item) => {
            tracing::info!(
                alert.number = number.0, alert.version = item.alert.version, by = %caller.principal().person,
                "alert changed"
            );
            Ok(answer(&item))
        }
        Err(refusal) => {
            let current = api.core.read(|state| find(state, &caller, &text).cloned());
            Err(overtaken(refusal, current.ok()))
        }
    }
}

/// A refusal; a conflict carries the item as it is now.
fn overtaken(refusal: Refusal, current: Option<Item>) -> Problem {
    let conflict = refusal.code == Code::Conflict;
    let problem = Problem::from(refusal);
    match current.filter(|_| conflict).and_then(|item| serde_json::to_value(item).ok()) {
        Some(item) => problem.with("current", item),
        None => problem,
    }
}

/// The version that the caller has seen, from `If-Match`.
fn expected_version(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    match value.to_str().map(|text| text.trim().trim_matches('"')) {
        Ok("*") => Ok(None),
        Ok(text) => text.parse().map(Some).map_err(|_| bad_version()),
        Err(_) => Err(bad_version()),
    }
}

fn bad_version() -> Problem {
    Problem::invalid(
        "the `if-match` header is not a version; send the answer's `etag` as it came, such as \"7\"",
    )
}
