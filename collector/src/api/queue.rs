//! The shared queue, most urgent first.

use std::cmp::Reverse;

use axum::{Json, extract::State};
use dogwatch_model::text_enum;
use dogwatch_triage::alert::{Alert, Work};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Shared, caller::Caller, extract::Params, problem::Problem};

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
}

/// The queue at an instant.
#[derive(Serialize)]
pub(crate) struct Queue {
    as_of: Timestamp,
    total: usize,
    alerts: Vec<Alert>,
}

/// `GET /api/v1/queue`
pub(crate) async fn list(
    State(api): State<Shared>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<Queue>, Problem> {
    let part = query.state.unwrap_or(Part::Open);
    let mut alerts: Vec<Alert> = api.core.read(|state| {
        state
            .alerts
            .values()
            .map(|item| &item.alert)
            .filter(|alert| caller.principal().sees(&alert.org))
            .filter(|alert| part == Part::All || alert.work != Work::Done)
            .cloned()
            .collect()
    });
    sort(&mut alerts);
    Ok(Json(Queue { as_of: caller.now, total: alerts.len(), alerts }))
}

/// What is not done before what is; then by priority; then what waits longest; then by number.
fn sort(alerts: &mut [Alert]) {
    alerts.sort_by_key(|alert| {
        (alert.work == Work::Done, alert.priority, alert.first_seen, Reverse(alert.number))
    });
}
