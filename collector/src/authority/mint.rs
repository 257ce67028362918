//! What every certificate of ours has in common: key type, serial number, dates.

use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SerialNumber};

use super::AuthorityError;

/// How far back certificates begin to be valid, for clocks that are behind the collector's; a short-lived one less, or
/// its half life would be over before it is issued, and it would be renewed without end.
pub(super) const BACKDATE: SignedDuration = SignedDuration::from_mins(5);

/// Parameters of a certificate that is valid from now (and a little before) until `not_after`.
pub(super) fn parameters(
    common_name: &str,
    now: Timestamp,
    not_after: Timestamp,
) -> Result<CertificateParams, AuthorityError> {
    let mut parameters = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    parameters.distinguished_name = name;
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let backdate = BACKDATE.min(not_after.duration_since(now) / 10);
    parameters.not_before = epoch + since_epoch(now - backdate);
    parameters.not_after = epoch + since_epoch(not_after);
    parameters.serial_number = Some(serial_number()?);
    parameters.use_authority_key_identifier_extension = true;
    Ok(parameters)
}

/// A new key: ECDSA P-256, because each handshake verifies a chain of three and this is the quickest that everybody has.
pub(super) fn key() -> Result<KeyPair, AuthorityError> {
    Ok(KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?)
}

/// 127 random bits: unique without a counter, and positive as RFC 5280 wants.
fn serial_number() -> Result<SerialNumber, AuthorityError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(AuthorityError::Random)?;
    bytes[0] &= 0x7f;
    Ok(SerialNumber::from_slice(&bytes))
}

/// X.509 knows whole seconds.
fn since_epoch(instant: Timestamp) -> std::time::Duration {
    std::time::Duration::from_secs(u64::try_from(instant.as_second()).unwrap_or(0))
}

/// One certificate as PEM (RFC 7468).
pub(super) fn pem(certificate: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(certificate);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.extend(line.iter().copied().map(char::from));
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}
