//! The link to the collector: a state machine with one file per state, in which a state consumes itself.
//!
//! ```text
//!            ┌────────────── failed, drained ──────────────┐
//!            ▼                                             │
//! offline ──► connecting ──► streaming ──► draining ──► (stopped)
//!    ▲            │                            ▲
//!    └── failed ──┘          told to end ──────┘
//! ```
//! A machine that goes to sleep is drained and then offline, until it is awake again.
//!
//! It never gives up: whatever fails, it is offline for a random while and tries again. What it needs beyond the
//! present connection is in [`Uplink`]: identity, outbox, and the handles by which a collector steers the sources.

mod backoff;
mod connecting;
mod control;
mod draining;
mod moving;
mod nap;
mod offline;
mod streaming;
mod wake;

use std::time::Duration;

use dogwatch_model::{AgentEvent, Lane, MachineEvidence, Report};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

pub use backoff::Backoff;
use connecting::Connecting;
pub use control::Control;
use draining::Draining;
pub use moving::Move;
pub use nap::{FAREWELL, Nap};
use offline::Offline;
use streaming::Streaming;
pub use wake::Wake;

use crate::{
    config::Live,
    dial::{Failure, Meter, Outlet},
    identity::Identity,
    link_status::{LinkState, LinkStatus},
    outbox::{Draft, SharedOutbox},
    state_dir::StateDir,
};

/// What outlives a connection.
pub struct Uplink {
    /// Who we are.
    pub identity: Identity,
    /// What waits to be sent.
    pub outbox: SharedOutbox,
    /// What the collector may steer.
    pub control: Control,
    /// What is told about the link.
    pub status: LinkStatus,
    /// How long to wait between attempts.
    pub backoff: Backoff,
    /// Evidence for Hello.
    pub evidence: MachineEvidence,
    /// How many times the agent was started on its state folder, where that could be noted.
    pub starts: Option<u64>,
    /// Notices when the machine has slept.
    pub wake: Wake,
    /// Told when the machine is about to sleep.
    pub nap: Nap,
    /// Where the reason of a goodbye is announced.
    pub state: StateDir,
    /// How long a going agent waits for its last acknowledgements.
    pub drain: Duration,
    /// Where the way out is told, which may change.
    pub live: Live,
    /// Counts what goes over the wire.
    pub meter: Meter,
    /// Another collector that is being tried.
    pub moving: Option<Move>,
}

/// Where the machine is.
enum State {
    Offline(Offline),
    Connecting(Connecting),
    Streaming(Box<Streaming>),
    Draining(Box<Draining>),
    Stopped,
}

impl State {
    fn announce(&self, status: &mut LinkStatus) {
        let (link, reason) = match self {
            Self::Offline(offline) => (LinkState::Offline, offline.reason()),
            Self::Connecting(_) => (LinkState::Connecting, None),
            Self::Streaming(_) => (LinkState::Streaming, None),
            Self::Draining(_) => (LinkState::Draining, None),
            Self::Stopped => (LinkState::Stopped, None),
        };
        status.set(link, reason, Timestamp::now());
    }
}

impl Uplink {
    /// Runs until told to end, then says goodbye.
    pub async fn run(mut self, cancel: CancellationToken) {
        let mut state = State::Connecting(Connecting);
        loop {
            state.announce(&mut self.status);
            self.outbox.set_connected(matches!(state, State::Streaming(_) | State::Draining(_)));
            state = match state {
                State::Offline(offline) => offline.run(&mut self, &cancel).await,
                State::Connecting(connecting) => connecting.run(&mut self, &cancel).await,
                State::Streaming(streaming) => streaming.run(&mut self, &cancel).await,
                State::Draining(draining) => draining.run(&mut self).await,
                State::Stopped => return,
            };
        }
    }

    fn outlet(&self) -> Outlet {
        Outlet { proxy: self.live.borrow().proxy.clone(), meter: self.meter.clone() }
    }

    /// Back to waiting after a failure, which is logged once and then only when it changes.
    fn failed(&mut self, failure: &Failure) -> State {
        self.not_arrived();
        let wait = match failure {
            Failure::KeptOut { .. } => Backoff::kept_out(random_unit()),
            _ => self.backoff.next(failure.wants_a_person(), random_unit()),
        };
        let reason = failure.to_string();
        if self.backoff.is_news(&reason) {
            tracing::warn!(reason, retry_in = ?wait, "not connected to the collector");
        } else {
            tracing::debug!(reason, retry_in = ?wait, "not connected to the collector");
        }
        State::Offline(Offline::new(wait, Some(reason)))
    }
}

impl Uplink {
    /// After a sleep of the machine: says so, and connects anew at once. What stood before it may be dead without a sign,
    /// and keep-alive would need a minute and a half to find that out.
    fn woken(&mut self) -> Option<State> {
        let slept = self.wake.slept()?;
        tracing::info!(?slept, "the machine woke up, connecting anew");
        self.report_event("suspended", format!("the machine slept for {} s", slept.as_secs()));
        self.nap.end();
        self.backoff.reset();
        Some(State::Connecting(Connecting))
    }

    /// Tells something that happened to the agent, in the kept lane.
    fn report_event(&self, kind: &str, detail: String) {
        let at = Timestamp::now();
        let event = AgentEvent { at, kind: kind.to_owned(), detail };
        let report = Report { events: vec![event], ..Report::empty(Lane::Kept, 0, at) };
        self.outbox.push(Draft { report, topic: None });
    }
}

/// A random number from 0 to 1, for jitter. Without randomness the middle will do.
pub(crate) fn random_unit() -> f64 {
    getrandom::u32().map_or(0.5, |number| f64::from(number) / f64::from(u32::MAX))
}
