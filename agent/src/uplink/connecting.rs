//! Connecting: TLS, the stream, Hello, and the wait for Welcome.

use std::time::Duration;

use dogwatch_model::{Epoch, LaneMarks};
use dogwatch_proto::{
    conversions::limits,
    packed::{self, Packer},
    v1::{self, agent_message, collector_message, uplink_client::UplinkClient},
};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Streaming as Inbound;
use uuid::Uuid;

use super::{State, Streaming, Uplink, streaming::Link};
use crate::{
    VERSION,
    dial::{Failure, channel},
};

/// From the open channel to Welcome. A collector that drains a storm answers each within this.
const WELCOME: Duration = Duration::from_secs(15);
/// Messages between the state machine and the connection. The flow control of HTTP/2 stands behind it, and what waits
/// here cannot be superseded any more: few.
const OUTBOUND: usize = 8;

/// Where a status says the exact reason.
const REASON: &str = "dogwatch-reason";
/// Another machine is connected with our key.
const CLONE_SUSPECTED: &str = "clone_suspected";

/// An attempt to connect.
pub(super) struct Connecting;

impl Connecting {
    pub(super) async fn run(self, uplink: &mut Uplink, cancel: &CancellationToken) -> State {
        match attempt_until(uplink, cancel).await {
            Some(Ok((link, welcome))) => welcomed(uplink, link, &welcome),
            Some(Err(failure)) => uplink.failed(&failure),
            None => State::Stopped,
        }
    }
}

/// An attempt, for as long as the agent runs. Hello may be out when the agent is stopped: then the collector takes it for
/// present, so the attempt is brought to its end to say goodbye, if that does not take long.
async fn attempt_until(
    uplink: &Uplink,
    cancel: &CancellationToken,
) -> Option<Result<(Link, v1::Welcome), Failure>> {
    let mut attempt = std::pin::pin!(attempt(uplink));
    tokio::select! {
        attempted = &mut attempt => Some(attempted),
        () = cancel.cancelled() => tokio::time::timeout(uplink.drain, attempt).await.ok(),
    }
}

async fn attempt(uplink: &Uplink) -> Result<(Link, v1::Welcome), Failure> {
    let address = uplink.address().to_owned();
    let told = |message: String| Failure::Told { address: address.clone(), message };
    let tls = uplink
        .identity
        .tls()
        .map_err(|error| Failure::Broken { address: address.clone(), reason: error.to_string() })?;
    let channel::Opened { channel, tap } = channel::open(&address, tls, &uplink.outlet()).await?;
    let (outbound, messages) = mpsc::channel(OUTBOUND);
    let _ = outbound.try_send(wrap(agent_message::Message::Hello(hello(uplink))));
    let mut client = UplinkClient::new(channel)
        .max_decoding_message_size(limits::MESSAGE_BYTES)
        .max_encoding_message_size(limits::MESSAGE_BYTES);
    let welcome = async {
        let mut inbound = client.attach(ReceiverStream::new(messages)).await?.into_inner();
        let first = inbound.message().await?;
        Ok::<_, tonic::Status>((inbound, first.and_then(|first| first.message)))
    };
    let (inbound, first) = match tokio::time::timeout(WELCOME, welcome).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(status)) => return Err(why(&address, &tap, &status)),
        Err(_) => return Err(Failure::TimedOut { address, what: "welcome" }),
    };
    match first {
        Some(collector_message::Message::Welcome(welcome)) => {
            let understands = welcome.capabilities.iter().any(|name| name == packed::CAPABILITY);
            let packer = understands.then(Packer::default);
            Ok((Link { address, outbound, inbound, tap, packer }, welcome))
        }
        Some(_) => Err(told("something else than a welcome".into())),
        None => Err(tap.fault().unwrap_or_else(|| told("goodbye, without a welcome".into()))),
    }
}

fn hello(uplink: &Uplink) -> v1::Hello {
    let outbox = uplink.outbox.lock();
    v1::Hello {
        agent_version: VERSION.to_owned(),
        epoch: outbox.epoch().0.as_bytes().to_vec().into(),
        first: Some(outbox.first().into()),
        next: Some(outbox.next_marks().into()),
        machine_id_hash: uplink.evidence.machine_id_hash.clone(),
        boot_id: uplink.evidence.boot_id.clone(),
        capabilities: Vec::new(),
        policy_version: uplink.control.policy_version(),
        sent_at_us: Timestamp::now().as_microsecond(),
        previous_epoch: outbox.resuming().map(|epoch| epoch.0.as_bytes().to_vec().into()),
        starts: uplink.starts,
        hardware_hash: uplink.evidence.hardware_hash.clone(),
    }
}

fn welcomed(uplink: &mut Uplink, link: Link, welcome: &v1::Welcome) -> State {
    let marks = |marks: Option<v1::LaneMarks>| LaneMarks::try_from(marks.unwrap_or_default());
    let both = marks(welcome.stored).and_then(|stored| Ok((stored, marks(welcome.previous_stored)?)));
    let (stored, previous) = match both {
        Ok(both) => both,
        Err(error) => {
            let reason = format!("its welcome cannot be: {error}");
            return uplink.failed(&Failure::Broken { address: link.address, reason });
        }
    };
    uplink.backoff.raise_cap(Duration::from_millis(welcome.backoff_cap_ms.into()));
    let reconnected = {
        let mut outbox = uplink.outbox.lock();
        if welcome.window > 0 {
            outbox.set_window(usize::try_from(welcome.window).unwrap_or(usize::MAX));
        }
        if welcome.late_after_ms > 0 {
            outbox.set_late_after(Duration::from_millis(welcome.late_after_ms.into()));
        }
        outbox.resumed(previous);
        outbox.reconnected(stored)
    };
    if let Err(error) = reconnected {
        return begin_epoch(uplink, &link.address, &error);
    }
    if welcome.set_back {
        let detail =
            "the state folder is older than what the collector saw of it: it was set back to a snapshot";
        uplink.report_event("state_set_back", detail.to_owned());
    }
    tracing::info!(
        endpoint.id = %uplink.identity.record().endpoint_id,
        endpoint.name = uplink.identity.record().name,
        collector = link.address,
        "connected to the collector"
    );
    uplink.arrived();
    uplink.control.connected();
    State::Streaming(Box::new(Streaming::new(link, uplink)))
}

/// Sequences do not agree and cannot be made to: both sides begin anew, and nothing that is held is lost.
pub(super) fn begin_epoch(uplink: &mut Uplink, address: &str, error: &crate::outbox::OutboxError) -> State {
    let epoch = Epoch(Uuid::new_v4());
    tracing::warn!(%error, %epoch, "new epoch begun");
    uplink.outbox.lock().begin_epoch(epoch);
    uplink.report_event("epoch_begun", error.to_string());
    uplink.failed(&Failure::Broken { address: address.to_owned(), reason: error.to_string() })
}

/// What ended a call, from the most telling source: the connection's own fault, else the collector's words.
pub(super) fn why(address: &str, tap: &channel::Tap, status: &tonic::Status) -> Failure {
    let address = address.to_owned();
    let kept_out = status.metadata().get(REASON).is_some_and(|reason| reason == CLONE_SUSPECTED);
    tap.fault().unwrap_or_else(|| match status.code() {
        _ if kept_out => Failure::KeptOut { address, message: status.message().to_owned() },
        tonic::Code::Unknown | tonic::Code::Unavailable | tonic::Code::Cancelled | tonic::Code::Internal
            if std::error::Error::source(status).is_some() =>
        {
            Failure::from_chain(&address, status)
        }
        code if status.message().is_empty() => Failure::Told { address, message: code.description().into() },
        _ => Failure::told(&address, status.message()),
    })
}

pub(super) fn wrap(message: agent_message::Message) -> v1::AgentMessage {
    v1::AgentMessage { message: Some(message) }
}

/// What the collector sends.
pub(super) type FromCollector = Inbound<v1::CollectorMessage>;
