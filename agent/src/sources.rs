//! What the agent looks at. Each source is a loop of its own: look, tell, wait; each look has a time limit of its own,
//! so that one that hangs does not hold up the others.
//!
//! A source is a thin part that runs or reads and a pure part that understands text, tested on recorded text.

pub mod backup;
pub mod file_watch;
pub mod health;
pub mod inventory;
pub mod own_cost;
pub mod parsers;
pub mod patch;
mod process;
mod retry;

use std::{sync::Arc, time::Duration};

use dogwatch_model::{ScanResult, SourceStatus};
use dogwatch_proto::conversions::limits;
pub use retry::Retry;
use tokio::{
    sync::{Notify, mpsc, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{
    clock,
    config::SourceName,
    policy::Policy,
    report::{Observation, Sighting},
};

/// Asks sources to look now.
#[derive(Debug, Clone, Default)]
pub struct Triggers {
    of: [Arc<Notify>; SourceName::ALL.len()],
}

impl Triggers {
    /// The one of a source.
    pub fn of(&self, source: SourceName) -> &Arc<Notify> {
        &self.of[source as usize]
    }
}

/// Why it is time to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// The interval is over.
    Due,
    /// The collector asked.
    Asked,
    /// What is watched has changed.
    Changed,
    /// It is not: the agent ends.
    Never,
}

/// What a source works with: where to tell, and when to look again.
pub struct Desk {
    observations: mpsc::Sender<Sighting>,
    policy: watch::Receiver<Policy>,
    trigger: Arc<Notify>,
    cancel: CancellationToken,
    asked: bool,
    /// When the collector last got a look that it asked for.
    asked_at: Option<Instant>,
}

impl Desk {
    /// A desk for one source.
    pub fn new(
        observations: mpsc::Sender<Sighting>,
        policy: watch::Receiver<Policy>,
        trigger: Arc<Notify>,
        cancel: CancellationToken,
    ) -> Self {
        Self { observations, policy, trigger, cancel, asked: false, asked_at: None }
    }

    /// Tells what was seen, and whether the collector had asked for it. When nobody listens any more the agent is about to end.
    pub async fn tell(&self, what: Observation) {
        let _ = self.observations.send(Sighting { what, asked: self.asked }).await;
    }

    /// Tells how a part of this source is doing: `patch.apt`, `backup.restic` … What is told again unchanged costs
    /// nothing.
    pub async fn tell_standing(&self, name: &str, result: ScanResult, reason: Option<String>) {
        let name = limits::clip(name, limits::NAME_BYTES);
        let reason = reason.map(|reason| limits::clip(&reason, limits::TEXT_BYTES));
        let source = SourceStatus { name, result, reason, since: clock::now().wall };
        self.tell(Observation::Source(source)).await;
    }

    /// Waits until it is time to look again: the interval since `last` is over, or somebody asked. A changed policy
    /// counts at once.
    pub async fn next_look(&mut self, last: Instant, interval: impl Fn(&Policy) -> Duration) -> Look {
        self.next_look_or(last, interval, &Notify::new()).await
    }

    /// As [`Self::next_look`], or because what is watched has changed.
    pub async fn next_look_or(
        &mut self,
        last: Instant,
        interval: impl Fn(&Policy) -> Duration,
        changed: &Notify,
    ) -> Look {
        let look = self.wait(last, interval, changed).await;
        self.asked = look == Look::Asked;
        if self.asked {
            self.asked_at = Some(Instant::now());
        }
        look
    }

    async fn wait(
        &mut self,
        last: Instant,
        interval: impl Fn(&Policy) -> Duration,
        changed: &Notify,
    ) -> Look {
        loop {
            let (due, apart) = {
                let policy = self.policy.borrow_and_update();
                (last + interval(&policy), policy.asked_apart)
            };
            let asked_at = self.asked_at;
            // A wish that comes too soon waits in the trigger, and many of them are one.
            let asked = async {
                if let Some(at) = asked_at {
                    tokio::time::sleep_until(at + apart).await;
                }
                self.trigger.notified().await;
            };
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => return Look::Never,
                () = asked => return Look::Asked,
                () = changed.notified() => return Look::Changed,
                () = tokio::time::sleep_until(due) => return Look::Due,
                policy = self.policy.changed() => {
                    if policy.is_err() {
                        return Look::Never;
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

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn looks_that_are_asked_for_too_soon_wait_are_one_and_are_not_lost() {
        let policy = watch::Sender::new(Policy { asked_apart: HOUR, ..Policy::default() });
        let (observations, _seen) = mpsc::channel(1);
        let (trigger, changed) = (Arc::new(Notify::new()), Notify::new());
        let mut desk = Desk::new(observations, policy.subscribe(), trigger.clone(), CancellationToken::new());
        let mut look = async || desk.next_look_or(Instant::now(), |_| HOUR, &changed).await;
        trigger.notify_one();
        assert_eq!(look().await, Look::Asked);
        trigger.notify_one();
        trigger.notify_one();
        changed.notify_one();
        assert_eq!(look().await, Look::Changed, "the second wish waits, a change does not");
        policy.send_modify(|policy| policy.asked_apart = Duration::ZERO);
        assert_eq!(look().await, Look::Asked);
        changed.notify_one();
        assert_eq!(look().await, Look::Changed, "two wishes were one");
    }
}
