//! Is it alive, and does it accept work? For service managers and load balancers; tells no secret.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{Shared, problem::Problem};
use crate::{policy::Standing, state::Health};

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: reports and changes are accepted; otherwise 503 with the reason. Files that were refused do not make
/// it unready, what was in force before still is; but that is told. What is wrong with them is not: whoever can reach the
/// port reads this, and faults name people, addresses and machines.
pub(crate) async fn ready(State(api): State<Shared>) -> Result<Json<Value>, Problem> {
    let files = json!({
        "ready": true,
        "policy": files_state(&api.core.policy_files()),
        "notify": files_state(&api.info.notify_file.borrow()),
        "identity": files_state(&api.info.identity_file.borrow()),
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

/// Whether files are in force, without a word of theirs.
fn files_state(standing: &Standing) -> Value {
    match standing {
        Standing::InForce { since } => json!({ "state": "in_force", "since": since }),
        Standing::Refused { at, faults } => json!({
            "state": "refused",
            "at": at,
            "fault_count": faults.len(),
            "look": "`dogwatch-collector check`, or the log of the collector",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_refused_is_told_without_a_word_of_what_stands_in_it() {
        let faults = vec!["orgs/acme.toml:3:1: no team `mira`".to_owned(), "another".to_owned()];
        let told = files_state(&Standing::Refused { at: jiff::Timestamp::UNIX_EPOCH, faults });
        assert_eq!((&told["state"], &told["fault_count"]), (&json!("refused"), &json!(2)));
        let told = told.to_string();
        assert!(!told.contains("mira") && told.contains("dogwatch-collector check"), "{told}");
    }
}
