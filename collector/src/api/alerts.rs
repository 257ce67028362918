//! One alert: with its timeline and its clocks, and what people do with it.
//!
//! A write may say which version it has seen (`If-Match`: a tag, several, or `*`); whoever was overtaken gets 409 with the item
//! as it is now.

mod expected;
mod part;

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use dogwatch_model::{OrgId, SiteId, ToolId};
use dogwatch_triage::{
    alert::{Act, Alert, AlertNumber, TimelineEvent},
    finding::Severity,
    sla::{self, Clocks},
};
use http::{HeaderMap, StatusCode, Uri, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Shared,
    caller::Caller,
    discreet::discreet,
    endpoints,
    extract::{Body, Params},
    problem::Problem,
    who::org_meant,
};
use expected::Expected;
use part::Part;
pub(crate) use part::Query;

use crate::{
    core::{ByPhone, Opened, Sight},
    refusal::{Code, Refusal},
    state::Item,
};

/// The alert with a number among those the caller may see. People may write `1042` or `#1042`.
fn find<'s>(sight: &Sight<'s>, text: &str) -> Result<&'s Item, Problem> {
    number_of(text).and_then(|number| sight.alert(number)).ok_or_else(|| unseen(text))
}

fn number_of(text: &str) -> Option<AlertNumber> {
    text.strip_prefix('#').unwrap_or(text).parse().ok().map(AlertNumber)
}

fn unseen(text: &str) -> Problem {
    Problem::not_found(format!(
        "there is no alert `{text}` that you may see; `dogwatch queue --all` lists them"
    ))
}

/// An item as it is shown: with its clocks at that instant.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AlertShown")]
pub(crate) struct Shown<'a> {
    as_of: Timestamp,
    #[serde(flatten)]
    alert: &'a Alert,
    timeline: &'a [TimelineEvent],
    /// How many entries there are in all, where only the last are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    timeline_total: Option<usize>,
    /// Where the timeline goes on, as `cursor`; absent when it is told to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    clocks: Clocks,
}

/// Entries of the timeline that come with the answer to an act: what was just done and what led to it. The whole, which may
/// be a megabyte, is a question of its own.
const LAST_ENTRIES: usize = 20;

/// The last entries of a timeline.
fn last(timeline: &[TimelineEvent]) -> &[TimelineEvent] {
    timeline.split_at(timeline.len().saturating_sub(LAST_ENTRIES)).1
}

/// The answer to an act.
fn answer_briefly(api: &Shared, item: &Item, now: Timestamp) -> Response {
    answer(api, item, Part { entries: last(&item.timeline), next: None }, now)
}

fn answer(api: &Shared, item: &Item, Part { entries, next }: Part<'_>, now: Timestamp) -> Response {
    let version = format!("\"{}\"", item.alert.version);
    let policy = api.core.policy();
    let clocks = sla::clocks(&item.alert, &item.timeline, policy.matrix(&item.alert.org), now);
    let total = item.timeline.len();
    let timeline_total = (entries.len() < total).then_some(total);
    let shown = Shown { as_of: now, alert: &item.alert, timeline: entries, timeline_total, next, clocks };
    ([(header::ETAG, version)], Json(shown)).into_response()
}

/// The alert with a number, among those of long ago, too, which the queue does not list any more.
pub(super) async fn find_or_archived(api: &Shared, caller: &Caller, number: &str) -> Result<Item, Problem> {
    let (live, archived) = caller.see(api, |sight| {
        let of_long_ago = |number: &AlertNumber| sight.may_be_archived(*number);
        (find(sight, number).cloned(), number_of(number).filter(of_long_ago))
    });
    match (live, archived) {
        (Err(_), Some(wanted)) => {
            let archived = api.core.archived(&caller.reach, wanted).await?;
            archived.ok_or_else(|| unseen(number))
        }
        (live, _) => live,
    }
}

/// `GET /api/v1/alerts/{number}`
pub(crate) async fn show(
    State(api): State<Shared>,
    caller: Caller,
    Path(number): Path<String>,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let item = find_or_archived(&api, &caller, &number).await?;
    let part = Part::asked(&item.timeline, &query)?;
    Ok(answer(&api, &item, part, caller.now))
}

/// What somebody opens by hand.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewItem {
    org: Option<OrgId>,
    endpoint: Option<String>,
    site: Option<SiteId>,
    tool: ToolId,
    #[serde(default = "ordinary")]
    severity: Severity,
    text: String,
    /// It is none of those that are open about the same.
    #[serde(default)]
    another: bool,
}

const fn ordinary() -> Severity {
    Severity::Warning
}

/// `POST /api/v1/alerts`: opens an item by hand, unless one that is open may be meant.
pub(crate) async fn open(
    State(api): State<Shared>,
    caller: Caller,
    Body(new): Body<NewItem>,
) -> Result<Response, Problem> {
    let (org, endpoint) = match &new.endpoint {
        Some(text) => caller.see(&api, |sight| {
            let member = endpoints::find(sight, text)?;
            let org = member.endpoint.org.clone();
            if new.org.as_ref().is_some_and(|asked| *asked != org) {
                let what = format!("endpoint `{text}` is of org `{org}`; leave `org` out");
                return Err(Problem::invalid(what));
            }
            Ok((org, Some(member.endpoint.id)))
        })?,
        None => (org_meant(&api.core.policy(), &caller, new.org)?, None),
    };
    let (site, tool, severity) = (new.site, new.tool, new.severity);
    let report = ByPhone { org, endpoint, site, tool, severity, text: new.text, another: new.another };
    match api.core.open_alert(report, caller.principal().clone()).await? {
        Opened::New(item) => {
            let place = format!("/api/v1/alerts/{}", item.alert.number.0);
            Ok((StatusCode::CREATED, [(header::LOCATION, place)], answer_briefly(&api, &item, caller.now))
                .into_response())
        }
        Opened::IsItThisOne(items) => {
            let items = serde_json::to_value(items).unwrap_or_default();
            let what = "there are open items about the same; is it one of these?";
            Err(Problem::from(Refusal::new(Code::Conflict, what))
                .with("is_it_this_one", items)
                .with("another", true))
        }
    }
}

/// `POST /api/v1/alerts/{number}/{act}`: every act there is. Which one is the end of the route's path, and its parts
/// are the body; whose the alert is comes before what is said about it.
pub(crate) async fn act(
    State(api): State<Shared>,
    caller: Caller,
    Path(text): Path<String>,
    path: Uri,
    headers: HeaderMap,
    Body(parts): Body<Map<String, Value>>,
) -> Result<Response, Problem> {
    let (number, now) =
        caller.see(&api, |sight| find(sight, &text).map(|item| (item.alert.number, item.alert.version)))?;
    let expected = Expected::read(&headers, now)?;
    let name = path.path().rsplit('/').next().unwrap_or_default();
    let act = act_of(name, parts)?;
    let done = match expected.version(number) {
        Ok(version) => api.core.alert_act(number, act, caller.principal().clone(), version).await,
        Err(refusal) => Err(refusal),
    };
    match done {
        Ok(item) => {
            tracing::info!(
                alert.number = number.0, alert.version = item.alert.version, by = %caller.principal().person,
                act = name, "alert changed"
            );
            Ok(answer_briefly(&api, &item, caller.now))
        }
        Err(refusal) => {
            let current = caller.see(&api, |sight| find(sight, &text).cloned());
            Err(overtaken(refusal, current.ok()))
        }
    }
}

/// The act of a name, from its parts.
fn act_of(name: &str, mut parts: Map<String, Value>) -> Result<Act, Problem> {
    let wrong = |why: &str| Problem::invalid(format!("the body is not what `{name}` takes: {why}"));
    if parts.insert("act".to_owned(), name.into()).is_some_and(|other| other != name) {
        return Err(wrong(&format!("it has an `act`, and not `{name}`; leave it out, the path says it")));
    }
    let given = parts.len();
    let act: Act =
        serde_json::from_value(Value::Object(parts)).map_err(|error| wrong(&discreet(&error.to_string())))?;
    if given > 1 && matches!(act, Act::Accept | Act::Wake | Act::Acknowledge) {
        return Err(wrong("it takes nothing; leave the body empty"));
    }
    Ok(act)
}

/// A refusal; a conflict carries the item as it is now, with the last of its timeline.
fn overtaken(refusal: Refusal, current: Option<Item>) -> Problem {
    let conflict = refusal.code == Code::Conflict;
    let problem = Problem::from(refusal);
    let Some(item) = current.filter(|_| conflict) else { return problem };
    let total = item.timeline.len();
    let item = Item { timeline: last(&item.timeline).to_vec(), ..item };
    match serde_json::to_value(item) {
        Ok(mut item) => {
            item["timeline_total"] = total.into();
            problem.with("current", item)
        }
        Err(_) => problem,
    }
}
