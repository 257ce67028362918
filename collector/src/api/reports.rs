//! What has become of things over a time, counted from timelines: the boundary between the two sides.
//!
//! Items of the working set are taken under the read lock, those of long ago from the archive, a page at a time, so that
//! the core thread does other things in between. The view may be half a minute behind: an item that leaves the working set
//! while it is counted is counted the next time.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use dogwatch_model::{EndpointState, OrgId};
use dogwatch_triage::{
    alert::Alert,
    boundary::{
        BoundaryReport,
        report::{Asked, QUARTER, report},
    },
    matrix::Matrix,
    report::{
        BACKUP, FleetReport, Measure, PATCH, report as fleet_report,
        review::{AccessDue, Review, review},
    },
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Shared,
    caller::Caller,
    extract::Params,
    fleet::{compile, row},
    gather::{Bounds, gather},
    problem::Problem,
};
use crate::core::Sight;

/// The longest time of one report: a year and the month before it, to compare with.
const MAX_SPAN: SignedDuration = SignedDuration::from_hours(400 * 24);

/// The most items of one report: with ten kilobytes each, what a collector of this size can spare for a moment.
const MAX_ITEMS: usize = 20_000;

/// Of what, and over which time; all that the caller sees, and the month so far, when left out.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Query {
    org: Option<OrgId>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

/// `GET /api/v1/reports/boundary`
pub(crate) async fn boundary(
    State(api): State<Shared>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<BoundaryReport>, Problem> {
    let policy = api.core.policy();
    if let Some(org) = query.org.as_ref().filter(|org| !caller.sees(org)) {
        return Err(unseen(org));
    }
    let until = query.until.unwrap_or(caller.now);
    let from = query.from.unwrap_or_else(|| month_of(until));
    if from >= until || until.duration_since(from) > MAX_SPAN {
        let what = "`from` must lie before `until`, by 400 days at most";
        return Err(Problem::invalid(what));
    }
    let sees = |org: &OrgId| caller.sees(org) && query.org.as_ref().is_none_or(|asked| asked == org);
    let matrices = policy.orgs.iter().filter(|(org, _)| sees(org)).map(|(org, matrix)| (org.clone(), matrix));
    let asked = Asked { from, until, as_of: caller.now, matrices: matrices.collect() };
    let bounds = Bounds { items: MAX_ITEMS, shelves: u64::MAX };
    let wanted = |alert: &Alert| sees(&alert.org) && alert.first_seen < asked.until;
    let (items, whole) = gather(&api, &caller, (asked.since(), &bounds), wanted).await?;
    if !whole {
        let what =
            format!("more than {MAX_ITEMS} items came in then; ask for a shorter time, or for one org");
        return Err(Problem::invalid(what));
    }
    // An org that left the policy keeps its past.
    if let Some(org) = query.org.as_ref().filter(|org| items.is_empty() && !policy.orgs.contains_key(*org)) {
        return Err(unseen(org));
    }
    let items = items.iter().map(|item| (&item.alert, item.timeline.as_slice()));
    Ok(Json(report(items, &asked)))
}

/// Of which endpoints.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct FleetQuery {
    org: Option<OrgId>,
    filter: Option<String>,
}

/// `GET /api/v1/reports/patch`
pub(crate) async fn patch(
    State(api): State<Shared>,
    caller: Caller,
    Params(query): Params<FleetQuery>,
) -> Result<Json<FleetReport>, Problem> {
    of_fleet(&api, &caller, &query, PATCH).map(Json)
}

/// `GET /api/v1/reports/backup`
pub(crate) async fn backup(
    State(api): State<Shared>,
    caller: Caller,
    Params(query): Params<FleetQuery>,
) -> Result<Json<FleetReport>, Problem> {
    of_fleet(&api, &caller, &query, BACKUP).map(Json)
}

/// A month: how the fleet stands now, and what became of the items that came in then.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Month {
    as_of: Timestamp,
    patch: FleetReport,
    backup: FleetReport,
    queue: BoundaryReport,
}

/// `GET /api/v1/reports/month`
pub(crate) async fn month(
    api: State<Shared>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<Month>, Problem> {
    let fleet = FleetQuery { org: query.org.clone(), filter: None };
    let as_of = caller.now;
    let patch = of_fleet(&api.0, &caller, &fleet, PATCH)?;
    let backup = of_fleet(&api.0, &caller, &fleet, BACKUP)?;
    let Json(queue) = boundary(api, caller, Params(query)).await?;
    Ok(Json(Month { as_of, patch, backup, queue }))
}

/// Whose review.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct ReviewQuery {
    org: Option<OrgId>,
}

/// `GET /api/v1/reports/review`
pub(crate) async fn quarterly(
    api: State<Shared>,
    caller: Caller,
    Params(query): Params<ReviewQuery>,
) -> Result<Json<Review>, Problem> {
    let until = caller.now;
    let asked =
        Query { org: query.org.clone(), from: until.saturating_sub(QUARTER).ok(), until: Some(until) };
    let Json(counted) = boundary(State(Shared::clone(&api)), caller.clone(), Params(asked)).await?;
    let policy = api.core.policy();
    let mine = |org: &OrgId| query.org.as_ref().is_none_or(|asked| asked == org);
    Ok(Json(caller.see(&api, |sight| {
        let orgs = sight.orgs(&policy).filter(|(org, _)| mine(org));
        let matrices: BTreeMap<OrgId, &Matrix> = orgs.map(|(org, matrix)| (org.clone(), matrix)).collect();
        let members = sight.members().filter(|member| mine(&member.endpoint.org));
        let rows = members.map(|member| row(member, &policy, caller.now));
        review(&matrices, rows, (counted.drift, access_due(sight, caller.now)), caller.now)
    })))
}

/// Rights to be looked at again: their day has come, or nobody ever set one.
fn access_due(sight: &Sight<'_>, now: Timestamp) -> Vec<AccessDue> {
    let due = sight.grants(now).filter_map(|grant| {
        let why = match (grant.review_at, grant.expires_at) {
            (Some(at), _) if at <= now => "its review is due",
            (Some(_), _) | (None, Some(_)) => return None,
            (None, None) => "it has neither an end nor a day of review",
        };
        Some(AccessDue {
            grant: grant.id.clone(),
            to: grant.to.to_string(),
            verbs: grant.verbs.to_string(),
            scope: grant.scope.to_string(),
            due_at: grant.review_at,
            why: why.to_owned(),
        })
    });
    due.collect()
}

fn of_fleet(
    api: &Shared,
    caller: &Caller,
    query: &FleetQuery,
    measures: &[Measure],
) -> Result<FleetReport, Problem> {
    let policy = api.core.policy();
    let unknown = |org: &&OrgId| !(caller.sees(org) && policy.orgs.contains_key(*org));
    if let Some(org) = query.org.as_ref().filter(unknown) {
        return Err(unseen(org));
    }
    let filter = compile(query.filter.as_deref(), &policy, caller)?;
    let counted = caller.see(api, |sight| {
        let mine = sight.members().filter(|member| {
            member.endpoint.state == EndpointState::Active
                && query.org.as_ref().is_none_or(|org| *org == member.endpoint.org)
        });
        let rows = mine.map(|member| row(member, &policy, caller.now));
        fleet_report(measures, rows, filter.as_ref(), caller.now)
    });
    counted.map_err(|_| Problem::internal("a measure of the report is no filter"))
}

fn unseen(org: &OrgId) -> Problem {
    Problem::not_found(format!("there is no org `{org}` that you may see"))
}

/// The beginning of the month (UTC) that ends at or after an instant.
fn month_of(until: Timestamp) -> Timestamp {
    let last = until.saturating_sub(SignedDuration::from_nanos(1)).unwrap_or(until);
    let first = TimeZone::UTC.to_datetime(last).date().first_of_month();
    first.to_zoned(TimeZone::UTC).map_or(until, |begin| begin.timestamp())
}
