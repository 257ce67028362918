//! A place in the feed as a text that only this process can read.
//!
//! Places are counted over all orgs. Told as numbers they would tell everybody how much goes on elsewhere, so each is
//! enciphered with a key that lives as long as the process, and with a number that is never the same: who is told one place
//! twice cannot see that nothing has happened in between. A text of another process, or of nobody, is no place.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_lc_rs::cipher::{
    AES_128, AES_128_KEY_LEN, DecryptingKey, DecryptionContext, EncryptingKey, UnboundCipherKey,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// Bytes of a block of the cipher: eight for the place, four that differ each time, and four that are zero in all that we made.
/// Whoever guesses one of the others only names a place to listen from.
const BLOCK: usize = 16;

/// The key of one process.
pub(super) struct Seal {
    seal: EncryptingKey,
    open: DecryptingKey,
    /// How many texts were made.
    made: AtomicU32,
}

impl Seal {
    /// A new key.
    pub(super) fn new() -> Self {
        let mut key = [0; AES_128_KEY_LEN];
        // Without random numbers nothing of the collector works; this would only make places readable.
        let _readable = getrandom::fill(&mut key);
        let unbound = || {
            UnboundCipherKey::new(&AES_128, &key).unwrap_or_else(|_| unreachable!("the key has its length"))
        };
        Self {
            seal: EncryptingKey::ecb(unbound()).unwrap_or_else(|_| unreachable!("AES has this mode")),
            open: DecryptingKey::ecb(unbound()).unwrap_or_else(|_| unreachable!("AES has this mode")),
            made: AtomicU32::new(0),
        }
    }

    /// A text of a place, another one each time.
    pub(super) fn text(&self, place: u64) -> String {
        let mut block = [0; BLOCK];
        block[..8].copy_from_slice(&place.to_be_bytes());
        block[8..12].copy_from_slice(&self.made.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        // One whole block always enciphers.
        let _sealed = self.seal.encrypt(&mut block);
        URL_SAFE_NO_PAD.encode(block)
    }

    /// The place of a text, if this process made it.
    pub(super) fn place(&self, text: &str) -> Option<u64> {
        let mut block: [u8; BLOCK] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        self.open.decrypt(&mut block, DecryptionContext::None).ok()?;
        let (place, check) = (&block[..8], &block[12..]);
        (check == [0; 4]).then(|| u64::from_be_bytes(place.try_into().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_by_who_wrote_it_and_by_nobody_else() {
        let (ours, theirs) = (Seal::new(), Seal::new());
        for place in [0, 1, 77, u64::MAX] {
            assert_eq!(ours.place(&ours.text(place)), Some(place));
            assert_eq!(theirs.place(&ours.text(place)), None);
        }
        for text in ["", "7", "AAAAAAAAAAAAAAAAAAAAAA", "é", &ours.text(7)[1..]] {
            assert_eq!(ours.place(text), None, "{text}");
        }
    }

    #[test]
    fn the_same_place_never_looks_the_same() {
        let seal = Seal::new();
        let (first, second) = (seal.text(41), seal.text(41));
        assert_ne!(first, second);
        assert_eq!(seal.place(&first), seal.place(&second));
    }

    #[test]
    fn neighbours_do_not_look_like_neighbours() {
        let seal = Seal::new();
        let (a, b) = (seal.text(41), seal.text(42));
        let alike = a.bytes().zip(b.bytes()).filter(|(a, b)| a == b).count();
        assert!(alike < a.len() / 2, "{a} {b}");
    }
}
