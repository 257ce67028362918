//! Is it alive, and does it accept work? For service managers and load balancers; tells no secret.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{Shared, problem::Problem};
use crate::state::Health;

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: reports and changes are accepted; otherwise 503 with the reason. Files that were refused do not make
/// it unready, what was in force before still is; but they are told.
pub(crate) async fn ready(State(api): State<Shared>) -> Result<Json<Value>, Problem> {
    let files = json!({
        "ready": true,
        "policy": *api.core.policy_files(),
        "notify": *api.info.notify_file.borrow(),
    });
    match api.core.health() {
        Health::Ready => Ok(Json(files)),
        Health::Impaired { since, why } => {
            let mut said = files;
            said["impaired"] = json!({ "since": since, "why": why });
            Ok(Json(said))
        }
        Health::Degraded { since, why } => {
            Err(Problem::unavailable(why).with("ready", false).with("since", since.to_string()))
        }
    }
}
