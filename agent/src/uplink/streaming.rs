//! Streaming: reports go up, acknowledgements and wishes come down.

use std::time::Duration;

use dogwatch_model::Lane;
use dogwatch_proto::{
    packed::Packer,
    v1::{self, agent_message, collector_message},
};
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    Draining, Offline, State, Uplink,
    connecting::{FromCollector, begin_epoch, why, wrap},
    random_unit, wake,
};
use crate::{
    clock,
    dial::{Failure, channel::Tap},
    identity::{lifetime::Validity, renewal},
    outbox::SharedOutbox,
};

/// A renewal that got no answer is asked for again after this.
const RENEW_AGAIN: Duration = Duration::from_secs(600);
/// What the collector may ask an agent to wait before it comes back.
const MOST_DRAIN_JITTER: Duration = Duration::from_secs(600);

/// The two directions of a stream.
pub(super) struct Link {
    pub(super) address: String,
    pub(super) outbound: mpsc::Sender<v1::AgentMessage>,
    pub(super) inbound: FromCollector,
    pub(super) tap: Tap,
    /// What was sent on this stream, when the collector understands packed health.
    pub(super) packer: Option<Packer>,
}

/// An open stream.
pub(super) struct Streaming {
    link: Link,
    renew_at: Instant,
}

impl Streaming {
    pub(super) fn new(link: Link, uplink: &Uplink) -> Self {
        Self { link, renew_at: Instant::now() + renewal_wait(uplink, renewal::due_in) }
    }

    pub(super) async fn run(mut self: Box<Self>, uplink: &mut Uplink, cancel: &CancellationToken) -> State {
        loop {
            if let Some(state) = uplink.woken() {
                return state;
            }
            let has_next = uplink.outbox.lock().has_next();
            tokio::select! {
                biased;
                () = cancel.cancelled() => return State::Draining(Box::new(Draining::to_stop(self.link))),
                () = uplink.nap.begun() => return State::Draining(Box::new(Draining::to_sleep(self.link))),
                message = self.link.inbound.message() => {
                    let left = match message {
                        Ok(Some(v1::CollectorMessage { message: Some(message) })) => self.receive(uplink, message),
                        // A message of a newer protocol.
                        Ok(Some(v1::CollectorMessage { message: None })) => None,
                        Ok(None) => Some(uplink.failed(&self.ended())),
                        Err(status) => Some(uplink.failed(&why(&self.link.address, &self.link.tap, &status))),
                    };
                    if let Some(state) = left {
                        return state;
                    }
                }
                () = tokio::time::sleep_until(self.renew_at) => self.renew(uplink).await,
                sent = send_next(&self.link.outbound, &mut self.link.packer, &uplink.outbox), if has_next => {
                    if !sent {
                        return uplink.failed(&self.ended());
                    }
                }
                () = uplink.outbox.filled(), if !has_next => {}
                () = wake::look_again() => {}
            }
        }
    }

    fn ended(&self) -> Failure {
        self.link.tap.fault().unwrap_or_else(|| Failure::Broken {
            address: self.link.address.clone(),
            reason: "the collector ended the stream".into(),
        })
    }

    /// Acts on a message; a state means that the stream is over.
    fn receive(&mut self, uplink: &mut Uplink, message: collector_message::Message) -> Option<State> {
        use collector_message::Message;
        match message {
            Message::Ack(ack) => self.acknowledged(uplink, ack),
            Message::Reject(reject) => self.rejected(uplink, reject),
            Message::Poisoned(poisoned) => {
                set_aside(uplink, &poisoned);
                None
            }
            Message::Policy(policy) => {
                uplink.control.apply(&policy);
                None
            }
            Message::Refresh(refresh) => {
                uplink.control.refresh(&refresh);
                None
            }
            Message::Certificate(certificate) => {
                self.certified(uplink, &certificate);
                None
            }
            Message::Drain(drain) => Some(drained(uplink, drain)),
            Message::Rehome(wish) => {
                uplink.rehome(&wish).then(|| State::Offline(Offline::new(Duration::ZERO, None)))
            }
            Message::Welcome(_) => Some(uplink.failed(&Failure::Broken {
                address: self.link.address.clone(),
                reason: "a second welcome".into(),
            })),
        }
    }

    fn acknowledged(&self, uplink: &mut Uplink, ack: v1::Ack) -> Option<State> {
        let lane = lane(ack.lane)?;
        let moved = uplink.outbox.lock().acknowledge(lane, ack.up_to);
        match moved {
            Ok(()) => {
                uplink.backoff.reset();
                None
            }
            Err(error) => Some(begin_epoch(uplink, &self.link.address, &error)),
        }
    }

    fn rejected(&self, uplink: &mut Uplink, reject: v1::Reject) -> Option<State> {
        let lane = lane(reject.lane)?;
        tracing::debug!(%lane, expected = reject.expected, "sending again");
        let rewound = uplink.outbox.lock().rewind(lane, reject.expected);
        rewound.err().map(|error| begin_epoch(uplink, &self.link.address, &error))
    }

    async fn renew(&mut self, uplink: &Uplink) {
        self.renew_at = Instant::now() + RENEW_AGAIN;
        match uplink.identity.renewal_request() {
            Ok(request) => {
                tracing::info!("renewing the certificate");
                let renew = v1::Renew { csr_der: request.into() };
                // A closed channel is noticed by whoever reads the stream.
                let _ = self.link.outbound.send(wrap(agent_message::Message::Renew(renew))).await;
            }
            Err(error) => tracing::error!(%error, "cannot ask for a new certificate"),
        }
    }

    fn certified(&mut self, uplink: &mut Uplink, certificate: &v1::Certificate) {
        let chain = certificate.chain_der.iter().map(|der| CertificateDer::from(der.to_vec())).collect();
        match uplink.identity.renew(chain) {
            Ok(()) => {
                self.renew_at = Instant::now() + renewal_wait(uplink, renewal::again_in);
                tracing::info!("certificate renewed, in use from the next connection on");
            }
            Err(error) => {
                tracing::error!(%error, "renewed certificate refused");
                uplink.report_event("renewal_refused", error.to_string());
            }
        }
    }
}

/// Sends the next report as soon as there is room for it; false when the stream takes no more. The number is given
/// after the wait: abandoned while it waits, this has changed nothing. Packed here and nowhere before, because what is
/// sent again, or on another stream, has another base.
pub(super) async fn send_next(
    outbound: &mpsc::Sender<v1::AgentMessage>,
    packer: &mut Option<Packer>,
    outbox: &SharedOutbox,
) -> bool {
    let Ok(permit) = outbound.reserve().await else { return false };
    if let Some(report) = outbox.lock().next(clock::now().moment) {
        let plain = v1::Report::from(&report);
        let report = match packer {
            Some(packer) => packer.pack(plain),
            None => plain,
        };
        permit.send(wrap(agent_message::Message::Report(report)));
    }
    true
}

/// A lane as the collector names it; `None` for one that this version does not know.
pub(super) fn lane(wire: i32) -> Option<Lane> {
    v1::Lane::try_from(wire).ok().and_then(|lane| Lane::try_from(lane).ok())
}

/// How long to wait for the renewal. A certificate that cannot be read is asked for again later.
fn renewal_wait(uplink: &Uplink, due: fn(Validity, f64, Timestamp) -> Duration) -> Duration {
    uplink.identity.validity().map_or(RENEW_AGAIN, |validity| due(validity, random_unit(), Timestamp::now()))
}

fn set_aside(uplink: &Uplink, poisoned: &v1::Poisoned) {
    let Some(lane) = lane(poisoned.lane) else { return };
    let forgotten = uplink.outbox.lock().forget(lane, poisoned.sequence);
    tracing::error!(%lane, sequence = poisoned.sequence, reason = poisoned.reason, "report set aside by the collector");
    // An event about an event that could not be understood would go round in circles.
    if forgotten.is_some_and(|report| report.events.is_empty()) {
        let detail = format!("report {} in the {lane} lane: {}", poisoned.sequence, poisoned.reason);
        uplink.report_event("report_poisoned", detail);
    }
}

fn drained(uplink: &mut Uplink, drain: v1::Drain) -> State {
    let span = Duration::from_millis(drain.jitter_ms.into()).min(MOST_DRAIN_JITTER);
    let wait = span.mul_f64(random_unit());
    tracing::info!(reconnect_in = ?wait, "the collector asked to reconnect");
    uplink.backoff.reset();
    State::Offline(Offline::new(wait, Some("the collector asked to reconnect".into())))
}
