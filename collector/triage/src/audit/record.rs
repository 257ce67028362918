//! One record of a chain, and what it is made from.

use core::fmt::Display;
use core::net::IpAddr;

use dogwatch_model::{OrgId, PersonId, Side};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Chain, Digest, RECORD_TAG, Sha256, canonical};

/// The longest `before` and `after`, in bytes of JSON: a window with its scope is a tenth of it. What is longer is left out, and
/// the record says so; a chain is kept for ever and must not be filled by one act.
const MAX_STATE_BYTES: usize = 4 * 1024;

/// The longest `on`, in bytes.
const MAX_ON_BYTES: usize = 512;

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct By {
    /// The person, or the name of a program's token.
    pub person: PersonId,
    /// The side they are on.
    pub side: Side,
    /// The one org that they belong to or are limited to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    /// Short id of the token or the login it was done with. Records of before do not tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Who made that token, where it was somebody else: it may have been them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker: Option<Maker>,
}

/// Who made the token that something was done with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Maker {
    /// The person.
    pub person: PersonId,
    /// The org that they belong to; absent for the MSP's own people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
}

impl By {
    /// Somebody, by no token that is known.
    pub const fn new(person: PersonId, side: Side, org: Option<OrgId>) -> Self {
        Self { person, side, org, token: None, maker: None }
    }
}

/// What was done: a record that has no place in a chain yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Deed {
    /// Where it belongs.
    pub chain: Chain,
    /// What was done: `token.create`.
    pub act: String,
    /// To what.
    pub on: String,
    /// By whom; absent when Dogwatch itself or a joining endpoint did it.
    pub by: Option<By>,
    /// What it was before.
    pub before: Option<Value>,
    /// What it is after.
    pub after: Option<Value>,
    /// From where it was asked for.
    pub from: Option<IpAddr>,
}

impl Deed {
    /// Something that was done to something of an org, or of none.
    pub fn new(act: impl Into<String>, on: impl Display, org: Option<&OrgId>) -> Self {
        let mut on = on.to_string();
        on.truncate(on.floor_char_boundary(MAX_ON_BYTES));
        Self { chain: Chain::of(org), act: act.into(), on, by: None, before: None, after: None, from: None }
    }

    /// Who did it.
    #[must_use]
    pub fn by(self, by: By) -> Self {
        Self { by: Some(by), ..self }
    }

    /// What it was before. Never a secret, nor the hash of one.
    #[must_use]
    pub fn before(self, state: impl Serialize) -> Self {
        Self { before: small(state), ..self }
    }

    /// What it is after. Never a secret, nor the hash of one.
    #[must_use]
    pub fn after(self, state: impl Serialize) -> Self {
        Self { after: small(state), ..self }
    }
}

/// A state as it is kept: without what is absent, and not too long.
fn small(state: impl Serialize) -> Option<Value> {
    let mut value = canonical::tamed(serde_json::to_value(state).ok()?);
    if let Value::Object(members) = &mut value {
        members.retain(|_, member| !member.is_null());
    }
    let bytes = value.to_string().len();
    match value {
        Value::Null => None,
        _ if bytes > MAX_STATE_BYTES => Some(json!({ "left_out_bytes": bytes })),
        value => Some(value),
    }
}

/// The last record of a chain, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Head {
    /// Its number; 0 before the first.
    pub seq: u64,
    /// Its hash.
    pub hash: Digest,
}

impl Head {
    /// Of a chain that has no record yet.
    pub const START: Self = Self { seq: 0, hash: Digest::ZEROS };
}

/// One record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Whose chain it is in.
    pub chain: Chain,
    /// Its number there, from 1.
    pub seq: u64,
    /// When it was done, by the collector's clock.
    pub at: Timestamp,
    /// By whom; absent when Dogwatch itself or a joining endpoint did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// What was done.
    pub act: String,
    /// To what.
    pub on: String,
    /// What it was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it was after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// From where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<IpAddr>,
    /// The hash of the record before it.
    pub prev: Digest,
    /// Its own.
    pub hash: Digest,
}

impl Record {
    /// The record of a deed, behind the last one of its chain.
    pub fn following(head: &Head, deed: Deed, at: Timestamp, sha256: Sha256) -> Self {
        let Deed { chain, act, on, by, before, after, from } = deed;
        let seq = head.seq + 1;
        let mut record =
            Self { chain, seq, at, by, act, on, before, after, from, prev: head.hash, hash: Digest::ZEROS };
        record.hash = record.computed_hash(sha256);
        record
    }

    /// What its hash has to be.
    pub fn computed_hash(&self, sha256: Sha256) -> Digest {
        // Whatever a deed holds was tamed, and the rest has a canonical form by its types.
        let form = canonical::without(self, "hash").unwrap_or_default();
        sha256(format!("{RECORD_TAG}{form}").as_bytes())
    }

    /// The record as the head of its chain.
    pub const fn head(&self) -> Head {
        Head { seq: self.seq, hash: self.hash }
    }

    /// Its one way to be written, as a line of an export.
    pub fn line(&self) -> String {
        canonical::without(self, "").unwrap_or_default()
    }
}
