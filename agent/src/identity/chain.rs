//! Is a certificate chain ours? Pure checks on DER.

use jiff::Timestamp;
use rcgen::{KeyPair, PublicKeyData as _};
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

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

/// From when to when a certificate is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// From when.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
}

fn leaf<'a>(chain: &'a [CertificateDer<'static>]) -> Result<X509Certificate<'a>, ChainError> {
    let first = chain.first().ok_or(ChainError::Empty)?;
    X509Certificate::from_der(first).map(|(_, leaf)| leaf).map_err(|_| ChainError::Unreadable)
}

/// From when to when the first certificate of a chain is good.
///
/// # Errors
/// When it cannot be read.
pub fn validity(chain: &[CertificateDer<'static>]) -> Result<Validity, ChainError> {
    let leaf = leaf(chain)?;
    let instant = |time: x509_parser::time::ASN1Time| {
        Timestamp::from_second(time.timestamp()).map_err(|_| ChainError::Unreadable)
    };
    Ok(Validity {
        not_before: instant(leaf.validity().not_before)?,
        not_after: instant(leaf.validity().not_after)?,
    })
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
    let parsed = leaf(chain)?;
    if parsed.public_key().raw != key.subject_public_key_info() {
        return Err(ChainError::OtherKey);
    }
    let anchor = webpki::anchor_from_trusted_cert(root).map_err(ChainError::NotToRoot)?;
    let end_entity = EndEntityCert::try_from(&chain[0]).map_err(ChainError::NotToRoot)?;
    let from = u64::try_from(parsed.validity().not_before.timestamp()).unwrap_or(0);
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
