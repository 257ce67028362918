//! A verifier that believes one root, known by its hash alone.
//!
//! The server shows its chain *with* the root. The root is looked for by hash; from there on everything is ordinary:
//! the chain has to lead to it, for the host name dialled, at the present time.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use rustls::{
    CertificateError, Error, OtherError, RootCertStore,
    client::{
        WebPkiServerVerifier,
        danger::{ServerCertVerified, ServerCertVerifier as _},
    },
    crypto::CryptoProvider,
};
use rustls_pki_types::CertificateDer;

use crate::dial::{
    RootNotShown,
    verifier::{Judge, Shown, Verifier},
};

/// SHA-256 of a certificate's DER.
pub(crate) fn sha256(certificate: &CertificateDer<'_>) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, certificate).as_ref());
    hash
}

/// Believes the root with this hash and nothing else.
#[derive(Debug)]
pub(super) struct PinnedRoot {
    root_sha256: [u8; 32],
}

impl PinnedRoot {
    pub(super) fn verifier(root_sha256: [u8; 32], provider: Arc<CryptoProvider>) -> Verifier<Self> {
        Verifier::new(Self { root_sha256 }, provider)
    }
}

impl Judge for PinnedRoot {
    fn judge(&self, shown: &Shown<'_>, provider: &Arc<CryptoProvider>) -> Result<ServerCertVerified, Error> {
        let Shown { end_entity, intermediates, name, ocsp, now } = *shown;
        let root = intermediates.iter().find(|shown| sha256(shown) == self.root_sha256).ok_or_else(|| {
            let missing = RootNotShown { shown: intermediates.len() + 1 };
            Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(missing))))
        })?;
        let mut roots = RootCertStore::empty();
        roots.add(root.clone().into_owned())?;
        let ordinary = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        ordinary.verify_server_cert(end_entity, intermediates, name, ocsp, now)
    }
}
