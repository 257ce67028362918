//! Login links: an address and, after the `#`, a secret and the SHA-256 of the collector's root certificate.
//!
//! `https://host:port/setup#CODE.ROOT` is printed once by `dogwatch-collector init`; `https://host:port/#TOKEN.ROOT` by
//! `dogwatch token create`. What stands after the `#` is never sent by a browser.

use crate::failure::Failure;

/// What a link's secret is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// The one-time setup code.
    Setup(String),
    /// An API token.
    Token(String),
    /// An invitation.
    Invitation(String),
}

/// A login link, taken apart.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// `https://host:port`.
    pub(crate) url: String,
    /// SHA-256 of the root certificate (DER).
    pub(crate) root_sha256: [u8; 32],
    /// What lets us in.
    pub(crate) key: Key,
}

impl Link {
    /// Takes a link apart.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let cut = || {
            Failure::usage(
                "this login link is not whole: it should look like https://host:port/setup#CODE.HASH; \
                 copy it again, with everything after the #, and put it in quotes",
            )
        };
        let Some((address, fragment)) = text.trim().split_once('#') else {
            // What has no secret is an address, and those that are `https://` were taken as one before.
            return Err(base_url(text.trim()).err().unwrap_or_else(cut));
        };
        let (secret, root) = fragment.rsplit_once('.').ok_or_else(cut)?;
        let root_sha256 = sha256_from_hex(root).ok_or_else(cut)?;
        let url = base_url(address)?;
        let key = match address[url.len()..].trim_end_matches('/') {
            "/setup" => Key::Setup(secret.to_owned()),
            "/invite" => Key::Invitation(secret.to_owned()),
            "" => Key::Token(secret.to_owned()),
            _ => return Err(cut()),
        };
        if secret.is_empty() {
            return Err(cut());
        }
        Ok(Self { url, root_sha256, key })
    }
}

/// `https://host:port` of an address, and the SHA-256 of the root where it stands behind a `#`.
pub(crate) fn address(text: &str) -> Result<(String, Option<[u8; 32]>), Failure> {
    let (address, hash) =
        text.trim().split_once('#').map_or((text.trim(), None), |(a, hash)| (a, Some(hash)));
    let hash = hash.map(|hash| {
        sha256_from_hex(hash).ok_or_else(|| {
            Failure::usage(
                "behind the `#` the hash of the collector's root should stand: 64 hex digits, nothing else",
            )
        })
    });
    Ok((base_url(address)?, hash.transpose()?))
}

/// `https://host:port` of an address, without its path.
pub(crate) fn base_url(address: &str) -> Result<String, Failure> {
    let rest = address.strip_prefix("https://").ok_or_else(|| {
        let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
        Failure::usage(format!(
            "`{address}` does not begin with https://; Dogwatch speaks nothing else: https://{rest}"
        ))
    })?;
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.is_empty() || authority.contains('@') || authority.contains(char::is_whitespace) {
        return Err(Failure::usage(format!("`{address}` has no host name; write https://host:port")));
    }
    Ok(format!("https://{authority}"))
}

fn sha256_from_hex(hex: &str) -> Option<[u8; 32]> {
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "abababababababababababababababababababababababababababababababab";

    #[test]
    fn both_kinds_of_link_are_understood() {
        let setup = Link::parse(&format!("https://collector.example:7443/setup#c0de.{ROOT}")).ok().unwrap();
        assert_eq!(setup.url, "https://collector.example:7443");
        assert_eq!(setup.root_sha256, [0xab; 32]);
        assert!(setup.key == Key::Setup("c0de".into()));
        let token = Link::parse(&format!("https://[::1]:7443/#dwt_x.{ROOT}\n")).ok().unwrap();
        assert_eq!(token.url, "https://[::1]:7443");
        assert!(token.key == Key::Token("dwt_x".into()));
    }

    #[test]
    fn an_address_may_carry_the_roots_hash_and_nothing_else() {
        let found = address(&format!("https://c:7443/#{ROOT}")).ok().unwrap();
        assert_eq!(found, ("https://c:7443".to_owned(), Some([0xab; 32])));
        assert_eq!(address("https://c:7443").ok().unwrap(), ("https://c:7443".to_owned(), None));
        assert!(address(&format!("https://c:7443/#dwt_x.{ROOT}")).is_err());
        assert!(address("http://c:7443").is_err());
    }

    #[test]
    fn a_link_that_was_cut_or_is_not_https_says_so() {
        let said = |text: &str| Link::parse(text).err().unwrap().to_string();
        assert!(said("https://c:7443/setup").contains("not whole"));
        assert!(said(&format!("https://c:7443/setup#c0de.{}", &ROOT[1..])).contains("not whole"));
        assert!(said(&format!("https://c:7443/#.{ROOT}")).contains("not whole"));
        assert!(said(&format!("http://c:7443/#x.{ROOT}")).contains("does not begin with https://"));
        for address in ["localhost:31443", "http://localhost:31443"] {
            let said = said(address);
            assert!(said.ends_with("Dogwatch speaks nothing else: https://localhost:31443"), "{said}");
        }
        assert!(said(&format!("https:///#x.{ROOT}")).contains("no host name"));
    }
}
