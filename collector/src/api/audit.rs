//! The audit: who changed what, page by page, and what it takes to verify it.
//!
//! A chain is seen whole or not at all: an org's by whoever sees all of the org, the collector's own by whoever sees everything.
//! Records come as they were hashed. Nothing removes one, so a page is the same whenever it is asked for.

use axum::{Json, extract::State};
use dogwatch_model::text_enum;
use dogwatch_triage::audit::{Chain, Checkpoint, Head, PublicKey, Record};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Shared, caller::Caller, extract::Params, paging, place::no_org, problem::Problem, who::org_meant,
};
use crate::audit::SHELF;

/// Records of one answer when nobody says how many.
const LIMIT_DEFAULT: usize = 100;

/// The most records of one answer: half a megabyte or so.
const LIMIT_MAX: usize = 1_000;

/// Shelves that one answer looks through for what matches: a quarter of a second. What it did not get to is the cursor's.
const MAX_SHELVES: usize = 20;

/// How far the collector's clock may have been set back without a record being left out of a time that is asked for.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_hours(24);

text_enum! {
    /// Which end comes first.
    pub(crate) enum Order {
        /// What was done last.
        Newest = "newest",
        /// What was done first; what verifies a chain goes this way.
        Oldest = "oldest",
    }
}

/// Which records.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Query {
    /// The org; `*` for the collector's own.
    org: Option<Chain>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    /// Only what this person did.
    by: Option<String>,
    /// Only this act, or all that begin so: `token` is every `token.…`.
    act: Option<String>,
    order: Option<Order>,
    /// The `next` of the page before.
    cursor: Option<String>,
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<usize>,
}

/// A page of a chain.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditPage")]
pub(crate) struct Page {
    as_of: Timestamp,
    chain: Chain,
    /// How many records the chain has, and the hash of the last one.
    head: Head,
    records: Vec<Record>,
    /// Where to go on, as `cursor`; absent when there is no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `GET /api/v1/audit`
pub(crate) async fn list(
    State(api): State<Shared>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Result<Json<Page>, Problem> {
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::invalid(format!("`limit` must be from 1 to {LIMIT_MAX}, not {limit}")));
    }
    let chain = meant(&api, &caller, query.org.clone())?;
    let head = head(&api, &caller, &chain)?;
    let begin = query.cursor.as_deref().map(paging::read::<u64>).transpose()?;
    let mut walk = Walk::new(query.order, begin, head.seq);
    let mut records = Vec::new();
    for _ in 0..MAX_SHELVES {
        let Some(shelf) = walk.shelf() else { break };
        let lines = api.core.audit(&caller.reach, &chain, shelf).await?;
        let rows = lines.iter().filter_map(|line| serde_json::from_slice(line).ok());
        if walk.take(rows.collect(), &query, limit, &mut records) {
            break;
        }
    }
    let next = walk.next.as_ref().map(paging::written).transpose()?;
    Ok(Json(Page { as_of: caller.now, chain, head, records, next }))
}

/// The way through a chain, one shelf after the other.
struct Walk {
    /// The next record to look at.
    next: Option<u64>,
    order: Order,
    last: u64,
}

impl Walk {
    fn new(order: Option<Order>, begin: Option<u64>, last: u64) -> Self {
        let order = order.unwrap_or(Order::Newest);
        let begin = match order {
            Order::Newest => begin.unwrap_or(last).min(last),
            Order::Oldest => begin.unwrap_or(1).max(1),
        };
        Self { next: Some(begin).filter(|seq| (1..=last).contains(seq)), order, last }
    }

    fn shelf(&self) -> Option<u64> {
        self.next.map(|seq| seq / SHELF)
    }

    /// Takes what matches of a shelf; true when enough was taken or nothing more can match.
    fn take(&mut self, mut rows: Vec<Record>, query: &Query, limit: usize, taken: &mut Vec<Record>) -> bool {
        let Some(first) = self.next else { return true };
        rows.retain(|record| match self.order {
            Order::Newest => record.seq <= first,
            Order::Oldest => record.seq >= first && record.seq <= self.last,
        });
        if self.order == Order::Newest {
            rows.reverse();
        }
        let too_old = |record: &Record| query.from.is_some_and(|from| record.at < from - CLOCK_SLACK);
        let exhausted = self.order == Order::Newest && !rows.is_empty() && rows.iter().all(too_old);
        let (begin, end) = (first / SHELF * SHELF, (first / SHELF + 1) * SHELF);
        for record in rows {
            if taken.len() == limit {
                self.next = Some(record.seq);
                return true;
            }
            if query.wants(&record) {
                taken.push(record);
            }
        }
        self.next = match self.order {
            _ if exhausted => None,
            Order::Newest => begin.checked_sub(1).filter(|seq| *seq > 0),
            Order::Oldest => Some(end).filter(|seq| *seq <= self.last),
        };
        self.next.is_none()
    }
}

impl Query {
    fn wants(&self, record: &Record) -> bool {
        let of_act = |act: &String| {
            record.act.strip_prefix(act.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let of_person =
            |person: &String| record.by.as_ref().is_some_and(|by| by.person.as_str() == person.as_str());
        self.from.is_none_or(|from| record.at >= from)
            && self.until.is_none_or(|until| record.at < until)
            && self.act.as_ref().is_none_or(of_act)
            && self.by.as_ref().is_none_or(of_person)
    }
}

/// The chain that is asked for; the one org's where there is only one.
fn meant(api: &Shared, caller: &Caller, asked: Option<Chain>) -> Result<Chain, Problem> {
    match asked {
        Some(chain) => Ok(chain),
        None => org_meant(&api.core.policy(), caller, None).map(Chain::Org),
    }
}

/// How far it goes, if it is theirs to see and there is one: an org that has gone leaves its chain.
fn head(api: &Shared, caller: &Caller, chain: &Chain) -> Result<Head, Problem> {
    let known =
        |head: &Head| head.seq > 0 || chain.org().is_none_or(|org| api.core.policy().orgs.contains_key(org));
    caller.see(api, |sight| sight.audit_head(chain)).filter(known).ok_or_else(|| unseen(api, caller, chain))
}

fn unseen(api: &Shared, caller: &Caller, chain: &Chain) -> Problem {
    match chain {
        Chain::Org(org) => no_org(api, caller, org),
        Chain::Collector => Problem::not_found(
            "there is no audit of the collector's own that you may see; ask for an org's, with `org`",
        ),
    }
}

/// Whose checkpoints.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Whose {
    /// The org; `*` for the collector's own.
    org: Option<Chain>,
}

/// Checkpoints of a chain, oldest first; the last one is of this moment.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Checkpoints {
    as_of: Timestamp,
    chain: Chain,
    checkpoints: Vec<Checkpoint>,
}

/// `GET /api/v1/audit/checkpoints`
pub(crate) async fn checkpoints(
    State(api): State<Shared>,
    caller: Caller,
    Params(whose): Params<Whose>,
) -> Result<Json<Checkpoints>, Problem> {
    let chain = meant(&api, &caller, whose.org)?;
    head(&api, &caller, &chain)?;
    let checkpoints = api.core.checkpoints(&caller.reach, &chain).await?;
    Ok(Json(Checkpoints { as_of: caller.now, chain, checkpoints }))
}

/// What checkpoints are verified with.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditKey")]
pub(crate) struct Key {
    /// Its short name, which checkpoints carry: the first 16 digits of the SHA-256 of the public key.
    pub(super) key: String,
    /// `ed25519`.
    pub(super) algorithm: &'static str,
    /// The public key, in hexadecimal.
    pub(super) public_key: PublicKey,
}

impl Key {
    /// The key of this collector.
    pub(super) fn of(api: &Shared) -> Option<Self> {
        api.core.audit_key().map(|(key, public_key)| Self { key, algorithm: "ed25519", public_key })
    }
}

/// `GET /api/v1/audit/key`
pub(crate) async fn key(State(api): State<Shared>, _: Caller) -> Result<Json<Key>, Problem> {
    let none = || Problem::not_found("this collector has no key for the audit; its log says why");
    Key::of(&api).map(Json).ok_or_else(none)
}
