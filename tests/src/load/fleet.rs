//! Many simulated agents driven as one.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use tokio::{
    sync::{Semaphore, mpsc, oneshot, watch},
    task::JoinSet,
    time::timeout,
};

use super::{agent::Agent, enrol::Identity, facts::RootVolume, tally::Tally};

/// Handshakes under way at once: below the collector's cap for one address (32).
const HANDSHAKES: usize = 16;
/// What a fleet may take to attach: this, and [`ATTACH_EACH`] for each agent.
const ATTACH_BASE: Duration = Duration::from_secs(20);
/// About ten times a handshake on a slow machine.
const ATTACH_EACH: Duration = Duration::from_millis(30);

/// What all agents do until told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Stay connected, say nothing.
    Quiet,
    /// A new sample as soon as one is acknowledged, so many under way at once per agent.
    Hot {
        /// How many.
        under_way: usize,
    },
    /// A sample at this interval, each agent at its own phase.
    Paced {
        /// The interval.
        every: Duration,
    },
    /// Say goodbye and go.
    Leave,
    /// Go without a word, as in a power cut.
    Vanish,
}

/// Take one sample now with the first volume like this, and tell how long its acknowledgement took.
pub(super) struct Order {
    pub(super) root_volume: RootVolume,
    pub(super) tell: oneshot::Sender<Duration>,
}

/// An agent's side of the fleet.
pub(super) struct Link {
    pub(super) mode: watch::Receiver<Mode>,
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) tally: Arc<Tally>,
    pub(super) handshakes: Arc<Semaphore>,
    attached: Option<oneshot::Sender<()>>,
}

impl Link {
    pub(super) fn current_mode(&self) -> Mode {
        *self.mode.borrow()
    }

    /// Everything said is acknowledged; the first time, that is what [`Fleet::attach`] waits for.
    pub(super) fn settled(&mut self) {
        if let Some(attached) = self.attached.take() {
            // Nobody waits any more when attaching has already failed.
            let _ = attached.send(());
        }
    }

    pub(super) async fn told_to_leave(&mut self) {
        // A fleet that is gone tells everybody to leave.
        let _ = self.mode.wait_for(|mode| matches!(mode, Mode::Leave | Mode::Vanish)).await;
    }
}

/// Connected agents. Dropping it drops their connections without a word.
pub struct Fleet {
    mode: watch::Sender<Mode>,
    orders: Vec<mpsc::Sender<Order>>,
    tally: Arc<Tally>,
    agents: JoinSet<Agent>,
}

impl Fleet {
    /// Agents for these identities that have not spoken yet.
    pub fn crew(identities: Vec<Identity>) -> Vec<Agent> {
        (0..).zip(identities).map(|(number, identity)| Agent::new(identity, number)).collect()
    }

    /// Connects everybody and returns when each has been heard: first reports sent and acknowledged.
    pub async fn attach(crew: Vec<Agent>) -> Result<Self> {
        let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
        let (mode, mode_receiver) = watch::channel(Mode::Quiet);
        let mut fleet = Self { mode, orders: Vec::new(), tally: Arc::default(), agents: JoinSet::new() };
        let patience = ATTACH_BASE + ATTACH_EACH * u32::try_from(crew.len())?;
        let mut waits = Vec::with_capacity(crew.len());
        for agent in crew {
            let (orders, orders_receiver) = mpsc::channel(1);
            let (attached, wait) = oneshot::channel();
            fleet.orders.push(orders);
            waits.push(wait);
            fleet.agents.spawn(agent.run(Link {
                mode: mode_receiver.clone(),
                orders: orders_receiver,
                tally: Arc::clone(&fleet.tally),
                handshakes: Arc::clone(&handshakes),
                attached: Some(attached),
            }));
        }
        let everybody = async {
            for wait in waits {
                wait.await?;
            }
            Ok::<_, oneshot::error::RecvError>(())
        };
        let Ok(heard) = timeout(patience, everybody).await else {
            bail!(
                "only {} of {} agents are connected after {patience:?}; {}",
                fleet.tally.counts().connected,
                fleet.orders.len(),
                fleet.tally.last_trouble().unwrap_or_else(|| "no session has failed".to_owned())
            );
        };
        heard.context("an agent ended before it was heard")?;
        fleet.tally.take_latencies();
        Ok(fleet)
    }

    /// How many agents there are.
    pub const fn len(&self) -> usize {
        self.orders.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.orders.is_empty()
    }

    /// What it counts.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Tells everybody what to do.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Everybody together sends this many reports a second.
    pub fn pace(&self, reports_per_second: f64) -> Result<()> {
        let everybody = u32::try_from(self.len())?;
        let every = Duration::try_from_secs_f64(f64::from(everybody) / reports_per_second)
            .context("a pace is a number of reports a second, above 0")?;
        self.set(Mode::Paced { every });
        Ok(())
    }

    /// One agent's first volume is like this from now on; returns how long the acknowledgement of the sample that
    /// shows it took.
    pub async fn sample_now(&self, agent: usize, root_volume: RootVolume) -> Result<Duration> {
        let (tell, told) = oneshot::channel();
        let orders = self.orders.get(agent).context("no such agent")?;
        orders.send(Order { root_volume, tell }).await.ok().context("the agent is gone")?;
        told.await.context("the agent went before its sample was acknowledged")
    }

    /// Everybody says goodbye, and can be attached again later with all that it remembers.
    pub async fn leave(self) -> Vec<Agent> {
        self.end(Mode::Leave).await
    }

    /// Everybody's connection is gone, without a word.
    pub async fn vanish(self) -> Vec<Agent> {
        self.end(Mode::Vanish).await
    }

    async fn end(self, mode: Mode) -> Vec<Agent> {
        self.mode.send_replace(mode);
        self.agents.join_all().await
    }
}

#[cfg(test)]
mod tests;
