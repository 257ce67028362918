//! Whatever the collector has acknowledged survives its death at any moment.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use dogwatch_proto::v1::{
    BackupJob, BackupRun, BackupStatus, Lane, LaneMarks, Report, collector_message::Message as Inbound,
};
use dogwatch_tests::{
    harness::{
        Lab, PATIENCE, journal_audit,
        peer::{Peer, identities},
        wait,
    },
    load::enrol::Identity,
};
use jiff::Timestamp;
use tokio::{runtime::Runtime, sync::watch, task::JoinSet, time::timeout};
use uuid::Uuid;

/// How often the collector is killed.
const KILLS: u32 = 50;
/// Simulated machines that report as fast as they may.
const MACHINES: u32 = 6;
/// Reports under way per machine.
const UNDER_WAY: u64 = 8;
/// Acknowledgements that a life of the collector gives before it is killed at the latest.
const ACKS_PER_LIFE: u64 = 40;
/// A machine that could not attach tries again after this at the latest.
const RETRY: Duration = Duration::from_millis(200);

#[test]
fn nothing_acknowledged_is_lost_when_the_collector_is_killed_fifty_times_under_load() -> Result<()> {
    let start = Instant::now();
    let mut lab = Lab::start();
    let runtime = Runtime::new()?;
    let load = Arc::new(Load::default());
    let (lives, life) = watch::channel(0);
    let mut machines = JoinSet::new();
    let mut ledgers = BTreeMap::new();
    for identity in runtime.block_on(identities(&lab, "sim", MACHINES))? {
        let ledger = Arc::new(Ledger { epoch: Uuid::new_v4(), acknowledged: AtomicU64::new(0) });
        ledgers.insert(identity.endpoint, (identity.name.clone(), Arc::clone(&ledger)));
        machines.spawn_on(live(identity, ledger, Arc::clone(&load), life.clone()), runtime.handle());
    }

    for kill in 0..KILLS {
        // Never at the same place: somewhere between the first acknowledgement of this life and the fortieth.
        let after = load.acknowledgements() + 1 + u64::from(kill) * 7 % ACKS_PER_LIFE;
        wait::wait_for("acknowledgements", PATIENCE, || load.progress(), |(count, _)| *count >= after);
        lab.collector_mut().kill();
        lab.collector_mut().start();
        lives.send_replace(kill);
    }
    let settled = load.acknowledgements() + u64::from(MACHINES) * UNDER_WAY;
    wait::wait_for("the last acknowledgements", PATIENCE, || load.progress(), |(count, _)| *count >= settled);
    load.over.store(true, Ordering::Relaxed);
    for ended in runtime.block_on(machines.join_all()) {
        ended?;
    }

    for (name, ledger) in ledgers.values() {
        let endpoint = lab.wait_for_endpoint(name, |endpoint| endpoint["backup"]["jobs"][0].is_object());
        let seen = endpoint["backup"]["jobs"][0]["consecutive_failures"].as_u64().context("a count")?;
        ensure!(
            seen >= ledger.acknowledged(),
            "{name}: acknowledged {}, shown {seen}",
            ledger.acknowledged()
        );
    }
    lab.collector_mut().kill();
    let on_disk = journal_audit::sequences(lab.collector().data_dir())?;
    for (endpoint, (name, ledger)) in &ledgers {
        let stored =
            on_disk.get(&(*endpoint, ledger.epoch, Lane::Kept)).context("nothing of it is on disk")?;
        let without_gap_or_double: Vec<u64> = (1..=u64::try_from(stored.len())?).collect();
        ensure!(*stored == without_gap_or_double, "{name}: stored out of order: {stored:?}");
        let last = u64::try_from(stored.len())?;
        ensure!(
            last >= ledger.acknowledged(),
            "{name}: acknowledged {}, on disk {last}",
            ledger.acknowledged()
        );
    }
    println!("{KILLS} kills, {} acknowledgements, {:?}", load.acknowledgements(), start.elapsed());
    Ok(())
}

/// What one machine was told that is durable.
struct Ledger {
    epoch: Uuid,
    acknowledged: AtomicU64,
}

impl Ledger {
    fn acknowledged(&self) -> u64 {
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

impl Load {
    fn acknowledgements(&self) -> u64 {
        self.acknowledgements.load(Ordering::Relaxed)
    }

    /// How many acknowledgements there were, and the last trouble of a machine, for who waits in vain.
    fn progress(&self) -> (u64, String) {
        (self.acknowledgements(), self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone())
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
            Inbound::Reject(reject) => anyhow::bail!("rejected: {reject:?}"),
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
