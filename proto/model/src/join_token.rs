//! The join token: one string that carries everything an agent needs for first contact.
//!
//! `dwj1~<address>~<org>~<site>~<root hash, hex>~<secret>`. The collector stores only a hash of the secret; org
//! and site in the string are for people to read, the collector goes by its own record of them. Nothing in it
//! needs quoting in a POSIX shell or PowerShell.

use core::{fmt, str::FromStr};

use crate::{OrgId, SiteId};

const PREFIX: &str = "dwj1";

/// What the string holds.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinToken {
    /// `host:port` of the collector's people listener.
    pub address: String,
    /// The org it enrols into.
    pub org: OrgId,
    /// The site it enrols into.
    pub site: SiteId,
    /// SHA-256 of the collector's root certificate (DER).
    pub root_sha256: [u8; 32],
    /// The secret, URL-safe text of 256 random bits.
    pub secret: String,
}

/// Why a text is not a join token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinTokenError {
    /// Not of the form at all.
    #[error(
        "this is not a join token: it should begin with `{PREFIX}~` and have six parts joined by `~`; copy it whole, in quotes"
    )]
    Form,
    /// One part of it is wrong.
    #[error("the join token's {part} is not valid; copy the token again, whole")]
    Part {
        /// Which part.
        part: &'static str,
    },
}

impl fmt::Display for JoinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}~{}~{}~{}~", self.address, self.org, self.site)?;
        for byte in self.root_sha256 {
            write!(f, "{byte:02x}")?;
        }
        write!(f, "~{}", self.secret)
    }
}

impl fmt::Debug for JoinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinToken({} {}/{}, secret hidden)", self.address, self.org, self.site)
    }
}

impl FromStr for JoinToken {
    type Err = JoinTokenError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.trim().split('~').collect();
        let [PREFIX, address, org, site, root, secret] = parts[..] else { return Err(JoinTokenError::Form) };
        let part = |part| JoinTokenError::Part { part };
        let has_port = address
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0));
        if !has_port {
            return Err(part("address"));
        }
        if secret.len() < 32 || !secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            return Err(part("secret"));
        }
        Ok(Self {
            address: address.to_owned(),
            org: OrgId::new(org).map_err(|_| part("org"))?,
            site: SiteId::new(site).map_err(|_| part("site"))?,
            root_sha256: decode_sha256(root).ok_or_else(|| part("root hash"))?,
            secret: secret.to_owned(),
        })
    }
}

fn decode_sha256(hex: &str) -> Option<[u8; 32]> {
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> JoinToken {
        JoinToken {
            address: "collector.example:7443".into(),
            org: OrgId::new("acme").unwrap(),
            site: SiteId::new("toronto").unwrap(),
            root_sha256: [0xab; 32],
            secret: "A".repeat(43),
        }
    }

    #[test]
    fn a_token_survives_printing_and_parsing() {
        assert_eq!(token().to_string().parse::<JoinToken>(), Ok(token()));
    }

    #[test]
    fn debug_output_never_shows_the_secret() {
        assert!(!format!("{:?}", token()).contains("AAAA"));
    }

    #[test]
    fn a_cut_token_says_that_it_is_cut() {
        let text = token().to_string();
        assert_eq!(text[..text.len() - 60].parse::<JoinToken>(), Err(JoinTokenError::Form));
        assert_eq!(
            text[..text.len() - 20].parse::<JoinToken>(),
            Err(JoinTokenError::Part { part: "secret" })
        );
    }
}
