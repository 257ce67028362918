//! The signed word of the collector on how far a chain went.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CHECKPOINT_TAG, Chain, Digest, Head, Signature, canonical};

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Which chain.
    pub chain: Chain,
    /// The number of its last record then.
    pub seq: u64,
    /// The hash of that record.
    pub hash: Digest,
    /// When it was signed.
    pub at: Timestamp,
    /// Which key signed it: the first 16 digits of the SHA-256 of the public key.
    pub key: String,
}

/// A statement with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Which chain.
    pub chain: Chain,
    /// The number of its last record then.
    pub seq: u64,
    /// The hash of that record.
    pub hash: Digest,
    /// When it was signed.
    pub at: Timestamp,
    /// Which key signed it.
    pub key: String,
    /// Ed25519, over [`Statement::bytes`].
    pub signature: Signature,
}

impl Statement {
    /// How far a chain goes.
    pub const fn of(chain: Chain, head: Head, at: Timestamp, key: String) -> Self {
        Self { chain, seq: head.seq, hash: head.hash, at, key }
    }

    /// What is signed.
    pub fn bytes(&self) -> Vec<u8> {
        let form = canonical::without(self, "").unwrap_or_default();
        format!("{CHECKPOINT_TAG}{form}").into_bytes()
    }

    /// With its signature.
    pub fn signed(self, signature: Signature) -> Checkpoint {
        let Self { chain, seq, hash, at, key } = self;
        Checkpoint { chain, seq, hash, at, key, signature }
    }
}

impl Checkpoint {
    /// What it says.
    pub fn statement(&self) -> Statement {
        let Self { chain, seq, hash, at, key, .. } = self.clone();
        Statement { chain, seq, hash, at, key }
    }

    /// Its one way to be written, as a line of an export.
    pub fn line(&self) -> String {
        canonical::without(self, "").unwrap_or_default()
    }
}
