//! Is it alive, and does it accept work? For service managers and load balancers; tells no secret.

use axum::{Json, extract::State};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Shared, problem::Problem};
use crate::{policy::Standing, state::Health};

/// Work is accepted, and what else there is to know.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Ready {
    ready: bool,
    /// The policy folder.
    policy: FilesState,
    /// `notify.toml`.
    notify: FilesState,
    /// `identity.toml`.
    identity: FilesState,
    /// Something does not work as it should.
    #[serde(skip_serializing_if = "Option::is_none")]
    impaired: Option<Impaired>,
}

/// Whether files are in force, without a word of theirs.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
enum FilesState {
    /// They are.
    InForce { since: Timestamp },
    /// They are not valid; what was in force before still is.
    Refused {
        at: Timestamp,
        fault_count: usize,
        /// Where to read what is wrong.
        look: &'static str,
    },
}

/// What does not work as it should.
#[derive(Serialize, JsonSchema)]
struct Impaired {
    since: Timestamp,
    why: String,
}

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: reports and changes are accepted; otherwise 503 with the reason. Files that were refused do not make
/// it unready, what was in force before still is; but that is told. What is wrong with them is not: whoever can reach the
/// port reads this, and faults name people, addresses and machines.
pub(crate) async fn ready(State(api): State<Shared>) -> Result<Json<Ready>, Problem> {
    let policy = FilesState::of(&api.core.policy_files());
    let notify = FilesState::of(&api.info.notify_file.borrow());
    let identity = FilesState::of(&api.info.identity_file.borrow());
    let impaired = match api.core.health() {
        Health::Ready => None,
        Health::Impaired { since, why } => Some(Impaired { since, why }),
        Health::Degraded { since, why } => {
            return Err(Problem::unavailable(why).with("ready", false).with("since", since.to_string()));
        }
    };
    Ok(Json(Ready { ready: true, policy, notify, identity, impaired }))
}

impl FilesState {
    fn of(standing: &Standing) -> Self {
        match standing {
            Standing::InForce { since } => Self::InForce { since: *since },
            Standing::Refused { at, faults } => Self::Refused {
                at: *at,
                fault_count: faults.len(),
                look: "`dogwatch-collector check`, or the log of the collector",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_file_that_was_refused_is_told_without_a_word_of_what_stands_in_it() {
        let faults = vec!["orgs/acme.toml:3:1: no team `mira`".to_owned(), "another".to_owned()];
        let refused = Standing::Refused { at: Timestamp::UNIX_EPOCH, faults };
        let told = serde_json::to_value(FilesState::of(&refused)).unwrap();
        assert_eq!((&told["state"], &told["fault_count"]), (&json!("refused"), &json!(2)));
        let told = told.to_string();
        assert!(!told.contains("mira") && told.contains("dogwatch-collector check"), "{told}");
    }
}
