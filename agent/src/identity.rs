//! Who this endpoint is: a key that never leaves it, and the collector's certificate for that key.
//!
//! Four files in the state folder: `key.pem`, `chain.pem`, `root.pem` and, written last, `endpoint.json`; without the
//! last one the endpoint is not enrolled. A renewed chain replaces `chain.pem` atomically and is used from the next
//! connection on. Every chain is checked before it is stored: for our key, and up to the pinned root. Clocks have no
//! say in that check: a machine with a wrong clock must be able to renew.

pub mod chain;
pub mod evidence;
pub mod guard;
pub mod lifetime;
pub mod renewal;
pub mod starts;

use std::sync::Arc;

use dogwatch_model::{EndpointId, OrgId, SiteId};
use jiff::Timestamp;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject as _};
use serde::{Deserialize, Serialize};

use crate::{
    dial,
    enroll::pin,
    state_dir::{StateDir, StateError},
};
use chain::ChainError;
use lifetime::Validity;

const KEY: &str = "key.pem";
const CHAIN: &str = "chain.pem";
const ROOT: &str = "root.pem";
const ENDPOINT: &str = "endpoint.json";

/// Why there is no identity to use.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The endpoint was never enrolled.
    #[error("this endpoint is not enrolled: run `dogwatch-agent enroll TOKEN` first (looked in {folder})")]
    NotEnrolled {
        /// The state folder.
        folder: String,
    },
    /// A file is damaged.
    #[error(
        "{folder}/{file} is damaged ({reason}); restore it from a backup, or remove the folder and enrol again"
    )]
    Damaged {
        /// The state folder.
        folder: String,
        /// The file in it.
        file: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The files cannot be read or written.
    #[error(transparent)]
    State(#[from] StateError),
    /// A chain that is not ours.
    #[error("the collector sent a certificate that this endpoint cannot use: {0}")]
    Chain(#[from] ChainError),
    /// Cryptography failed.
    #[error("cannot make a key or a request: {0}")]
    Key(#[from] rcgen::Error),
    /// TLS cannot be configured.
    #[error("cannot configure TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// What the collector called this endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointRecord {
    /// Its id.
    pub endpoint_id: EndpointId,
    /// The name it was given.
    pub name: String,
    /// Its org.
    pub org: OrgId,
    /// Its site.
    pub site: SiteId,
    /// `host:port` where it enrolled.
    pub collector: String,
    /// `host:port` of the agents' listener.
    pub uplink: String,
    /// When it enrolled.
    pub enrolled_at: Timestamp,
}

/// A key and what was certified about it.
#[derive(Debug)]
pub struct Identity {
    state: StateDir,
    key: KeyPair,
    chain: Vec<CertificateDer<'static>>,
    root: CertificateDer<'static>,
    record: EndpointRecord,
}

/// Makes a new key: ECDSA on P-256, which every CA and every HSM can work with.
///
/// # Errors
/// When the cryptography fails.
pub fn new_key() -> Result<KeyPair, IdentityError> {
    Ok(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?)
}

/// A certificate request for a key. It names nobody: the collector decides the names.
///
/// # Errors
/// When the cryptography fails.
pub fn certificate_request(key: &KeyPair) -> Result<Vec<u8>, IdentityError> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    Ok(params.serialize_request(key)?.der().to_vec())
}

impl Identity {
    /// Whether the state folder holds an identity.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn exists(state: &StateDir) -> Result<bool, StateError> {
        Ok(state.read(ENDPOINT)?.is_some())
    }

    /// Stores a new identity, the file that makes it count last.
    ///
    /// # Errors
    /// When the chain is not for this key and root, or a file cannot be written.
    pub fn store(
        state: &StateDir,
        key: KeyPair,
        chain: Vec<CertificateDer<'static>>,
        root: CertificateDer<'static>,
        record: EndpointRecord,
    ) -> Result<Self, IdentityError> {
        chain::check(&chain, &root, &key)?;
        state.write(KEY, key.serialize_pem().as_bytes())?;
        state.write(CHAIN, pem(&chain).as_bytes())?;
        state.write(ROOT, pem(std::slice::from_ref(&root)).as_bytes())?;
        let json = serde_json::to_vec_pretty(&record).map_err(|error| damaged(state, ENDPOINT, error))?;
        state.write(ENDPOINT, &json)?;
        Ok(Self { state: state.clone(), key, chain, root, record })
    }

    /// Whether an endpoint is enrolled in this state folder.
    pub fn is_in(state: &StateDir) -> bool {
        state.path().join(ENDPOINT).exists()
    }

    /// Loads the identity of an enrolled endpoint.
    ///
    /// # Errors
    /// When there is none, or a file is missing or damaged.
    pub fn load(state: &StateDir) -> Result<Self, IdentityError> {
        let folder = state.path().display().to_string();
        let record = state.read(ENDPOINT)?.ok_or(IdentityError::NotEnrolled { folder })?;
        let record = serde_json::from_str(&record).map_err(|error| damaged(state, ENDPOINT, error))?;
        let key = KeyPair::from_pem(&present(state, KEY)?).map_err(|error| damaged(state, KEY, error))?;
        let chain = certificates(state, CHAIN)?;
        let root = certificates(state, ROOT)?.pop().ok_or_else(|| damaged(state, ROOT, "empty"))?;
        chain::check(&chain, &root, &key).map_err(|error| damaged(state, CHAIN, error))?;
        Ok(Self { state: state.clone(), key, chain, root, record })
    }

    /// What the collector called this endpoint.
    pub fn record(&self) -> &EndpointRecord {
        &self.record
    }

    /// SHA-256 of the pinned root.
    pub fn root_sha256(&self) -> [u8; 32] {
        pin::sha256(&self.root)
    }

    /// Takes another collector for its own; gives the address of the one before.
    ///
    /// # Errors
    /// When that cannot be written; the one before then stays.
    pub fn move_to(&mut self, uplink: String) -> Result<String, IdentityError> {
        let record = EndpointRecord { uplink, ..self.record.clone() };
        let json =
            serde_json::to_vec_pretty(&record).map_err(|error| damaged(&self.state, ENDPOINT, error))?;
        self.state.write(ENDPOINT, &json)?;
        Ok(std::mem::replace(&mut self.record, record).uplink)
    }

    /// From when to when the certificate is good.
    ///
    /// # Errors
    /// When the certificate cannot be read.
    pub fn validity(&self) -> Result<Validity, IdentityError> {
        Ok(chain::validity(&self.chain)?)
    }

    /// A request to renew, for the same key.
    ///
    /// # Errors
    /// When the cryptography fails.
    pub fn renewal_request(&self) -> Result<Vec<u8>, IdentityError> {
        certificate_request(&self.key)
    }

    /// Takes a renewed chain, if it is for our key and up to our root, and stores it.
    ///
    /// # Errors
    /// When it is not, or cannot be written; the present chain then stays.
    pub fn renew(&mut self, chain: Vec<CertificateDer<'static>>) -> Result<(), IdentityError> {
        chain::check(&chain, &self.root, &self.key)?;
        self.state.write(CHAIN, pem(&chain).as_bytes())?;
        self.chain = chain;
        Ok(())
    }

    /// TLS for the people's door, which asks for no certificate: the pinned root alone to believe, HTTP/1.1 to speak.
    ///
    /// # Errors
    /// When the root cannot be used for TLS.
    pub fn tls_to_people(&self) -> Result<Arc<ClientConfig>, IdentityError> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone())?;
        let config = dial::client_config()?.with_root_certificates(roots).with_no_client_auth();
        Ok(dial::finish_for(config, b"http/1.1"))
    }

    /// TLS for the uplink: our certificate, and the pinned root alone to believe.
    ///
    /// # Errors
    /// When key and certificate cannot be used for TLS.
    pub fn tls(&self) -> Result<Arc<ClientConfig>, IdentityError> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone())?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let config = dial::client_config()?
            .with_root_certificates(roots)
            .with_client_auth_cert(self.chain.clone(), key)?;
        Ok(dial::finish(config))
    }
}

fn damaged(state: &StateDir, file: &'static str, reason: impl std::fmt::Display) -> IdentityError {
    let folder = state.path().display().to_string();
    IdentityError::Damaged { folder, file, reason: reason.to_string() }
}

fn present(state: &StateDir, file: &'static str) -> Result<String, IdentityError> {
    state.read(file)?.ok_or_else(|| damaged(state, file, "missing"))
}

fn certificates(state: &StateDir, file: &'static str) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    CertificateDer::pem_slice_iter(present(state, file)?.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| damaged(state, file, error))
}

/// Certificates as PEM (RFC 7468).
fn pem(certificates: &[CertificateDer<'_>]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let mut text = String::new();
    for certificate in certificates {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let body = STANDARD.encode(certificate);
        for line in body.as_bytes().chunks(64) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}
