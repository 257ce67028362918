//! One simulated agent: an outbox, three lanes, and sessions until it is told to leave.
//!
//! Invariants, the same as the real agent's: sequences within a lane have no gaps; a report stays in the outbox until
//! the collector has acknowledged it; what is left is sent again after every Welcome and Reject; never more under way
//! than the collector's window.

mod outbox;

use std::{future::pending, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use dogwatch_proto::{
    packed::{self, Packer},
    v1::{
        AgentMessage, CollectorMessage, Goodbye, Hello, Lane, LaneMarks, Report, Welcome,
        agent_message::Message as Outbound, collector_message::Message as Inbound,
        uplink_client::UplinkClient,
    },
};
use jiff::Timestamp;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Interval, MissedTickBehavior, interval_at, sleep},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use uuid::Uuid;

use self::outbox::Outbox;
use super::{
    enrol::Identity,
    facts::Machine,
    fleet::{Link, Mode, Order},
};

/// Messages between an agent and its connection: the protocol's largest window, so that sending never waits.
const OUTBOUND: usize = 256;
/// The first wait between attempts is a random part of this; each further one of twice as much.
const BACKOFF_BASE: Duration = Duration::from_millis(100);
/// What a wait is at most a random part of: shorter than a real agent's, because a test is waiting.
const BACKOFF_CAP: Duration = Duration::from_secs(5);

/// A simulated agent, between sessions or about to have its first.
pub struct Agent {
    identity: Identity,
    machine: Machine,
    epoch: Uuid,
    window: usize,
    welcomes: u64,
    outbox: Outbox,
    /// What went out on the present stream, when the collector understands packed health.
    packer: Option<Packer>,
}

/// Why a session was over without anything being wrong.
enum Ended {
    Left,
    Drained,
}

impl Agent {
    /// An agent that has never spoken; `number` decides what its machine is like.
    pub fn new(identity: Identity, number: u64) -> Self {
        Self {
            identity,
            machine: Machine::new(number),
            epoch: Uuid::new_v4(),
            window: 1,
            welcomes: 0,
            outbox: Outbox::default(),
            packer: None,
        }
    }

    /// Who it is.
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The highest sequence of the samples lane that the collector has acknowledged.
    pub fn acknowledged_samples(&self) -> u64 {
        self.outbox.first().samples - 1
    }

    /// Lives until it is told to leave.
    pub(super) async fn run(mut self, mut link: Link) -> Self {
        let mut ceiling = BACKOFF_BASE;
        loop {
            let welcomes = self.welcomes;
            match self.session(&mut link).await {
                Ok(Ended::Left) => return self,
                Ok(Ended::Drained) => {}
                Err(error) => link.tally.lost(&error),
            }
            ceiling = if self.welcomes > welcomes { BACKOFF_BASE } else { BACKOFF_CAP.min(ceiling * 2) };
            let pause = self.machine.vary(u64::try_from(ceiling.as_millis()).unwrap_or(u64::MAX));
            tokio::select! {
                () = sleep(Duration::from_millis(pause)) => {}
                () = link.told_to_leave() => return self,
            }
        }
    }

    async fn session(&mut self, link: &mut Link) -> Result<Ended> {
        let permit = link.handshakes.clone().acquire_owned().await?;
        let channel = self.identity.uplink.connect(self.identity.tls.clone()).await?;
        let (outbound, receiver) = mpsc::channel(OUTBOUND);
        send(&outbound, Outbound::Hello(self.hello())).await?;
        let mut inbound =
            UplinkClient::new(channel).attach(ReceiverStream::new(receiver)).await?.into_inner();
        let welcome = match next(&mut inbound).await? {
            Some(Inbound::Welcome(welcome)) => welcome,
            other => bail!("expected Welcome, got {other:?}"),
        };
        drop(permit);
        let tally = Arc::clone(&link.tally);
        let _connected = tally.connection();
        self.resume(&welcome, link, &outbound).await?;
        self.check_settled(link);
        self.converse(link, &outbound, &mut inbound).await
    }

    async fn converse(
        &mut self,
        link: &mut Link,
        outbound: &mpsc::Sender<AgentMessage>,
        inbound: &mut Streaming<CollectorMessage>,
    ) -> Result<Ended> {
        let mut ticker = self.adopt(link, outbound).await?;
        loop {
            tokio::select! {
                message = next(inbound) => match message? {
                    Some(Inbound::Ack(ack)) => {
                        self.settle(ack.lane(), ack.up_to, link);
                        self.check_settled(link);
                        self.keep_hot(link, outbound).await?;
                    }
                    Some(Inbound::Poisoned(poisoned)) => {
                        link.tally.poisoned(&poisoned);
                        self.settle(poisoned.lane(), poisoned.sequence, link);
                        self.check_settled(link);
                    }
                    Some(Inbound::Reject(reject)) => {
                        link.tally.rejected();
                        self.send_again(Some(reject.lane()), link, outbound).await?;
                    }
                    Some(Inbound::Drain(_)) => return Ok(Ended::Drained),
                    Some(_) => {}
                    None => bail!("the collector closed the stream"),
                },
                () = tick(&mut ticker) => {
                    if self.outbox.len() < self.window {
                        self.sample(None, link, outbound).await?;
                    } else {
                        link.tally.withheld();
                    }
                }
                Some(Order { root_volume, tell }) = link.orders.recv() => {
                    self.machine.root_volume = root_volume;
                    self.sample(Some(tell), link, outbound).await?;
                }
                changed = link.mode.changed() => {
                    changed.context("the fleet is gone")?;
                    ticker = self.adopt(link, outbound).await?;
                }
            }
            match link.current_mode() {
                Mode::Leave => {
                    send(outbound, Outbound::Goodbye(Goodbye { reason: "shutdown".to_owned() })).await?;
                    return Ok(Ended::Left);
                }
                Mode::Vanish => return Ok(Ended::Left),
                _ => {}
            }
        }
    }

    fn hello(&self) -> Hello {
        Hello {
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
            epoch: self.epoch.as_bytes().to_vec().into(),
            first: Some(self.outbox.first()),
            next: Some(self.outbox.next()),
            machine_id_hash: Some(format!("simulated {}", self.identity.name)),
            boot_id: Some(self.epoch.to_string()),
            capabilities: Vec::new(),
            policy_version: None,
            sent_at_us: Timestamp::now().as_microsecond(),
            ..Hello::default()
        }
    }

    /// Forgets what is stored, sends the rest again, and introduces the machine the first time.
    async fn resume(
        &mut self,
        welcome: &Welcome,
        link: &Link,
        outbound: &mpsc::Sender<AgentMessage>,
    ) -> Result<()> {
        self.welcomes += 1;
        self.window = usize::try_from(welcome.window.max(1))?;
        let understands = welcome.capabilities.iter().any(|name| name == packed::CAPABILITY);
        self.packer = understands.then(Packer::default);
        if let Some(LaneMarks { kept, latest, samples }) = welcome.stored {
            self.settle(Lane::Kept, kept, link);
            self.settle(Lane::Latest, latest, link);
            self.settle(Lane::Samples, samples, link);
        }
        self.send_again(None, link, outbound).await?;
        if self.outbox.is_fresh() {
            let now = Timestamp::now();
            let inventory = Report { inventory: Some(self.machine.inventory()), ..Report::default() };
            self.report(Lane::Latest, inventory, None, link, outbound).await?;
            let kept = Report {
                patch: Some(self.machine.patch(now)),
                backup: Some(self.machine.backup(now)),
                ..Report::default()
            };
            self.report(Lane::Kept, kept, None, link, outbound).await?;
            self.sample(None, link, outbound).await?;
        }
        Ok(())
    }

    /// Takes up the fleet's mode.
    async fn adopt(
        &mut self,
        link: &mut Link,
        outbound: &mpsc::Sender<AgentMessage>,
    ) -> Result<Option<Interval>> {
        link.mode.mark_unchanged();
        self.keep_hot(link, outbound).await?;
        let Mode::Paced { every } = link.current_mode() else { return Ok(None) };
        let phase = self.machine.vary(u64::try_from(every.as_micros())?.max(1));
        let mut ticker = interval_at(tokio::time::Instant::now() + Duration::from_micros(phase), every);
        ticker.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Ok(Some(ticker))
    }

    async fn keep_hot(&mut self, link: &Link, outbound: &mpsc::Sender<AgentMessage>) -> Result<()> {
        let Mode::Hot { under_way } = link.current_mode() else { return Ok(()) };
        while self.outbox.len() < under_way.min(self.window) {
            self.sample(None, link, outbound).await?;
        }
        Ok(())
    }

    async fn sample(
        &mut self,
        tell: Option<oneshot::Sender<Duration>>,
        link: &Link,
        outbound: &mpsc::Sender<AgentMessage>,
    ) -> Result<()> {
        let health = Some(self.machine.health(Timestamp::now()));
        let report = Report { health, ..Report::default() };
        self.report(Lane::Samples, report, tell, link, outbound).await
    }

    async fn report(
        &mut self,
        lane: Lane,
        report: Report,
        tell: Option<oneshot::Sender<Duration>>,
        link: &Link,
        outbound: &mpsc::Sender<AgentMessage>,
    ) -> Result<()> {
        let report = self.outbox.keep(lane, report, tell);
        self.tell(report, link, outbound).await
    }

    async fn tell(
        &mut self,
        report: Report,
        link: &Link,
        outbound: &mpsc::Sender<AgentMessage>,
    ) -> Result<()> {
        let report = match &mut self.packer {
            Some(packer) => packer.pack(report),
            None => report,
        };
        link.tally.sent();
        send(outbound, Outbound::Report(report)).await
    }

    async fn send_again(
        &mut self,
        only: Option<Lane>,
        link: &Link,
        outbound: &mpsc::Sender<AgentMessage>,
    ) -> Result<()> {
        let again: Vec<Report> = self.outbox.again(only).collect();
        for report in again {
            self.tell(report, link, outbound).await?;
        }
        Ok(())
    }

    fn settle(&mut self, lane: Lane, up_to: u64, link: &Link) {
        self.outbox.settle(lane, up_to, |latency| link.tally.acknowledged(latency));
    }

    fn check_settled(&self, link: &mut Link) {
        if self.outbox.is_empty() {
            link.settled();
        }
    }
}

async fn tick(ticker: &mut Option<Interval>) {
    match ticker {
        Some(ticker) => drop(ticker.tick().await),
        None => pending().await,
    }
}

async fn send(outbound: &mpsc::Sender<AgentMessage>, message: Outbound) -> Result<()> {
    outbound.send(AgentMessage { message: Some(message) }).await.ok().context("the connection is gone")
}

async fn next(inbound: &mut Streaming<CollectorMessage>) -> Result<Option<Inbound>> {
    match inbound.message().await? {
        None => Ok(None),
        Some(CollectorMessage { message: Some(message) }) => Ok(Some(message)),
        Some(CollectorMessage { message: None }) => bail!("the collector sent an empty message"),
    }
}
