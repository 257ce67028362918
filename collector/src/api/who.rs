//! `who`: the answer of an org's matrix, for an endpoint or in general.

use axum::{Json, extract::State};
use dogwatch_model::OrgId;
use dogwatch_triage::{
    finding::Severity,
    who::{self, Answer, parse_at},
};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{Shared, caller::Caller, endpoints, extract::Params, fleet, problem::Problem};
use crate::policy::Policy;

/// What is asked.
#[derive(Deserialize)]
pub(crate) struct Query {
    about: String,
    endpoint: Option<String>,
    severity: Option<Severity>,
    at: Option<String>,
    org: Option<OrgId>,
}

/// `GET /api/v1/who`
pub(crate) async fn answer(
    State(api): State<Shared>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<Answer>, Problem> {
    let at = match &query.at {
        Some(text) => parse_at(text, &TimeZone::UTC).map_err(|e| Problem::invalid(e.to_string()))?.at,
        None => caller.now,
    };
    let policy = api.core.policy();
    let asked = who::Query { about: query.about, severity: query.severity };
    let answer = match &query.endpoint {
        Some(text) => api.core.read(|state| {
            let member = endpoints::find(state, &caller, text)?;
            let org = &member.endpoint.org;
            if query.org.as_ref().is_some_and(|asked| asked != org) {
                return Err(Problem::invalid(format!(
                    "endpoint `{text}` is of org `{org}`; leave `org` out"
                )));
            }
            let row = fleet::row(member, &policy, at);
            who::who(&asked, policy.matrix(org), Some(&row), at)
                .map_err(|e| Problem::not_found(e.to_string()))
        })?,
        None => {
            let org = org_meant(&policy, &caller, query.org)?;
            who::who(&asked, policy.matrix(&org), None, at).map_err(|e| Problem::not_found(e.to_string()))?
        }
    };
    Ok(Json(answer))
}

/// The org that is meant: the one that was named, the caller's own, or the only one there is.
pub(crate) fn org_meant(policy: &Policy, caller: &Caller, asked: Option<OrgId>) -> Result<OrgId, Problem> {
    let mine: Vec<&OrgId> = policy.orgs.keys().filter(|org| caller.principal().sees(org)).collect();
    match (asked, &mine[..]) {
        (Some(org), mine) if mine.contains(&&org) => Ok(org),
        (Some(org), _) => Err(Problem::not_found(format!("there is no org `{org}` that you may see"))),
        (None, [only]) => Ok((*only).clone()),
        (None, []) => Err(Problem::not_found("there is no org yet; add one as policy/orgs/ORG.toml")),
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|org| org.as_str()).collect();
            Err(Problem::invalid(format!("say for which org or endpoint; orgs: {}", names.join(", "))))
        }
    }
}
