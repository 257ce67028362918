//! A verifier of certificates that is not the ordinary one: what is judged of the certificate is its own, and that
//! whoever shows it holds its key is checked as everywhere.

use std::{fmt::Debug, sync::Arc};

use rustls::{
    DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

/// What a server shows.
#[derive(Debug)]
pub(crate) struct Shown<'a> {
    /// Its own certificate.
    pub(crate) end_entity: &'a CertificateDer<'a>,
    /// What else it shows.
    pub(crate) intermediates: &'a [CertificateDer<'a>],
    /// The name that was dialled.
    pub(crate) name: &'a ServerName<'a>,
    /// A stapled answer.
    pub(crate) ocsp: &'a [u8],
    /// Now.
    pub(crate) now: UnixTime,
}

/// Judges what a server shows.
pub(crate) trait Judge: Debug + Send + Sync {
    /// Whether to go on.
    fn judge(&self, shown: &Shown<'_>, provider: &Arc<CryptoProvider>) -> Result<ServerCertVerified, Error>;
}

/// Believes those whom a judge lets pass and who hold the key of what they show.
#[derive(Debug)]
pub(crate) struct Verifier<J> {
    judge: J,
    provider: Arc<CryptoProvider>,
}

impl<J: Judge> Verifier<J> {
    pub(crate) fn new(judge: J, provider: Arc<CryptoProvider>) -> Self {
        Self { judge, provider }
    }
}

impl<J: Judge> ServerCertVerifier for Verifier<J> {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.judge.judge(&Shown { end_entity, intermediates, name, ocsp, now }, &self.provider)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
