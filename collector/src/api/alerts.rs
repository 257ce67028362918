//! One alert: with its timeline, and what people do with it.

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use dogwatch_triage::alert::AlertNumber;
use http::{HeaderMap, header};

use super::{Shared, caller::Caller, problem::Problem};
use crate::state::{Item, State as Fleet};

/// The alert with a number among those the caller may see. People may write `1042` or `#1042`.
fn find<'a>(state: &'a Fleet, caller: &Caller, text: &str) -> Result<&'a Item, Problem> {
    text.strip_prefix('#')
        .unwrap_or(text)
        .parse()
        .ok()
        .and_then(|number| state.alerts.get(&AlertNumber(number)))
        .filter(|item| caller.principal().sees(&item.alert.org))
        .ok_or_else(|| Problem::not_found(format!("there is no alert `{text}` that you may see")))
}

fn answer(item: &Item) -> Response {
    let version = format!("\"{}\"", item.alert.version);
    ([(header::ETAG, version)], Json(item)).into_response()
}

/// `GET /api/v1/alerts/{number}`
pub(crate) async fn show(
    State(api): State<Shared>,
    caller: Caller,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    api.core.read(|state| find(state, &caller, &number).cloned()).map(|item| answer(&item))
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
