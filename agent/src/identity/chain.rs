//! Is a certificate chain ours? Pure checks on DER.

use rcgen::{KeyPair, PublicKeyData as _};
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

use super::lifetime::{self, Validity};

/// Why a chain is not usable.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// There is no certificate in it.
    #[error("the chain is empty")]
    Empty,
    /// Its first certificate cannot be read.
    #[error("the certificate cannot be read")]
    Unreadable,
    /// It is for another key.
    #[error("it is for another key")]
    OtherKey,
    /// It does not lead to the pinned root.
    #[error("it does not lead to the root that this endpoint trusts ({0})")]
    NotToRoot(webpki::Error),
}

/// From when to when the first certificate of a chain is good.
///
/// # Errors
/// When it cannot be read.
pub fn validity(chain: &[CertificateDer<'static>]) -> Result<Validity, ChainError> {
    let leaf = chain.first().ok_or(ChainError::Empty)?;
    lifetime::validity(leaf).ok_or(ChainError::Unreadable)
}

/// Checks that a chain is for `key` and leads to `root`, at the instant its own certificate becomes good.
///
/// # Errors
/// [`ChainError`] says what is wrong.
pub fn check(
    chain: &[CertificateDer<'static>],
    root: &CertificateDer<'static>,
    key: &KeyPair,
) -> Result<(), ChainError> {
    let not_before = validity(chain)?.not_before;
    let end_entity = EndEntityCert::try_from(&chain[0]).map_err(|_| ChainError::Unreadable)?;
    if *end_entity.subject_public_key_info() != *key.subject_public_key_info() {
        return Err(ChainError::OtherKey);
    }
    let anchor = webpki::anchor_from_trusted_cert(root).map_err(ChainError::NotToRoot)?;
    let from = u64::try_from(not_before.as_second()).unwrap_or(0);
    end_entity
        .verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &[anchor],
            &chain[1..],
            UnixTime::since_unix_epoch(std::time::Duration::from_secs(from)),
            KeyUsage::client_auth(),
            None,
            None,
        )
        .map_err(ChainError::NotToRoot)?;
    Ok(())
}
