//! The fleet: filtered, sorted, paged, counted, and written straight from the state into one buffer.
//!
//! Endpoints go out through the schema's own serialiser, so that their names are the filter's names. Nothing is
//! copied out of the state but the finished text.

mod cursor;
mod summary;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use dogwatch_model::{EndpointState, text_enum};
use dogwatch_triage::filter::{ChosenJson, EndpointJson, Fields, Filter, FilterError, Order, Row};
use http::{HeaderMap, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Shared, caller::Caller, endpoints, extract::Params, problem::Problem, tagged::tagged};
use crate::{policy::Policy, query};
use cursor::Cursor;

pub(crate) use crate::query::row;
pub(crate) use summary::{Query as SummaryQuery, Summary, summary};

/// The most endpoints in one answer; whoever wants more follows `next`. An endpoint with a hundred missing updates takes
/// 40 KB, and the core waits while a page is written.
const MAX_PAGE: usize = 1_000;

/// What an endpoint's JSON takes in a list, about: room made in one piece beforehand.
const BYTES_PER_ENDPOINT: usize = 4096;

/// The same when fields were asked for.
const BYTES_PER_CHOSEN: usize = 512;

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
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Query {
    filter: Option<String>,
    sort: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
    state: Option<Standing>,
    fields: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Page<'a> {
    as_of: Timestamp,
    /// How many there are in all that the caller may see.
    total: usize,
    /// How many match.
    matched: usize,
    /// How many could not be judged for want of a fact.
    unjudged: usize,
    /// Where to go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    next: Option<Cursor>,
    #[schemars(with = "Vec<EndpointJson<'a>>")]
    endpoints: Vec<Shown<'a>>,
}

/// An endpoint, or what was asked for of it.
#[derive(Serialize)]
#[serde(untagged)]
enum Shown<'a> {
    Whole(EndpointJson<'a>),
    Chosen(ChosenJson<'a, 'a>),
}

impl<'a> Shown<'a> {
    fn of(row: Row<'a>, fields: Option<&'a Fields>) -> Self {
        match fields {
            Some(fields) => Self::Chosen(ChosenJson { row, fields }),
            None => Self::Whole(EndpointJson(row)),
        }
    }
}

/// Compiles a filter that came as a parameter: an expression, or the short form. It names tools and teams that the caller
/// sees, or none.
pub(crate) fn compile(
    filter: Option<&str>,
    policy: &Policy,
    caller: &Caller,
) -> Result<Option<Filter>, Problem> {
    let given = filter.filter(|source| !source.trim().is_empty());
    let filter = given.map(|source| {
        let filter = Filter::typed(source)?;
        filter.known_to(|| policy.vocabulary(|org| caller.sees(org)))?;
        Ok(filter)
    });
    filter.transpose().map_err(|error| misread("filter", &error))
}

/// What is wrong with a parameter of the filter language.
pub(crate) fn misread(parameter: &str, error: &FilterError) -> Problem {
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
    let policy = api.core.policy();
    let filter = compile(query.filter.as_deref(), &policy, &caller)?;
    let order = Order::compile(query.sort.as_deref().unwrap_or("name")).map_err(|e| misread("sort", &e))?;
    let fields = query.fields.as_deref().filter(|fields| !fields.trim().is_empty());
    let fields = fields.map(Fields::compile).transpose().map_err(|e| misread("fields", &e))?;
    let after = query.cursor.as_deref().map(|text| Cursor::read(text, &order)).transpose()?;
    let limit = match query.limit {
        Some(limit @ 1..=MAX_PAGE) => limit,
        None => MAX_PAGE,
        Some(_) => return Err(Problem::invalid(format!("`limit` must be from 1 to {MAX_PAGE}"))),
    };
    let standing = query.state.unwrap_or(Standing::Active);
    // Pages that belong together are of one instant: what ages does not move from one to the other.
    let as_of = after.as_ref().map_or(caller.now, |cursor| cursor.as_of.min(caller.now));
    let asked = query::Query {
        filter: filter.as_ref(),
        covers: &|state| standing.covers(state),
        order: Some(&order),
        by: &[],
    };
    caller.see(&api, |sight| {
        sight.ask(&asked, (&policy, as_of), |answer, fleet| {
            let page = answer.page(&order, after.as_ref().map(|cursor| &cursor.place), limit);
            let shown = page.slots.iter().map(|slot| Shown::of(fleet.row(*slot), fields.as_ref())).collect();
            let page = Page {
                as_of,
                total: answer.total,
                matched: answer.matched(),
                unjudged: answer.found.unjudged,
                next: page.next.map(|place| Cursor::at(place, &order, as_of)),
                endpoints: shown,
            };
            let each = if fields.is_some() { BYTES_PER_CHOSEN } else { BYTES_PER_ENDPOINT };
            json(&page, page.endpoints.len() * each)
        })
    })
}

/// `GET /api/v1/fleet/schema`
pub(crate) async fn schema(headers: HeaderMap) -> Result<Response, Problem> {
    let text = serde_json::to_vec(&dogwatch_triage::filter::schema());
    let text = text.map_err(|_| Problem::internal("the fleet's schema cannot be written"))?;
    Ok(tagged(&headers, "application/json", text.into()))
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
        json(&EndpointJson(row(member, &policy, caller.now)), BYTES_PER_ENDPOINT)
    })
}

/// An answer of about so many bytes.
fn json(value: &impl Serialize, bytes: usize) -> Result<Response, Problem> {
    let mut text = Vec::with_capacity(1024 + bytes);
    serde_json::to_writer(&mut text, value)
        .map_err(|_| Problem::internal("an endpoint cannot be written"))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}
