//! Taking up the watch: what storage holds becomes the state, the thread starts.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use dogwatch_model::{EndpointId, counted};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{Batch, Commands, Core, CoreHandle, Due, INPUT_QUEUE, Input, load};
use crate::{
    access::Sha256,
    config::{StorageConfig, Times, std_duration},
    feed::{Feed, Notices},
    meters::Meters,
    notify,
    policy::{self, Policy},
    queue,
    state::{Health, Members, State},
    storage::{Loaded, Storage, StorageError, Table},
};

/// Endpoints of one commit when the watch is taken up: some hundred bytes each.
const RESUME_AT_ONCE: usize = 1024;

/// How the core keeps time.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Every endpoint is judged at least this often.
    pub sweep_every: SignedDuration,
    /// The view is brought up to the journal this often.
    pub settle_every: SignedDuration,
    /// A snapshot is taken this often.
    pub snapshot_every: SignedDuration,
    /// Reports gather this long into one commit.
    pub gather: Duration,
    /// Older reports change no live state.
    pub late_after: SignedDuration,
    /// Ended alerts stay in memory this long.
    pub keep_done: SignedDuration,
    /// Agents may take this long to come back after a stop of the collector.
    pub grace: SignedDuration,
}

impl Settings {
    /// The settings of a configuration.
    pub fn new(storage: &StorageConfig, times: &Times) -> Self {
        Self {
            sweep_every: times.sweep_every,
            settle_every: storage.settle_every,
            snapshot_every: storage.snapshot_every,
            gather: std_duration(storage.gather),
            late_after: times.late_after,
            keep_done: times.keep_done,
            grace: times.backoff_cap,
        }
    }
}

/// Why the core could not start, or ended early.
#[derive(Debug, thiserror::Error)]
pub enum CoreError {
    /// The store.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A row of the store is not what it should be.
    #[error(
        "row `{key}` of table `{table}` cannot be understood: {why}; restore the store from a backup, or move its `view` folder away to rebuild it"
    )]
    Row {
        /// The table.
        table: Table,
        /// The key.
        key: String,
        /// Why.
        why: String,
    },
    /// The system gives no thread or timer.
    #[error("cannot start the core's thread: {0}")]
    Thread(std::io::Error),
}

/// The running thread; joined at the end.
pub struct CoreThread {
    handle: CoreHandle,
    thread: std::thread::JoinHandle<Result<(), CoreError>>,
}

impl CoreThread {
    /// The way to reach it.
    pub fn handle(&self) -> CoreHandle {
        self.handle.clone()
    }

    /// Whether it has ended by itself, which only a broken disk makes it do.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for its end after `Input::Drain`.
    ///
    /// # Errors
    /// What ended it early.
    pub fn join(self) -> Result<(), CoreError> {
        drop(self.handle);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// Loads the state and starts the thread. Says in its second part what the storage had to mend.
pub(crate) fn start(
    storage: Box<dyn Storage>,
    (policy, channels): (Arc<ArcSwap<Policy>>, notify::Facts),
    settings: Settings,
    setup_code: Option<Sha256>,
    now: Timestamp,
    stop: CancellationToken,
) -> Result<(CoreThread, Vec<String>), CoreError> {
    let (core, handle, queue, notes) = Core::load(storage, policy, settings, setup_code, now, stop)?;
    // Before anything is decided: what has come due since the last stop is told like everything else.
    handle.shared.write().unwrap_or_else(std::sync::PoisonError::into_inner).outbox.facts = channels;
    let thread = std::thread::Builder::new()
        .name("core".into())
        .spawn(move || core.run(queue))
        .map_err(CoreError::Thread)?;
    Ok((CoreThread { handle, thread }, notes))
}

/// Whether the store gave back all that it was given.
fn health_of(loaded: &Loaded, now: Timestamp) -> Health {
    if loaded.lost.is_empty() {
        return Health::Ready;
    }
    let why = format!(
        "the medium damaged {} of the journal; see the log",
        counted(loaded.lost.len(), "record", "records")
    );
    Health::Impaired { since: now, why }
}

/// Before anything is routed: what both sides have signed goes before what the files say. Gives what is to be mended.
fn agree(policy: &ArcSwap<Policy>, state: &State, now: Timestamp) -> Vec<String> {
    match Policy::clone(&policy.load()).with_agreed(&state.matrices, &state.access.left, now) {
        Ok(agreed) => {
            policy.store(Arc::new(agreed));
            Vec::new()
        }
        Err(faults) => {
            faults.iter().map(|fault| format!("the files decide until this is mended: {fault}")).collect()
        }
    }
}

/// When each is judged first, spread over a sweep: nobody waits behind the judging of everybody.
fn spread(members: &Members, sweep: SignedDuration, now: Timestamp) -> Due<EndpointId> {
    let (mut due, all) = (Due::default(), i32::try_from(members.len()).unwrap_or(i32::MAX));
    for (place, id) in (0_i32..).zip(members.keys()) {
        due.set(*id, now + sweep * place / all);
    }
    due
}

impl Core {
    /// A core that has taken up the watch and waits for inputs.
    pub(super) fn load(
        mut storage: Box<dyn Storage>,
        policy: Arc<ArcSwap<Policy>>,
        settings: Settings,
        setup_code: Option<Sha256>,
        now: Timestamp,
        stop: CancellationToken,
    ) -> Result<(Self, CoreHandle, mpsc::Receiver<Input>, Vec<String>), CoreError> {
        let loaded = storage.load()?;
        let health = health_of(&loaded, now);
        let load::Found { mut state, unsettled, mut notes } = load::state(loaded, settings.late_after)?;
        let resumed = load::resume(&mut state, now, settings.grace);
        state.setup_code = setup_code.or(state.setup_code);
        notes.extend(agree(&policy, &state, now));
        policy.load().warn_of_unanswerable();
        queue::wind(&mut state, &policy.load(), now);
        let due = spread(&state.members, settings.sweep_every, now);
        let mut due_items = Due::default();
        state.of_sites.values().flat_map(|site| site.values()).for_each(|number| due_items.set(*number, now));
        let shared: crate::state::Shared = Arc::new(std::sync::RwLock::new(state));
        let (inputs, queue) = mpsc::channel(INPUT_QUEUE);
        let (health, health_seen) = watch::channel(health);
        let feed = Feed::default();
        let meters = Arc::<Meters>::default();
        let mut core = Self {
            storage,
            shared: shared.clone(),
            policy: policy.clone(),
            settings,
            meters: Arc::clone(&meters),
            health,
            sessions: BTreeMap::new(),
            next_session: 0,
            due,
            due_items,
            turned_away: super::turned_away::TurnedAway::default(),
            dirty: unsettled,
            storage_works: false,
            noted: None,
            agreed_at: now,
            notices: Notices::default(),
            feed: feed.clone(),
            stop,
        };
        core.commit_start(&resumed, setup_code, now)?;
        let policy_files = Arc::new(ArcSwap::from_pointee(policy::Standing::InForce { since: now }));
        let handle = CoreHandle {
            commands: Commands { inputs, meters },
            shared,
            health: health_seen,
            policy,
            policy_files,
            feed,
        };
        Ok((core, handle, queue, notes))
    }

    /// Puts what taking up the watch has changed on disk, in commits of bounded size.
    fn commit_start(
        &mut self,
        resumed: &[EndpointId],
        setup_code: Option<Sha256>,
        now: Timestamp,
    ) -> Result<(), CoreError> {
        let shared = self.shared.clone();
        for some in resumed.chunks(RESUME_AT_ONCE) {
            let mut batch = Batch::default();
            {
                let state = shared.read().unwrap_or_else(std::sync::PoisonError::into_inner);
                let members = some.iter().filter_map(|id| state.members.get(id));
                members.for_each(|member| load::put_resumed(member, &mut batch));
            }
            self.commit(batch)?;
        }
        let mut last = Batch::default();
        last.put(Table::Meta, load::BEAT, &now);
        if let Some(code) = setup_code {
            last.put(Table::Meta, super::setup::SETUP_CODE, &code);
        }
        Ok(self.commit(last)?)
    }
}
