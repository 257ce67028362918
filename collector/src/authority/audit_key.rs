//! The key that signs the audit's checkpoints: Ed25519, in a file of its own that only the collector's user may read.
//!
//! Whoever has it can vouch for a history that never was; whoever has only the store cannot. It signs nothing else.

use std::path::Path;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use dogwatch_triage::audit::{Hex, PublicKey, Signature};

use super::{
    AuthorityError,
    files::{read_private, write_private},
};
use crate::access::Sha256;

/// In the authority's folder.
const FILE: &str = "audit.key";

/// Digits of a key's id: enough to tell keys apart, and to read aloud.
const ID_DIGITS: usize = 16;

/// The key.
pub struct AuditKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
    id: String,
}

impl core::fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("AuditKey").field(&self.id).finish_non_exhaustive()
    }
}

impl AuditKey {
    /// The key in the authority's folder; made when there is none, and then said in the log: checkpoints of an earlier key are
    /// not vouched for any more.
    ///
    /// # Errors
    /// The file cannot be read or written, belongs to somebody else, or is no key.
    pub fn open_or_make(authority: &Path) -> Result<Self, AuthorityError> {
        let path = authority.join(FILE);
        if let Some(text) = read_private(&path)? {
            return Self::read(&path, &text);
        }
        let key = Self::make(&path)?;
        tracing::info!(key = key.id, file = %path.display(), "made the key that signs the audit's checkpoints");
        Ok(key)
    }

    fn make(path: &Path) -> Result<Self, AuthorityError> {
        let made = Ed25519KeyPair::generate()
            .and_then(|pair| pair.to_pkcs8().map(|document| STANDARD.encode(document.as_ref())));
        let text = made.map_err(|_| {
            AuthorityError::file(path, "cannot be made", "see whether the system has random numbers")
        })?;
        write_private(path, format!("{text}\n").as_bytes())?;
        Self::read(path, &text)
    }

    fn read(path: &Path, text: &str) -> Result<Self, AuthorityError> {
        let broken = || {
            AuthorityError::file(
                path,
                "is not a key of ours",
                "put it back from a backup; or delete it, and a new one is made, which does not vouch for what the old one signed",
            )
        };
        let bytes = STANDARD.decode(text.trim()).map_err(|_| broken())?;
        let pair = Ed25519KeyPair::from_pkcs8(&bytes).map_err(|_| broken())?;
        let public: [u8; 32] = pair.public_key().as_ref().try_into().map_err(|_| broken())?;
        let mut id = Sha256::of(&public).to_string();
        id.truncate(ID_DIGITS);
        Ok(Self { pair, public: Hex(public), id })
    }

    /// Its short name, which checkpoints carry.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What checkpoints are verified with.
    pub const fn public(&self) -> PublicKey {
        self.public
    }

    /// Signs.
    pub fn sign(&self, bytes: &[u8]) -> Signature {
        let mut signature = Signature::ZEROS;
        signature.0.copy_from_slice(self.pair.sign(bytes).as_ref());
        signature
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

    use super::*;

    #[test]
    fn the_key_stays_the_same_and_a_damaged_one_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let made = AuditKey::open_or_make(folder.path()).unwrap();
        let again = AuditKey::open_or_make(folder.path()).unwrap();
        assert_eq!((made.id(), made.public()), (again.id(), again.public()));
        let key = UnparsedPublicKey::new(&ED25519, made.public().0);
        key.verify(b"word", &again.sign(b"word").0).unwrap();
        write_private(&folder.path().join(FILE), b"rubbish").unwrap();
        let said = AuditKey::open_or_make(folder.path()).unwrap_err().to_string();
        assert!(said.contains("audit.key") && said.contains("backup"), "{said}");
        assert!(!format!("{made:?}").contains(&STANDARD.encode(made.pair.to_pkcs8().unwrap())));
    }
}
