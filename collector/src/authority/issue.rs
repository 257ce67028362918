//! From an endpoint's certificate request to its certificate.
//!
//! Only the public key and the proof that the asker holds the private one are taken from the request. Its subject,
//! names and extensions are not even looked at.

use dogwatch_model::{EndpointId, OrgId};
use jiff::Timestamp;
use rcgen::{ExtendedKeyUsagePurpose, KeyUsagePurpose, SanType, SubjectPublicKeyInfo};
use x509_parser::{certification_request::X509CertificationRequest, prelude::FromDer as _};

use super::{Authority, AuthorityError, mint};
use crate::access::Sha256;

/// An endpoint's new certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedChain {
    /// DER, leaf first, then its CA; without the root.
    pub chain_der: Vec<Vec<u8>>,
    /// When the leaf expires.
    pub not_after: Timestamp,
}

/// SHA-256 of the public key (DER `SubjectPublicKeyInfo`) that a request is for: the endpoint's identity.
///
/// # Errors
/// [`AuthorityError::Request`] when it is no PKCS#10 request, its signature is wrong, or its key is of a kind that we
/// do not take.
pub fn csr_key_sha256(csr_der: &[u8]) -> Result<Sha256, AuthorityError> {
    proven_key(csr_der).map(|key| Sha256::of(&key))
}

impl Authority {
    /// Issues the certificate of `endpoint` for the key in a request, whatever else the request says.
    ///
    /// # Errors
    /// As [`csr_key_sha256`], and as [`Authority::ensure_org`].
    pub fn issue(
        &self,
        csr_der: &[u8],
        org: &OrgId,
        endpoint: EndpointId,
        now: Timestamp,
    ) -> Result<IssuedChain, AuthorityError> {
        let key = proven_key(csr_der)?;
        let public_key = SubjectPublicKeyInfo::from_der(&key).map_err(|_| UNKNOWN_KEY)?;
        let ca = self.org_ca(org, now)?;
        let not_after = (now + self.endpoint_lifetime).min(ca.not_after);
        let mut parameters = mint::parameters(&format!("Dogwatch endpoint {endpoint}"), now, not_after)?;
        let identity = format!("spiffe://{}/org/{org}/endpoint/{endpoint}", self.trust_domain);
        parameters.subject_alt_names = vec![SanType::URI(identity.try_into()?)];
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let leaf = parameters.signed_by(&public_key, &ca.issuer)?;
        Ok(IssuedChain { chain_der: vec![leaf.der().to_vec(), ca.certificate.to_vec()], not_after })
    }
}

const UNKNOWN_KEY: AuthorityError = AuthorityError::Request(
    "has a key of a kind that is not taken here; use ECDSA P-256 or P-384, or Ed25519",
);

/// The public key of a request whose signature proves that the asker holds the private one.
///
/// The key must be written exactly as it will stand in the certificate: its hash is the identity, and one key
/// must not have two.
fn proven_key(csr_der: &[u8]) -> Result<Vec<u8>, AuthorityError> {
    let (rest, request) = X509CertificationRequest::from_der(csr_der)
        .map_err(|_| AuthorityError::Request("is not a PKCS#10 request in DER"))?;
    if !rest.is_empty() {
        return Err(AuthorityError::Request("has something behind its end"));
    }
    request.verify_signature().map_err(|_| AuthorityError::Request("is not signed by its own key"))?;
    let written = request.certification_request_info.subject_pki.raw;
    let key = SubjectPublicKeyInfo::from_der(written).map_err(|_| UNKNOWN_KEY)?;
    let taken = [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ED25519];
    let algorithm = rcgen::PublicKeyData::algorithm(&key);
    if !taken.contains(&algorithm) || rcgen::PublicKeyData::subject_public_key_info(&key) != written {
        return Err(UNKNOWN_KEY);
    }
    Ok(written.to_vec())
}
