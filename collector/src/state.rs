//! The working set: every endpoint, key, token and alert of interest, in memory.
//!
//! Only [`crate::core`] changes it, and everything it holds can be rebuilt from storage. Readers see it behind a
//! read lock and may see a change a few milliseconds before it is on disk; nothing is acknowledged, answered or
//! sent out before.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use dogwatch_model::{Endpoint, EndpointId, Epoch, LaneMarks, MachineEvidence, OrgId};
use dogwatch_triage::alert::{Alert, AlertNumber, TimelineEvent};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::access::{ApiToken, JoinTokenRecord, Sha256};

/// One endpoint and all that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Who it is and what it told.
    pub endpoint: Endpoint,
    /// High-water marks of its latest epochs, newest last; at most [`MAX_EPOCHS`].
    pub epochs: Vec<(Epoch, LaneMarks)>,
    /// What speaks for it being the same machine.
    pub evidence: MachineEvidence,
    /// Numbers of its alerts that are not done.
    pub open: Vec<AlertNumber>,
}

/// How many epochs of an endpoint are remembered: one more each time its agent loses its memory.
pub const MAX_EPOCHS: usize = 8;

/// An alert with its timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The alert.
    #[serde(flatten)]
    pub alert: Alert,
    /// What happened to it, oldest first.
    pub timeline: Vec<TimelineEvent>,
}

/// The working set.
#[derive(Debug, Default)]
pub struct State {
    /// Every endpoint.
    pub members: BTreeMap<EndpointId, Member>,
    /// Whose a public key is, by its SHA-256 (DER `SubjectPublicKeyInfo`).
    pub keys: HashMap<Sha256, EndpointId>,
    /// Join tokens by their short id.
    pub join_tokens: BTreeMap<String, JoinTokenRecord>,
    /// API tokens by the hash of their text.
    pub tokens: HashMap<Sha256, ApiToken>,
    /// Hash of the one-time setup code; gone once used.
    pub setup_code: Option<Sha256>,
    /// Alerts: all that are not done, and recent ones that are.
    pub alerts: BTreeMap<AlertNumber, Item>,
}

impl State {
    /// Finds an endpoint of an org by id or by name.
    pub fn find_endpoint(&self, org: Option<&OrgId>, id_or_name: &str) -> Vec<&Member> {
        let scoped = |member: &&Member| org.is_none_or(|org| member.endpoint.org == *org);
        if let Ok(id) = id_or_name.parse::<EndpointId>() {
            return self.members.get(&id).into_iter().filter(scoped).collect();
        }
        self.members.values().filter(scoped).filter(|m| m.endpoint.name == id_or_name).collect()
    }
}

/// What the core shares with readers.
pub type Shared = Arc<std::sync::RwLock<State>>;

/// When the state was last known good, for `/readyz`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// All is well.
    Ready,
    /// Reads work, nothing is accepted.
    Degraded {
        /// Since when.
        since: Timestamp,
        /// What is wrong and what to do.
        why: String,
    },
}
