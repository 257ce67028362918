//! Simulated machines that report as fast as they may, and remember exactly what was acknowledged.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use dogwatch_proto::v1::{
    BackupJob, BackupRun, BackupStatus, Lane, LaneMarks, Report, collector_message::Message as Inbound,
};
use dogwatch_tests::{
    harness::{
        Lab,
        peer::{Peer, identities},
    },
    load::enrol::Identity,
};
use jiff::Timestamp;
use tokio::{runtime::Runtime, sync::watch, task::JoinSet, time::timeout};
use uuid::Uuid;

/// How many there are.
pub(crate) const MACHINES: u32 = 6;
/// Reports under way per machine.
pub(crate) const UNDER_WAY: u64 = 8;
/// A machine that could not attach tries again after this at the latest.
const RETRY: Duration = Duration::from_millis(200);

/// All of them.
pub(crate) struct Machines {
    runtime: Runtime,
    load: Arc<Load>,
    lives: watch::Sender<u32>,
    tasks: JoinSet<Result<()>>,
    ledgers: Ledgers,
}

/// What each endpoint was told.
pub(crate) type Ledgers = BTreeMap<Uuid, Arc<Ledger>>;

/// What one machine was told that is durable.
pub(crate) struct Ledger {
    /// Its endpoint's name.
    pub(crate) name: String,
    /// The life of its outbox.
    pub(crate) epoch: Uuid,
    acknowledged: AtomicU64,
}

impl Ledger {
    /// The highest sequence of the kept lane that was acknowledged.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }
}

/// All machines together.
#[derive(Default)]
struct Load {
    acknowledgements: AtomicU64,
    over: AtomicBool,
    trouble: Mutex<String>,
}

impl Machines {
    /// Enrols them and lets them report.
    pub(crate) fn start(lab: &Lab) -> Result<Self> {
        let runtime = Runtime::new()?;
        let load = Arc::new(Load::default());
        let (lives, life) = watch::channel(0);
        let mut tasks = JoinSet::new();
        let mut ledgers = BTreeMap::new();
        for identity in runtime.block_on(identities(lab, "sim", MACHINES))? {
            let name = identity.name.clone();
            let ledger = Arc::new(Ledger { name, epoch: Uuid::new_v4(), acknowledged: AtomicU64::new(0) });
            ledgers.insert(identity.endpoint, Arc::clone(&ledger));
            tasks.spawn_on(live(identity, ledger, Arc::clone(&load), life.clone()), runtime.handle());
        }
        Ok(Self { runtime, load, lives, tasks, ledgers })
    }

    /// The collector is back: nobody need wait any longer.
    pub(crate) fn called(&self) {
        self.lives.send_modify(|life| *life += 1);
    }

    /// How many acknowledgements there were.
    pub(crate) fn acknowledgements(&self) -> u64 {
        self.load.acknowledgements.load(Ordering::Relaxed)
    }

    /// The same, and the last trouble of a machine, for who waits in vain.
    pub(crate) fn progress(&self) -> (u64, String) {
        let trouble = self.load.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (self.acknowledgements(), trouble)
    }

    /// Lets them finish what is under way, and returns what each endpoint was told.
    pub(crate) fn end(mut self) -> Result<Ledgers> {
        self.load.over.store(true, Ordering::Relaxed);
        while let Some(ended) = self.runtime.block_on(self.tasks.join_next()) {
            ended??;
        }
        Ok(self.ledgers)
    }
}

/// One machine's life: attach, send, note what is acknowledged; when the stream is gone, do it again.
async fn live(
    identity: Identity,
    ledger: Arc<Ledger>,
    load: Arc<Load>,
    mut life: watch::Receiver<u32>,
) -> Result<()> {
    while !load.over.load(Ordering::Relaxed) {
        let first = ledger.acknowledged() + 1;
        let marks = LaneMarks { kept: first, latest: 1, samples: 1 };
        let Ok(peer) = Peer::attach(&identity, ledger.epoch, marks).await else {
            // Not there: until it is, or so that nobody misses it.
            let _ = timeout(RETRY, life.changed()).await;
            continue;
        };
        let stored = peer.welcome.stored.unwrap_or_default().kept;
        ensure!(stored >= ledger.acknowledged(), "acknowledged {}, stored {stored}", ledger.acknowledged());
        if let Err(error) = talk(peer, stored, &ledger, &load).await {
            *load.trouble.lock().unwrap_or_else(PoisonError::into_inner) = format!("{error:#}");
        }
    }
    Ok(())
}

async fn talk(mut peer: Peer, stored: u64, ledger: &Ledger, load: &Load) -> Result<()> {
    let mut done = stored;
    let mut sent = stored;
    loop {
        let over = load.over.load(Ordering::Relaxed);
        while !over && sent < done + UNDER_WAY {
            sent += 1;
            peer.report(report(sent)).await?;
        }
        if over && done == sent {
            return Ok(());
        }
        match peer.next().await?.context("the stream ended")? {
            Inbound::Ack(ack) if ack.lane() == Lane::Kept => {
                load.acknowledgements.fetch_add(ack.up_to.saturating_sub(done), Ordering::Relaxed);
                done = done.max(ack.up_to);
                ledger.acknowledged.store(done, Ordering::Relaxed);
            }
            Inbound::Reject(reject) => bail!("rejected: {reject:?}"),
            _ => {}
        }
    }
}

/// A backup that has failed as often as the report's sequence says, so that the last one can be told from the fleet.
fn report(sequence: u64) -> Report {
    let now = Timestamp::now().as_microsecond();
    let run = BackupRun {
        id: sequence.to_string(),
        started_at_us: now,
        ended_at_us: Some(now),
        result: "failed".to_owned(),
        ..BackupRun::default()
    };
    let job = BackupJob {
        name: "nightly".to_owned(),
        product: "lab".to_owned(),
        kind: "backup".to_owned(),
        first_seen_us: now,
        last_run: Some(run),
        consecutive_failures: u32::try_from(sequence).unwrap_or(u32::MAX),
        ..BackupJob::default()
    };
    let mut report = Report {
        sequence,
        observed_at_us: now,
        backup: Some(BackupStatus { scanned_at_us: now, jobs: vec![job] }),
        ..Report::default()
    };
    report.set_lane(Lane::Kept);
    report
}
