//! A join token: by which machines come into an org.

use dogwatch_model::{OrgId, PersonId, Side, SiteId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PersonKey, Sha256};

/// A join token as it is kept: never its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JoinTokenRecord {
    /// Short public id, to list and revoke it by.
    pub id: String,
    /// SHA-256 of the secret's text.
    pub hash: Sha256,
    /// The org that endpoints enrol into.
    pub org: OrgId,
    /// The site that endpoints enrol into.
    pub site: SiteId,
    /// Who made it.
    pub created_by: PersonId,
    /// Of which side they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_side: Option<Side>,
    /// Who made the API token that it was made with, where that was somebody else: a service account's administrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_for: Option<PersonKey>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// How many endpoints it may enrol.
    pub uses: u32,
    /// How many it has enrolled.
    #[serde(default)]
    pub used: u32,
    /// Endpoints wait for `dogwatch endpoint approve`.
    #[serde(default)]
    pub approval: bool,
    /// When somebody withdrew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}
