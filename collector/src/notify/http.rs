//! Calls to the outside: `https` only, to public addresses only, no redirect followed, all of it bounded.
//!
//! A name is resolved, *every* address it has is checked, and one of exactly those is connected to; nobody asks the
//! resolver a second time. Private addresses are reached only where the target says `allow_private`, and plain `http`
//! only then and only to this machine.

mod call;
mod tls;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use http::Uri;

use super::{address::is_public, channels::Secret};
pub(super) use call::post;
pub(crate) use call::{get, post_form};

/// From the look-up of the name to the answer's last byte. Who needs longer to say "taken" is not well.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The most of an answer that is read: nobody needs more of it than its status.
pub(super) const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Where a call goes.
#[derive(Clone)]
pub struct Target {
    uri: Uri,
    host: String,
    port: u16,
    /// Absent for plain `http`.
    tls: Option<Arc<rustls::ClientConfig>>,
    allow_private: bool,
    limit: Duration,
}

/// A target's path and query are secrets more often than not.
impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Target({}:{})", self.host, self.port)
    }
}

/// Why a try failed, and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// What happened, in a sentence; no secret is in it.
    pub(crate) what: String,
    /// Whether trying again may help.
    pub(crate) again: Again,
}

/// Whether trying again may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// It may.
    Later,
    /// It may, but not before.
    After(Duration),
    /// It cannot: the other end says that it will never take this.
    Never,
}

impl Fault {
    pub(super) fn later(what: impl Into<String>) -> Self {
        Self { what: what.into(), again: Again::Later }
    }

    pub(super) fn never(what: impl Into<String>) -> Self {
        Self { what: what.into(), again: Again::Never }
    }
}

impl Target {
    /// A target from its URL; `roots` are trusted beside the system's.
    ///
    /// # Errors
    /// What is wrong with it, without its secret parts.
    pub(crate) fn new(url: &Secret, allow_private: bool, roots: Option<&[u8]>) -> Result<Self, String> {
        Self::of(url, allow_private, || tls::config(roots))
    }

    fn of(
        url: &Secret,
        allow_private: bool,
        config: impl FnOnce() -> Result<Arc<rustls::ClientConfig>, String>,
    ) -> Result<Self, String> {
        let uri: Uri = url.reveal().parse().map_err(|_| "`url` is no URL".to_owned())?;
        let authority = uri.authority().ok_or("`url` has no host")?;
        if authority.as_str().contains('@') {
            return Err("`url` must not have a user in it".to_owned());
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if allow_private => false,
            _ => return Err(
                "`url` must begin with https:// (http:// only to this machine, with `allow_private = true`)"
                    .to_owned(),
            ),
        };
        let literal: Option<IpAddr> = host.parse().ok();
        if literal.is_some_and(|address| !allow_private && !is_public(address)) {
            return Err(format!("`url`: its host {PRIVATE}"));
        }
        let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let tls = secure.then(config).transpose()?;
        Ok(Self { uri, host, port, tls, allow_private, limit: TIME_LIMIT })
    }

    /// Another address, on the same terms.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn beside(&self, url: &str) -> Result<Self, String> {
        let there = Self::of(&Secret::new(url), self.allow_private, || {
            self.tls.clone().map_or_else(|| tls::config(None), Ok)
        })?;
        Ok(Self { limit: self.limit, ..there })
    }

    fn path(&self) -> &str {
        self.uri.path_and_query().map_or("/", |path| path.as_str())
    }

    /// The addresses of the target, each of which may be connected to.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, Fault> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        let found: Vec<SocketAddr> =
            found.map_err(|error| Fault::later(format!("cannot resolve {}: {error}", self.host)))?.collect();
        if found.is_empty() {
            return Err(Fault::later(format!("{} has no address", self.host)));
        }
        for address in found.iter().map(SocketAddr::ip) {
            if !self.allow_private && !is_public(address) {
                return Err(Fault::later(private(&self.host, address)));
            }
            if self.tls.is_none() && !address.to_canonical().is_loopback() {
                return Err(Fault::never(format!(
                    "plain http goes to this machine alone, and {} is {address}",
                    self.host
                )));
            }
        }
        Ok(found)
    }
}

fn private(host: &str, address: IpAddr) -> String {
    format!("{host} is {address}, which {PRIVATE}")
}

/// What is wrong with an address inside, and the way out.
const PRIVATE: &str = "is not a public address; set `allow_private = true` there if that is meant";

#[cfg(test)]
mod tests;
