//! The fleet: filtered, sorted, paged, and written straight from the state into one buffer.
//!
//! Endpoints go out through the schema's own serialiser, so that their names are the filter's names. Nothing is
//! copied out of the state but the finished text.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use dogwatch_model::{EndpointId, EndpointState, text_enum};
use dogwatch_triage::filter::{EndpointJson, Filter, FilterError, Row, SortKey, Verdict};
use http::header;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Shared, caller::Caller, endpoints, extract::Params, problem::Problem};
use crate::{policy::Policy, state::Member};

/// The most endpoints in one answer; whoever wants more follows `next`. An endpoint with a hundred missing updates takes
/// 40 KB, and the core waits while a page is written.
const MAX_PAGE: usize = 1_000;

/// What an endpoint's JSON takes in a list, about: room made in one piece beforehand.
const BYTES_PER_ENDPOINT: usize = 4096;

text_enum! {
    /// Which endpoints.
    pub(crate) enum Standing {
        /// Those in service.
        Active = "active",
        /// Those that wait for approval.
        Pending = "pending",
        /// Those that were put out of service.
        Revoked = "revoked",
        /// Those that have gone for good.
        Retired = "retired",
        /// Every one.
        All = "all",
    }
}

impl Standing {
    const fn covers(self, state: EndpointState) -> bool {
        match self {
            Self::Active => matches!(state, EndpointState::Active),
            Self::Pending => matches!(state, EndpointState::Pending),
            Self::Revoked => matches!(state, EndpointState::Revoked),
            Self::Retired => matches!(state, EndpointState::Retired),
            Self::All => true,
        }
    }
}

/// Query of the fleet.
#[derive(Deserialize)]
pub(crate) struct Query {
    filter: Option<String>,
    sort: Option<String>,
    limit: Option<usize>,
    cursor: Option<EndpointId>,
    state: Option<Standing>,
}

#[derive(Serialize)]
struct Page<'a> {
    as_of: Timestamp,
    /// How many there are in all that the caller may see.
    total: usize,
    /// How many match.
    matched: usize,
    /// How many could not be judged for want of a fact.
    unjudged: usize,
    /// Where to go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<EndpointId>,
    endpoints: Vec<EndpointJson<'a>>,
}

/// An endpoint as filters see it at `as_of`.
pub(crate) fn row<'a>(member: &'a Member, policy: &'a Policy, as_of: Timestamp) -> Row<'a> {
    let matrix = policy.matrix(&member.endpoint.org);
    Row { endpoint: &member.endpoint, as_of, alerts: member.counts, owners: Some(matrix) }
}

/// Compiles a filter that came as a parameter.
pub(crate) fn compile(filter: Option<&str>) -> Result<Option<Filter>, Problem> {
    let given = filter.filter(|source| !source.trim().is_empty());
    given.map(Filter::compile).transpose().map_err(|error| misread("filter", &error))
}

fn misread(parameter: &str, error: &FilterError) -> Problem {
    Problem::invalid(format!("{parameter}: {error}"))
        .with("parameter", parameter)
        .with("line", error.line)
        .with("column", error.column)
}

/// `GET /api/v1/fleet`
pub(crate) async fn list(
    State(api): State<Shared>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let filter = compile(query.filter.as_deref())?;
    let sort = SortKey::compile(query.sort.as_deref().unwrap_or("name")).map_err(|e| misread("sort", &e))?;
    let limit = match query.limit {
        Some(limit @ 1..=MAX_PAGE) => limit,
        None => MAX_PAGE,
        Some(_) => return Err(Problem::invalid(format!("`limit` must be from 1 to {MAX_PAGE}"))),
    };
    let standing = query.state.unwrap_or(Standing::Active);
    let policy = api.core.policy();
    caller.see(&api, |sight| {
        let mine = sight.members().filter(|member| standing.covers(member.endpoint.state));
        let mut page =
            Page { as_of: caller.now, total: 0, matched: 0, unjudged: 0, next: None, endpoints: Vec::new() };
        let mut rows = Vec::new();
        for member in mine {
            page.total += 1;
            let row = row(member, &policy, caller.now);
            match filter.as_ref().map_or(Verdict::Match, |filter| filter.judge(&row)) {
                Verdict::Match => rows.push(row),
                Verdict::NoMatch => {}
                Verdict::Unknown => page.unjudged += 1,
            }
        }
        page.matched = rows.len();
        sort.sort(&mut rows);
        let rest = after(&rows, query.cursor)?;
        page.endpoints = rest.iter().take(limit).map(|row| EndpointJson(*row)).collect();
        page.next = rest.get(limit).and(page.endpoints.last()).map(|last| last.0.endpoint.id);
        json(&page, page.endpoints.len())
    })
}

/// What comes after the endpoint that the cursor names.
fn after<'r, 'a>(rows: &'r [Row<'a>], cursor: Option<EndpointId>) -> Result<&'r [Row<'a>], Problem> {
    let Some(cursor) = cursor else { return Ok(rows) };
    let place = rows.iter().position(|row| row.endpoint.id == cursor).ok_or_else(|| {
        Problem::invalid(
            "the endpoint that `cursor` names does not match any more; begin again without a cursor",
        )
    })?;
    Ok(&rows[place + 1..])
}

/// `GET /api/v1/fleet/schema`
pub(crate) async fn schema() -> Result<Response, Problem> {
    json(&dogwatch_triage::filter::schema(), 8)
}

/// `GET /api/v1/endpoints/{endpoint}`
pub(crate) async fn show(
    State(api): State<Shared>,
    caller: Caller,
    Path(text): Path<String>,
) -> Result<Response, Problem> {
    let policy = api.core.policy();
    caller.see(&api, |sight| {
        let member = endpoints::find(sight, &text)?;
        json(&EndpointJson(row(member, &policy, caller.now)), 1)
    })
}

fn json(value: &impl Serialize, endpoints: usize) -> Result<Response, Problem> {
    let mut text = Vec::with_capacity(1024 + endpoints * BYTES_PER_ENDPOINT);
    serde_json::to_writer(&mut text, value)
        .map_err(|_| Problem::internal("an endpoint cannot be written"))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}
