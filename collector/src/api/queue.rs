//! The shared queue, breach-first: what runs out next, or ran out longest ago, is on top.
//!
//! What somebody put to sleep, and what a window or another item hides, is left out and counted, unless it is asked for.
//! Under the read lock items are only counted and put in order; what one answer holds is copied, not what ten thousand do.

mod chosen;

use axum::{Json, extract::State, response::Response};
use dogwatch_model::{TeamId, text_enum};
use dogwatch_triage::{
    alert::{Alert, AlertNumber, Priority, Work},
    filter::{ItemFilter, Queued, Verdict},
    sla::NextBreach,
};
use http::HeaderMap;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Shared, caller::Caller, extract::Params, fleet, paging, problem::Problem, tagged::tagged, teams,
};
use crate::{access::Principal, core::Sight, policy::Policy, state::Item};
use chosen::{Chosen, Shown};

/// Alerts of one answer when nobody says how many: more than anybody reads, and a third of a second to send at most.
const LIMIT_DEFAULT: usize = 1_000;

/// The most alerts of one answer: some 30 MB, a quarter of what the command line takes.
const LIMIT_MAX: usize = 20_000;

text_enum! {
    /// Which part of the queue.
    pub(crate) enum Part {
        /// What is not done.
        Open = "open",
        /// Recent done ones, too.
        All = "all",
    }
}

/// Query of the queue.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Query {
    state: Option<Part>,
    filter: Option<String>,
    /// What is hidden, too.
    #[serde(default)]
    hidden: bool,
    /// Only what the caller has.
    #[serde(default)]
    mine: bool,
    /// Only what a team owns or is offered.
    team: Option<TeamId>,
    #[schemars(range(min = 1, max = 20_000))]
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Only these keys of each alert, with commas between them: `number,title,priority`.
    fields: Option<String>,
}

/// The queue at an instant.
#[derive(Default, Serialize, JsonSchema)]
pub(crate) struct Queue {
    as_of: Timestamp,
    /// Of how many orgs the caller sees something: with several, each item's is worth naming.
    orgs: usize,
    /// How many there are in all that the caller may see.
    total: usize,
    /// How many match.
    matched: usize,
    /// How many could not be judged for want of a fact.
    unjudged: usize,
    /// How many match and are left out because they are hidden.
    hidden: usize,
    /// How many match and are left out because the answer is full.
    left_off: usize,
    /// Where to go on, as `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    alerts: Vec<Shown>,
}

impl Queue {
    /// What matches and is not left out, in no order; all that the caller may see is counted.
    fn sift<'s>(
        &mut self,
        sight: &Sight<'s>,
        (query, filter): (&Query, Option<&ItemFilter>),
        policy: &Policy,
        who: &Principal,
    ) -> Vec<&'s Item> {
        let now = self.as_of;
        let mut taken: Vec<&Item> = Vec::new();
        for item in sight.alerts().filter(|item| query.wants(&item.alert, who)) {
            self.total += 1;
            let of = item.alert.endpoint.and_then(|id| sight.member(id));
            let verdict = filter.map_or(Verdict::Match, |filter| {
                let row = of.map(|member| fleet::row(member, policy, now));
                let item = Queued { alert: &item.alert, next_breach: item.next_breach.as_ref() };
                filter.judge(item, row.as_ref(), now)
            });
            match verdict {
                Verdict::Match if !query.hidden && item.alert.is_hidden_from(&who.person) => self.hidden += 1,
                Verdict::Match => taken.push(item),
                Verdict::NoMatch => {}
                Verdict::Unknown => self.unjudged += 1,
            }
        }
        self.matched = taken.len();
        taken
    }
}

/// An alert in the queue.
#[derive(Serialize, JsonSchema)]
struct Listed {
    #[serde(flatten)]
    alert: Alert,
    /// The clock that runs out next, or ran out first.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_breach: Option<NextBreach>,
}

/// `GET /api/v1/queue`
pub(crate) async fn list(
    State(api): State<Shared>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<Queue>, Problem> {
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::invalid(format!("`limit` must be from 1 to {LIMIT_MAX}, not {limit}")));
    }
    let after: Option<Place> = query.cursor.as_deref().map(paging::read).transpose()?;
    let policy = api.core.policy();
    let filter = query.judge(&policy, &caller)?;
    let chosen = Chosen::read(query.fields.as_deref())?;
    let mut queue = Queue { as_of: caller.now, ..Queue::default() };
    let (mut last, mut page) = (None, Vec::new());
    caller.see(&api, |sight| {
        queue.orgs = sight.orgs(&policy).count();
        let mut taken = queue.sift(sight, (&query, filter.as_ref()), &policy, caller.principal());
        taken.sort_by_cached_key(|item| place(item));
        if let Some(after) = &after {
            taken.retain(|item| place(item) > *after);
        }
        queue.left_off = taken.len().saturating_sub(limit);
        last = taken.get(limit - 1).filter(|_| queue.left_off > 0).map(|item| place(item));
        let listed = |item: &&Item| Listed { alert: item.alert.clone(), next_breach: item.next_breach };
        page = taken.iter().take(limit).map(listed).collect();
    });
    queue.alerts = page.into_iter().map(|listed| chosen.of(listed)).collect::<Result<_, _>>()?;
    queue.next = last.as_ref().map(paging::written).transpose()?;
    match query.team.filter(|_| queue.total == 0) {
        // Nothing is open for a team that there is not, and never will be. One that was taken out of a matrix and still has
        // items is asked for as before.
        Some(team) => teams::known(&policy, &team, |org| caller.sees(org)).map(|()| Json(queue)),
        None => Ok(Json(queue)),
    }
}

/// `GET /api/v1/queue/schema`
pub(crate) async fn schema(headers: HeaderMap) -> Result<Response, Problem> {
    let text = serde_json::to_vec(&dogwatch_triage::filter::item_schema());
    let text = text.map_err(|_| Problem::internal("the queue's schema cannot be written"))?;
    Ok(tagged(&headers, "application/json", text.into()))
}

impl Query {
    /// The filter over items and their endpoints: an expression, or the short form.
    fn judge(&self, policy: &Policy, caller: &Caller) -> Result<Option<ItemFilter>, Problem> {
        let given = self.filter.as_deref().filter(|source| !source.trim().is_empty());
        let filter = given.map(|source| {
            let filter = ItemFilter::typed(source)?;
            filter.known_to(|| policy.vocabulary(|org| caller.sees(org)))?;
            Ok(filter)
        });
        filter.transpose().map_err(|error| fleet::misread("filter", &error))
    }

    /// Whether an alert is in the part that is asked for, whatever hides it.
    fn wants(&self, alert: &Alert, who: &Principal) -> bool {
        let part = self.state.is_some_and(|part| part == Part::All) || alert.work != Work::Done;
        let concerns = |team: &TeamId| {
            alert.owner.team == *team || alert.offer.as_ref().is_some_and(|offer| offer.to == *team)
        };
        part && (!self.mine || alert.is_held_by(&who.person)) && self.team.as_ref().is_none_or(concerns)
    }
}

/// Where an item stands in the queue.
type Place = (bool, bool, Option<Timestamp>, Priority, Timestamp, AlertNumber);

/// What is not done before what is; then by the earliest deadline; what has none after that, by priority; then what waits
/// longest; then by number.
fn place(item: &Item) -> Place {
    let Item { alert, next_breach, .. } = item;
    let at = next_breach.map(|next| next.at);
    (alert.work == Work::Done, at.is_none(), at, alert.priority, alert.first_seen, alert.number)
}
