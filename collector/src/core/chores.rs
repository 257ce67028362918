//! What the core's thread does by the clock: the beat, the view, snapshots, old alerts.

use std::sync::{PoisonError, RwLockWriteGuard};

use jiff::{SignedDuration, Timestamp};

use super::{Batch, Core, Settings, access, audit, load, once, windows};
use crate::{
    notify,
    ownership::Version,
    state::{Health, State},
    storage::{Finished, Row, StorageError, Table},
};

/// How often the collector notes that it lives: by so much a crash's downtime is overestimated at most.
const BEAT_EVERY: SignedDuration = SignedDuration::from_secs(15);

/// How often to look whether the storage has ended what it was asked for.
const LOOK_EVERY: SignedDuration = SignedDuration::from_millis(250);

/// When what is due next.
pub(super) struct Chores {
    settle_at: Timestamp,
    snapshot_at: Timestamp,
    beat_at: Timestamp,
}

impl Chores {
    pub(super) fn new(settings: &Settings, now: Timestamp) -> Self {
        Self {
            settle_at: now + settings.settle_every,
            snapshot_at: now + settings.snapshot_every,
            beat_at: now + BEAT_EVERY,
        }
    }

    /// The next instant at which there is something to do. While the storage works, nothing more is asked of it.
    pub(super) fn next(&self, storage_works: bool, now: Timestamp) -> Timestamp {
        let storage = if storage_works { now + LOOK_EVERY } else { self.settle_at.min(self.snapshot_at) };
        storage.min(self.beat_at)
    }
}

impl Core {
    /// Does what is due.
    pub(super) fn do_chores(&mut self, chores: &mut Chores, now: Timestamp) -> Result<(), StorageError> {
        if now >= chores.beat_at {
            chores.beat_at = now + BEAT_EVERY;
            self.meters.look(&self.storage.figures(), self.sessions.len());
            let mut batch = Batch::default();
            batch.put(Table::Meta, load::BEAT, &now);
            self.retire(now, &mut batch);
            self.let_tokens_go(now, &mut batch);
            self.repeat(now, &mut batch);
            self.tell_turned_away(now, &mut batch);
            self.sign_checkpoints(now, &mut batch);
            self.commit(batch)?;
            self.agree_if_due(now);
        }
        self.look_after_storage();
        if self.storage_works {
            return Ok(());
        }
        if now >= chores.snapshot_at {
            chores.snapshot_at = now + self.settings.snapshot_every;
            let begun = self.storage.begin_snapshot(now);
            self.begun(begun, "no snapshot could be begun; the journal is kept");
        } else if now >= chores.settle_at {
            chores.settle_at = now + self.settings.settle_every;
            let begun = self.storage.settle(self.dirty_rows());
            if begun.is_ok() {
                self.dirty.clear();
                let mut state = self.changing();
                state.audit.settling();
                state.retired.settling();
            }
            self.begun(begun, "the view could not be brought up to date");
        }
        Ok(())
    }

    fn begun(&mut self, begun: Result<(), StorageError>, otherwise: &'static str) {
        match begun {
            Ok(()) => self.storage_works = true,
            Err(StorageError::Busy) => {}
            Err(error) => self.impaired(&error, otherwise),
        }
    }

    fn look_after_storage(&mut self) {
        match self.storage.finished() {
            Some(Ok(Finished::Settled(position))) => {
                tracing::debug!(%position, "view settled");
                let mut state = self.changing();
                state.audit.settled();
                state.retired.settled();
            }
            Some(Ok(Finished::Snapshot(info))) => {
                tracing::info!(rows = info.rows, bytes = info.bytes, position = %info.position, "snapshot taken");
            }
            Some(Err(error)) => self.impaired(&error, "the journal has everything all the same"),
            None => return,
        }
        self.storage_works = false;
    }

    /// What is promised holds; but somebody should look.
    fn impaired(&self, error: &StorageError, what: &'static str) {
        tracing::error!(%error, "{what}");
        self.set_health(Health::Impaired { since: Timestamp::now(), why: error.to_string() });
    }

    /// The rows of the endpoints that reports have changed since the view was last settled.
    pub(super) fn dirty_rows(&self) -> Vec<Row> {
        let state = self.shared.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.dirty.iter().filter_map(|id| state.members.get(id)).flat_map(load::rows_of).collect()
    }

    /// A version that was agreed on before takes effect on its date.
    pub(super) fn agree_if_due(&mut self, now: Timestamp) {
        let shared = self.shared.clone();
        let state = shared.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let began = |version: &Version| {
            version.in_force_from().is_some_and(|from| from <= now && from > self.agreed_at)
        };
        if state.matrices.values().flatten().any(began) {
            self.agree(&state, now);
        }
        self.agreed_at = now;
    }

    /// Vouches for what the audit's chains have grown by.
    pub(super) fn sign_checkpoints(&self, now: Timestamp, batch: &mut Batch) {
        audit::checkpoint(&mut self.changing(), now, batch);
    }

    /// The state, to change it.
    fn changing(&self) -> RwLockWriteGuard<'_, State> {
        self.shared.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Says again what nobody has taken.
    fn repeat(&self, now: Timestamp, batch: &mut Batch) {
        let mut state = self.shared.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        notify::repeat(&mut state, now, batch);
    }

    /// Lets go of tokens and sessions, and of what gave rights, that ended long ago. Nobody waits while it looks for them.
    fn let_tokens_go(&self, now: Timestamp, batch: &mut Batch) {
        /// As many go at one beat; the rest goes with the next ones.
        const AT_ONCE: usize = 1024;
        let outlived =
            self.shared.read().unwrap_or_else(PoisonError::into_inner).access.outlived(now, AT_ONCE);
        if !outlived.is_empty() {
            access::let_go(&mut self.changing(), &outlived, batch);
        }
        let past = self.shared.read().unwrap_or_else(PoisonError::into_inner).access.past(now, AT_ONCE);
        if !past.is_empty() {
            access::forget(&mut self.changing(), &past, batch);
        }
    }

    /// Lets alerts that ended long ago leave memory, they stay in storage, and forgets windows that are long over.
    fn retire(&self, now: Timestamp, batch: &mut Batch) {
        let mut state = self.shared.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        load::retire(&mut state, now, self.settings.keep_done, batch);
        windows::retire(&mut state, now, batch);
        once::retire(&mut state, now, batch);
    }
}
