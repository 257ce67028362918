//! What a password has to be: judged where it is chosen, and again where it is set.

/// The shortest: with a second factor, and five tries a minute, twelve letters of anything do.
pub const MIN_CHARS: usize = 12;
/// The longest, in bytes.
pub const MAX_BYTES: usize = 512;

/// What is wrong with a password that somebody chose; nothing, if it will do.
pub fn fault(password: &str) -> Option<String> {
    let fits = password.chars().count() >= MIN_CHARS && password.len() <= MAX_BYTES;
    (!fits).then(|| {
        format!(
            "a password has at least {MIN_CHARS} characters and at most {MAX_BYTES} bytes; a sentence is fine"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_count_and_not_their_bytes() {
        assert_eq!(fault("zwölf zeich."), None);
        assert!(fault("elf zeichen").is_some() && fault("ööööööööööö").is_some());
        assert_eq!(fault(&"a".repeat(MAX_BYTES)), None);
        assert!(fault(&"a".repeat(MAX_BYTES + 1)).is_some());
    }
}
