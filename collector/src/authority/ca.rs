//! The certificates that sign others: the root, the server CA and one CA per org.
//!
//! The root is two files, so that its key alone can be moved away; every other identity is one file (certificate,
//! then key), so that a crash can never leave a certificate beside another's key.

use std::path::{Path, PathBuf};

use dogwatch_model::OrgId;
use jiff::{SignedDuration, Timestamp};
use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

use super::{AuthorityError, files, mint};

pub(super) const ROOT_CERTIFICATE: &str = "root.crt";
const ROOT_KEY: &str = "root.key";
const SERVER_CA: &str = "server-ca.pem";
pub(super) const ORGS: &str = "orgs";

const ROOT_LIFETIME: SignedDuration = SignedDuration::from_hours(10 * 366 * 24);
const CA_LIFETIME: SignedDuration = SignedDuration::from_hours(5 * 366 * 24);
/// A CA with less than this left is renewed when the root's key is at hand: a year to bring it.
const RENEW_CA_BEFORE: SignedDuration = SignedDuration::from_hours(366 * 24);

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Which CA below the root.
pub(super) enum Kind<'a> {
    /// Signs the collector's own server certificate.
    Server,
    /// Signs the endpoints of one org.
    Org(&'a OrgId),
}

impl Kind<'_> {
    fn file(&self, folder: &Path) -> PathBuf {
        match self {
            Self::Server => folder.join(SERVER_CA),
            Self::Org(org) => folder.join(ORGS).join(format!("{org}.pem")),
        }
    }

    fn title(&self) -> String {
        match self {
            Self::Server => "the server CA".to_owned(),
            Self::Org(org) => format!("the CA of org {org}"),
        }
    }

    /// A CA can vouch for one use only: an org's CA cannot pretend to be the collector.
    fn usage(&self) -> ExtendedKeyUsagePurpose {
        match self {
            Self::Server => ExtendedKeyUsagePurpose::ServerAuth,
            Self::Org(_) => ExtendedKeyUsagePurpose::ClientAuth,
        }
    }
}

/// A certificate and the key to sign with.
pub(super) struct Ca {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) issuer: Issuer<'static, KeyPair>,
    pub(super) not_after: Timestamp,
}

impl Ca {
    fn is_old(&self, now: Timestamp) -> bool {
        self.not_after - RENEW_CA_BEFORE < now
    }

    /// When to look at its file again: once it is old, daily, because the root's key may have come back.
    pub(super) fn look_again_at(&self, now: Timestamp) -> Timestamp {
        if self.is_old(now) { self.not_after.min(now + DAY) } else { self.not_after - RENEW_CA_BEFORE }
    }

    fn parse(path: &Path, certificate: &str, key: &str) -> Result<Self, AuthorityError> {
        let certificate = parse_certificate(path, certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
            .ok()
            .and_then(|key| KeyPair::try_from(&key).ok())
            .ok_or_else(|| {
                AuthorityError::file(
                    path,
                    "holds no private key that can be read",
                    "restore it from a backup",
                )
            })?;
        let (_, not_after) = validity(path, &certificate)?;
        Ok(Self { issuer: Issuer::from_ca_cert_der(&certificate, key)?, certificate, not_after })
    }
}

/// A trust domain as SPIFFE wants it: lower-case letters, digits, dots, dashes and underscores.
pub(super) fn check_trust_domain(name: &str) -> Result<(), AuthorityError> {
    let valid = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_');
    if !name.is_empty() && name.len() <= 63 && name.bytes().all(valid) {
        return Ok(());
    }
    Err(AuthorityError::Name {
        name: name.to_owned(),
        role: "the trust domain",
        mend: "use 1 to 63 lower-case letters, digits, '.', '-' or '_'",
    })
}

/// Makes the root; its name of names (`spiffe://<trust domain>`) is in it, as SPIFFE asks of a signing certificate.
pub(super) fn create_root(folder: &Path, trust_domain: &str, now: Timestamp) -> Result<(), AuthorityError> {
    let mut parameters =
        mint::parameters(&format!("Dogwatch root {trust_domain}"), now, now + ROOT_LIFETIME)?;
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters.subject_alt_names = vec![SanType::URI(format!("spiffe://{trust_domain}").try_into()?)];
    let key = mint::key()?;
    let certificate = parameters.self_signed(&key)?;
    files::write_private(&folder.join(ROOT_KEY), key.serialize_pem().as_bytes())?;
    files::write_private(&folder.join(ROOT_CERTIFICATE), certificate.pem().as_bytes())
}

pub(super) fn create_server_ca(
    folder: &Path,
    trust_domain: &str,
    now: Timestamp,
) -> Result<(), AuthorityError> {
    create(folder, &Kind::Server, trust_domain, now)
}

/// Reads the root certificate and the trust domain in it.
pub(super) fn open_root(
    folder: &Path,
    now: Timestamp,
) -> Result<(CertificateDer<'static>, String), AuthorityError> {
    let path = folder.join(ROOT_CERTIFICATE);
    let pem = files::read_private(&path)?.ok_or_else(|| {
        AuthorityError::file(
            &path,
            "is not there",
            "run `dogwatch-collector init`, or restore it from a backup",
        )
    })?;
    let certificate = parse_certificate(&path, &pem)?;
    check_valid(&path, &certificate, now)?;
    // Seldom used, so that nobody would notice for years.
    files::check_private(&folder.join(ROOT_KEY))?;
    let trust_domain = uri_of(&certificate)
        .and_then(|uri| uri.strip_prefix("spiffe://").map(str::to_owned))
        .filter(|name| check_trust_domain(name).is_ok())
        .ok_or_else(|| {
            AuthorityError::file(&path, "names no trust domain", "restore it from a backup: it is not ours")
        })?;
    Ok((certificate, trust_domain))
}

/// Reads a CA; makes it when there is none, and renews it when it is old, if the root's key is at hand.
pub(super) fn open_or_create(
    folder: &Path,
    kind: &Kind<'_>,
    trust_domain: &str,
    now: Timestamp,
) -> Result<Ca, AuthorityError> {
    let path = kind.file(folder);
    let read = || files::read_private(&path)?.map(|pem| Ca::parse(&path, &pem, &pem)).transpose();
    let present = read()?;
    match present {
        Some(ca) if !ca.is_old(now) => return Ok(ca),
        Some(ca) if !folder.join(ROOT_KEY).exists() => {
            check_valid(&path, &ca.certificate, now)?;
            tracing::warn!(
                file = %path.display(), until = %ca.not_after,
                "a CA will expire; bring back the root's key and restart to renew it"
            );
            return Ok(ca);
        }
        _ => create(folder, kind, trust_domain, now)?,
    }
    read()?.ok_or_else(|| AuthorityError::file(&path, "vanished", "look who else writes there"))
}

fn create(folder: &Path, kind: &Kind<'_>, trust_domain: &str, now: Timestamp) -> Result<(), AuthorityError> {
    let root = root_with_key(folder, kind)?;
    let not_after = (now + CA_LIFETIME).min(root.not_after);
    let name = match kind {
        Kind::Server => format!("Dogwatch server CA {trust_domain}"),
        Kind::Org(org) => format!("Dogwatch org {org} {trust_domain}"),
    };
    // X.520 allows 64 characters in a common name; the name is for people only.
    let name: String = name.chars().take(64).collect();
    let mut parameters = mint::parameters(&name, now, not_after)?;
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters.extended_key_usages = vec![kind.usage()];
    let key = mint::key()?;
    let certificate = parameters.signed_by(&key, &root.issuer)?;
    files::write_private(
        &kind.file(folder),
        format!("{}{}", certificate.pem(), key.serialize_pem()).as_bytes(),
    )
}

fn root_with_key(folder: &Path, for_what: &Kind<'_>) -> Result<Ca, AuthorityError> {
    let (certificate, key) = (folder.join(ROOT_CERTIFICATE), folder.join(ROOT_KEY));
    let key_pem = files::read_private(&key)?.ok_or_else(|| AuthorityError::RootOffline {
        path: key.clone(),
        wanted: format!("making {}", for_what.title()),
    })?;
    let certificate_pem = files::read_private(&certificate)?
        .ok_or_else(|| AuthorityError::file(&certificate, "is not there", "restore it from a backup"))?;
    Ca::parse(&key, &certificate_pem, &key_pem)
}

fn parse_certificate(path: &Path, pem: &str) -> Result<CertificateDer<'static>, AuthorityError> {
    CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| {
        AuthorityError::file(path, "holds no certificate that can be read", "restore it from a backup")
    })
}

/// From when until when a certificate is valid.
pub(super) fn validity(
    path: &Path,
    certificate: &CertificateDer<'_>,
) -> Result<(Timestamp, Timestamp), AuthorityError> {
    let parse = || {
        let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
        let validity = parsed.validity();
        let instant = |time: x509_parser::time::ASN1Time| Timestamp::from_second(time.timestamp()).ok();
        Some((instant(validity.not_before)?, instant(validity.not_after)?))
    };
    parse().ok_or_else(|| {
        AuthorityError::file(path, "holds no certificate that can be read", "restore it from a backup")
    })
}

fn check_valid(path: &Path, certificate: &CertificateDer<'_>, now: Timestamp) -> Result<(), AuthorityError> {
    let (not_before, not_after) = validity(path, certificate)?;
    if now < not_before {
        return Err(AuthorityError::file(
            path,
            format!("is valid only from {not_before}, and this machine's clock says {now}"),
            "set the clock",
        ));
    }
    if now >= not_after {
        return Err(AuthorityError::file(
            path,
            format!("expired at {not_after}"),
            "bring back the root's key to renew a CA; an expired root means `init` anew and enrolling again",
        ));
    }
    Ok(())
}

/// The first URI that a certificate names.
fn uri_of(certificate: &CertificateDer<'_>) -> Option<String> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let names = parsed.subject_alternative_name().ok()??;
    names.value.general_names.iter().find_map(|name| match name {
        GeneralName::URI(uri) => Some((*uri).to_owned()),
        _ => None,
    })
}
