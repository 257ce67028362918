//! The shared queue, most urgent first.

use axum::{Json, extract::State};
use dogwatch_model::text_enum;
use dogwatch_triage::{
    alert::{Alert, Work},
    filter::{Filter, Verdict},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Shared, caller::Caller, extract::Params, fleet, problem::Problem};
use crate::{policy::Policy, state::Member};

text_enum! {
    /// Which part of the queue.
    pub(crate) enum Part {
        /// What is not done.
        Open = "open",
        /// Recent done ones, too.
        All = "all",
    }
}

/// Query of the queue.
#[derive(Deserialize)]
pub(crate) struct Query {
    state: Option<Part>,
    filter: Option<String>,
}

/// The queue at an instant.
#[derive(Serialize)]
pub(crate) struct Queue {
    as_of: Timestamp,
    /// How many there are in all that the caller may see.
    total: usize,
    /// How many match.
    matched: usize,
    /// How many could not be judged for want of a fact.
    unjudged: usize,
    alerts: Vec<Alert>,
}

/// `GET /api/v1/queue`
pub(crate) async fn list(
    State(api): State<Shared>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<Queue>, Problem> {
    let part = query.state.unwrap_or(Part::Open);
    let policy = api.core.policy();
    let filter = fleet::compile(query.filter.as_deref())?;
    let mut queue = Queue { as_of: caller.now, total: 0, matched: 0, unjudged: 0, alerts: Vec::new() };
    api.core.read(|state| {
        let alerts = state.alerts.values().map(|item| &item.alert);
        for alert in alerts.filter(|alert| caller.principal().sees(&alert.org)) {
            if part == Part::Open && alert.work == Work::Done {
                continue;
            }
            queue.total += 1;
            let of = alert.endpoint.and_then(|id| state.members.get(&id));
            let verdict =
                filter.as_ref().map_or(Verdict::Match, |filter| judge(of, filter, &policy, caller.now));
            match verdict {
                Verdict::Match => queue.alerts.push(alert.clone()),
                Verdict::NoMatch => {}
                Verdict::Unknown => queue.unjudged += 1,
            }
        }
    });
    queue.matched = queue.alerts.len();
    sort(&mut queue.alerts);
    Ok(Json(queue))
}

/// What a filter says about the endpoint of an alert.
fn judge(member: Option<&Member>, filter: &Filter, policy: &Policy, as_of: Timestamp) -> Verdict {
    member.map_or(Verdict::Unknown, |member| filter.judge(&fleet::row(member, policy, as_of)))
}

/// What is not done before what is; then by priority; then what waits longest; then by number.
fn sort(alerts: &mut [Alert]) {
    alerts.sort_by_key(|alert| (alert.work == Work::Done, alert.priority, alert.first_seen, alert.number));
}
