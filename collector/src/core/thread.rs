//! The core's thread: waits for inputs and instants, makes batches, commits, tells.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use dogwatch_model::EndpointId;
use dogwatch_proto::v1::{self, collector_message::Message};
use dogwatch_triage::filter::Reads;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};

use super::{Batch, Core, CoreHandle, Due, INPUT_QUEUE, Input, MAX_BATCH, load};
use crate::{
    access::Sha256,
    config::{StorageConfig, Times, std_duration},
    policy::{self, Policy},
    state::Health,
    storage::{Finished, Row, Storage, StorageError, Table},
};

/// Endpoints judged by time in one batch: a large fleet's sweep is spread, so that no report waits long behind it.
const SWEEP_SLICE: usize = 256;

/// How long to wait before a commit that found the disk full is tried again.
const FULL_DISK_PAUSE: Duration = Duration::from_secs(1);

/// How often the collector notes that it lives: by so much a crash's downtime is overestimated at most.
const BEAT_EVERY: SignedDuration = SignedDuration::from_secs(15);

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

    /// Waits for its end after [`Input::Drain`].
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
    policy: Arc<ArcSwap<Policy>>,
    settings: Settings,
    setup_code: Option<Sha256>,
    now: Timestamp,
) -> Result<(CoreThread, Vec<String>), CoreError> {
    let (core, handle, queue, notes) = Core::load(storage, policy, settings, setup_code, now)?;
    let thread = std::thread::Builder::new()
        .name("core".into())
        .spawn(move || core.run(queue))
        .map_err(CoreError::Thread)?;
    Ok((CoreThread { handle, thread }, notes))
}

impl Core {
    /// A core that has taken up the watch and waits for inputs.
    pub(super) fn load(
        mut storage: Box<dyn Storage>,
        policy: Arc<ArcSwap<Policy>>,
        settings: Settings,
        setup_code: Option<Sha256>,
        now: Timestamp,
    ) -> Result<(Self, CoreHandle, mpsc::Receiver<Input>, Vec<String>), CoreError> {
        let (mut state, notes) = load::state(storage.load()?, settings.late_after)?;
        let mut first = Batch::default();
        load::resume(&mut state, now, &mut first);
        if let Some(code) = setup_code {
            state.setup_code = Some(code);
            first.put(Table::Meta, super::people::SETUP_CODE, &code);
        }
        let ids: Vec<EndpointId> = state.members.keys().copied().collect();
        let mut due = Due::default();
        ids.iter().for_each(|id| due.set(*id, now));
        let shared: crate::state::Shared = Arc::new(std::sync::RwLock::new(state));
        let (inputs, queue) = mpsc::channel(INPUT_QUEUE);
        let (health, health_seen) = watch::channel(Health::Ready);
        let mut core = Self {
            storage,
            shared: shared.clone(),
            policy: policy.clone(),
            settings,
            health,
            sessions: BTreeMap::new(),
            next_session: 0,
            due,
            dirty: ids.into_iter().collect(),
        };
        core.commit(first)?;
        let policy_files = Arc::new(ArcSwap::from_pointee(policy::Standing::InForce { since: now }));
        let handle = CoreHandle { inputs, shared, health: health_seen, policy, policy_files };
        Ok((core, handle, queue, notes))
    }
}

/// What the thread does by the clock.
struct Chores {
    settle_at: Timestamp,
    snapshot_at: Timestamp,
    beat_at: Timestamp,
}

impl Core {
    fn run(mut self, mut queue: mpsc::Receiver<Input>) -> Result<(), CoreError> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(CoreError::Thread)?;
        let now = Timestamp::now();
        let mut chores = Chores {
            settle_at: now + self.settings.settle_every,
            snapshot_at: now + self.settings.snapshot_every,
            beat_at: now + BEAT_EVERY,
        };
        let mut inputs = Vec::with_capacity(MAX_BATCH);
        loop {
            let wait = self.until_next(&chores, Timestamp::now());
            let came = runtime.block_on(async {
                tokio::time::timeout(wait, queue.recv_many(&mut inputs, MAX_BATCH)).await
            });
            if came == Ok(0) {
                break;
            }
            if came.is_ok() && !self.settings.gather.is_zero() && inputs.iter().all(Input::can_gather) {
                self.gather(&runtime, &mut queue, &mut inputs);
            }
            let drain = self.step(&mut inputs, Timestamp::now())?;
            self.chores(&mut chores, Timestamp::now())?;
            if let Some(jitter_ms) = drain {
                self.say_to_all(&Message::Drain(v1::Drain { jitter_ms }));
                break;
            }
        }
        self.end(queue)
    }

    /// Lets more reports come into the batch that waits for the disk.
    fn gather(
        &self,
        runtime: &tokio::runtime::Runtime,
        queue: &mut mpsc::Receiver<Input>,
        inputs: &mut Vec<Input>,
    ) {
        runtime.block_on(async {
            tokio::time::sleep(self.settings.gather).await;
            while inputs.len() < MAX_BATCH
                && let Ok(input) = queue.try_recv()
            {
                inputs.push(input);
            }
        });
    }

    fn until_next(&self, chores: &Chores, now: Timestamp) -> Duration {
        let mut next = chores.settle_at.min(chores.snapshot_at).min(chores.beat_at);
        if let Some(due) = self.due.next() {
            next = next.min(due);
        }
        next.duration_since(now).try_into().unwrap_or(Duration::ZERO)
    }

    /// One batch: decide, commit, tell. Gives the drain's jitter when it was among the inputs.
    pub(super) fn step(
        &mut self,
        inputs: &mut Vec<Input>,
        now: Timestamp,
    ) -> Result<Option<u32>, StorageError> {
        let mut batch = Batch::default();
        let mut drain = None;
        let policy = self.policy.load_full();
        let shared = self.shared.clone();
        {
            let mut state = shared.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            for input in inputs.drain(..) {
                match input {
                    Input::Command(command) => self.command(&mut state, &policy, *command, now, &mut batch),
                    Input::Attach(attach) => self.attach(&mut state, &policy, *attach, now, &mut batch),
                    Input::FromAgent { session, endpoint, message } => {
                        self.hear(&mut state, &policy, (session, endpoint), message, now, &mut batch);
                    }
                    Input::PolicyChanged => {
                        state.members.keys().for_each(|id| self.due.set(*id, now));
                    }
                    Input::Drain { jitter_ms } => drain = Some(jitter_ms),
                }
            }
            for id in self.due.take(now, SWEEP_SLICE) {
                self.judge(&mut state, &policy, id, Reads::NONE, now, &mut batch);
            }
        }
        self.commit(batch)?;
        Ok(drain)
    }

    /// Puts a batch on disk, then tells what depends on it. A full disk is waited for: meanwhile nothing is
    /// acknowledged, and reads go on.
    fn commit(&mut self, batch: Batch) -> Result<(), StorageError> {
        if !batch.changes.is_empty() {
            loop {
                match self.storage.commit(&batch.changes) {
                    Ok(_) => break,
                    Err(error) if error.is_full() => {
                        tracing::error!(%error, "the disk is full: nothing is accepted until there is room");
                        self.set_health(Health::Degraded { since: Timestamp::now(), why: error.to_string() });
                        std::thread::sleep(FULL_DISK_PAUSE);
                    }
                    Err(error) => {
                        self.set_health(Health::Degraded { since: Timestamp::now(), why: error.to_string() });
                        return Err(error);
                    }
                }
            }
            self.set_health(Health::Ready);
        }
        self.acknowledge(&batch.acks);
        batch.tell();
        Ok(())
    }

    fn set_health(&self, health: Health) {
        self.health.send_if_modified(|known| {
            let news = core::mem::discriminant(known) != core::mem::discriminant(&health);
            if news {
                *known = health;
            }
            news
        });
    }

    fn chores(&mut self, chores: &mut Chores, now: Timestamp) -> Result<(), StorageError> {
        if now >= chores.beat_at {
            chores.beat_at = now + BEAT_EVERY;
            let mut batch = Batch::default();
            batch.put(Table::Meta, load::BEAT, &now);
            self.retire(now, &mut batch);
            self.commit(batch)?;
        }
        match self.storage.finished() {
            Some(Ok(Finished::Settled(position))) => tracing::debug!(%position, "view settled"),
            Some(Ok(Finished::Snapshot(info))) => {
                tracing::info!(rows = info.rows, bytes = info.bytes, position = %info.position, "snapshot taken");
            }
            Some(Err(error)) => tracing::error!(%error, "the journal has everything all the same"),
            None => {}
        }
        if now >= chores.settle_at && self.settle() {
            chores.settle_at = now + self.settings.settle_every;
        } else if now >= chores.snapshot_at && self.dirty.is_empty() {
            match self.storage.begin_snapshot(now) {
                Err(StorageError::Busy) => {}
                Ok(()) => chores.snapshot_at = now + self.settings.snapshot_every,
                Err(error) => {
                    chores.snapshot_at = now + self.settings.snapshot_every;
                    tracing::error!(%error, "no snapshot could be taken; the journal is kept");
                }
            }
        }
        Ok(())
    }

    /// Begins to bring the view up to the journal; says whether that could be begun.
    fn settle(&mut self) -> bool {
        let rows = self.dirty_rows();
        match self.storage.settle(rows) {
            Ok(()) => self.dirty.clear(),
            Err(StorageError::Busy) => return false,
            Err(error) => tracing::error!(%error, "the view could not be brought up to date"),
        }
        true
    }

    fn dirty_rows(&self) -> Vec<Row> {
        let state = self.shared.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.dirty.iter().filter_map(|id| state.members.get(id)).flat_map(load::rows_of).collect()
    }

    /// Lets alerts that ended long ago leave memory; they stay in storage.
    fn retire(&self, now: Timestamp, batch: &mut Batch) {
        let mut state = self.shared.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        load::retire(&mut state, now, self.settings.keep_done, batch);
    }

    fn say_to_all(&self, message: &Message) {
        for session in self.sessions.values() {
            let _ = session.outbound.try_send(Ok(v1::CollectorMessage { message: Some(message.clone()) }));
        }
    }

    /// The last of it: what came meanwhile, the view, a snapshot.
    fn end(mut self, mut queue: mpsc::Receiver<Input>) -> Result<(), CoreError> {
        queue.close();
        let mut inputs = Vec::new();
        while let Ok(input) = queue.try_recv() {
            inputs.push(input);
            if inputs.len() == MAX_BATCH {
                self.step(&mut inputs, Timestamp::now())?;
            }
        }
        self.step(&mut inputs, Timestamp::now())?;
        let now = Timestamp::now();
        let mut batch = Batch::default();
        batch.put(Table::Meta, load::BEAT, &now);
        self.commit(batch)?;
        if let Some(Err(error)) = self.storage.wait() {
            tracing::warn!(%error, "the last work on the view failed");
        }
        // The view and the snapshot make the next start short. Without them nothing is lost.
        let rows = self.dirty_rows();
        let tidied = self.storage.settle(rows).and_then(|()| self.storage.snapshot(now).map(drop));
        if let Err(error) = tidied {
            tracing::warn!(%error, "the next start has a longer journal to read");
        }
        Ok(self.storage.close()?)
    }
}

impl Input {
    /// A report may wait a few milliseconds for others; a person may not.
    const fn can_gather(&self) -> bool {
        matches!(self, Self::FromAgent { .. })
    }
}
