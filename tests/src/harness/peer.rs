//! A bare wire peer: the agent's protocol without an agent, for what a well-behaved one never does, and for knowing
//! exactly which sequence was acknowledged when.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use dogwatch_proto::v1::{
    AgentMessage, CollectorMessage, Hello, Lane, LaneMarks, Report, Welcome,
    agent_message::Message as Outbound, collector_message::Message as Inbound, uplink_client::UplinkClient,
};
use jiff::Timestamp;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Streaming, transport::Channel};
use uuid::Uuid;

use super::{Lab, PATIENCE};
use crate::load::enrol::{Identity, enrol};

/// Messages that may wait for the connection.
const OUTBOUND: usize = 64;

/// One open stream.
pub struct Peer {
    outbound: mpsc::Sender<AgentMessage>,
    inbound: Streaming<CollectorMessage>,
    /// What the collector answered to Hello.
    pub welcome: Welcome,
}

/// Identities for simulated machines, enrolled in the ordinary way and named `<prefix>-00000` and so on.
pub async fn identities(lab: &Lab, prefix: &str, count: u32) -> Result<Vec<Identity>> {
    enrol(&lab.parsed_join_token(count), prefix, usize::try_from(count)?).await
}

impl Peer {
    /// Attaches with an epoch and the first sequence of each lane that is still held.
    pub async fn attach(identity: &Identity, epoch: Uuid, first: LaneMarks) -> Result<Self> {
        let channel = identity.uplink.connect(identity.tls.clone()).await?;
        Self::attach_over(channel, epoch, first).await
    }

    /// The same over a connection that is there already.
    pub async fn attach_over(channel: Channel, epoch: Uuid, first: LaneMarks) -> Result<Self> {
        let (outbound, receiver) = mpsc::channel(OUTBOUND);
        let hello = Hello {
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
            epoch: epoch.as_bytes().to_vec().into(),
            first: Some(first),
            next: Some(first),
            sent_at_us: Timestamp::now().as_microsecond(),
            ..Hello::default()
        };
        send(&outbound, Outbound::Hello(hello)).await?;
        let mut client = UplinkClient::new(channel);
        let answer = timeout(PATIENCE, client.attach(ReceiverStream::new(receiver))).await;
        let mut inbound = answer.context("no answer to Hello")??.into_inner();
        match receive(&mut inbound).await? {
            Some(Inbound::Welcome(welcome)) => Ok(Self { outbound, inbound, welcome }),
            other => bail!("expected Welcome, got {other:?}"),
        }
    }

    /// Sends a report as it is.
    pub async fn report(&self, report: Report) -> Result<()> {
        send(&self.outbound, Outbound::Report(report)).await
    }

    /// Sends any message.
    pub async fn send(&self, message: Outbound) -> Result<()> {
        send(&self.outbound, message).await
    }

    /// The next message; nothing when the collector has ended the stream without an error.
    pub async fn next(&mut self) -> Result<Option<Inbound>> {
        receive(&mut self.inbound).await
    }

    /// Waits until a lane is acknowledged up to a sequence.
    pub async fn acknowledged(&mut self, lane: Lane, sequence: u64) -> Result<u64> {
        loop {
            match self.next().await? {
                Some(Inbound::Ack(ack)) if ack.lane() == lane && ack.up_to >= sequence => {
                    return Ok(ack.up_to);
                }
                Some(Inbound::Reject(reject)) => bail!("rejected: {reject:?}"),
                Some(Inbound::Poisoned(poisoned)) => bail!("poisoned: {poisoned:?}"),
                Some(_) => {}
                None => bail!("the collector ended the stream"),
            }
        }
    }
}

/// Knocks at the agents' listener with any TLS, and returns what it says to that, alerts by their name.
pub async fn knock(lab: &Lab, tls: Arc<ClientConfig>) -> Result<String> {
    let tcp = TcpStream::connect(("127.0.0.1", lab.collector().agents_port())).await?;
    let mut stream = match TlsConnector::from(tls).connect(ServerName::try_from("localhost")?, tcp).await {
        Ok(stream) => stream,
        Err(refused) => return Ok(format!("{refused:?}")),
    };
    // In TLS 1.3 the client is done before the server has looked at its certificate: a refusal comes with the
    // first read.
    let talk = async {
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await?;
        stream.read_u8().await
    };
    let said = timeout(PATIENCE, talk).await.context("the listener neither answers nor refuses")?;
    Ok(format!("{said:?}"))
}

async fn send(outbound: &mpsc::Sender<AgentMessage>, message: Outbound) -> Result<()> {
    outbound.send(AgentMessage { message: Some(message) }).await.ok().context("the connection is gone")
}

async fn receive(inbound: &mut Streaming<CollectorMessage>) -> Result<Option<Inbound>> {
    let message = timeout(PATIENCE, inbound.message()).await.context("nothing came from the collector")??;
    Ok(message.and_then(|message| message.message))
}
