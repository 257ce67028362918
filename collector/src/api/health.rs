//! Is it alive, and does it accept work? For service managers and load balancers; tells no secret.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{Shared, problem::Problem};
use crate::state::Health;

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: reports and changes are accepted; otherwise 503 with the reason.
pub(crate) async fn ready(State(api): State<Shared>) -> Result<Json<Value>, Problem> {
    match api.core.health() {
        Health::Ready => Ok(Json(json!({ "ready": true }))),
        Health::Degraded { since, why } => {
            Err(Problem::unavailable(why).with("ready", false).with("since", since.to_string()))
        }
    }
}
