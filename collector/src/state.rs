//! The working set: every endpoint, key, token and alert of interest, in memory.
//!
//! Only [`crate::core`] changes it, and everything it holds can be rebuilt from storage. Readers see it behind a
//! read lock and may see a change a few milliseconds before it is on disk; nothing is acknowledged, answered or
//! sent out before.

mod members;
mod retired;
pub(crate) mod uses;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
    sync::Arc,
};

use dogwatch_model::{
    Endpoint, EndpointId, Epoch, LaneMarks, MachineEvidence, OrgId, Presence, RuleId, SiteId, WindowId,
};
use dogwatch_triage::{
    alert::{Alert, AlertNumber, TimelineEvent, Work},
    assess::Standing,
    filter::AlertCounts,
    finding::Severity,
    mute::{Outage, Window},
    sla::NextBreach,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    access::{JoinTokenRecord, Register, Sha256},
    ownership::Version,
    views::View,
};

pub use members::Members;
pub(crate) use retired::Retired;

/// One endpoint and all that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Who it is and what it told.
    pub endpoint: Endpoint,
    /// High-water marks of its latest epochs, newest last; at most [`MAX_EPOCHS`].
    pub epochs: Vec<(Epoch, LaneMarks)>,
    /// What speaks for it being the same machine.
    pub evidence: MachineEvidence,
    /// From where it called last.
    pub address: Option<IpAddr>,
    /// The most starts that its agent has told of.
    pub starts: u64,
    /// What the rules hold against it, pending findings included.
    pub standing: Vec<Standing>,
    /// The latest alert of each rule and subject.
    pub latest: BTreeMap<(RuleId, String), AlertNumber>,
    /// Its alerts that are not done, counted.
    pub counts: AlertCounts,
    /// Its alerts are to be looked after then, whether or not it tells anything. The past: at once.
    pub tend_at: Timestamp,
}

/// How many epochs of an endpoint are remembered: one more each time its agent loses its memory.
pub const MAX_EPOCHS: usize = 8;

/// An alert with its timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    /// The alert.
    #[serde(flatten)]
    pub alert: Alert,
    /// What happened to it, oldest first.
    pub timeline: Vec<TimelineEvent>,
    /// The clock that runs out next, as it was when the item was last looked after: it moves only by what happens, and
    /// every happening is followed by a look. Computed, never kept.
    #[serde(skip)]
    pub next_breach: Option<NextBreach>,
}

impl Item {
    /// An item to which nothing has happened yet.
    pub const fn new(alert: Alert) -> Self {
        Self { alert, timeline: Vec::new(), next_breach: None }
    }
}

/// The working set.
#[derive(Debug, Default)]
pub struct State {
    /// Every endpoint.
    pub members: Members,
    /// Whose a public key is, by its SHA-256 (DER `SubjectPublicKeyInfo`).
    pub keys: HashMap<Sha256, EndpointId>,
    /// Join tokens by their short id.
    pub join_tokens: BTreeMap<String, JoinTokenRecord>,
    /// People, what they were given, and the tokens that speak for them.
    pub access: Register,
    /// Hash of the one-time setup code; gone once used.
    pub setup_code: Option<Sha256>,
    /// The last sign of life that is on disk.
    pub last_beat: Option<Timestamp>,
    /// Alerts: all that are not done, and recent ones that are.
    pub alerts: BTreeMap<AlertNumber, Item>,
    /// Alerts that have just left for the archive.
    pub(crate) retired: Retired,
    /// Grants that were used in the batch being made.
    pub(crate) uses: uses::Uses,
    /// The files of the policy and the matrices in force as the audit knows them.
    pub(crate) policy_seen: crate::policy::Seen,
    /// Files of settings as the audit knows them.
    pub(crate) files_seen: BTreeMap<String, crate::reload::Outline>,
    /// The latest alert of each rule and subject that concerns a site as a whole.
    pub of_sites: BTreeMap<(OrgId, SiteId), BTreeMap<(RuleId, String), AlertNumber>>,
    /// The latest alert of each that another tool tells of, by org, rule and what its sender calls it; at each site of its own,
    /// for a sender may have tokens that reach one site alone.
    pub foreign: BTreeMap<(OrgId, RuleId, String), BTreeMap<SiteId, AlertNumber>>,
    /// Sites where an endpoint fell silent or came back in the batch being made.
    pub(crate) unrest: BTreeSet<(OrgId, SiteId)>,
    /// Items that came in or came again in the batch being made.
    pub(crate) newcomers: BTreeSet<AlertNumber>,
    /// Items without an endpoint that came up in the batch being made.
    pub(crate) raised: Vec<AlertNumber>,
    /// The collector suspects its own network. Not kept: after a restart every stream is young.
    pub(crate) storm: Option<Outage>,
    /// The number that the next alert gets.
    pub next_alert: u64,
    /// Maintenance windows that have not ended for good, and some that have.
    pub windows: BTreeMap<WindowId, Window>,
    /// Requests under a key that were done.
    pub once: crate::once::Ledger,
    /// How far the chains of the audit go.
    pub audit: crate::audit::Chains,
    /// Saved views of the fleet, by [`View::key`].
    pub views: BTreeMap<String, View>,
    /// Proposed and agreed versions of each org's matrix, in the order in which they were proposed.
    pub matrices: BTreeMap<OrgId, Vec<Version>>,
    /// What waits to be told.
    pub(crate) outbox: crate::notify::Outbox,
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

impl Member {
    /// An endpoint that has told nothing yet.
    pub fn new(endpoint: Endpoint, evidence: MachineEvidence) -> Self {
        Self {
            endpoint,
            epochs: Vec::new(),
            evidence,
            address: None,
            starts: 0,
            standing: Vec::new(),
            latest: BTreeMap::new(),
            counts: AlertCounts::default(),
            tend_at: Timestamp::MIN,
        }
    }

    /// What is kept of its link: small, because it changes whenever the agent comes and goes.
    pub fn link(&self) -> Link {
        Link {
            presence: self.endpoint.presence.clone(),
            epochs: self.epochs.clone(),
            evidence: self.evidence.clone(),
            address: self.address,
            starts: self.starts,
        }
    }
}

/// What is kept of an endpoint's link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// Whether its stream stands.
    pub presence: Presence,
    /// High-water marks, newest epoch last.
    pub epochs: Vec<(Epoch, LaneMarks)>,
    /// What speaks for it being the same machine.
    #[serde(default)]
    pub evidence: MachineEvidence,
    /// From where it called last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// The most starts that its agent has told of.
    #[serde(default)]
    pub starts: u64,
}

impl State {
    /// Counts an endpoint's alerts anew, after one of them changed.
    pub fn recount(&mut self, id: EndpointId) {
        let Some(member) = self.members.get_mut(&id) else { return };
        let mut counts = AlertCounts::default();
        let alerts = member.latest.values().filter_map(|number| self.alerts.get(number));
        for alert in alerts.map(|item| &item.alert).filter(|alert| alert.work != Work::Done) {
            counts.open += 1;
            match alert.severity {
                Severity::Critical => counts.critical += 1,
                Severity::Warning => counts.warning += 1,
                Severity::Info => counts.info += 1,
            }
        }
        member.counts = counts;
    }
}

/// What the core shares with readers.
pub type Shared = Arc<std::sync::RwLock<State>>;

/// When the state was last known good, for `/readyz`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// All is well.
    Ready,
    /// Everything is accepted and kept, but somebody should look.
    Impaired {
        /// Since when.
        since: Timestamp,
        /// What is wrong and what to do.
        why: String,
    },
    /// Reads work, nothing is accepted.
    Degraded {
        /// Since when.
        since: Timestamp,
        /// What is wrong and what to do.
        why: String,
    },
}
