//! Who may finish a handshake on the agents' port.
//!
//! Three questions, each failing closed: does the certificate chain to our root; does its key stand well
//! ([`KeyStatus`]); is it in date. A certificate that expired while its machine was away still finishes the handshake for
//! [`RENEWAL_GRACE`], but [`Peer::certificate_expired`] is set and the session may then do nothing but renew.

use core::fmt;
use std::{net::SocketAddr, sync::Arc};

use dogwatch_model::EndpointId;
use jiff::{SignedDuration, Timestamp};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::EndEntityCert;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::standing::{KeyState, KeyStatus};
use crate::access::Sha256;

/// How long an expired certificate may still be renewed: a machine that spent a term in a drawer comes back alone.
pub const RENEWAL_GRACE: SignedDuration = SignedDuration::from_hours(180 * 24);

/// How far in the future a certificate may begin: after the collector's clock was set back.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_hours(1);

/// Who is at the other end of a connection on the agents' port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// SHA-256 of its public key.
    pub key: Sha256,
    /// The endpoint whose key it is.
    pub endpoint: EndpointId,
    /// Its certificate has expired: it may renew and do nothing else.
    pub certificate_expired: bool,
    /// From where it calls.
    pub address: SocketAddr,
}

/// What a verified certificate says of its holder that is worth keeping as long as the connection stands.
#[derive(Debug, Clone, Copy)]
pub struct Credential {
    key: Sha256,
    not_after: u64,
    address: SocketAddr,
}

impl Credential {
    /// Reads a certificate that [`AgentVerifier`] has let through.
    ///
    /// # Errors
    /// When it is not a certificate.
    pub fn of(certificate: &CertificateDer<'_>, address: SocketAddr) -> Result<Self, Error> {
        Ok(Self { key: key_of(certificate)?, not_after: Dates::of(certificate)?.not_after, address })
    }

    /// Whose it is at `now`; `None` when its key does not stand well any more.
    pub fn peer(&self, keys: &dyn KeyStatus, now: Timestamp) -> Option<Peer> {
        let (KeyState::Active(endpoint) | KeyState::Pending(endpoint)) = keys.status(&self.key) else {
            return None;
        };
        let certificate_expired = u64::try_from(now.as_second()).is_ok_and(|now| now > self.not_after);
        Some(Peer { key: self.key, endpoint, certificate_expired, address: self.address })
    }
}

/// Verifies agents' certificates for rustls.
pub struct AgentVerifier {
    chain: Arc<dyn ClientCertVerifier>,
    keys: Arc<dyn KeyStatus>,
}

impl AgentVerifier {
    /// Trusts certificates under `root` whose keys stand well.
    ///
    /// # Errors
    /// When the root is not a certificate.
    pub fn new(root: &CertificateDer<'static>, keys: Arc<dyn KeyStatus>) -> Result<Self, Error> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(root.clone())?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let chain = rustls::server::WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        Ok(Self { chain, keys })
    }
}

impl fmt::Debug for AgentVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentVerifier").finish_non_exhaustive()
    }
}

impl ClientCertVerifier for AgentVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        // The key is asked about even when the certificate is too old: "revoked" is the truer answer.
        let verified = match Dates::of(end_entity)?.check(now) {
            Ok(at) => {
                let verified = self.chain.verify_client_cert(end_entity, intermediates, at);
                Ok(verified.map_err(same_name_other_key)?)
            }
            Err(date) => Err(date.into()),
        };
        match self.keys.status(&key_of(end_entity)?) {
            KeyState::Active(_) | KeyState::Pending(_) => verified,
            KeyState::Revoked => Err(CertificateError::Revoked.into()),
            KeyState::Unknown => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::PeerIncompatible(rustls::PeerIncompatible::Tls12NotOfferedOrEnabled))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

/// Another authority of the same name, whose signature therefore does not fit, is another authority.
fn same_name_other_key(error: Error) -> Error {
    match error {
        Error::InvalidCertificate(CertificateError::BadSignature) => CertificateError::UnknownIssuer.into(),
        other => other,
    }
}

fn key_of(certificate: &CertificateDer<'_>) -> Result<Sha256, Error> {
    let certificate =
        EndEntityCert::try_from(certificate).map_err(|_| Error::from(CertificateError::BadEncoding))?;
    Ok(Sha256::of(&certificate.subject_public_key_info()))
}

/// From when until when a certificate is valid, Unix seconds.
struct Dates {
    not_before: u64,
    not_after: u64,
}

impl Dates {
    fn of(certificate: &CertificateDer<'_>) -> Result<Self, Error> {
        let bad = || Error::from(CertificateError::BadEncoding);
        let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| bad())?;
        let seconds = |time: x509_parser::time::ASN1Time| u64::try_from(time.timestamp()).map_err(|_| bad());
        let validity = parsed.validity();
        Ok(Self { not_before: seconds(validity.not_before)?, not_after: seconds(validity.not_after)? })
    }

    /// The instant within the certificate's dates that is nearest to now, if it is near enough. The chain above was
    /// valid then: nobody signs beyond its own end.
    fn check(&self, now: UnixTime) -> Result<UnixTime, CertificateError> {
        let at = |seconds| UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let seconds = now.as_secs();
        if seconds > self.not_after.saturating_add(RENEWAL_GRACE.as_secs().unsigned_abs()) {
            return Err(CertificateError::ExpiredContext { time: now, not_after: at(self.not_after) });
        }
        if seconds.saturating_add(CLOCK_TOLERANCE.as_secs().unsigned_abs()) < self.not_before {
            return Err(CertificateError::NotValidYetContext { time: now, not_before: at(self.not_before) });
        }
        Ok(at(seconds.min(self.not_after).max(self.not_before)))
    }
}
