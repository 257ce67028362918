//! Words that may be secrets, cut short before a text is shown.
//!
//! Errors repeat what somebody gave, so that they see what is meant; and people put tokens where names belong. What has the
//! form of a secret is shown by its first letters only: enough to know which one it was, useless to whoever reads along.
//! Names, ids and addresses stay whole; sentences do too, so what takes passwords must not repeat them at all.

use std::borrow::Cow;

/// Shorter words are names: no secret that a machine makes is shorter.
const OPAQUE_CHARS: usize = 24;
/// A hash, or a key in hexadecimal digits.
const HEX_CHARS: usize = 32;
/// A key of a second factor in base32: 128 bits.
const BASE32_CHARS: usize = 26;
/// Signs of a group of a code for paper, and the fewest groups of one.
const PAPER_GROUP: (usize, usize) = (4, 3);
/// What secrets of Dogwatch begin with.
const OURS: [&str; 3] = ["dwt_", "dwi_", "dwj1~"];
/// What is left of one.
const SHOWN_CHARS: usize = 4;

/// The text with every word that may be a secret cut short.
pub fn veiled(text: &str) -> Cow<'_, str> {
    without(text, may_be_secret)
}

/// The same with Dogwatch's own secrets alone: for texts that have hashes in them, which are to be compared.
pub fn without_our_secrets(text: &str) -> Cow<'_, str> {
    without(text, is_ours)
}

fn without(text: &str, is_secret: fn(&str) -> bool) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut from = 0;
    for (at, word) in words(text) {
        if is_secret(word) {
            shown.push_str(&text[from..at]);
            shown.push_str(&word[..SHOWN_CHARS]);
            shown.push('…');
            from = at + word.len();
        }
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(&text[from..]);
    Cow::Owned(shown)
}

/// Whether a word has the form of a secret.
pub fn may_be_secret(word: &str) -> bool {
    is_ours(word) || is_hex(word) || is_base32(word) || is_paper(word) || is_mixed(word)
}

/// Whether a secret of Dogwatch's own stands in a text.
pub fn holds_our_secret(text: &str) -> bool {
    words(text).any(|(_, word)| is_ours(word))
}

fn is_ours(word: &str) -> bool {
    OURS.iter().any(|prefix| word.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()))
}

/// Runs of what tokens are made of: letters, digits, and the signs of both kinds of base64 but the one that paths have.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let belongs = |byte: u8| byte.is_ascii_alphanumeric() || b"-_+=~".contains(&byte);
    let mut from = 0;
    std::iter::from_fn(move || {
        let bytes = text.as_bytes();
        let start = from + bytes.get(from..)?.iter().position(|byte| belongs(*byte))?;
        let rest = &bytes[start..];
        let end = start + rest.iter().position(|byte| !belongs(*byte)).unwrap_or(rest.len());
        from = end;
        Some((start, &text[start..end]))
    })
}

fn has_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

fn is_hex(word: &str) -> bool {
    word.len() >= HEX_CHARS && has_digit(word) && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_base32(word: &str) -> bool {
    word.len() >= BASE32_CHARS
        && has_digit(word)
        && word.bytes().all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte))
}

/// Groups of four as they stand on paper, digits among them.
fn is_paper(word: &str) -> bool {
    let (chars, groups) = PAPER_GROUP;
    let is_group =
        |group: &str| group.len() == chars && group.bytes().all(|byte| byte.is_ascii_alphanumeric());
    has_digit(word) && word.split('-').count() >= groups && word.split('-').all(is_group)
}

/// Long, and its letters and digits change places too often for anything that somebody has named. Ids are no secrets.
fn is_mixed(word: &str) -> bool {
    let kinds: Vec<u8> = word
        .bytes()
        .filter_map(|byte| match byte {
            b'0'..=b'9' => Some(0),
            b'a'..=b'z' => Some(1),
            b'A'..=b'Z' => Some(2),
            _ => None,
        })
        .collect();
    let changes = kinds.windows(2).filter(|pair| pair[0] != pair[1]).count();
    kinds.len() >= OPAQUE_CHARS && changes * 4 >= kinds.len() && uuid::Uuid::try_parse(word).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_machines_make_is_cut_short() {
        for secret in [
            "dwt_9cJ0xY7t3nqVbM2kQ8RzLw5sE1uGfHoPaTdXiCvBnMk",
            "dwi_short",
            "dwj1~localhost",
            "0123456789abcdef0123456789abcdef",
            "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
            "a3cd-efgh-jkmn",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ] {
            assert_eq!(
                veiled(&format!("there is no token `{secret}`; ask for one")),
                format!("there is no token `{}…`; ask for one", &secret[..4])
            );
        }
    }

    #[test]
    fn what_people_named_stays_whole() {
        for text in [
            "there is no endpoint `WIN-SERVER2022-Datacenter-01`; `dogwatch fleet` shows those there are",
            "#1042 is at 2026-11-23T07:30:00.123456789Z, not `srv-web-frontend-cluster-01-prod-east-2`",
            "018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d11 is an endpoint",
            "https://collector.example:7443/setup#CODE.HASH",
            "the team back-desk-team is not there; pröv",
            "",
        ] {
            assert!(matches!(veiled(text), Cow::Borrowed(same) if same == text), "{text}: {}", veiled(text));
        }
    }
}
