//! Services and checks that policy names: is the service running, does the port answer, is the file young enough?
//!
//! A collector can be taken over, and then it sends policies. So what a check may do is decided here, whatever the policy
//! says: it runs nothing, sends nothing but a GET of its own making, reads nothing out loud, and reaches this machine alone
//! unless the machine's own configuration (`[allow]`) names another target, file, path or log. What is not allowed
//! is not even tried, and told as unknown. Results hold a state, a number and words of ours: never a byte of what was
//! read.
//!
//! Each check has its own time limit and its own failure. They run a few at a time, at their own intervals of 30
//! seconds or more, and no sequence of policies makes them run more often than that.

mod blocking;
mod file;
mod http;
mod log;
mod plan;
mod probe;
mod process;
mod reach;
mod services;
mod tcp;
#[cfg(test)]
mod tests;

use std::{convert::Infallible, path::PathBuf, sync::Arc, time::Duration};

use dogwatch_model::{Check, CheckState, ScanResult};
pub(super) use http::answer::survives as http_answer_survives;
pub(super) use log::journal::survives as journal_survives;
use plan::Plan;
use probe::{Surroundings, UnderWay};
use services::Services;
pub(super) use services::{launchctl_survives, systemctl_survives};
use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};

use super::{Desk, Look};
use crate::{
    config::{self, Allow, Live},
    policy::{Policy, Watched},
    report::Observation,
    sources::order,
    uplink::random_unit,
};

/// When no check has ended for so long, what is known is told.
const STALL: Duration = Duration::from_secs(1);
/// With nothing to do it is looked again whether there is, in case a change of policy was missed.
const IDLE: Duration = Duration::from_secs(3600);

/// What a check came to, in the words that travel.
fn verdict(state: CheckState, detail: impl Into<Option<String>>, value: Option<u64>) -> Verdict {
    Verdict { state, detail: detail.into(), value, certificate_expires_at: None }
}

/// It could not be judged.
fn unknown(why: impl Into<String>) -> Verdict {
    verdict(CheckState::Unknown, Some(why.into()), None)
}

/// Not as expected.
fn failed(what: impl Into<String>) -> Verdict {
    verdict(CheckState::Failed, Some(what.into()), None)
}

/// What the endpoint's own configuration does not allow.
const NOT_ALLOWED: &str = "not allowed here";

/// What a check came to.
#[derive(Debug, Clone, PartialEq)]
struct Verdict {
    state: CheckState,
    detail: Option<String>,
    value: Option<u64>,
    certificate_expires_at: Option<jiff::Timestamp>,
}

impl Verdict {
    fn named(self, name: &str, kind: &str) -> Check {
        let Self { state, detail, value, certificate_expires_at } = self;
        Check { name: name.to_owned(), kind: kind.to_owned(), state, detail, value, certificate_expires_at }
    }
}

/// Looks at what policy names, when it is due.
pub async fn run(mut desk: Desk, live: Live, root: PathBuf) {
    let allow = live.borrow().allow.clone();
    let mut work = Work { plan: Plan::default(), services: Services::new(&root), root, live, allow };
    let mut is_empty_told = false;
    loop {
        let looked = Instant::now();
        let watched = desk.watched();
        work.plan.follow(&watched, looked);
        work.services.follow(&watched.services);
        if !watched.is_empty() {
            work.look(&desk, &watched).await;
            work.tell(&desk, &watched).await;
            is_empty_told = false;
        } else if desk.policy_version().is_some() && !is_empty_told {
            // Said once, or what an earlier policy led to would stand for ever.
            work.tell(&desk, &watched).await;
            is_empty_told = true;
        }
        let next = work.plan.next_due().into_iter().chain(work.services.next_due()).min();
        let wait = next.map_or(IDLE, |next| next.saturating_duration_since(looked));
        let interval = |policy: &Policy| if *policy.watched == *watched { wait } else { Duration::ZERO };
        let (opened, by) = (Notify::new(), work.allow.clone());
        let look = tokio::select! {
            look = desk.next_look_or(looked, interval, &opened) => look,
            never = tell_of_another(&mut work.live, &by, &opened) => match never {},
        };
        match look {
            Look::Never => return,
            Look::Asked => {
                work.plan.all_due(Instant::now());
                work.services.ask_soon();
            }
            // What was not allowed may be, and the other way round.
            Look::Changed => work.plan.all_due(Instant::now()),
            Look::Due => {}
        }
    }
}

/// Tells when something else is allowed than what was looked at by.
async fn tell_of_another(live: &mut Live, by: &Allow, opened: &Notify) -> Infallible {
    loop {
        if live.borrow_and_update().allow != *by {
            opened.notify_one();
            return std::future::pending().await;
        }
        config::changed(live).await;
    }
}

/// What is done for a policy.
struct Work {
    plan: Plan,
    services: Services,
    root: PathBuf,
    live: Live,
    /// What the latest look went by.
    allow: Allow,
}

impl Work {
    async fn look(&mut self, desk: &Desk, watched: &Watched) {
        self.allow = self.live.borrow().allow.clone();
        let around = Arc::new(Surroundings::new(&self.root, self.allow.clone()));
        let mut under_way = UnderWay::new(self.plan.take_due(Instant::now()), around);
        let mut is_stalled = false;
        loop {
            // What has not begun goes by what is allowed now; what has, is looked at again behind this round.
            under_way.go_by(&self.live.borrow().allow);
            match timeout(STALL, under_way.next()).await {
                Ok(Some(looked)) => self.plan.note(looked, Instant::now(), random_unit()),
                Ok(None) => break,
                // A slow one does not keep what the quick ones have found.
                Err(_) if !is_stalled => {
                    is_stalled = true;
                    self.tell(desk, watched).await;
                }
                Err(_) => {}
            }
        }
        self.services.look(Instant::now()).await;
    }

    async fn tell(&self, desk: &Desk, watched: &Watched) {
        let misunderstood = watched.misunderstood.iter();
        let mut checks: Vec<Check> =
            misunderstood.map(|check| unknown(check.why.as_str()).named(&check.name, "unknown")).collect();
        checks.extend(self.plan.results().cloned());
        order::by(&mut checks, |a, b| a.name.cmp(&b.name));
        if let Some((result, reason)) = self.services.standing() {
            desk.tell_standing("checks.services", result, reason).await;
        }
        desk.tell(Observation::Checks { services: self.services.told(), checks }).await;
    }
}

/// How asking the service manager went.
type Standing = (ScanResult, Option<String>);
