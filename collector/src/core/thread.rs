//! The core's thread: waits for inputs and instants, makes batches, commits, tells.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use dogwatch_proto::v1::{self, collector_message::Message};
use dogwatch_triage::filter::Reads;
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::{
    Batch, Command, Core, CoreError, Input, MAX_BATCH, MAX_BATCH_BYTES, audit, chores::Chores, files, load,
    once, outbound,
};
use crate::{
    notify,
    origin::Origin,
    policy::Policy,
    queue,
    state::{Health, State},
    storage::{StorageError, Table},
};

/// Endpoints judged by time in one batch: a large fleet's sweep is spread, so that no report waits long behind it.
const SWEEP_SLICE: usize = 256;

/// How often a commit that found the disk full is tried again.
const FULL_DISK_PAUSE: Duration = Duration::from_millis(250);

impl Core {
    /// Works until the drain.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Input>) -> Result<(), CoreError> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(CoreError::Thread)?;
        let mut chores = Chores::new(&self.settings, Timestamp::now());
        let mut inputs = Vec::with_capacity(MAX_BATCH);
        loop {
            if inputs.is_empty() {
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
            }
            match self.step(&mut inputs, Timestamp::now()).and_then(|drain| {
                self.do_chores(&mut chores, Timestamp::now())?;
                Ok(drain)
            }) {
                Ok(None) => {}
                Ok(Some(jitter_ms)) => {
                    self.say_to_all(&Message::Drain(v1::Drain { jitter_ms }));
                    break;
                }
                // Given up because the collector stops: what did not fit was not acknowledged.
                Err(error) if error.is_full() && self.stop.is_cancelled() => {
                    return self.end_on_a_full_disk();
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.end(queue, inputs)
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
        let next = chores.next(self.storage_works, now);
        let state = self.shared.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let due = [self.due.next(), self.due_items.next(), state.outbox.next_due(now)];
        let next = due.into_iter().flatten().fold(next, Timestamp::min);
        next.duration_since(now).try_into().unwrap_or(Duration::ZERO)
    }

    /// One batch: decide, commit, tell. Takes inputs from the front until a commit is full and leaves the rest; gives the
    /// drain's jitter when it was among them.
    pub(super) fn step(
        &mut self,
        inputs: &mut Vec<Input>,
        now: Timestamp,
    ) -> Result<Option<u32>, StorageError> {
        let mut batch = Batch::default();
        let mut drain = None;
        let shared = self.shared.clone();
        let news = {
            let mut state = shared.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            let take = fit_one_commit(inputs);
            for input in inputs.drain(..take) {
                drain = self.take(&mut state, input, now, &mut batch).or(drain);
            }
            self.look_round(&mut state, now, &mut batch);
            let beside = (std::mem::take(&mut batch.seen), std::mem::take(&mut batch.ruled));
            self.notices.of(&batch.changes, beside, &state, now)
        };
        self.commit(batch)?;
        self.feed.publish(news);
        Ok(drain)
    }

    /// Takes one input; gives the drain's jitter when it was that.
    fn take(&mut self, state: &mut State, input: Input, now: Timestamp, batch: &mut Batch) -> Option<u32> {
        // One input may put another policy in force, for all that come after it.
        let policy = self.policy.load_full();
        match input {
            Input::Command(origin, command) => {
                self.command_from(state, &policy, (origin, *command), now, batch);
            }
            Input::Attach(attach) => self.attach(state, &policy, *attach, now, batch),
            Input::FromAgent { session, endpoint, message } => {
                self.hear(state, &policy, (session, endpoint), message, now, batch);
            }
            Input::Notify(news) => {
                self.meters.told(&news);
                notify::settle(state, *news, now, batch);
            }
            Input::KeyRefused(id) => self.key_refused(state, id, now, batch),
            Input::TokenRefused(hash, from) => self.token_refused(state, (&hash, from), now, batch),
            Input::File(file) => files::note(state, *file, now, batch),
            Input::PolicyChanged => state.members.keys().for_each(|id| self.due.set(*id, now)),
            Input::Drain { jitter_ms } => return Some(jitter_ms),
        }
        None
    }

    /// Looks after what is due, and after what follows from all that the commit has changed so far.
    fn look_round(&mut self, state: &mut State, now: Timestamp, batch: &mut Batch) {
        let policy = self.policy.load_full();
        // What was heard may have filled the commit; what is due can wait for the next.
        let slice = if batch.bytes() < MAX_BATCH_BYTES { SWEEP_SLICE } else { 0 };
        for id in self.due.take(now, slice) {
            self.detach_if_gone(state, &policy, id, now, batch);
            self.judge(state, &policy, id, Reads::NONE, now, batch);
            self.follow_if_due(state, &policy, id, now, batch);
        }
        self.note_policy(state, &policy, now, batch);
        state.note_uses(now, batch);
        self.look_after_items(state, &policy, (now, slice), batch);
        queue::join(state, &policy, now, batch);
        notify::enqueue(state, &policy, now, batch);
        notify::seal(state, &policy, now, batch);
    }

    /// Does what a request asks for; what was done under its key by another try is not done again.
    fn command_from(
        &mut self,
        state: &mut State,
        policy: &Arc<Policy>,
        (origin, command): (Origin, Command),
        now: Timestamp,
        batch: &mut Batch,
    ) {
        if origin.once.as_deref().is_some_and(|once| state.once.is_done_by_another(once)) {
            // Who asks hears that it may have happened; asking once more they hear that it did.
            return;
        }
        let before = batch.changes.entries.len() + batch.deeds.len();
        batch.from = origin.from;
        self.command(state, policy, command, now, batch);
        batch.from = None;
        if let Some(once) = origin.once
            && batch.changes.entries.len() + batch.deeds.len() > before
        {
            once::mark(state, *once, now, batch);
        }
    }

    /// Puts a batch on disk, then tells what depends on it. A full disk is waited for until the collector stops:
    /// meanwhile nothing is acknowledged, and reads go on.
    pub(super) fn commit(&mut self, mut batch: Batch) -> Result<(), StorageError> {
        if !batch.deeds.is_empty() {
            let mut state = self.shared.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            audit::seal(&mut state, &mut batch);
        }
        if !batch.changes.is_empty() {
            let (mut waited, began) = (false, Instant::now());
            while let Err(error) = self.storage.commit(&batch.changes) {
                self.set_health(Health::Degraded { since: Timestamp::now(), why: error.to_string() });
                if !error.is_full() || self.stop.is_cancelled() {
                    return Err(error);
                }
                if !waited {
                    tracing::error!(%error, "the disk is full: nothing is accepted until there is room");
                }
                waited = true;
                std::thread::sleep(FULL_DISK_PAUSE);
            }
            self.meters.committed(&batch.changes, began.elapsed());
            if waited {
                tracing::info!("there is room on the disk again");
                self.set_health(Health::Ready);
            }
        }
        self.acknowledge(&batch.acks);
        batch.tell();
        Ok(())
    }

    pub(super) fn set_health(&self, health: Health) {
        self.health.send_if_modified(|known| {
            let news = core::mem::discriminant(known) != core::mem::discriminant(&health);
            if news {
                *known = health;
            }
            news
        });
    }

    fn say_to_all(&self, message: &Message) {
        for session in self.sessions.values() {
            let _ = session.outbound.try_send(outbound(message.clone()));
        }
    }

    /// The last of it: what came meanwhile, the view, a snapshot.
    fn end(mut self, mut queue: mpsc::Receiver<Input>, mut inputs: Vec<Input>) -> Result<(), CoreError> {
        queue.close();
        loop {
            while inputs.len() < MAX_BATCH
                && let Ok(input) = queue.try_recv()
            {
                inputs.push(input);
            }
            if inputs.is_empty() {
                break;
            }
            self.step(&mut inputs, Timestamp::now())?;
        }
        self.tidy()
    }

    /// There is room for a last word at least: that is what the reserve is for.
    fn end_on_a_full_disk(mut self) -> Result<(), CoreError> {
        self.storage.release_reserve()?;
        self.tidy()
    }

    fn tidy(mut self) -> Result<(), CoreError> {
        let now = Timestamp::now();
        let mut batch = Batch::default();
        batch.put(Table::Meta, load::BEAT, &now);
        self.sign_checkpoints(now, &mut batch);
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

    /// What it brings to the disk, about.
    fn bytes(&self) -> usize {
        match self {
            Self::FromAgent { message: super::FromAgent::Report(incoming), .. } => incoming.wire.len(),
            Self::Command(_, command) => match command.as_ref() {
                super::Command::TakeIn(delivery, ..) => delivery.bytes(),
                _ => 0,
            },
            _ => 0,
        }
    }
}

/// How many of them fill one commit: one at least, however large.
fn fit_one_commit(inputs: &[Input]) -> usize {
    let mut bytes = 0;
    let fits = |input: &&Input| {
        bytes += input.bytes();
        bytes <= MAX_BATCH_BYTES
    };
    inputs.iter().take_while(fits).count().max(1).min(inputs.len())
}
