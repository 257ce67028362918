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
    Attach, Attached, Batch, Core, FromAgent, Session, follow,
    newcomer::{self, Newcomer},
    outbound,
};
use crate::{
    evaluate,
    policy::Policy,
    refusal::{Code, Refusal},
    state::{Member, State},
    storage::Table,
};

/// For so long after a second machine with its key was seen an endpoint counts as two: longer than the one that was kept
/// out waits before it tries again.
const TWO_FOR: jiff::SignedDuration = jiff::SignedDuration::from_mins(60);

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

/// Whoever reads the log hears of two machines with one key.
fn tell_log(id: EndpointId, newcomer: &Newcomer) {
    match newcomer {
        Newcomer::Second(suspicion) => {
            tracing::warn!(endpoint.id = %id, suspicion, "a second machine with the same key was kept out");
        }
        Newcomer::Changed(suspicion) => {
            tracing::warn!(endpoint.id = %id, suspicion, "an endpoint is not the machine it was");
        }
        Newcomer::Original(suspicion) => {
            tracing::warn!(endpoint.id = %id, suspicion, "the older of two machines with the same key is back in");
        }
        _ => {}
    }
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
        let mut past = self.past_of(id, attach.at);
        let newcomer = newcomer::judge(member, &attach, past.as_ref());
        if let Some(why) = newcomer.suspicion() {
            tell_two(member, &attach, &newcomer, why);
        }
        tell_log(id, &newcomer);
        if let Newcomer::Second(suspicion) = &newcomer {
            self.clone_refused(member, (suspicion, attach.address), now, batch);
            batch.answer(attach.reply, Err(newcomer::refusal(suspicion)));
            return self.judge(state, policy, id, Reads::PRESENCE, now, batch);
        }
        if let (Newcomer::Original(_), Some(past)) = (&newcomer, &mut past) {
            past.put_outside(member);
        }
        let previous_stored = attach.previous.map(|previous| member.marks_of(previous));
        is_back(member, &attach);
        batch.put(Table::Links, id, &member.link());
        let followed = follow::resolve(policy, member, now);
        let welcome = v1::Welcome {
            stored: Some(member.marks().into()),
            previous_stored: previous_stored.map(Into::into),
            set_back: matches!(newcomer, Newcomer::SetBack),
            ..attach.welcome.clone()
        };
        self.open(attach, (welcome, followed), past.unwrap_or_default(), batch);
        self.judge(state, policy, id, Reads::PRESENCE, now, batch);
    }

    /// What is known of who came by a key whose stream is live.
    fn past_of(&self, id: EndpointId, at: Timestamp) -> Option<newcomer::Past> {
        let live = self.sessions.get(&id).filter(|session| !session.outbound.is_closed())?;
        let takeovers = takeovers(&live.past.takeovers, at);
        Some(newcomer::Past { takeovers, copies: live.past.copies.clone() })
    }

    /// Opens a session, with the first messages; an older one of the same key is cut.
    fn open(
        &mut self,
        Attach { endpoint: id, outbound, cut, reply, .. }: Attach,
        (welcome, (told, wire)): (v1::Welcome, (follow::Told, v1::Policy)),
        past: newcomer::Past,
        batch: &mut Batch,
    ) {
        self.next_session += 1;
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
        batch.then(move || drop(reply.send(Ok(attached))));
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
    pub(super) fn say(&self, id: EndpointId, message: Message) {
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
    pub(super) fn end_session(&self, id: EndpointId, status: Status) {
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
