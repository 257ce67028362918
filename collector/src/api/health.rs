//! Is it alive, and does it accept work? For service managers and load balancers; tells no secret.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{Shared, problem::Problem};
use crate::state::Health;

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: reports and changes are accepted; otherwise 503 with the reason. Policy files that were refused do not
/// make it unready, what was in force before still is; but they are told.
pub(crate) async fn ready(State(api): State<Shared>) -> Result<Json<Value>, Problem> {
    match api.core.health() {
        Health::Ready => Ok(Json(json!({ "ready": true, "policy": *api.core.policy_files() }))),
        Health::Impaired { since, why } => {
            let impaired = json!({ "since": since, "why": why });
            Ok(Json(json!({ "ready": true, "impaired": impaired, "policy": *api.core.policy_files() })))
        }
        Health::Degraded { since, why } => {
            Err(Problem::unavailable(why).with("ready", false).with("since", since.to_string()))
        }
    }
}
