//! What people decide about endpoints: approved, revoked, retired; tagged, classed, moved.
//!
//! Whatever is decided here, rules and rows may ask for: the endpoint is judged anew, its open items are routed anew, and
//! its agent is told what to watch, all in the same commit.

use std::sync::Arc;

use dogwatch_model::{Endpoint, EndpointId, EndpointState, SiteId};
use dogwatch_triage::{
    alert::{AlertNumber, Work},
    upkeep::EndpointChange,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tonic::Status;

use super::{Batch, Core, audit::deed, batch::not_found, may::may};
use crate::{
    access::{Principal, Verb},
    policy::Policy,
    queue,
    refusal::{Code, Refusal},
    state::{Member, State},
    storage::Table,
};

/// An endpoint as people decided, and what is different now, in words.
#[derive(Debug, Clone)]
pub struct Upkept {
    /// As it is now.
    pub endpoint: Endpoint,
    /// What is different; nothing when it was so already.
    pub changed: Vec<String>,
}

impl Core {
    /// Approves, revokes or retires it; of what is no more the stream is cut and the items are withdrawn.
    pub(super) fn set_endpoint_state(
        &mut self,
        state: &mut State,
        (id, to): (EndpointId, EndpointState),
        by: &Principal,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<(), Refusal> {
        let member = changeable(state, id, by, now)?;
        let from = member.endpoint.state;
        if from == to {
            return Ok(());
        }
        may_become(from, to)?;
        member.endpoint.state = to;
        batch.put(Table::Endpoints, id, &member.endpoint);
        let deed = deed(by, format!("endpoint.{to}"), id, Some(&member.endpoint.org));
        let named = |state: EndpointState| json!({ "name": member.endpoint.name, "state": state });
        batch.record(now, deed.before(named(from)).after(named(to)));
        if matches!(to, EndpointState::Revoked | EndpointState::Retired) {
            self.cut(member, Status::unauthenticated(format!("this endpoint was {to}")), now, batch);
            self.due.forget(id);
            queue::withdraw(state, &self.policy.load(), id, now, batch);
        } else {
            self.due.set(id, now);
        }
        Ok(())
    }

    /// Tags, classes or moves it, and judges and routes it anew.
    pub(super) fn change_endpoint(
        &mut self,
        state: &mut State,
        policy: &Arc<Policy>,
        (id, change): (EndpointId, &EndpointChange),
        by: &Principal,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<Upkept, Refusal> {
        let endpoint = &changeable(state, id, by, now)?.endpoint;
        let (org, before) = (endpoint.org.clone(), endpoint.site.clone());
        if let Some(to) = &change.site {
            // Nobody puts a machine where they could not have enrolled it.
            may(state, by, Verb::Configure, (&org, Some(to)), now, || not_found("site", to))?;
        }
        let member = changeable(state, id, by, now)?;
        let was = decided_about(&member.endpoint);
        let changed = change
            .apply(&mut member.endpoint)
            .map_err(|error| Refusal::new(Code::Invalid, error.to_string()))?;
        let upkept = Upkept { endpoint: member.endpoint.clone(), changed };
        if upkept.changed.is_empty() {
            return Ok(upkept);
        }
        batch.put(Table::Endpoints, id, &upkept.endpoint);
        let deed = deed(by, "endpoint.change", id, Some(&org));
        batch.record(now, deed.before(was).after(decided_about(&upkept.endpoint)));
        move_items(state, &upkept.endpoint, &before, by, now, batch);
        if upkept.endpoint.state == EndpointState::Active {
            queue::tend(state, policy, (id, true), now, batch);
            self.due.set(id, now);
            self.follow(state, policy, id, now, batch);
        }
        Ok(upkept)
    }
}

/// What people decide about an endpoint, as the audit tells of it.
fn decided_about(endpoint: &Endpoint) -> Value {
    json!({
        "name": endpoint.name, "site": endpoint.site, "class": endpoint.class,
        "criticality": endpoint.criticality, "tags": endpoint.tags, "labels": endpoint.labels,
    })
}

fn changeable<'s>(
    state: &'s mut State,
    id: EndpointId,
    by: &Principal,
    now: Timestamp,
) -> Result<&'s mut Member, Refusal> {
    let unseen = || not_found("endpoint", id);
    let member = state.members.get(&id).ok_or_else(unseen)?;
    let place = (&member.endpoint.org, Some(&member.endpoint.site));
    may(state, by, Verb::Configure, place, now, unseen)?;
    state.members.get_mut(&id).ok_or_else(unseen)
}

/// Revoked is for ever, and so is retired; what was revoked may still be retired.
fn may_become(from: EndpointState, to: EndpointState) -> Result<(), Refusal> {
    let what = match (from, to) {
        (EndpointState::Revoked, EndpointState::Retired) => return Ok(()),
        (EndpointState::Revoked, _) => "revoked",
        (EndpointState::Retired, _) => "retired",
        _ => return Ok(()),
    };
    let what = format!(
        "this endpoint was {what}; its key is refused for ever: enrol the machine again with a new join token"
    );
    Err(Refusal::new(Code::Conflict, what))
}

/// Open items go along with their endpoint; what is over stays where it was. Both sites are looked at anew: how much of
/// each is silent has changed.
fn move_items(
    state: &mut State,
    endpoint: &Endpoint,
    before: &SiteId,
    by: &Principal,
    now: Timestamp,
    batch: &mut Batch,
) {
    if endpoint.site == *before {
        return;
    }
    let of_it = |alert: &dogwatch_triage::alert::Alert| {
        alert.endpoint == Some(endpoint.id) && alert.work != Work::Done
    };
    let open: Vec<AlertNumber> = state
        .alerts
        .values()
        .map(|item| &item.alert)
        .filter(|alert| of_it(alert))
        .map(|a| a.number)
        .collect();
    for number in open {
        let moved =
            state.alerts.get(&number).and_then(|item| item.alert.moved(&endpoint.site, &by.actor(), now));
        moved.into_iter().for_each(|change| queue::store(state, change, batch));
    }
    for site in [before, &endpoint.site] {
        state.unrest.insert((endpoint.org.clone(), site.clone()));
    }
}
