//! The agent, wired: the only place that builds the parts, connects them and spawns tasks.
//!
//! Tasks end in reverse: sources, reporter, uplink, spool. So the last observation still becomes a report, the last
//! report still goes out before the goodbye, and what could not go out is saved.

mod owner;

use std::{sync::Arc, time::Duration};

use dogwatch_journal::{Disk, RealDisk};
use owner::Owner;
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    VERSION, clock,
    config::{Config, SourceName},
    cost::{Ledger, Looks},
    dial::Meter,
    identity::{Identity, IdentityError, evidence, guard, starts},
    lifecycle::Lifecycle,
    link_status::LinkStatus,
    outbox::SharedOutbox,
    policy::Policy,
    report::{Reporter, Sighting},
    service,
    sources::{
        Desk, Switch, Triggers, backup, checks, drives, file_watch::FileWatch, health, incidents, inventory,
        own_cost, patch, software,
    },
    spool::{self, Keeper},
    state_dir::{LockError, StateError},
    uplink::{Backoff, Control, Nap, Uplink, Wake, random_unit},
    wishes::Wishes,
};

/// Observations between sources and reporter; past that a source waits, which is what it should do.
const OBSERVATIONS: usize = 64;
/// A source stops between two looks, or in the middle of one.
const SOURCE_END: Duration = Duration::from_millis(500);
/// The reporter only has to work off what is queued.
const REPORTER_END: Duration = Duration::from_secs(1);
/// The last of the reports go to the disk; one that takes longer than this is failing.
const SPOOL_END: Duration = Duration::from_secs(5);
/// Time to say goodbye, beyond the wait for acknowledgements.
const GOODBYE: Duration = Duration::from_secs(1);

/// Why an agent does not run.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// No identity to run with.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The state folder is in use.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The state folder cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// A task ended that never should.
    #[error("the {task} task ended unexpectedly; please report this with the log")]
    TaskEnded {
        /// Which.
        task: &'static str,
    },
}

/// Runs an enrolled agent until `cancel` is cancelled.
///
/// # Errors
/// When it cannot start, or a part of it fails in a way that only a restart can mend.
pub async fn run(config: Config, cancel: CancellationToken) -> Result<(), AgentError> {
    let exposed = guard::secure(&config.state)?;
    let identity = Identity::load(&config.state)?;
    let _lock = config.state.lock()?;
    tracing::info!(
        version = VERSION,
        endpoint.id = %identity.record().endpoint_id,
        endpoint.name = identity.record().name,
        collector = identity.record().uplink,
        state = %config.state.path().display(),
        "agent starting"
    );
    let backups = backup::Intake::open(&config.state)?;
    // Heard before anybody can read whom to ask.
    let wishes = Wishes::hear();
    let mut lifecycle = start(config, identity, backups, wishes, exposed);
    service::ready();
    let ended = tokio::select! {
        () = cancel.cancelled() => None,
        task = lifecycle.first_end() => Some(task),
    };
    service::stopping();
    tracing::info!("agent stopping");
    lifecycle.drain().await;
    tracing::info!("agent stopped");
    ended.map_or(Ok(()), |task| Err(AgentError::TaskEnded { task }))
}

fn start(
    config: Config,
    identity: Identity,
    backups: backup::Intake,
    wishes: Wishes,
    exposed: Vec<String>,
) -> Lifecycle {
    let nap = Nap::default();
    let (live, config) = (watch::Sender::new(Arc::new(config.clone())), config);
    let (triggers, connected, outbox) = (Triggers::default(), Arc::new(Notify::new()), SharedOutbox::new());
    let spool = (Arc::new(RealDisk) as Arc<dyn Disk>, config.state.path().join("spool"));
    let terms = spool::Terms { max_bytes: config.spool.bytes(), stale_after: config.spool_after };
    let keeper = Keeper::new(spool, terms, outbox.clone(), connected.clone());
    let control = Control::new(live.subscribe(), triggers.clone(), connected.clone());
    let config_file = config.file.as_ref().map(|file| file.path().to_owned());
    let ledger = Ledger {
        started_at: clock::now().wall,
        meter: Meter::default(),
        outbox: outbox.clone(),
        looks: Looks::default(),
    };
    let status = LinkStatus::new(config.state.clone(), config_file, clock::now().wall);
    status.begin();
    let uplink = Uplink {
        identity,
        outbox: outbox.clone(),
        control: control.clone(),
        status: status.clone(),
        backoff: Backoff::default(),
        evidence: evidence::read(&config.root),
        starts: starts::count(&config.state),
        wake: Wake::new(clock::slept),
        nap: nap.clone(),
        state: config.state.clone(),
        drain: config.drain,
        live: live.subscribe(),
        meter: ledger.meter.clone(),
        moving: None,
    };
    let mut lifecycle = Lifecycle::default();
    lifecycle.spawn("spool", SPOOL_END, |cancel| keeper.run(cancel));
    lifecycle.spawn("uplink", config.drain * 2 + GOODBYE, |cancel| uplink.run(cancel));
    let (observations, seen) = mpsc::channel(OBSERVATIONS);
    let policy = control.policy();
    lifecycle.spawn("reporter", REPORTER_END, |_| report(seen, connected, policy, outbox));
    let mut files = FileWatch::start();
    let desk = |source: SourceName, cancel| {
        Desk::new(observations.clone(), control.policy(), triggers.of(source).clone(), cancel)
    };
    // What the agent costs is told whatever else is off; it listens to nobody's trigger but its own.
    lifecycle.spawn("own cost", SOURCE_END, |cancel| own_cost::run(desk(SourceName::Health, cancel)));
    let switched = |source, cancel| {
        let switch = Switch::new(source, live.subscribe(), ledger.looks.clone());
        desk(source, cancel).with_switch(switch)
    };
    let (checks_live, root) = (live.subscribe(), config.root.clone());
    spawn(&mut lifecycle, SourceName::Checks, &switched, |desk| checks::run(desk, checks_live, root));
    start_sources(&config, &live, &mut lifecycle, &mut files, backups, switched);
    let owner = Owner {
        live: live.clone(),
        control: control.clone(),
        status,
        observations: observations.clone(),
        files,
        ledger,
        nap,
    };
    lifecycle.spawn("owner", SOURCE_END, |cancel| owner.run(exposed, wishes, cancel));
    lifecycle
}

/// Starts every source; one that is switched off waits for its switch.
fn start_sources(
    config: &Config,
    live: &watch::Sender<Arc<Config>>,
    lifecycle: &mut Lifecycle,
    files: &mut FileWatch,
    backups: backup::Intake,
    desk: impl Fn(SourceName, CancellationToken) -> Desk,
) {
    let root = config.root.clone();
    let followed = live.subscribe();
    spawn(lifecycle, SourceName::Inventory, &desk, |desk| inventory::run(desk, root, followed));
    let root = config.root.clone();
    spawn(lifecycle, SourceName::Software, &desk, |desk| software::run(desk, root));
    let (scanner, changed) = (patch::Scanner::new(&config.root, &config.state), Arc::new(Notify::new()));
    patch::watch(files, &config.root, &changed);
    spawn(lifecycle, SourceName::Patch, &desk, |desk| patch::run(desk, scanner, changed));
    let changed = Arc::new(Notify::new());
    backup::watch(files, &config.state, &changed);
    let looks = backup::Looks::new(live.subscribe());
    spawn(lifecycle, SourceName::Backup, &desk, |desk| backup::run(desk, backups, looks, changed));
    let sampler = health::Sampler::new(&config.root, config.network_mounts.clone());
    let followed = live.subscribe();
    spawn(lifecycle, SourceName::Health, &desk, |desk| health::run(desk, sampler, followed));
    let inspector = drives::Inspector::new(&config.root, &config.state);
    spawn(lifecycle, SourceName::Drives, &desk, |desk| drives::run(desk, inspector));
    let watcher = incidents::Watcher::new(&config.root, &config.state);
    spawn(lifecycle, SourceName::Incidents, &desk, |desk| incidents::run(desk, watcher));
}

fn spawn<F: Future<Output = ()> + Send>(
    lifecycle: &mut Lifecycle,
    source: SourceName,
    desk: &impl Fn(SourceName, CancellationToken) -> Desk,
    run: impl FnOnce(Desk) -> F + Send + 'static,
) {
    lifecycle.spawn(source.as_str(), SOURCE_END, |cancel| {
        let mut desk = desk(source, cancel);
        async move {
            if desk.is_on().await {
                run(desk).await;
            }
        }
    });
}

/// Turns observations into reports until the last source has ended.
async fn report(
    mut seen: mpsc::Receiver<Sighting>,
    connected: Arc<Notify>,
    policy: watch::Receiver<Policy>,
    outbox: SharedOutbox,
) {
    let mut reporter = Reporter::default();
    loop {
        tokio::select! {
            sighting = seen.recv() => {
                let Some(sighting) = sighting else { return };
                let worth = reporter.observe(sighting, &policy.borrow(), clock::now(), random_unit());
                worth.into_iter().for_each(|draft| outbox.push(draft));
            }
            () = connected.notified() => {
                // What waited too long to say anything of the present is said again, as the present.
                let now = clock::now();
                let behind = outbox.lock().take_behind(now.moment);
                let state = if behind { reporter.full_picture(now) } else { reporter.current_state(now) };
                state.into_iter().for_each(|draft| outbox.push(draft));
            }
        }
    }
}
