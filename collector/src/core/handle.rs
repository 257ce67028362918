//! How the rest of the collector reaches the core.

use std::sync::{Arc, PoisonError};

use super::Commands;
use crate::state::{Health, State};

/// How the rest of the collector reaches the core; people's side has a [`super::Desk`]. Cheap to clone.
#[derive(Clone)]
pub struct CoreHandle {
    pub(crate) commands: Commands,
    pub(crate) shared: crate::state::Shared,
    pub(crate) health: tokio::sync::watch::Receiver<Health>,
    pub(crate) policy: Arc<arc_swap::ArcSwap<crate::policy::Policy>>,
    pub(crate) policy_files: Arc<arc_swap::ArcSwap<crate::policy::Standing>>,
    pub(crate) feed: crate::feed::Feed,
}

impl CoreHandle {
    /// From now on checkpoints of the audit are signed, with this key.
    pub(crate) fn sign_audit_with(&self, key: Arc<crate::authority::audit_key::AuditKey>) {
        let state = &self.shared;
        state.write().unwrap_or_else(PoisonError::into_inner).audit.key = Some(key);
    }
}

impl core::ops::Deref for CoreHandle {
    type Target = Commands;

    fn deref(&self) -> &Commands {
        &self.commands
    }
}

impl CoreHandle {
    /// Reads the state. Keep it brief: the core waits meanwhile.
    pub fn read<R>(&self, look: impl FnOnce(&State) -> R) -> R {
        look(&self.shared.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether all is well.
    pub fn health(&self) -> Health {
        self.health.borrow().clone()
    }

    /// The policy in force.
    pub fn policy(&self) -> Arc<crate::policy::Policy> {
        self.policy.load_full()
    }

    /// What the policy files came to when they were last read; a refused set leaves the policy in force as it was.
    pub fn policy_files(&self) -> Arc<crate::policy::Standing> {
        self.policy_files.load_full()
    }
}
