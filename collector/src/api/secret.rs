//! Making secrets: 256 random bits as URL-safe text. Only their hash is ever kept.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::problem::Problem;
use crate::access::Sha256;

/// What API tokens begin with, so that scanners of leaked secrets know one when they see it.
const TOKEN_PREFIX: &str = "dwt_";

/// 256 bits in base64 without padding.
const SECRET_CHARS: usize = 43;

/// A secret and what is kept of it.
pub(crate) struct Secret {
    /// Shown once.
    pub(crate) text: String,
    /// Kept.
    pub(crate) hash: Sha256,
}

/// A fresh API token.
pub(crate) fn api_token() -> Result<Secret, Problem> {
    make(TOKEN_PREFIX)
}

/// A fresh secret of a join token.
pub(crate) fn join_secret() -> Result<Secret, Problem> {
    make("")
}

/// A fresh invitation.
pub(crate) fn invitation() -> Result<Secret, Problem> {
    make("dwi_")
}

/// The letters of what people copy from paper: none is taken for another.
const PAPER: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567896";

/// Letters of a code on paper: 32 of 5 bits each are 160 bits.
const PAPER_CHARS: usize = 32;

/// A fresh code for paper, in groups of four.
pub(crate) fn sealed_code() -> Result<Secret, Problem> {
    let mut bits = [0; PAPER_CHARS];
    getrandom::fill(&mut bits).map_err(|_| Problem::internal("the system gives no random bytes"))?;
    let letters: Vec<char> = bits.iter().map(|bits| char::from(PAPER[usize::from(bits & 31)])).collect();
    let groups: Vec<String> = letters.chunks(4).map(|four| four.iter().collect()).collect();
    let text = groups.join("-");
    Ok(Secret { hash: Sha256::of(plain(&text).as_bytes()), text })
}

/// A fresh recovery code: 60 bits, which five tries a minute never find.
pub(crate) fn recovery_code() -> Result<Secret, Problem> {
    let long = sealed_code()?.text;
    let text = long.get(..14).unwrap_or(&long).to_owned();
    Ok(Secret { hash: Sha256::of(plain(&text).as_bytes()), text })
}

/// A code as it is compared: without the dashes and spaces that people add or leave out.
pub(crate) fn plain(code: &str) -> String {
    code.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}

/// A short public id.
pub(crate) fn short() -> Result<String, Problem> {
    let mut bits = [0; 5];
    getrandom::fill(&mut bits).map_err(|_| Problem::internal("the system gives no random bytes"))?;
    Ok(bits.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Whether a text has the form of an API token.
pub(crate) fn looks_like_token(text: &str) -> bool {
    text.strip_prefix(TOKEN_PREFIX).is_some_and(|rest| {
        rest.len() == SECRET_CHARS
            && rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    })
}

fn make(prefix: &str) -> Result<Secret, Problem> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits).map_err(|_| Problem::internal("the system gives no random bytes"))?;
    let text = format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bits));
    Ok(Secret { hash: Sha256::of(text.as_bytes()), text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_form_and_no_two_are_alike() {
        let (one, two) = (api_token().unwrap(), api_token().unwrap());
        assert!(looks_like_token(&one.text), "{}", one.text.len());
        assert_ne!(one.text, two.text);
        assert_eq!(one.hash, Sha256::of(one.text.as_bytes()));
        assert!(!looks_like_token(&one.text[..one.text.len() - 1]));
        assert!(!looks_like_token("Bearer"));
    }
}
