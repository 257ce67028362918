//! What the agent looks at. Each source is a loop of its own: look, tell, wait; each look has a time limit of its own,
//! so that one that hangs does not hold up the others.
//!
//! A source is a thin part that runs or reads and a pure part that understands text, tested on recorded text.

pub mod file_watch;
pub mod health;
pub mod inventory;
pub mod own_cost;

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{config::SourceName, policy::Policy, report::Observation};

/// Asks sources to look now.
#[derive(Debug, Clone, Default)]
pub struct Triggers {
    health: Arc<Notify>,
    inventory: Arc<Notify>,
    patch: Arc<Notify>,
    backup: Arc<Notify>,
}

impl Triggers {
    /// The one of a source.
    pub fn of(&self, source: SourceName) -> &Arc<Notify> {
        match source {
            SourceName::Health => &self.health,
            SourceName::Inventory => &self.inventory,
            SourceName::Patch => &self.patch,
            SourceName::Backup => &self.backup,
        }
    }
}

/// What a source works with: where to tell, and when to look again.
pub struct Desk {
    observations: mpsc::Sender<Observation>,
    policy: watch::Receiver<Policy>,
    trigger: Arc<Notify>,
    cancel: CancellationToken,
}

impl Desk {
    /// A desk for one source.
    pub fn new(
        observations: mpsc::Sender<Observation>,
        policy: watch::Receiver<Policy>,
        trigger: Arc<Notify>,
        cancel: CancellationToken,
    ) -> Self {
        Self { observations, policy, trigger, cancel }
    }

    /// Tells what was seen. When nobody listens any more the agent is about to end.
    pub async fn tell(&self, seen: Observation) {
        let _ = self.observations.send(seen).await;
    }

    /// Waits until it is time to look again: the interval since `last` is over, somebody asked, or, when there is
    /// something to watch, it has changed. A changed policy counts at once. False when the agent ends.
    pub async fn next_look(&mut self, last: Instant, interval: impl Fn(&Policy) -> Duration) -> bool {
        loop {
            let due = last + interval(&self.policy.borrow_and_update());
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => return false,
                () = self.trigger.notified() => return true,
                () = tokio::time::sleep_until(due) => return true,
                changed = self.policy.changed() => {
                    if changed.is_err() {
                        return false;
                    }
                }
            }
        }
    }

    /// The version of the policy in force.
    pub fn policy_version(&self) -> Option<String> {
        self.policy.borrow().version.clone()
    }
}
