//! `who`: the answer of an org's matrix, for an endpoint or in general, for a whole week, or for an alert.

use axum::{Json, extract::State};
use dogwatch_model::{OrgId, TeamId};
use dogwatch_triage::{
    filter,
    finding::Severity,
    matrix::Matrix,
    who::{self, Moment, UnknownName, known_team, parse_at},
};
use jiff::{Timestamp, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Shared, alerts, caller::Caller, endpoints, extract::Params, fleet, problem::Problem};
use crate::{policy::Policy, state::Item};

/// What is asked: about something by name, or about an alert.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Query {
    about: Option<String>,
    alert: Option<String>,
    endpoint: Option<String>,
    severity: Option<Severity>,
    at: Option<String>,
    org: Option<OrgId>,
    /// The zone whose week is asked for.
    week: Option<String>,
    /// A team that the caller expects: refused when there is no such team. Whether it is met is the caller's to judge.
    expect: Option<TeamId>,
}

/// The answer at an instant, or through a week.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Told {
    Now(Box<who::Answer>),
    Week(Box<who::Week>),
}

/// `GET /api/v1/who`
pub(crate) async fn answer(
    State(api): State<Shared>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<Told>, Problem> {
    match (&query.alert, &query.about) {
        (Some(number), None) => of_alert(&api, &caller, number, &query).await,
        (None, Some(about)) => of_name(&api, &caller, about, &query),
        (Some(_), Some(_)) => Err(Problem::invalid("ask about a name or about an alert, not both")),
        (None, None) => Err(Problem::invalid("say what it is about, such as `about=backup` or `alert=1042`")),
    }
}

fn of_name(api: &Shared, caller: &Caller, about: &str, query: &Query) -> Result<Json<Told>, Problem> {
    let at = match &query.at {
        Some(text) => moment(text)?.at,
        None => caller.now,
    };
    let zone = query.week.as_deref().map(zone_named).transpose()?;
    let policy = api.core.policy();
    let asked = who::Query { about: about.to_owned(), severity: query.severity };
    let ask = |matrix: &Matrix, row: Option<&filter::Row<'_>>| {
        expected(matrix, query.expect.as_ref())?;
        told(&asked, matrix, row, at, zone.as_ref()).map_err(|e| Problem::not_found(e.to_string()))
    };
    match &query.endpoint {
        Some(text) => caller.see(api, |sight| {
            let member = endpoints::find(sight, text)?;
            let org = &member.endpoint.org;
            if query.org.as_ref().is_some_and(|asked| asked != org) {
                return Err(Problem::invalid(format!(
                    "endpoint `{text}` is of org `{org}`; leave `org` out"
                )));
            }
            ask(policy.matrix(org), Some(&fleet::row(member, &policy, at)))
        }),
        None => ask(policy.matrix(&org_meant(&policy, caller, query.org.clone())?), None),
    }
}

/// The answer at an instant, or through the week of it in a zone.
fn told(
    asked: &who::Query,
    matrix: &Matrix,
    row: Option<&filter::Row<'_>>,
    at: Timestamp,
    week: Option<&TimeZone>,
) -> Result<Json<Told>, UnknownName> {
    Ok(Json(match week {
        Some(zone) => Told::Week(Box::new(who::week(asked, matrix, row, at, zone)?)),
        None => Told::Now(Box::new(who::who(asked, matrix, row, at)?)),
    }))
}

async fn of_alert(api: &Shared, caller: &Caller, number: &str, query: &Query) -> Result<Json<Told>, Problem> {
    let besides = [
        ("endpoint", query.endpoint.is_some()),
        ("severity", query.severity.is_some()),
        ("at", query.at.is_some()),
        ("org", query.org.is_some()),
        ("week", query.week.is_some()),
    ];
    if let Some((name, _)) = besides.iter().find(|(_, given)| *given) {
        let what = format!("an alert is asked about as it stands now; leave `{name}` out");
        return Err(Problem::invalid(what));
    }
    let Item { alert, timeline, .. } = alerts::find_or_archived(api, caller, number).await?;
    let policy = api.core.policy();
    let matrix = policy.matrix(&alert.org);
    expected(matrix, query.expect.as_ref())?;
    let answer = caller.see(api, |sight| {
        let member = alert.endpoint.and_then(|endpoint| sight.member(endpoint));
        let row = member.map(|member| fleet::row(member, &policy, caller.now));
        who::for_alert(&alert, &timeline, matrix, row.as_ref(), caller.now)
    });
    Ok(Json(Told::Now(Box::new(answer))))
}

fn moment(text: &str) -> Result<Moment, Problem> {
    parse_at(text, &TimeZone::UTC).map_err(|error| Problem::invalid(error.to_string()))
}

fn zone_named(name: &str) -> Result<TimeZone, Problem> {
    TimeZone::get(name).map_err(|_| {
        let what = format!("there is no time zone `{name}`; use an IANA name such as America/Toronto");
        Problem::invalid(what)
    })
}

fn expected(matrix: &Matrix, team: Option<&TeamId>) -> Result<(), Problem> {
    team.map_or(Ok(()), |team| known_team(matrix, team)).map_err(|error| Problem::invalid(error.to_string()))
}

/// The org that is meant: the one that was named, the caller's own, or the only one there is.
pub(crate) fn org_meant(policy: &Policy, caller: &Caller, asked: Option<OrgId>) -> Result<OrgId, Problem> {
    let mine: Vec<&OrgId> = policy.orgs.keys().filter(|org| caller.sees(org)).collect();
    match (asked, &mine[..]) {
        (Some(org), mine) if mine.contains(&&org) => Ok(org),
        (Some(org), _) => Err(Problem::not_found(format!("there is no org `{org}` that you may see"))),
        (None, [only]) => Ok((*only).clone()),
        (None, []) => Err(Problem::not_found(
            "there is no org yet that you may see; make one: `dogwatch org create ORG --name NAME`",
        )),
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|org| org.as_str()).collect();
            Err(Problem::invalid(format!(
                "say for which org (`--org`) or endpoint; orgs: {}",
                names.join(", ")
            )))
        }
    }
}
