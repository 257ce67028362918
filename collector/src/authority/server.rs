//! The collector's own server certificate: for the names and addresses that people and agents call it by.

use std::{collections::BTreeSet, net::IpAddr, path::Path};

use jiff::{SignedDuration, Timestamp};
use rcgen::{ExtendedKeyUsagePurpose, KeyUsagePurpose, SanType};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

use super::{Authority, AuthorityError, ca, files, mint};

const SERVER: &str = "server.pem";
const LIFETIME: SignedDuration = SignedDuration::from_hours(365 * 24);
/// Renewed at a start when less than a third of its life is left.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(365 * 24 / 3);

/// What the collector shows of itself in a handshake.
#[derive(Debug)]
pub struct ServerIdentity {
    /// The certificate, then the CA that signed it. Not the root.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its key.
    pub key: PrivateKeyDer<'static>,
}

impl Authority {
    /// The server certificate, good for `hosts` at least; made anew when it is old or lacks one of them. Names that it
    /// has already stay.
    ///
    /// # Errors
    /// When a file cannot be read or written, or a host is neither a DNS name nor an address.
    pub fn server_identity(
        &self,
        hosts: &[String],
        now: Timestamp,
    ) -> Result<ServerIdentity, AuthorityError> {
        let path = self.folder.join(SERVER);
        let mut names: BTreeSet<String> = hosts.iter().map(|host| canonical(host)).collect();
        if let Some(pem) = files::read_private(&path)? {
            let identity = parse(&path, &pem)?;
            let present = identity.chain.first().map(names_of).unwrap_or_default();
            let is_young = identity
                .chain
                .first()
                .is_some_and(|leaf| ca::validity(&path, leaf).is_ok_and(|(_, end)| now < end - RENEW_BEFORE));
            if is_young && names.is_subset(&present) {
                return Ok(identity);
            }
            names.extend(present);
        }
        self.issue_server(&path, &names, now)
    }

    fn issue_server(
        &self,
        path: &Path,
        hosts: &BTreeSet<String>,
        now: Timestamp,
    ) -> Result<ServerIdentity, AuthorityError> {
        let ca = self.server_ca(now)?;
        let not_after = (now + LIFETIME).min(ca.not_after);
        let mut parameters = mint::parameters("Dogwatch collector", now, not_after)?;
        parameters.subject_alt_names =
            hosts.iter().map(|host| subject_name(host)).collect::<Result<_, _>>()?;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = mint::key()?;
        let certificate = parameters.signed_by(&key, &ca.issuer)?;
        // With the CA beside it, the chain stays whole when the CA is renewed.
        let pem = format!("{}{}{}", certificate.pem(), mint::pem(&ca.certificate), key.serialize_pem());
        files::write_private(path, pem.as_bytes())?;
        tracing::info!(hosts = ?hosts, until = %not_after, "server certificate issued");
        Ok(ServerIdentity {
            chain: vec![certificate.der().clone(), ca.certificate],
            key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        })
    }
}

fn parse(path: &Path, pem: &str) -> Result<ServerIdentity, AuthorityError> {
    let unreadable = || {
        AuthorityError::file(
            path,
            "does not hold a certificate, its CA and its key",
            "delete it; the next start makes a new one",
        )
    };
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().map_err(|_| unreadable())?;
    if chain.len() != 2 {
        return Err(unreadable());
    }
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| unreadable())?;
    Ok(ServerIdentity { chain, key })
}

/// Whether all of them can stand in a server certificate.
pub(super) fn check_hosts(hosts: &[String]) -> Result<(), AuthorityError> {
    hosts.iter().try_for_each(|host| subject_name(host).map(|_| ()))
}

fn subject_name(host: &str) -> Result<SanType, AuthorityError> {
    let bad = || AuthorityError::Name {
        name: host.to_owned(),
        role: "a host of the collector",
        mend: "give a DNS name such as rmm.example.net or an address such as 192.0.2.7, without port",
    };
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    rustls_pki_types::DnsName::try_from(host).map_err(|_| bad())?;
    Ok(SanType::DnsName(canonical(host).try_into().map_err(|_| bad())?))
}

/// One spelling per host, to compare and to put into the certificate.
fn canonical(host: &str) -> String {
    host.parse::<IpAddr>().map_or_else(|_| host.to_ascii_lowercase(), |address| address.to_string())
}

fn names_of(certificate: &CertificateDer<'_>) -> BTreeSet<String> {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else { return BTreeSet::new() };
    let Ok(Some(names)) = parsed.subject_alternative_name() else { return BTreeSet::new() };
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(octets) => match octets.len() {
            4 => <[u8; 4]>::try_from(*octets).ok().map(|octets| IpAddr::from(octets).to_string()),
            _ => <[u8; 16]>::try_from(*octets).ok().map(|octets| IpAddr::from(octets).to_string()),
        },
        _ => None,
    };
    names.value.general_names.iter().filter_map(text).collect()
}
