//! The fleet in numbers: how many endpoints have which values.

use axum::{extract::State, response::Response};
use dogwatch_triage::filter::{Group, Grouping};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Standing, compile, json, misread};
use crate::{
    api::{Shared, caller::Caller, extract::Params, problem::Problem},
    query,
};

/// The most groups of one answer; the smallest are left off, and how many they are is said.
const MAX_GROUPS: usize = 1_000;

/// What a group takes in an answer, about.
const BYTES_PER_GROUP: usize = 64;

/// What is counted.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Query {
    by: Option<String>,
    filter: Option<String>,
    state: Option<Standing>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Summary<'a> {
    as_of: Timestamp,
    /// How many there are in all that the caller may see.
    total: usize,
    /// How many match.
    matched: usize,
    /// How many could not be judged for want of a fact.
    unjudged: usize,
    /// The fields that are counted by.
    by: Vec<&'a str>,
    /// The largest first. A value that is not known is absent.
    groups: Vec<Group>,
    /// Groups that are left off because the answer is full.
    left_off: usize,
}

/// `GET /api/v1/fleet/summary`
pub(crate) async fn summary(
    State(api): State<Shared>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let policy = api.core.policy();
    let filter = compile(query.filter.as_deref(), &policy, &caller)?;
    let by = query.by.as_deref().unwrap_or("os.family");
    let by = Grouping::compile(by).map_err(|error| misread("by", &error))?;
    let standing = query.state.unwrap_or(Standing::Active);
    let asked = query::Query {
        filter: filter.as_ref(),
        covers: &|state| standing.covers(state),
        order: None,
        by: &by,
    };
    let summary = caller.see(&api, |sight| {
        sight.ask(&asked, (&policy, caller.now), |answer, _| {
            let mut groups = answer.count_by(&by);
            let left_off = groups.len().saturating_sub(MAX_GROUPS);
            groups.truncate(MAX_GROUPS);
            Summary {
                as_of: caller.now,
                total: answer.total,
                matched: answer.matched(),
                unjudged: answer.found.unjudged,
                by: by.iter().map(Grouping::name).collect(),
                groups,
                left_off,
            }
        })
    });
    json(&summary, summary.groups.len() * BYTES_PER_GROUP)
}
