//! An endpoint: who it is, whether it is there, and the facts it told.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AgentEvent, AgentFacts, BackupStatus, Check, Drive, EndpointId, Health, Incident, Inventory, OrgId,
    PatchStatus, Service, SiteId, SoftwareDigest, second_machine::SecondMachine,
};

text_enum! {
    /// What kind of machine it is.
    pub enum Class {
        /// Expected to run around the clock.
        Server = "server",
        /// A desk machine, off outside hours.
        Workstation = "workstation",
        /// Carried around; away is normal.
        Laptop = "laptop",
        /// A virtual machine of unknown purpose.
        Virtual = "virtual",
    }
}

text_enum! {
    /// How much it hurts when it fails.
    pub enum Criticality {
        /// Nobody would notice for days.
        Low = "low",
        /// The ordinary case.
        Normal = "normal",
        /// A department would stop.
        High = "high",
        /// The business would stop.
        Critical = "critical",
    }
}

text_enum! {
    /// Whose person, team or act it is.
    pub enum Side {
        /// The managed service provider.
        Msp = "msp",
        /// The customer's internal IT.
        Internal = "internal",
        /// A vendor behind a contract.
        Vendor = "vendor",
    }
}

text_enum! {
    /// Whether the collector deals with it.
    pub enum EndpointState {
        /// Enrolled with a token that wants approval, and not approved yet: counts nowhere.
        Pending = "pending",
        /// In service.
        Active = "active",
        /// Its key is refused for ever.
        Revoked = "revoked",
        /// Out of service for good: its key is refused, nothing is open about it, and it stays in the list.
        Retired = "retired",
    }
}

text_enum! {
    /// Why an agent said goodbye.
    pub enum Goodbye {
        /// The agent or the machine stops.
        Shutdown = "shutdown",
        /// The machine goes to sleep.
        Suspend = "suspend",
        /// The agent makes place for a newer one.
        Upgrade = "upgrade",
        /// The agent is being removed.
        Uninstall = "uninstall",
    }
}

/// Whether an endpoint's stream stands, judged by the collector's clock alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Presence {
    /// A stream is open and not stale.
    pub online: bool,
    /// Since when `online` has its present value.
    pub since: Timestamp,
    /// When the collector last received anything from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
    /// Set while it is away after having said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goodbye: Option<Goodbye>,
    /// When a second machine last tried to speak with its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_seen_at: Option<Timestamp>,
    /// What was seen of the two then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<SecondMachine>,
}

impl Presence {
    /// Of an endpoint that is not connected, and never was.
    pub const fn away_since(since: Timestamp) -> Self {
        Self { online: false, since, last_seen: None, goodbye: None, second_seen_at: None, second: None }
    }
}

/// What speaks for a machine being the one it was; evidence, never identity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MachineEvidence {
    /// `/etc/machine-id`, `MachineGuid` or `IOPlatformUUID`, hashed by the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine_id_hash: Option<String>,
    /// The hardware's own id (SMBIOS), hashed by the agent; absent where only root may read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hardware_hash: Option<String>,
    /// Identifies one boot of the kernel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_id: Option<String>,
}

/// The latest of everything an endpoint told. Each part is absent until it was told once.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Facts {
    /// The agent itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentFacts>,
    /// What happened to the agent lately, oldest first; at most [`Self::EVENTS`]. Absent until something happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<AgentEvent>>,
    /// Operating system, hardware, network, security posture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory: Option<Inventory>,
    /// The latest health sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// Services that policy names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub services: Option<Vec<Service>>,
    /// Checks that policy names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checks: Option<Vec<Check>>,
    /// Which list of installed software the collector holds; the list itself is not among the facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_held: Option<SoftwareDigest>,
    /// Drives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drives: Option<Vec<Drive>>,
    /// The latest crash evidence, oldest first; at most [`Self::INCIDENTS`]. Absent until something happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incidents: Option<Vec<Incident>>,
    /// Patch status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch: Option<PatchStatus>,
    /// Backup status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<BackupStatus>,
    /// The endpoint's clock minus the collector's, seconds; measured by the collector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_offset_seconds: Option<f64>,
}

impl Facts {
    /// Incidents that are kept of one endpoint; older ones are in the journal and in alerts.
    pub const INCIDENTS: usize = 32;
    /// Agent events that are kept of one endpoint; all of them are in the collector's log.
    pub const EVENTS: usize = 16;
}

/// One machine with an agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Endpoint {
    /// Given at enrolment.
    pub id: EndpointId,
    /// The org it belongs to, from its key's row alone.
    pub org: OrgId,
    /// The site it belongs to.
    pub site: SiteId,
    /// What people call it; unique within its org.
    pub name: String,
    /// What kind of machine it is; absent until a person or its agent says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// A person chose the class: what the agent guesses does not change it.
    #[serde(default)]
    pub class_fixed: bool,
    /// How much it hurts when it fails.
    pub criticality: Criticality,
    /// Free tags, sorted.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Free key-value labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// Whether the collector deals with it.
    pub state: EndpointState,
    /// Whether its stream stands.
    pub presence: Presence,
    /// What it told.
    #[serde(default)]
    pub facts: Facts,
}
