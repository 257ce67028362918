//! What an agent reports: taken in once, in the order of its lane, and acknowledged when it is on disk.

use std::sync::Arc;

use dogwatch_model::{EndpointId, Lane, Report};
use dogwatch_proto::v1::{self, collector_message::Message};
use dogwatch_triage::filter::Reads;
use jiff::Timestamp;
use tonic::Status;

use super::{Batch, Core, Incoming, software};
use crate::{
    fleet::{self, Applied, Place},
    meters,
    policy::Policy,
    state::State,
    storage::{ReportEntry, Table},
};

/// What a list shows of an endpoint by itself.
const SHOWN: Reads = Reads::PATCH.union(Reads::BACKUP).union(Reads::INVENTORY);

impl Core {
    /// An agent reports: the next of its lane is taken in, in the commit that acknowledges it.
    pub(super) fn report(
        &mut self,
        state: &mut State,
        policy: &Arc<Policy>,
        id: EndpointId,
        incoming: Incoming,
        now: Timestamp,
        batch: &mut Batch,
    ) {
        let Some(member) = state.members.get_mut(&id) else { return };
        let Incoming { lane: number, sequence, wire, report, at } = incoming;
        let Some(lane) = lane_of(number) else {
            return self.end_session(id, Status::invalid_argument("Report.lane is not one of the three"));
        };
        match member.place(lane, sequence) {
            Place::Before => {
                self.meters.report(meters::Report::Repeated);
                return batch.ack(id, lane, member.marks().get(lane));
            }
            Place::Ahead { expected } => {
                self.meters.report(meters::Report::Refused);
                return self.say(id, Message::Reject(v1::Reject { lane: number, expected }));
            }
            Place::Next => {}
        }
        let Some((epoch, _)) = member.epochs.last() else { return };
        batch.report(ReportEntry { endpoint: id, epoch: *epoch, received_at: at, wire });
        member.advance(lane, sequence);
        batch.ack(id, lane, sequence);
        self.dirty.insert(id);
        match report {
            Ok(report) => self.apply(state, policy, (id, report, at), now, batch),
            Err(reason) => {
                self.meters.report(meters::Report::SetAside);
                tracing::warn!(endpoint.id = %id, %lane, sequence, reason, "report set aside: it could not be understood");
                set_aside(batch, id, (lane, sequence), (&reason, at));
                self.say(id, Message::Poisoned(v1::Poisoned { lane: number, sequence, reason }));
            }
        }
    }

    /// What a report says of its endpoint, and what follows from that.
    fn apply(
        &mut self,
        state: &mut State,
        policy: &Arc<Policy>,
        (id, report, at): (EndpointId, Report, Timestamp),
        now: Timestamp,
        batch: &mut Batch,
    ) {
        let Some(member) = state.members.get_mut(&id) else { return };
        self.meters.report(meters::Report::Taken);
        let told = Reads::of_report(&report);
        for event in &report.events {
            tracing::info!(endpoint.id = %id, kind = event.kind, detail = event.detail, "agent event");
        }
        if let Some(list) = &report.software {
            software::keep(id, list, at, batch);
        }
        let tells_inventory = report.inventory.is_some();
        // Health, services and checks are seen through the alerts that they raise.
        if told.intersects(SHOWN) {
            batch.seen.insert(id);
        }
        if fleet::apply(&mut member.endpoint, report, at, self.settings.late_after) != Applied::Live {
            return;
        }
        if tells_inventory
            && let Some(session) = self.sessions.get_mut(&id)
            && let Some(question) = software::question(member, &mut session.software_asked)
        {
            self.say(id, question);
        }
        self.judge(state, policy, id, told, now, batch);
        if told.intersects(Reads::INVENTORY) {
            self.follow(state, policy, id, now, batch);
        }
    }
}

/// Reports that could not be understood that are kept per endpoint and lane: later ones take the place of earlier.
const SET_ASIDE: u64 = 16;

/// Keeps word of a report that could not be understood, in the commit that counts it as done. Its bytes are in the
/// journal.
fn set_aside(
    batch: &mut Batch,
    id: EndpointId,
    (lane, sequence): (Lane, u64),
    (reason, at): (&str, Timestamp),
) {
    let word =
        serde_json::json!({ "endpoint": id, "lane": lane, "sequence": sequence, "reason": reason, "at": at });
    batch.put(Table::Poisoned, format!("{id}/{lane}/{:02}", sequence % SET_ASIDE), &word);
}

/// The lane of a wire number.
pub(super) fn lane_of(number: i32) -> Option<Lane> {
    v1::Lane::try_from(number).ok().and_then(|lane| Lane::try_from(lane).ok())
}
