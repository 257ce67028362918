//! The name of a login: a file's name, and a word that people type.

use std::{fmt, str::FromStr};

/// The longest name: it stands in a column, and with its ending it is a file's name on every system.
const MAX_CHARS: usize = 64;

/// A name of a context: small letters, digits, `-`, `_` and `.`, beginning with a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ContextName(String);

impl ContextName {
    /// The name as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A name out of any text: what a collector is called, say.
    pub(crate) fn made_of(text: &str) -> Self {
        let mut name = String::new();
        for c in text.to_lowercase().chars().take(MAX_CHARS) {
            match c {
                'a'..='z' | '0'..='9' => name.push(c),
                _ if name.is_empty() || name.ends_with('-') => {}
                _ => name.push('-'),
            }
        }
        let name = name.trim_end_matches('-');
        Self(if name.is_empty() { "collector".to_owned() } else { name.to_owned() })
    }
}

impl FromStr for ContextName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let begins = text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        let goes_on = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
        if begins && text.len() <= MAX_CHARS && text.chars().all(goes_on) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!(
            "a context's name has small letters, digits, `-`, `_` and `.`, begins with a letter or digit, and has \
             {MAX_CHARS} characters at most"
        ))
    }
}

impl fmt::Display for ContextName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_out_of_no_folder_and_every_text_has_one() {
        for wrong in ["", "..", "../x", "a/b", ".hidden", "A", "a b", "ä", &"x".repeat(65)] {
            assert!(wrong.parse::<ContextName>().is_err(), "{wrong:?}");
        }
        assert!("acme.msp_2-x".parse::<ContextName>().is_ok());
        for (text, name) in
            [("Acme MSP GmbH & Co.", "acme-msp-gmbh-co"), ("../..", "collector"), ("日本", "collector")]
        {
            assert_eq!(ContextName::made_of(text).as_str(), name);
            assert!(ContextName::made_of(text).as_str().parse::<ContextName>().is_ok());
        }
    }
}
