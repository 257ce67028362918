//! Secrets that people and agents carry: API tokens, join secrets, setup codes.

use base64::Engine as _;

use super::AuthorityError;

/// A new secret: 256 random bits as 43 characters of URL-safe text. Keep its hash, show the text once.
///
/// # Errors
/// [`AuthorityError::Random`] when the system has no random numbers.
pub fn new_secret() -> Result<String, AuthorityError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(AuthorityError::Random)?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_fits_a_join_token_and_never_comes_twice() {
        let (one, other) = (new_secret().unwrap(), new_secret().unwrap());
        assert_eq!(one.len(), 43);
        assert!(one.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        assert_ne!(one, other);
    }
}
