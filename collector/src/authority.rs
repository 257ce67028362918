//! The collector's own certificate authority.
//!
//! ```text
//! root (10 years; its key may live offline)
//! ├── server CA (5 years, server authentication only) ── the collector's server certificate (1 year)
//! └── one CA per org (5 years, client authentication only) ── endpoints' certificates (30 days)
//! ```
//!
//! Invariants: a private key never leaves its file, which only its owner may read; a certificate says who an
//! endpoint is in one URI of our own making, whatever the request asked for; the root's key is needed to make or renew
//! a CA and for nothing else. What a certificate *means* is not decided here: identity is the key, and [`verify`] asks
//! [`standing::KeyStatus`] about it at every handshake. So there are no revocation lists, and none can be stale.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use dogwatch_model::OrgId;
use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::CertificateDer;

use crate::access::Sha256;

pub mod audit_key;
mod ca;
mod error;
mod files;
mod issue;
mod mint;
pub mod secret;
mod server;
pub mod standing;
pub mod tls;
pub mod verify;

pub use error::AuthorityError;
pub use files::write_private;
pub use issue::{IssuedChain, csr_key_sha256};
pub use server::ServerIdentity;

use ca::Ca;

/// How long an endpoint's certificate lives: short, because a lost key should age; long enough for a month of holiday.
pub const ENDPOINT_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The collector's certificate authority, in one folder.
pub struct Authority {
    folder: PathBuf,
    trust_domain: String,
    root: CertificateDer<'static>,
    endpoint_lifetime: SignedDuration,
    /// The CAs in use, each with the instant at which its file is looked at again.
    orgs: Mutex<HashMap<OrgId, (Arc<Ca>, Timestamp)>>,
}

impl Authority {
    /// Makes a new authority in `folder`, with a server certificate for `hosts`.
    ///
    /// # Errors
    /// When the folder holds one already, cannot be written, or a name is not usable in a certificate.
    pub fn create(
        folder: &Path,
        trust_domain: &str,
        hosts: &[String],
        now: Timestamp,
    ) -> Result<Self, AuthorityError> {
        ca::check_trust_domain(trust_domain)?;
        server::check_hosts(hosts)?;
        let root_file = folder.join(ca::ROOT_CERTIFICATE);
        if root_file.exists() {
            return Err(AuthorityError::file(&root_file, "exists already", "choose another folder"));
        }
        files::create_private_folder(folder)?;
        files::create_private_folder(&folder.join(ca::ORGS))?;
        ca::create_root(folder, trust_domain, now)?;
        ca::create_server_ca(folder, trust_domain, now)?;
        let authority = Self::open(folder, now)?;
        authority.server_identity(hosts, now)?;
        Ok(authority)
    }

    /// Opens the authority in `folder`; checks owner, permissions and validity of its files, and renews the server CA
    /// when it is old and the root's key is at hand.
    ///
    /// # Errors
    /// Names the file, what is wrong with it and how to mend it.
    pub fn open(folder: &Path, now: Timestamp) -> Result<Self, AuthorityError> {
        files::check_private_folder(folder)?;
        let (root, trust_domain) = ca::open_root(folder, now)?;
        let authority = Self {
            folder: folder.to_owned(),
            trust_domain,
            root,
            endpoint_lifetime: ENDPOINT_LIFETIME,
            orgs: Mutex::default(),
        };
        authority.server_ca(now)?;
        Ok(authority)
    }

    /// Issues certificates of another lifetime than [`ENDPOINT_LIFETIME`].
    #[must_use]
    pub fn with_endpoint_lifetime(mut self, lifetime: SignedDuration) -> Self {
        self.endpoint_lifetime = lifetime;
        self
    }

    /// The name that endpoints' identities begin with: `spiffe://<trust domain>/…`.
    pub fn trust_domain(&self) -> &str {
        &self.trust_domain
    }

    /// The root certificate.
    pub fn root(&self) -> &CertificateDer<'static> {
        &self.root
    }

    /// SHA-256 of the root certificate (DER): what join tokens and logins pin.
    pub fn root_sha256(&self) -> Sha256 {
        Sha256::of(&self.root)
    }

    /// Makes sure that the org has a CA; makes or renews it when the root's key is at hand.
    ///
    /// # Errors
    /// [`AuthorityError::RootOffline`] when the org has no CA and the root's key is away.
    pub fn ensure_org(&self, org: &OrgId, now: Timestamp) -> Result<(), AuthorityError> {
        self.org_ca(org, now).map(|_| ())
    }

    fn org_ca(&self, org: &OrgId, now: Timestamp) -> Result<Arc<Ca>, AuthorityError> {
        let mut orgs = self.orgs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, until)) = orgs.get(org)
            && now < *until
        {
            return Ok(Arc::clone(known));
        }
        let ca = Arc::new(ca::open_or_create(&self.folder, &ca::Kind::Org(org), &self.trust_domain, now)?);
        orgs.insert(org.clone(), (Arc::clone(&ca), ca.look_again_at(now)));
        Ok(ca)
    }

    fn server_ca(&self, now: Timestamp) -> Result<Ca, AuthorityError> {
        ca::open_or_create(&self.folder, &ca::Kind::Server, &self.trust_domain, now)
    }
}

#[cfg(test)]
mod tests;
