//! One agent's stream, from Hello to its end.

use std::{pin::pin, time::Instant};

use dogwatch_model::{EndpointId, EndpointState, Goodbye, LaneMarks, MachineEvidence, Report};
use dogwatch_proto::{
    conversions::{ConversionError, epoch},
    packed::{self, Unpacker},
    v1::{self, agent_message, collector_message},
};
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::{Stream, StreamExt as _, wrappers::ReceiverStream};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, Streaming};

use super::{OUTBOUND_QUEUE, Uplink, pace::Pace};
use crate::{
    access::Sha256,
    authority::verify::Peer,
    core::{Attach, Attached, FromAgent, Incoming, Input, Outbound, outbound},
};

/// How long an agent may take for its Hello.
const HELLO_LIMIT: std::time::Duration = std::time::Duration::from_secs(10);

/// Reports per lane that an agent may have under way.
const WINDOW: u32 = 256;

/// Reads Hello, attaches to the core and starts the session.
pub(super) async fn open(
    uplink: Uplink,
    peer: Peer,
    mut frames: Streaming<v1::AgentMessage>,
    now: Timestamp,
) -> Result<impl Stream<Item = Result<v1::CollectorMessage, Status>> + Send + use<>, Status> {
    let hello = match tokio::time::timeout(HELLO_LIMIT, frames.message()).await {
        Ok(Ok(Some(v1::AgentMessage { message: Some(agent_message::Message::Hello(hello)) }))) => hello,
        Ok(Ok(_)) => return Err(Status::invalid_argument("the first message must be Hello")),
        Ok(Err(status)) => return Err(status),
        Err(_) => return Err(Status::deadline_exceeded("no Hello came within 10 s")),
    };
    let (outbound, answers) = mpsc::channel(OUTBOUND_QUEUE);
    let cut = CancellationToken::new();
    let pace = Pace::new(uplink.terms.frames_per_second, uplink.terms.frames_burst, Instant::now());
    let unpacker = Unpacker::default();
    let mut session = Session { uplink, peer, outbound, cut, id: 0, pace, unpacker };
    if session.peer.certificate_expired {
        // Nothing but a renewal is taken from it, so the fleet does not count it as present.
        session.say(collector_message::Message::Welcome(session.welcome(now)));
    } else {
        session.id = session.attach(hello, now).await?.session;
    }
    tokio::spawn(session.run(frames));
    Ok(ReceiverStream::new(answers).map(|message| *message))
}

struct Session {
    uplink: Uplink,
    peer: Peer,
    outbound: mpsc::Sender<Outbound>,
    cut: CancellationToken,
    id: u64,
    pace: Pace,
    unpacker: Unpacker,
}

/// How a session ended.
enum End {
    /// The stream is over or broken.
    Lost,
    /// The agent said goodbye.
    Goodbye(Goodbye),
    /// We end it, and say why.
    Refused(Status),
}

impl Session {
    async fn attach(&self, hello: v1::Hello, at: Timestamp) -> Result<Attached, Status> {
        let wrong = |error: ConversionError| Status::invalid_argument(format!("Hello: {error}"));
        let present = epoch(&hello.epoch).map_err(wrong)?;
        let evidence = MachineEvidence::try_from(&hello).map_err(wrong)?;
        let first = marks(hello.first).map_err(wrong)?;
        let previous = hello.previous_epoch.as_deref().map(epoch).transpose().map_err(wrong)?;
        let (reply, answer) = oneshot::channel();
        let attach = Attach {
            endpoint: self.peer.endpoint,
            epoch: present,
            first,
            previous,
            starts: hello.starts,
            evidence,
            address: self.peer.address.ip(),
            welcome: self.welcome(at),
            outbound: self.outbound.clone(),
            cut: self.cut.clone(),
            at,
            reply,
        };
        let down = || Status::unavailable("the collector is stopping; reconnect later");
        self.uplink.core.inputs.send(Input::Attach(Box::new(attach))).await.map_err(|_| down())?;
        answer.await.map_err(|_| down())?.map_err(Status::from)
    }

    /// The answer to Hello, but for what is stored, which the core knows.
    fn welcome(&self, now: Timestamp) -> v1::Welcome {
        let terms = &self.uplink.terms;
        v1::Welcome {
            stored: Some(LaneMarks::default().into()),
            window: WINDOW,
            backoff_cap_ms: terms.backoff_cap_ms,
            server_time_us: now.as_microsecond(),
            late_after_ms: terms.late_after_ms,
            previous_stored: None,
            set_back: false,
            capabilities: vec![packed::CAPABILITY.to_owned()],
        }
    }

    /// Queues a message. A full queue means that the agent does not read: it is cut.
    fn say(&self, message: collector_message::Message) {
        if self.outbound.try_send(outbound(message)).is_err() {
            self.cut.cancel();
        }
    }

    async fn run(mut self, mut frames: Streaming<v1::AgentMessage>) {
        let cut = self.cut.clone();
        let mut cut = pin!(cut.cancelled());
        let end = loop {
            let frame = tokio::select! {
                biased;
                () = cut.as_mut() => break End::Lost,
                frame = frames.message() => frame,
            };
            match frame {
                Ok(Some(v1::AgentMessage { message: Some(message) })) => match self.take(message).await {
                    Ok(None) => {}
                    Ok(Some(goodbye)) => break End::Goodbye(goodbye),
                    Err(status) => break End::Refused(status),
                },
                // A message of a later version that this one does not know: nothing to do.
                Ok(Some(v1::AgentMessage { message: None })) => {}
                Ok(None) => break End::Lost,
                // Too large: the stream cannot go on behind it, and the agent is told why.
                Err(status) if matches!(status.code(), Code::OutOfRange | Code::ResourceExhausted) => {
                    break End::Refused(status);
                }
                Err(_) => break End::Lost,
            }
            if let Some(wait) = self.pace.take(Instant::now()) {
                tokio::time::sleep(wait).await;
            }
        };
        let goodbye = match end {
            End::Lost => None,
            End::Goodbye(goodbye) => Some(goodbye),
            End::Refused(status) => {
                tracing::warn!(endpoint.id = %self.peer.endpoint, error = status.message(), "session ended");
                let _ = self.outbound.try_send(Box::new(Err(status)));
                None
            }
        };
        let detach = FromAgent::Detach { goodbye, at: Timestamp::now() };
        let _ = self.tell_core(detach).await;
    }

    async fn take(&mut self, message: agent_message::Message) -> Result<Option<Goodbye>, Status> {
        match message {
            agent_message::Message::Hello(_) => {
                Err(Status::invalid_argument("Hello may come only as the first message"))
            }
            agent_message::Message::Renew(renew) => self.renew(&renew).map(|()| None),
            _ if self.peer.certificate_expired => {
                Err(Status::unauthenticated("the certificate has expired: renew it first"))
            }
            agent_message::Message::Report(report) => {
                // From here on, the journal included, a report is whole and plain.
                let unpacked = self.unpacker.unpack(report);
                let report = unpacked.map_err(|error| Status::invalid_argument(error.to_string()))?;
                let incoming = Incoming {
                    lane: report.lane,
                    sequence: report.sequence,
                    wire: prost::Message::encode_to_vec(&report),
                    report: Report::try_from(report).map_err(|error| error.to_string()),
                    at: Timestamp::now(),
                };
                self.tell_core(FromAgent::Report(Box::new(incoming))).await.map(|()| None)
            }
            agent_message::Message::Goodbye(goodbye) => goodbye
                .reason
                .parse()
                .map(Some)
                .map_err(|error| Status::invalid_argument(format!("goodbye: {error}"))),
        }
    }

    async fn tell_core(&self, message: FromAgent) -> Result<(), Status> {
        if self.peer.certificate_expired {
            return Ok(());
        }
        let input = Input::FromAgent { session: self.id, endpoint: self.endpoint(), message };
        let sent = self.uplink.core.inputs.send(input).await;
        sent.map_err(|_| Status::unavailable("the collector is stopping; reconnect later"))
    }

    fn endpoint(&self) -> EndpointId {
        self.peer.endpoint
    }

    /// Renews the certificate of the very key that this connection was made with.
    fn renew(&self, renew: &v1::Renew) -> Result<(), Status> {
        let authority = &self.uplink.authority;
        let key: Sha256 = crate::authority::csr_key_sha256(&renew.csr_der)
            .map_err(|error| Status::invalid_argument(format!("certificate request: {error}")))?;
        if key != self.peer.key {
            return Err(Status::permission_denied(
                "the certificate request is for another key than this connection's",
            ));
        }
        let org = self.uplink.core.read(|state| {
            let member = state.members.get(&self.peer.endpoint)?;
            let refused = matches!(member.endpoint.state, EndpointState::Revoked | EndpointState::Retired);
            (!refused).then(|| member.endpoint.org.clone())
        });
        let org = org.ok_or_else(|| Status::unauthenticated("this endpoint was revoked"))?;
        let now = Timestamp::now();
        let issued = authority
            .issue(&renew.csr_der, &org, self.peer.endpoint, now)
            .map_err(|error| Status::unavailable(format!("cannot renew now: {error}")))?;
        tracing::info!(endpoint.id = %self.peer.endpoint, not_after = %issued.not_after, "certificate renewed");
        let chain_der = issued.chain_der.into_iter().map(Into::into).collect();
        self.say(collector_message::Message::Certificate(v1::Certificate { chain_der }));
        Ok(())
    }
}

fn marks(marks: Option<v1::LaneMarks>) -> Result<LaneMarks, ConversionError> {
    marks.map_or_else(|| Ok(LaneMarks::default()), LaneMarks::try_from)
}
