//! The record of who changed what: chains of records that nobody can change unseen.
//!
//! Each org has a chain of its own, so that its people can see and verify the whole of it and nothing of anybody else's; what
//! concerns the collector as such has one more, [`Chain::Collector`]. What always holds:
//! * A chain's records are numbered from 1 without a gap, and each carries the hash of the one before it (the first: zeros).
//! * `hash` is the SHA-256 of [`RECORD_TAG`] and the record's [canonical form](canonical) without `hash`. The canonical form
//!   is RFC 8785 (JSON Canonicalization Scheme) with whole numbers only, so that anybody can compute it with tools of theirs.
//! * A [`Checkpoint`] is the word of the collector, signed with its Ed25519 key over [`CHECKPOINT_TAG`] and the canonical form
//!   without `signature`, that a chain had so many records of which the last had this hash.
//!
//! Links find what was changed, removed, put in or moved; they say nothing of records that were cut off the end, or of a chain
//! that was written anew from some record on. Those are found by a checkpoint that the other side holds.
//!
//! What it deliberately does not do: hash, sign or check signatures itself. Whoever calls brings the functions.

pub mod canonical;
mod chain;
mod checkpoint;
mod hex;
mod record;
mod verify;

pub use chain::Chain;
pub use checkpoint::{Checkpoint, Statement};
pub use hex::{Digest, Hex, PublicKey, Signature};
pub use record::{By, Deed, Head, Maker, Record};
pub use verify::{Fault, Source, Verifier, Witness};

/// What stands before a record's canonical form when it is hashed, so that no other hash of ours can be taken for one.
pub const RECORD_TAG: &str = "dogwatch-audit-record-1\n";

/// What stands before a checkpoint's canonical form when it is signed.
pub const CHECKPOINT_TAG: &str = "dogwatch-audit-checkpoint-1\n";

/// Computes SHA-256.
pub type Sha256 = fn(&[u8]) -> Digest;

#[cfg(test)]
mod tests;
