//! What a person's telephone does at a login: the second factor's code of this half minute (RFC 6238).

use aws_lc_rs::hmac;
use jiff::Timestamp;

/// The six digits that an authenticator with that key shows now.
pub fn code_now(key: &str) -> String {
    let letter = |letter: u8| b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|known| *known == letter);
    let bits: Vec<usize> = key
        .bytes()
        .filter_map(letter)
        .flat_map(|five| (0..5).rev().map(move |bit| five >> bit & 1))
        .collect();
    let byte = |bits: &[usize]| bits.iter().fold(0, |byte, bit| byte << 1 | bit);
    let key: Vec<u8> = bits.chunks_exact(8).map(byte).filter_map(|byte| u8::try_from(byte).ok()).collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = hmac::sign(&key, &(Timestamp::now().as_second() / 30).to_be_bytes());
    let at = usize::from(tag.as_ref()[19] & 0xf);
    let four = tag.as_ref()[at..at + 4].iter().fold(0_u32, |four, byte| four << 8 | u32::from(*byte));
    format!("{:06}", (four & 0x7fff_ffff) % 1_000_000)
}
