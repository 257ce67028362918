//! `whoami`: who the token speaks for, and with which collector.

use axum::{Json, extract::State};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Shared, audit, caller::Caller, tokens::TokenJson};

/// Who asks, and whom.
#[derive(Serialize, JsonSchema)]
pub(crate) struct WhoAmI {
    #[serde(flatten)]
    token: TokenJson,
    collector: CollectorJson,
}

/// The collector itself.
#[derive(Serialize, JsonSchema)]
struct CollectorJson {
    name: String,
    version: &'static str,
    people_address: String,
    agents_address: String,
    root_sha256: crate::access::Sha256,
    /// What the audit's checkpoints are signed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_key: Option<audit::Key>,
}

/// `GET /api/v1/whoami`
pub(crate) async fn whoami(State(api): State<Shared>, caller: Caller) -> Json<WhoAmI> {
    let info = api.info.clone();
    Json(WhoAmI {
        token: TokenJson::of(&caller.token, caller.now),
        collector: CollectorJson {
            name: info.name,
            version: info.version,
            people_address: info.people_address,
            agents_address: info.agents_address,
            root_sha256: info.root_sha256,
            audit_key: audit::Key::of(&api),
        },
    })
}
