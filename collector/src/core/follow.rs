//! Agents follow the policy: what each is told to watch is resolved anew when a policy file, the endpoint's inventory,
//! class or tags, or anything else that a condition reads has changed, and is sent when it came out differently.

use std::sync::Arc;

use dogwatch_model::EndpointId;
use dogwatch_proto::v1::{self, collector_message::Message};
use dogwatch_triage::filter::Row;
use jiff::Timestamp;

use super::{Batch, Core, Session, outbound};
use crate::{
    policy::Policy,
    state::{Member, State},
};

/// What an agent was told last, and by which policy.
pub(super) struct Told {
    version: String,
    policy: Arc<Policy>,
}

/// What the agent of an endpoint is to be told.
pub(super) fn resolve(policy: &Arc<Policy>, member: &Member, now: Timestamp) -> (Told, v1::Policy) {
    let owners = policy.matrix(&member.endpoint.org);
    let row = Row { endpoint: &member.endpoint, as_of: now, alerts: member.counts, owners: Some(owners) };
    let wire = policy.for_agent(&row);
    (Told { version: wire.version.clone(), policy: policy.clone() }, wire)
}

impl Core {
    /// Resolves what one agent is told, and sends it once the batch is on disk if it is news: behind the welcome, if
    /// that waits in the same batch. Whoever changes what conditions read calls this.
    pub(super) fn follow(
        &mut self,
        state: &State,
        policy: &Arc<Policy>,
        id: EndpointId,
        now: Timestamp,
        batch: &mut Batch,
    ) {
        let Some((session, member)) = self.sessions.get_mut(&id).zip(state.members.get(&id)) else { return };
        let (told, wire) = resolve(policy, member, now);
        if told.version != session.told.version {
            tracing::debug!(endpoint.id = %id, policy.version = told.version, "policy sent");
            session.send_then(Message::Policy(wire), batch);
        }
        session.told = told;
    }

    /// The same where the time has come to look, unless nothing can have changed.
    pub(super) fn follow_if_due(
        &mut self,
        state: &State,
        policy: &Arc<Policy>,
        id: EndpointId,
        now: Timestamp,
        batch: &mut Batch,
    ) {
        let is_settled =
            |session: &Session| Arc::ptr_eq(&session.told.policy, policy) && policy.watch.reads().is_empty();
        if self.sessions.get(&id).is_some_and(|session| !is_settled(session)) {
            self.follow(state, policy, id, now, batch);
        }
    }
}

impl Session {
    /// Sends a message once the batch is on disk.
    pub(super) fn send_then(&self, message: Message, batch: &mut Batch) {
        let (sender, cut) = (self.outbound.clone(), self.cut.clone());
        batch.then(move || {
            if sender.try_send(outbound(message)).is_err() {
                cut.cancel();
            }
        });
    }
}
