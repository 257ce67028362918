//! The tie between a provider's subject and a person here: by it somebody is known again, for as long as it lasts.
//!
//! Who came by a provider comes in only while their last login is recent enough: whoever leaves, and with them every token they
//! made, is out by then without anybody's doing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{PersonKey, Register};
use crate::identity::Proved;

/// Who somebody is elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bond {
    /// Whose.
    pub person: PersonKey,
    /// The provider's id in our file at the last login.
    pub provider: String,
    /// Its issuer.
    pub issuer: String,
    /// Who they are there.
    pub subject: String,
    /// The first login.
    pub since: Timestamp,
    /// The latest one.
    pub last_login: Timestamp,
    /// From when on nobody comes in by it without another login.
    pub until: Timestamp,
    /// They were here before, and can come in another way.
    #[serde(default)]
    pub adopted: bool,
    /// The grants that groups gave them, by group.
    #[serde(default)]
    pub grants: BTreeMap<String, String>,
}

impl Bond {
    /// One that begins; its login says how long it lasts.
    pub(super) fn first(proved: &Proved, adopted: bool, now: Timestamp) -> Self {
        Self {
            person: proved.principal.key(),
            provider: proved.provider.to_string(),
            issuer: proved.issuer.clone(),
            subject: proved.subject.clone(),
            since: now,
            last_login: now,
            until: now,
            adopted,
            grants: BTreeMap::new(),
        }
    }
}

impl Register {
    /// Whether somebody's last login by a provider is too long ago.
    pub(super) fn has_lapsed(&self, key: &PersonKey, now: Timestamp) -> bool {
        self.bonds.get(key).is_some_and(|bond| !bond.adopted && now >= bond.until)
    }
}
