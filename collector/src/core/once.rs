//! Keys of requests: marked in the batch of what they did.

use jiff::Timestamp;

use super::Batch;
use crate::{
    access::Sha256,
    once::{Kept, Once},
    state::State,
    storage::Table,
};

/// Marks a request as done, in the batch that does it.
pub(super) fn mark(state: &mut State, once: Once, now: Timestamp, batch: &mut Batch) {
    let kept = state.once.mark(once, now);
    keep(state, kept, batch);
}

/// Keeps the sealed answer of what was done.
pub(super) fn answer(state: &mut State, id: Sha256, answer: String, batch: &mut Batch) {
    let kept = state.once.answer(id, answer);
    keep(state, kept, batch);
}

/// Forgets keys that are a day old.
pub(super) fn retire(state: &mut State, now: Timestamp, batch: &mut Batch) {
    let kept = state.once.forget_old(now);
    keep(state, kept, batch);
}

fn keep(state: &State, kept: Vec<Kept>, batch: &mut Batch) {
    for kept in kept {
        match kept {
            Kept::Gone(id) => batch.delete(Table::Once, id),
            Kept::Put(id) => {
                if let Some(mark) = state.once.get(&id) {
                    batch.put(Table::Once, id, mark);
                }
            }
        }
    }
}
