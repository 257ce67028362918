//! The rules in force, and what each of them says about an endpoint.

use axum::{Json, extract::State};
use dogwatch_model::{EndpointId, RuleId, ToolId};
use dogwatch_triage::{
    assess::{self, Explained, Snapshot},
    filter::Reads,
    finding::{Category, Severity},
    rules::{Level, Rule},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Shared, caller::Caller, endpoints, extract::Params, fleet, problem::Problem};
use crate::policy::Told;

/// The rules in force.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Rules")]
pub(crate) struct List {
    rules: Vec<RuleJson>,
}

/// One rule, as it was written.
#[derive(Serialize, JsonSchema)]
struct RuleJson {
    id: RuleId,
    category: Category,
    tool: ToolId,
    enabled: bool,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    only: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    clear_after: u32,
    levels: Vec<LevelJson>,
}

/// One level of a rule.
#[derive(Serialize, JsonSchema)]
struct LevelJson {
    severity: Severity,
    when: String,
    hold_seconds: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    clear: Option<String>,
}

impl From<&Level> for LevelJson {
    fn from(level: &Level) -> Self {
        Self {
            severity: level.severity,
            when: level.when().to_owned(),
            hold_seconds: level.hold.as_secs(),
            clear: level.clear().map(str::to_owned),
        }
    }
}

impl From<&Rule> for RuleJson {
    fn from(rule: &Rule) -> Self {
        Self {
            id: rule.id.clone(),
            category: rule.category,
            tool: rule.tool.clone(),
            enabled: rule.enabled,
            title: rule.title().to_owned(),
            only: rule.only().map(str::to_owned),
            note: rule.note.clone(),
            clear_after: rule.clear_after,
            levels: rule.levels.iter().map(Into::into).collect(),
        }
    }
}

/// `GET /api/v1/rules`
pub(crate) async fn list(State(api): State<Shared>) -> Json<List> {
    Json(List { rules: api.core.policy().rules.rules().iter().map(Into::into).collect() })
}

/// Which endpoint.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Query {
    endpoint: String,
}

/// What the rules say about an endpoint.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Tested {
    as_of: Timestamp,
    endpoint: EndpointId,
    name: String,
    rules: Vec<Explained>,
}

/// `GET /api/v1/rules/test`
pub(crate) async fn test(
    State(api): State<Shared>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<Tested>, Problem> {
    let policy = api.core.policy();
    caller.see(&api, |sight| {
        let member = endpoints::find(sight, &query.endpoint)?;
        let snapshot = Snapshot {
            row: fleet::row(member, &policy, caller.now),
            standing: &member.standing,
            sample: Reads::NONE,
        };
        Ok(Json(Tested {
            as_of: caller.now,
            endpoint: member.endpoint.id,
            name: member.endpoint.name.clone(),
            rules: assess::explain(&snapshot, &policy.rules),
        }))
    })
}

/// What an endpoint is told to watch.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Watched {
    endpoint: EndpointId,
    name: String,
    /// The version that its agent runs by, as it told last.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_force: Option<String>,
    #[serde(flatten)]
    told: Told,
}

/// `GET /api/v1/rules/watched`
pub(crate) async fn watched(
    State(api): State<Shared>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<Watched>, Problem> {
    let policy = api.core.policy();
    caller.see(&api, |sight| {
        let member = endpoints::find(sight, &query.endpoint)?;
        let agent = member.endpoint.facts.agent.as_ref();
        Ok(Json(Watched {
            endpoint: member.endpoint.id,
            name: member.endpoint.name.clone(),
            in_force: agent.and_then(|agent| agent.policy_version.clone()),
            told: policy.told(&fleet::row(member, &policy, caller.now)),
        }))
    })
}
