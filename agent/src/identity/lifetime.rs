//! From when to when a certificate is good, read from its DER (RFC 5280 §4.1).
//!
//! The fields before the validity are stepped over, whatever they say; nothing after it is looked at. That is no
//! verification: what a certificate is worth is for [`webpki`] to say. Deliberately not a general reader of ASN.1:
//! the one that fits is a fiftieth of this program, for two instants.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

const SEQUENCE: u8 = 0x30;
/// `[0]`, around the version. The first version has none.
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// From when to when a certificate is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// From when.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
}

/// Reads them. Nothing where this is no certificate, or its times are none that RFC 5280 allows.
pub fn validity(certificate: &[u8]) -> Option<Validity> {
    let (certificate, _) = expect(SEQUENCE, certificate)?;
    let (mut fields, _) = expect(SEQUENCE, certificate)?;
    if let Some((_, rest)) = expect(VERSION, fields) {
        fields = rest;
    }
    // The serial number, the algorithm, the issuer.
    for _ in 0..3 {
        fields = element(fields)?.2;
    }
    let (times, _) = expect(SEQUENCE, fields)?;
    let (not_before, rest) = instant(times)?;
    let (not_after, _) = instant(rest)?;
    Some(Validity { not_before, not_after })
}

/// The tag of the first element, what is in it, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = der.split_first_chunk()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn expect(wanted: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (tag, content, rest) = element(der)?;
    (tag == wanted).then_some((content, rest))
}

/// `YYMMDDHHMMSSZ` from 1950 to 2049, `YYYYMMDDHHMMSSZ` else.
fn instant(der: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (tag, text, rest) = element(der)?;
    let digits = text.strip_suffix(b"Z")?;
    let (year, digits) = match (tag, digits.len()) {
        (UTC_TIME, 12) => {
            let year = number(&digits[..2])?;
            (if year < 50 { 2000 + year } else { 1900 + year }, &digits[2..])
        }
        (GENERALIZED_TIME, 14) => (number(&digits[..4])?, &digits[4..]),
        _ => return None,
    };
    let mut parts = digits.chunks(2).map(|pair| number(pair).and_then(|part| i8::try_from(part).ok()));
    let mut part = || parts.next().flatten();
    let at = DateTime::new(year, part()?, part()?, part()?, part()?, part()?, 0).ok()?;
    Some((TimeZone::UTC.to_timestamp(at).ok()?, rest))
}

fn number(digits: &[u8]) -> Option<i16> {
    digits
        .iter()
        .try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i16::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};
    use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

    use super::*;

    fn made(from: i32, until: i32) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["host.example".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from, 2, 3);
        params.not_after = date_time_ymd(until, 12, 31);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn both_forms_of_time_are_read() {
        for (from, until) in [(1999, 2026), (2026, 2049), (2049, 2050), (1950, 9998)] {
            let seen = validity(&made(from, until)).unwrap();
            assert_eq!(seen.not_before.to_string(), format!("{from}-02-03T00:00:00Z"));
            assert_eq!(seen.not_after.to_string(), format!("{until}-12-31T00:00:00Z"));
        }
    }

    #[test]
    fn what_is_cut_short_or_no_time_is_nothing() {
        let whole = made(2025, 2026);
        for end in 0..whole.len() {
            assert_eq!(validity(&whole[..end]), None, "{end}");
        }
        for text in ["250203000000+", "2502030000Z", "251303000000Z", "25 203000000Z"] {
            let der = [&[UTC_TIME, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
            assert_eq!(instant(&der), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_mutation_is_read_as_another_reader_reads_it_or_not_at_all(
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
            year in 1950..2100_i32,
        ) {
            let mut der = made(year, year + 1);
            let at = at.index(der.len());
            der[at] = byte;
            if let (Some(seen), Ok((_, other))) = (validity(&der), X509Certificate::from_der(&der)) {
                prop_assert_eq!(seen.not_before.as_second(), other.validity().not_before.timestamp());
                prop_assert_eq!(seen.not_after.as_second(), other.validity().not_after.timestamp());
            }
        }
    }
}
