//! Intake: what other tools tell comes into the one queue.
//!
//! `POST /api/v1/intake/alertmanager` takes the webhook of Prometheus Alertmanager, `POST /api/v1/intake/events` the
//! events of `PagerDuty`'s Events API v2. What a message means is read in [`dogwatch_triage::intake`]; this room finds
//! the endpoint and the tool, and hands it to the core.
//!
//! Which status a sender gets decides whether it tries again: Alertmanager does so at 5xx and never at 4xx. So what
//! will never be taken is 4xx, and stands in the queue as an item about the sender until a whole message comes; what
//! could not be written now is 503; and alerts that a limit took away from an otherwise good message are counted in
//! the answer and in an item, with 200, because sending them again would change nothing.

mod address;
mod arrange;
pub(crate) mod routing_key;

use axum::{Json, extract::State};
use dogwatch_model::{OrgId, SiteId, ToolId, counted, text::is_unfit};
use dogwatch_triage::{
    alert::foreign,
    finding::{Category, Severity},
    intake::{self, Defaults, Message, alertmanager::Webhook, events::Event},
};
use http::StatusCode;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Shared,
    caller::Caller,
    extract::{Params, Told},
    problem::Problem,
};
use crate::{
    access::Verb,
    core::{Delivery, Taken, Trouble, UNPLACED},
};

/// The longest message: a thousand alerts of a kilobyte, or twice what `PagerDuty` takes.
pub(crate) const MAX_BODY_BYTES: usize = 1024 * 1024;

/// What may be said in the address for messages that do not say it themselves.
pub(crate) const PARAMS: &[&str] = &["org", "site", "tool", "category", "severity", "repeat"];

/// Alerts of one commit: some milliseconds of the core's time, so that nobody waits long behind a large group.
const AT_ONCE: usize = 128;

/// The shortest interval at which a sender may promise to repeat itself: shorter ones would cry wolf at every hiccup.
const MIN_REPEAT: SignedDuration = SignedDuration::from_secs(60);

/// The longest one: a month, after which nobody remembers the alert.
const MAX_REPEAT: SignedDuration = SignedDuration::from_hours(31 * 24);

/// The address's part of a message.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Query {
    org: Option<OrgId>,
    site: Option<SiteId>,
    tool: Option<ToolId>,
    category: Option<Category>,
    severity: Option<Severity>,
    repeat: Option<String>,
}

impl Query {
    fn defaults(&self) -> Defaults {
        Defaults {
            tool: self.tool.clone(),
            category: self.category,
            severity: self.severity,
            site: self.site.clone(),
        }
    }

    fn repeat(&self) -> Result<Option<SignedDuration>, Problem> {
        let Some(text) = &self.repeat else { return Ok(None) };
        let wrong =
            || Problem::invalid("`repeat` is the sender's own repeat interval, from 1m to 31d, such as `4h`");
        let every: SignedDuration = text.parse().map_err(|_| wrong())?;
        (MIN_REPEAT..=MAX_REPEAT).contains(&every).then_some(Some(every)).ok_or_else(wrong)
    }
}

/// A message on its way in.
struct Incoming<'a> {
    api: &'a Shared,
    caller: &'a Caller,
    org: OrgId,
    home: SiteId,
    query: &'a Query,
    rule: &'static str,
}

impl Incoming<'_> {
    /// What the queue calls this sender: both sides may have a program of one name.
    fn sender(&self) -> String {
        self.caller.principal().key().to_string()
    }

    /// Takes it in, a slice at a time.
    async fn take(&self, message: Message) -> Result<Taken, Problem> {
        let every = self.query.repeat()?;
        let mut taken = Taken { left_off: message.left_off, ..Taken::default() };
        let mut troubles = vec![
            Trouble { subject: self.sender(), what: None },
            Trouble {
                subject: format!("{}/{}", self.sender(), message.group_hash()),
                what: (message.left_off > 0).then(|| self.left_off(&message)),
            },
        ];
        let arrivals = arrange::arrange(self, message.told, every);
        let mut rest = arrivals.into_iter();
        loop {
            let arrivals: Vec<_> = rest.by_ref().take(AT_ONCE).collect();
            if arrivals.is_empty() && troubles.is_empty() {
                return Ok(taken);
            }
            taken += self.deliver(arrivals, std::mem::take(&mut troubles)).await?;
        }
    }

    fn left_off(&self, message: &Message) -> String {
        let group = message.group.chars().take(100).collect::<String>();
        format!(
            "{} left off a message of `{}` and not in the queue; group {group}",
            counted(message.left_off, "alert was", "alerts were"),
            self.sender()
        )
    }

    /// It cannot be taken: the queue says so, and the sender is told.
    async fn refuse(&self, problem: Problem) -> Problem {
        let why: String = problem.detail().chars().filter(|c| !is_unfit(*c)).take(300).collect();
        let trouble = Trouble {
            subject: self.sender(),
            what: Some(format!("A message of `{}` was refused: {why}", self.sender())),
        };
        match self.deliver(Vec::new(), vec![trouble]).await {
            Ok(_) => problem,
            Err(not_now) => not_now,
        }
    }

    async fn deliver(
        &self,
        arrivals: Vec<crate::core::Arrival>,
        troubles: Vec<Trouble>,
    ) -> Result<Taken, Problem> {
        let delivery = Delivery { org: self.org.clone(), home: self.home.clone(), arrivals, troubles };
        Ok(self.api.core.take_in(delivery, self.caller.principal().clone()).await?)
    }
}

fn incoming<'a>(
    api: &'a Shared,
    caller: &'a Caller,
    query: &'a Query,
    rule: &'static str,
) -> Result<Incoming<'a>, Problem> {
    let org = org_fed(api, caller, query.org.as_ref())?;
    let home = caller.principal().site.clone();
    let home = home.unwrap_or_else(|| UNPLACED.parse().expect("a slug"));
    Ok(Incoming { api, caller, org, home, query, rule })
}

/// The org that a message is for: the one that is named, the token's own, or the only one that it may feed. Whoever feeds need
/// not see it.
fn org_fed(api: &Shared, caller: &Caller, named: Option<&OrgId>) -> Result<OrgId, Problem> {
    let policy = api.core.policy();
    let feeds = |org: &&OrgId| {
        let site = caller.principal().site.as_ref();
        caller.reach.may(Verb::Intake, org, None) || caller.reach.may(Verb::Intake, org, site)
    };
    let mut mine = policy.orgs.keys().filter(feeds).filter(|org| named.is_none_or(|named| named == *org));
    match (mine.next(), mine.next(), named) {
        (Some(only), None, _) => Ok(only.clone()),
        (None, _, Some(named)) => {
            Err(Problem::not_found(format!("there is no org `{named}` that this token may feed")))
        }
        (None, _, None) => Err(Problem::not_found("there is no org that this token may feed")),
        (Some(_), Some(_), _) => Err(Problem::invalid(
            "this token feeds several orgs: add `?org=ORG` to the address, or make a token for one org",
        )),
    }
}

/// `POST /api/v1/intake/alertmanager`
pub(crate) async fn alertmanager(
    State(api): State<Shared>,
    caller: Caller,
    Params(query): Params<Query>,
    body: Result<Told<Webhook>, Problem>,
) -> Result<Json<Taken>, Problem> {
    let incoming = incoming(&api, &caller, &query, foreign::ALERTMANAGER)?;
    let read = address::check(&incoming).and(body).and_then(|Told(webhook)| {
        intake::alertmanager::read(&webhook, &query.defaults(), caller.now)
            .map_err(|fault| Problem::invalid(fault.to_string()))
    });
    match read {
        Ok(message) => incoming.take(message).await.map(Json),
        Err(problem) => Err(incoming.refuse(problem).await),
    }
}

/// What a sender of events is answered, in the words of the published API.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Accepted {
    status: &'static str,
    message: &'static str,
    dedup_key: String,
}

/// `POST /api/v1/intake/events`
pub(crate) async fn events(
    State(api): State<Shared>,
    caller: Caller,
    Params(query): Params<Query>,
    body: Result<Told<Event>, Problem>,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    let incoming = incoming(&api, &caller, &query, foreign::EVENTS)?;
    let fresh = Uuid::now_v7().simple().to_string();
    let read = address::check(&incoming).and(body).and_then(|Told(event)| {
        intake::events::read(&event, &query.defaults(), &fresh, caller.now)
            .map_err(|fault| Problem::invalid(fault.to_string()))
    });
    let message = match read {
        Ok(message) => message,
        Err(problem) => return Err(incoming.refuse(problem).await),
    };
    let dedup_key = message.told.first().map(|told| told.key.clone()).unwrap_or_default();
    let taken = incoming.take(message).await?;
    if taken.left_off > 0 {
        return Err(Problem::too_many(
            "too many alerts of this sender are open; resolve some, or send fewer keys, and try again",
        ));
    }
    let accepted = Accepted { status: "success", message: "Event processed", dedup_key };
    Ok((StatusCode::ACCEPTED, Json(accepted)))
}
