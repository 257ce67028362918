//! How a person proves who they are: a password, a second factor, or a code that was sealed for a bad day.
//!
//! Nothing here opens anything by itself: passwords are Argon2id strings, codes are hashes. The one secret that has to be
//! kept as it is, the key of the second factor, prints as dots.

use std::collections::{BTreeMap, BTreeSet};

use core::fmt;

use dogwatch_model::{Side, text_enum};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PersonKey, Scope, Sha256};

/// A person's own way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// The password's Argon2id string, with its salt and parameters.
    pub password: Hidden,
    /// The second factor, once they have shown that they hold it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totp: Option<Totp>,
    /// A second factor that waits for its first code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Hidden>,
    /// Hashes of codes that stand in for a lost second factor, each once.
    #[serde(default)]
    pub recovery: BTreeSet<Sha256>,
    /// When the password was set.
    pub set_at: Timestamp,
    /// By whose invitation: whoever sent it may have taken it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_by: Option<PersonKey>,
}

/// A second factor in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Totp {
    /// Its key, base32.
    pub key: Hidden,
    /// The step of the latest code that was taken: it and all before it are refused.
    pub used: u64,
}

/// Text that nothing prints.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Hidden(String);

impl Hidden {
    /// Hides a text.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for whoever has to compare with it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(…)")
    }
}

/// A way to set a password, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Invitation {
    /// Whose.
    pub to: PersonKey,
    /// By whom.
    pub by: PersonKey,
    /// Who made the token that it was sent with, where that was somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker: Option<PersonKey>,
    /// Until when.
    pub expires_at: Timestamp,
    /// It goes back to a broken seal.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub through_seal: bool,
}

/// A code on paper that opens an hour of `administer`, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Seal {
    /// Short id, to see on paper which one it is.
    pub id: String,
    /// SHA-256 of the code.
    pub hash: Sha256,
    /// For which side.
    pub side: Side,
    /// What it opens: the MSP's own people, or an org.
    pub scope: Scope,
    /// Who made it.
    pub made_by: PersonKey,
    /// When.
    pub made_at: Timestamp,
    /// When it was broken, or put out of use: by a newer one, or because somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken_at: Option<Timestamp>,
}

text_enum! {
    /// What a seal comes to at an instant.
    pub enum SealState {
        /// It opens.
        Sealed = "sealed",
        /// It was broken, and its hour runs.
        Open = "open",
        /// It was broken, or put out of use.
        Over = "over",
        /// Whoever sealed it may not open that any more.
        Void = "void",
    }
}

/// What holds for an org as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrgStanding {
    /// Sides that have left, since when.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left: BTreeMap<Side, Timestamp>,
    /// Ways to tell people that were the departed's alone: nothing of the org goes there any more.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub ways_stopped: BTreeSet<String>,
    /// Everybody of the org, and whoever of the MSP reaches it, needs a second factor, not administrators only.
    #[serde(default)]
    pub second_factor_for_all: bool,
}

impl OrgStanding {
    /// Whether it asks a second factor of those of the MSP who reach every org: while the MSP is there.
    pub(super) fn asks_of_guests(&self) -> bool {
        self.second_factor_for_all && !self.left.contains_key(&Side::Msp)
    }
}
