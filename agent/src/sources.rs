//! What the agent looks at. Each source is a loop of its own: look, tell, wait; each look has a time limit of its own,
//! so that one that hangs does not hold up the others.
//!
//! A source is a thin part that runs or reads and a pure part that understands text, tested on recorded text.

pub mod backup;
pub mod checks;
pub mod doctor;
pub mod drives;
pub mod file_watch;
pub mod health;
pub mod incidents;
pub mod inventory;
mod order;
pub mod own_cost;
pub mod parsers;
pub mod patch;
pub(crate) mod process;
mod retry;
pub mod software;
mod windows_event;

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
    config::{self, Live, SourceName},
    cost::{Looks, Standing},
    policy::{Policy, Watched},
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
    switch: Option<Switch>,
    asked: bool,
    /// When the present look began.
    began: Instant,
    /// When the collector last got a look that it asked for.
    asked_at: Option<Instant>,
}

/// By which the endpoint's owner turns a source off, and on again.
#[derive(Debug)]
pub struct Switch {
    source: SourceName,
    live: Live,
    looks: Looks,
    is_on: bool,
}

impl Switch {
    /// The one of a source, whose looks are noted.
    pub fn new(source: SourceName, live: Live, looks: Looks) -> Self {
        Self { source, live, looks, is_on: true }
    }
}

impl Desk {
    /// A desk for one source.
    pub fn new(
        observations: mpsc::Sender<Sighting>,
        policy: watch::Receiver<Policy>,
        trigger: Arc<Notify>,
        cancel: CancellationToken,
    ) -> Self {
        let began = Instant::now();
        Self { observations, policy, trigger, cancel, switch: None, asked: false, began, asked_at: None }
    }

    /// With a switch, by which it can be turned off.
    #[must_use]
    pub fn with_switch(self, switch: Switch) -> Self {
        Self { switch: Some(switch), ..self }
    }

    /// Waits until the source is switched on, if it is off. False when the agent ends.
    pub async fn is_on(&mut self) -> bool {
        let Some(switch) = &mut self.switch else { return true };
        while !switch.live.borrow_and_update().allows(switch.source) {
            if std::mem::replace(&mut switch.is_on, false) {
                tracing::info!(source = %switch.source, "source switched off");
                let off = Observation::Switched { source: switch.source, is_on: false };
                let _ = self.observations.send(off.into()).await;
            }
            tokio::select! {
                () = self.cancel.cancelled() => return false,
                () = config::changed(&mut switch.live) => {}
            }
        }
        if !std::mem::replace(&mut switch.is_on, true) {
            tracing::info!(source = %switch.source, "source switched on");
            let on = Observation::Switched { source: switch.source, is_on: true };
            let _ = self.observations.send(on.into()).await;
        }
        true
    }

    /// Tells what was seen, and whether the collector had asked for it. When nobody listens any more the agent is about to end.
    pub async fn tell(&self, what: Observation) {
        // Switched off while it looked: what it saw is nobody's business any more.
        if self.switch.as_ref().is_some_and(|switch| !switch.live.borrow().allows(switch.source)) {
            return;
        }
        let _ = self.observations.send(Sighting { what, asked: self.asked }).await;
    }

    /// Tells how a part of this source is doing: `patch.apt`, `backup.restic` … What is told again unchanged costs
    /// nothing.
    pub async fn tell_standing(&self, name: &str, result: ScanResult, reason: Option<String>) {
        let name = limits::clip(name, limits::NAME_BYTES);
        let reason = reason.map(|reason| limits::clip(&reason, limits::TEXT_BYTES));
        let since = clock::now().wall;
        if let Some(Switch { source, looks, .. }) = &self.switch {
            looks.note_standing(*source, &name, Standing { result, reason: reason.clone() }, since);
        }
        let source = SourceStatus { name, result, reason, since };
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
        if let Some(Switch { source, looks, .. }) = &self.switch {
            looks.note(*source, self.began.elapsed(), clock::now().wall);
        }
        let look = self.wait(last, interval, changed).await;
        self.asked = look == Look::Asked;
        self.began = Instant::now();
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
            if self.switch.as_ref().is_some_and(|switch| !switch.live.borrow().allows(switch.source)) {
                return if self.is_on().await { Look::Due } else { Look::Never };
            }
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
                () = thrown(&mut self.switch) => {}
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

    /// A number of the policy in force.
    pub fn policy<T>(&self, number: impl Fn(&Policy) -> T) -> T {
        number(&self.policy.borrow())
    }

    /// The services and checks of the policy in force.
    pub fn watched(&self) -> Arc<Watched> {
        self.policy.borrow().watched.clone()
    }

    /// The version of the policy in force.
    pub fn policy_version(&self) -> Option<String> {
        self.policy.borrow().version.clone()
    }
}

/// The owner may have thrown the switch.
async fn thrown(switch: &mut Option<Switch>) {
    match switch {
        Some(switch) => config::changed(&mut switch.live).await,
        None => std::future::pending().await,
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
