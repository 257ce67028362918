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

/// What invitations begin with.
const INVITATION_PREFIX: &str = "dwi_";

/// A fresh invitation.
pub(crate) fn invitation() -> Result<Secret, Problem> {
    make(INVITATION_PREFIX)
}

/// The invitation in what somebody copied: all of a link, or a part of one.
pub(crate) fn invitation_in(copied: &str) -> &str {
    let from = copied.find(INVITATION_PREFIX).map_or(copied, |at| &copied[at..]);
    let end = from.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
    end.map_or(from, |end| &from[..end])
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

    #[test]
    fn an_invitation_is_found_in_all_that_people_copy_of_its_link() {
        let code = invitation().unwrap().text;
        for copied in [
            code.clone(),
            format!(" {code} "),
            format!("https://c.example:7443/invite#{code}.0a1b2c"),
            format!("#{code}.0a"),
        ] {
            assert_eq!(invitation_in(&copied), code, "{copied}");
        }
        assert_eq!(invitation_in("c0de"), "c0de", "it is refused as it came");
    }
}
