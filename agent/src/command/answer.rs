//! Asks the running agent by signal, and waits for what it writes into its state folder in answer.
//!
//! The folder is watched before the question is put, so no answer is missed and nothing is looked at in turns.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Notify, time::timeout};

use crate::{
    sources::file_watch::FileWatch,
    state_dir::StateDir,
    wishes::{self, Wish},
};

/// What `look` finds once the agent has done as asked; `None` when it cannot be asked, or does not within `limit`.
pub(super) async fn ask<T>(
    state: &StateDir,
    (pid, wish): (u32, Wish),
    limit: Duration,
    mut look: impl FnMut() -> Option<T>,
) -> Option<T> {
    let (mut files, changed) = (FileWatch::start(), Arc::new(Notify::new()));
    files.watch(state.path(), |_| true, changed.clone());
    if !wishes::ask(pid, wish) {
        return None;
    }
    let answered = async {
        loop {
            if let Some(answer) = look() {
                return answer;
            }
            changed.notified().await;
        }
    };
    let answer = timeout(limit, answered).await.ok();
    // Where nothing can be watched, this is the only look behind the question.
    answer.or_else(look)
}
