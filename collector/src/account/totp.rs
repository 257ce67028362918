//! The second factor: six digits for every half minute (RFC 6238, HMAC-SHA-1, which is what every authenticator does).

use aws_lc_rs::hmac;
use jiff::Timestamp;

use super::base32;
use crate::{
    access::Hidden,
    refusal::{Code, Refusal},
};

/// Seconds of a step.
const STEP: i64 = 30;
/// Steps that a clock may be away to either side.
const SKEW: u64 = 1;
/// Bytes of a key: as long as the hash.
const KEY_BYTES: usize = 20;
/// What a code is taken modulo.
const DIGITS: u32 = 1_000_000;

/// A fresh key, base32.
///
/// # Errors
/// The system gives no random bytes.
pub(crate) fn new_key() -> Result<Hidden, Refusal> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key)
        .map_err(|_| Refusal::new(Code::Unavailable, "the system gives no random bytes; try again"))?;
    Ok(Hidden::new(base32::encode(&key)))
}

/// The address that authenticators take as a QR code or a link.
pub(crate) fn otpauth(collector: &str, person: &str, key: &Hidden) -> String {
    let quoted: String = collector
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') {
                c.to_string()
            } else {
                "%20".to_owned()
            }
        })
        .collect();
    format!("otpauth://totp/{quoted}:{person}?secret={}&issuer={quoted}&digits=6&period=30", key.reveal())
}

fn code_at(key: &[u8], step: u64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let at = usize::from(tag.last().copied().unwrap_or_default() & 0xf);
    let mut four = [0; 4];
    four.copy_from_slice(tag.get(at..at + 4).unwrap_or(&[0; 4]));
    (u32::from_be_bytes(four) & 0x7fff_ffff) % DIGITS
}

/// The step for which a code is right at an instant. All steps are tried, so that the time tells nothing.
pub(crate) fn step_of(key: &Hidden, code: &str, now: Timestamp) -> Option<u64> {
    let digits = code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit());
    let (code, key) = (code.parse::<u32>().ok().filter(|_| digits)?, base32::decode(key.reveal())?);
    let present = u64::try_from(now.as_second() / STEP).ok()?;
    let steps = present.saturating_sub(SKEW)..=present + SKEW;
    steps.fold(None, |found, step| if code_at(&key, step) == code { Some(step) } else { found })
}

/// The code that an authenticator shows.
#[cfg(test)]
pub(crate) fn code_now(key: &Hidden, now: Timestamp) -> String {
    let key = base32::decode(key.reveal()).unwrap();
    format!("{:06}", code_at(&key, u64::try_from(now.as_second() / STEP).unwrap()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last six digits of the RFC's own examples.
    #[test]
    fn it_is_the_rfcs() {
        let key = Hidden::new(base32::encode(b"12345678901234567890"));
        for (second, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            let at = |offset: i64| Timestamp::from_second(second + offset).unwrap();
            let step = u64::try_from(second / STEP).unwrap();
            assert_eq!(step_of(&key, code, at(0)), Some(step));
            assert_eq!(step_of(&key, code, at(STEP)), Some(step), "a slow clock");
            assert_eq!(step_of(&key, code, at(2 * STEP + 1)), None);
        }
        assert_eq!(step_of(&key, "28708", Timestamp::UNIX_EPOCH), None);
    }
}
