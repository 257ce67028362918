//! The agent, wired: the only place that builds the parts, connects them and spawns tasks.
//!
//! Tasks end in reverse: sources, reporter, uplink, spool. So the last observation still becomes a report, the last
//! report still goes out before the goodbye, and what could not go out is saved.

use std::{sync::Arc, time::Duration};

use dogwatch_journal::{Disk, RealDisk};
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    VERSION, clock,
    config::{Config, SourceName},
    identity::{Identity, IdentityError, evidence, starts},
    lifecycle::Lifecycle,
    link_status::LinkStatus,
    outbox::SharedOutbox,
    policy::Policy,
    report::{Reporter, Sighting},
    service,
    sources::{Desk, Triggers, backup, file_watch::FileWatch, health, inventory, own_cost, patch},
    spool::Keeper,
    state_dir::{LockError, StateError},
    uplink::{Backoff, Control, Uplink, Wake, random_unit},
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
    let mut lifecycle = start(&config, identity, backups);
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

fn start(config: &Config, identity: Identity, backups: backup::Intake) -> Lifecycle {
    let policy = watch::Sender::new(Policy::default().narrowed(&config.narrowing));
    let (triggers, connected, outbox) = (Triggers::default(), Arc::new(Notify::new()), SharedOutbox::new());
    let spool = (Arc::new(RealDisk) as Arc<dyn Disk>, config.state.path().join("spool"));
    let keeper = Keeper::new(spool, config.spool, outbox.clone(), connected.clone());
    let uplink = Uplink {
        identity,
        outbox: outbox.clone(),
        control: Control::new(policy.clone(), config.narrowing.clone(), triggers.clone(), connected.clone()),
        status: LinkStatus::new(config.state.clone(), clock::now().wall),
        backoff: Backoff::default(),
        evidence: evidence::read(&config.root),
        starts: starts::count(&config.state),
        wake: Wake::new(clock::slept),
        state: config.state.clone(),
        drain: config.drain,
    };
    let mut lifecycle = Lifecycle::default();
    lifecycle.spawn("spool", SPOOL_END, |cancel| keeper.run(cancel));
    lifecycle.spawn("uplink", config.drain * 2 + GOODBYE, |cancel| uplink.run(cancel));
    let (observations, seen) = mpsc::channel(OBSERVATIONS);
    let reporter_policy = policy.subscribe();
    lifecycle.spawn("reporter", REPORTER_END, |_| report(seen, connected, reporter_policy, outbox));
    let mut file_watch = FileWatch::start();
    let desk = |source: SourceName, cancel| {
        Desk::new(observations.clone(), policy.subscribe(), triggers.of(source).clone(), cancel)
    };
    start_sources(config, &mut lifecycle, &mut file_watch, backups, desk);
    lifecycle.spawn("file watch", SOURCE_END, |cancel| async move {
        cancel.cancelled().await;
        drop(file_watch);
    });
    lifecycle
}

fn start_sources(
    config: &Config,
    lifecycle: &mut Lifecycle,
    file_watch: &mut FileWatch,
    backups: backup::Intake,
    desk: impl Fn(SourceName, CancellationToken) -> Desk,
) {
    // What the agent costs is told whatever else is off; it listens to nobody's trigger but its own.
    lifecycle.spawn("own cost", SOURCE_END, |cancel| own_cost::run(desk(SourceName::Health, cancel)));
    if config.allows(SourceName::Inventory) {
        let root = config.root.clone();
        lifecycle.spawn("inventory", SOURCE_END, |cancel| {
            inventory::run(desk(SourceName::Inventory, cancel), root)
        });
    }
    if config.allows(SourceName::Patch) {
        let (scanner, changed) = (patch::Scanner::new(&config.root, &config.state), Arc::new(Notify::new()));
        patch::watch(file_watch, &config.root, &changed);
        lifecycle.spawn("patch", SOURCE_END, |cancel| {
            patch::run(desk(SourceName::Patch, cancel), scanner, changed)
        });
    }
    if config.allows(SourceName::Backup) {
        let changed = Arc::new(Notify::new());
        backup::watch(file_watch, &config.state, &changed);
        lifecycle.spawn("backup", SOURCE_END, |cancel| {
            backup::run(desk(SourceName::Backup, cancel), backups, changed)
        });
    }
    if config.allows(SourceName::Health) {
        let sampler = health::Sampler::new(&config.root);
        lifecycle
            .spawn("health", SOURCE_END, |cancel| health::run(desk(SourceName::Health, cancel), sampler));
    }
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
