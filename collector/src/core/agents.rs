//! What agents do to the state: come, report, go.

use std::sync::Arc;

use dogwatch_model::{
    EndpointId, EndpointState, Goodbye, Lane,
    second_machine::{SecondMachine, described},
};
use dogwatch_proto::v1::{self, collector_message::Message};
use dogwatch_triage::filter::Reads;
use jiff::Timestamp;
use tonic::Status;

use super::{
    Attach, Attached, Batch, Core, FromAgent, Incoming, Session, follow,
    newcomer::{self, Newcomer},
    outbound, software,
};
use crate::{
    evaluate,
    fleet::{self, Applied, Place},
    meters,
    policy::Policy,
    refusal::{Code, Refusal},
    state::{Member, State},
    storage::{ReportEntry, Table},
};

/// For so long after a second machine with its key was seen an endpoint counts as two: longer than the one that was kept
/// out waits before it tries again.
const TWO_FOR: jiff::SignedDuration = jiff::SignedDuration::from_mins(60);

/// What a list shows of an endpoint by itself.
const SHOWN: Reads = Reads::PATCH.union(Reads::BACKUP).union(Reads::INVENTORY);

/// The endpoint, if the collector deals with it.
fn in_service(member: Option<&mut Member>) -> Result<&mut Member, Refusal> {
    let refuse = |code, what: &str| Err(Refusal::new(code, what));
    let Some(member) = member else {
        return refuse(Code::Unauthenticated, "this endpoint is not known here");
    };
    match member.endpoint.state {
        EndpointState::Active => Ok(member),
        EndpointState::Pending => {
            refuse(Code::Conflict, "this endpoint waits for approval: `dogwatch endpoint approve NAME`")
        }
        EndpointState::Revoked => refuse(Code::Unauthenticated, "this endpoint was revoked"),
        EndpointState::Retired => refuse(Code::Unauthenticated, "this endpoint was retired"),
    }
}

/// Notes what is known of the two machines, for whoever has to find the copy.
fn tell_two(member: &mut Member, attach: &Attach, newcomer: &Newcomer, why: &str) {
    let here = described(member.address, &member.evidence);
    let there = described(Some(attach.address), &attach.evidence);
    let (inside, outside) = match newcomer {
        Newcomer::Second(_) => (here, there),
        _ => (there, here),
    };
    let presence = &mut member.endpoint.presence;
    let known = presence.second.as_ref();
    let since = presence.second_seen_at.filter(|seen| attach.at.duration_since(*seen) < TWO_FOR);
    let first_seen_at = since.and(known).map_or(attach.at, |known| known.first_seen_at);
    presence.second_seen_at = Some(attach.at);
    presence.second = Some(SecondMachine { first_seen_at, why: why.to_owned(), inside, outside });
}

/// It is online, as the machine that it says it is.
fn is_back(member: &mut Member, attach: &Attach) {
    member.enter_epoch(attach.epoch, attach.first);
    member.evidence = attach.evidence.clone();
    member.address = Some(attach.address);
    member.starts = member.starts.max(attach.starts.unwrap_or(0));
    let presence = &mut member.endpoint.presence;
    if !presence.online {
        presence.online = true;
        presence.since = attach.at;
    }
    presence.goodbye = None;
    presence.last_seen = presence.last_seen.max(Some(attach.at));
}

impl Core {
    /// An agent opens its stream. The newest stream of a key is the one that counts; an older one is cut.
    pub(super) fn attach(
        &mut self,
        state: &mut State,
        policy: &Arc<Policy>,
        attach: Attach,
        now: Timestamp,
        batch: &mut Batch,
    ) {
        if attach.reply.is_closed() {
            return;
        }
        let id = attach.endpoint;
        let member = match in_service(state.members.get_mut(&id)) {
            Ok(member) => member,
            Err(refusal) => return batch.answer(attach.reply, Err(refusal)),
        };
        let live = self.sessions.get(&id).filter(|session| !session.outbound.is_closed());
        let mut past = live.map(|live| newcomer::Past {
            takeovers: takeovers(&live.past.takeovers, attach.at),
            copies: live.past.copies.clone(),
        });
        let newcomer = newcomer::judge(member, &attach, past.as_ref());
        if let Some(why) = newcomer.suspicion() {
            tell_two(member, &attach, &newcomer, why);
        }
        if let Newcomer::Second(suspicion) = &newcomer {
            tracing::warn!(endpoint.id = %id, suspicion, "a second machine with the same key was kept out");
            batch.put(Table::Links, id, &member.link());
            self.dirty.insert(id);
            self.clone_refused(member, (suspicion, attach.address), now, batch);
            batch.answer(attach.reply, Err(newcomer::refusal(suspicion)));
            return self.judge(state, policy, id, Reads::PRESENCE, now, batch);
        }
        if let Newcomer::Changed(suspicion) = &newcomer {
            tracing::warn!(endpoint.id = %id, suspicion, "an endpoint is not the machine it was");
        }
        if let (Newcomer::Original(suspicion), Some(past)) = (&newcomer, &mut past) {
            tracing::warn!(endpoint.id = %id, suspicion, "the older of two machines with the same key is back in");
            past.put_outside(member);
        }
        let previous_stored = attach.previous.map(|previous| member.marks_of(previous));
        is_back(member, &attach);
        batch.put(Table::Links, id, &member.link());
        let (told, wire) = follow::resolve(policy, member, now);
        let welcome = v1::Welcome {
            stored: Some(member.marks().into()),
            previous_stored: previous_stored.map(Into::into),
            set_back: matches!(newcomer, Newcomer::SetBack),
            ..attach.welcome
        };
        self.next_session += 1;
        let past = past.unwrap_or_default();
        let (outbound, cut) = (attach.outbound, attach.cut);
        let session = Session { id: self.next_session, told, past, software_asked: None, outbound, cut };
        session.send_then(Message::Welcome(welcome), batch);
        session.send_then(Message::Policy(wire), batch);
        if let Some(older) = self.sessions.insert(id, session)
            && !older.outbound.is_closed()
        {
            tracing::warn!(endpoint.id = %id, "a new stream of the same key takes the place of a live one");
            older.cut.cancel();
        }
        self.dirty.insert(id);
        let attached = Attached { session: self.next_session };
        batch.then({
            let reply = attach.reply;
            move || drop(reply.send(Ok(attached)))
        });
        self.judge(state, policy, id, Reads::PRESENCE, now, batch);
    }

    /// An agent tells something through a session that still counts.
    pub(super) fn hear(
        &mut self,
        state: &mut State,
        policy: &Arc<Policy>,
        (session, id): (u64, EndpointId),
        message: FromAgent,
        now: Timestamp,
        batch: &mut Batch,
    ) {
        if self.sessions.get(&id).is_none_or(|live| live.id != session) {
            return;
        }
        match message {
            FromAgent::Report(incoming) => self.report(state, policy, id, *incoming, now, batch),
            FromAgent::Detach { goodbye, at } => {
                self.sessions.remove(&id);
                self.detach(state, policy, (id, goodbye), at.max(now), batch);
            }
        }
    }

    fn report(
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
            Ok(report) => {
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
                if fleet::apply(&mut member.endpoint, report, at, self.settings.late_after) == Applied::Live {
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
            Err(reason) => {
                self.meters.report(meters::Report::SetAside);
                tracing::warn!(endpoint.id = %id, %lane, sequence, reason, "report set aside: it could not be understood");
                set_aside(batch, id, (lane, sequence), (&reason, at));
                self.say(id, Message::Poisoned(v1::Poisoned { lane: number, sequence, reason }));
            }
        }
    }

    /// Finds a stream that ended without a word, such as one that ended while it was being opened.
    pub(super) fn detach_if_gone(
        &mut self,
        state: &mut State,
        policy: &Arc<Policy>,
        id: EndpointId,
        now: Timestamp,
        batch: &mut Batch,
    ) {
        if self.sessions.get(&id).is_some_and(|session| session.outbound.is_closed()) {
            self.sessions.remove(&id);
            self.detach(state, policy, (id, None), now, batch);
        }
    }

    /// A stream is over: by word, by accident, or by us.
    pub(super) fn detach(
        &mut self,
        state: &mut State,
        policy: &Arc<Policy>,
        (id, goodbye): (EndpointId, Option<Goodbye>),
        at: Timestamp,
        batch: &mut Batch,
    ) {
        let Some(member) = state.members.get_mut(&id) else { return };
        let presence = &mut member.endpoint.presence;
        presence.online = false;
        presence.since = at;
        // While two machines have one key nobody knows whose goodbye that was: the endpoint is not away on purpose.
        let two = presence.second_seen_at.is_some_and(|seen| at.duration_since(seen) < TWO_FOR);
        presence.goodbye = goodbye.filter(|_| !two);
        batch.put(Table::Links, id, &member.link());
        self.dirty.insert(id);
        self.judge(state, policy, id, Reads::PRESENCE, at, batch);
    }

    /// Judges one endpoint and notes when it is to be judged again.
    pub(super) fn judge(
        &mut self,
        state: &mut State,
        policy: &Arc<Policy>,
        id: EndpointId,
        told: Reads,
        now: Timestamp,
        batch: &mut Batch,
    ) {
        match evaluate::judge(state, policy, id, told, now, batch) {
            Some(next) => self.due.set(id, next.min(now + self.settings.sweep_every)),
            None => self.due.forget(id),
        }
    }

    /// Sends an agent a message at once: something that promises nothing about the disk.
    fn say(&self, id: EndpointId, message: Message) {
        let Some(session) = self.sessions.get(&id) else { return };
        if session.outbound.try_send(outbound(message)).is_err() {
            session.cut.cancel();
        }
    }

    /// Sends the acknowledgements of a batch that is on disk.
    pub(super) fn acknowledge(&self, acks: &std::collections::BTreeMap<(EndpointId, Lane), u64>) {
        for ((id, lane), up_to) in acks {
            self.say(*id, Message::Ack(v1::Ack { lane: v1::Lane::from(*lane).into(), up_to: *up_to }));
        }
    }

    /// Ends a live stream at once, with a status: its agent broke the protocol.
    fn end_session(&self, id: EndpointId, status: Status) {
        if let Some(session) = self.sessions.get(&id) {
            session.end(status);
        }
    }

    /// Stops listening to a live stream at once, and cuts it with a status once the reason is on disk.
    pub(super) fn cut(&mut self, member: &mut Member, status: Status, now: Timestamp, batch: &mut Batch) {
        if let Some(session) = self.sessions.remove(&member.endpoint.id) {
            member.endpoint.presence.online = false;
            member.endpoint.presence.since = now;
            batch.put(Table::Links, member.endpoint.id, &member.link());
            batch.then(move || session.end(status));
        }
    }
}

/// The takeovers that still count, and this one.
fn takeovers(before: &[Timestamp], at: Timestamp) -> Vec<Timestamp> {
    let recent = |then: &&Timestamp| at.duration_since(**then) < newcomer::TAKEOVERS_WITHIN;
    before.iter().filter(recent).copied().chain([at]).collect()
}

impl Session {
    fn end(&self, status: Status) {
        let _ = self.outbound.try_send(Box::new(Err(status)));
        self.cut.cancel();
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
