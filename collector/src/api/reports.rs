//! What has become of things over a time, counted from timelines: the boundary between the two sides.
//!
//! Items of the working set are taken under the read lock, those of long ago from the archive, a page at a time, so that
//! the core thread does other things in between. The view may be half a minute behind: an item that leaves the working set
//! while it is counted is counted the next time.

use axum::{Json, extract::State};
use dogwatch_model::OrgId;
use dogwatch_triage::{
    alert::Alert,
    boundary::{
        BoundaryReport,
        report::{Asked, report},
    },
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Shared,
    caller::Caller,
    extract::Params,
    gather::{Bounds, gather},
    problem::Problem,
};

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
    let unseen = |org: &OrgId| Problem::not_found(format!("there is no org `{org}` that you may see"));
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

/// The beginning of the month (UTC) that ends at or after an instant.
fn month_of(until: Timestamp) -> Timestamp {
    let last = until.saturating_sub(SignedDuration::from_nanos(1)).unwrap_or(until);
    let first = TimeZone::UTC.to_datetime(last).date().first_of_month();
    first.to_zoned(TimeZone::UTC).map_or(until, |begin| begin.timestamp())
}
