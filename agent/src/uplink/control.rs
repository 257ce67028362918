//! What a collector may steer: how often to look, and to look now. There is nothing else.

use std::sync::{Arc, Mutex, PoisonError};

use dogwatch_proto::v1;
use tokio::sync::{Notify, watch};

use crate::{
    config::{Live, SourceName},
    policy::Policy,
    sources::Triggers,
};

/// The handles by which the sources are steered.
#[derive(Debug, Clone)]
pub struct Control {
    /// What was asked for, before local limits.
    asked: Arc<Mutex<Policy>>,
    policy: watch::Sender<Policy>,
    live: Live,
    triggers: Triggers,
    connected: Arc<Notify>,
}

impl Control {
    /// The handles. `connected` is notified when a connection stands.
    pub fn new(live: Live, triggers: Triggers, connected: Arc<Notify>) -> Self {
        let asked = Policy::default();
        let policy = watch::Sender::new(asked.clone().narrowed(&live.borrow().narrowing));
        Self { asked: Arc::new(Mutex::new(asked)), policy, live, triggers, connected }
    }

    /// The policy in force, now and after each change.
    pub fn policy(&self) -> watch::Receiver<Policy> {
        self.policy.subscribe()
    }

    /// The local limits may be others now.
    pub fn narrow_anew(&self) {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let narrowed = asked.narrowed(&self.live.borrow().narrowing);
        self.policy.send_if_modified(|policy| {
            let differs = *policy != narrowed;
            *policy = narrowed;
            differs
        });
    }

    /// The version of the policy in force.
    pub fn policy_version(&self) -> Option<String> {
        self.policy.borrow().version.clone()
    }

    /// A connection stands: the collector is to get the full picture.
    pub(super) fn connected(&self) {
        self.connected.notify_one();
    }

    /// Takes a policy, within bounds and local limits.
    pub(super) fn apply(&self, wire: &v1::Policy) {
        let asked = Policy::from_wire(wire);
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = asked.clone();
        let policy = asked.narrowed(&self.live.borrow().narrowing);
        tracing::info!(
            policy.version = policy.version.as_deref().unwrap_or("none"),
            sample = ?policy.sample,
            summary = ?policy.summary,
            patch_scan = ?policy.patch_scan,
            "policy applied"
        );
        self.policy.send_replace(policy);
    }

    /// Looks again now. Unknown names are for newer agents.
    pub(super) fn refresh(&self, wire: &v1::Refresh) {
        let named: Vec<SourceName> = wire.sources.iter().filter_map(|name| name.parse().ok()).collect();
        // The list of software is long; whoever wants it asks for it by name.
        let all = SourceName::ALL.iter().copied().filter(|source| *source != SourceName::Software);
        let sources = if wire.sources.is_empty() { all.collect() } else { named };
        for source in sources {
            tracing::debug!(%source, "refresh asked for");
            self.triggers.of(source).notify_one();
        }
    }
}
