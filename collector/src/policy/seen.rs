//! What the audit was told of last: each file by its hash, each org's matrix by the version in force. So a change is told
//! whoever makes it and however: written over, signed, come into force on its date, or exchanged while nobody watched.

use std::collections::BTreeMap;

use dogwatch_model::OrgId;
use serde::{Deserialize, Serialize};

use crate::access::Sha256;

/// A file of the policy folder as it is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeenFile {
    /// The org that it is about; absent for what is about all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) org: Option<OrgId>,
    /// Of its text.
    pub(crate) sha256: Sha256,
}

/// What was told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Files, as people call them: `policy/rules.toml`.
    pub(crate) files: BTreeMap<String, SeenFile>,
    /// The agreed version in force in each org that has one.
    pub(crate) in_force: BTreeMap<OrgId, String>,
    /// What decides in each org, with the directory.
    pub(crate) matrices: BTreeMap<OrgId, String>,
}
