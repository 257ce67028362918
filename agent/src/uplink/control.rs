//! What a collector may steer: how often to look, and to look now. There is nothing else.

use std::sync::Arc;

use dogwatch_proto::v1;
use tokio::sync::{Notify, watch};

use crate::{
    config::SourceName,
    policy::{Narrowing, Policy},
    sources::Triggers,
};

/// The handles by which the sources are steered.
#[derive(Debug, Clone)]
pub struct Control {
    policy: watch::Sender<Policy>,
    narrowing: Narrowing,
    triggers: Triggers,
    connected: Arc<Notify>,
}

impl Control {
    /// The handles. `connected` is notified when a connection stands.
    pub fn new(
        policy: watch::Sender<Policy>,
        narrowing: Narrowing,
        triggers: Triggers,
        connected: Arc<Notify>,
    ) -> Self {
        Self { policy, narrowing, triggers, connected }
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
        let policy = Policy::from_wire(wire).narrowed(&self.narrowing);
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
