//! `[proxy]`: the way out of this network, by HTTP CONNECT.
//!
//! Without the section the environment decides, as it does for other tools: `https_proxy` or `HTTPS_PROXY`, and
//! `no_proxy` or `NO_PROXY`. A proxy sees where the agent goes and how much it says, nothing of what: TLS is spoken
//! through it with the collector itself, whose root is pinned.
//!
//! Which proxy serves an address is decided here, purely; [`crate::dial`] goes there. Credentials are in no text that
//! this module prints.

mod exception;

use std::{
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use exception::{Exception, is_host};
use serde::Deserialize;

use super::repository::absolute;
use crate::{dial::split_address, trust};

/// Bytes of a proxy's address.
const URL_BYTES: usize = 1024;
/// Hosts that are reached without the proxy.
const EXCEPTIONS: usize = 256;
/// Bytes of a file with credentials.
const CREDENTIALS_BYTES: u64 = 4096;
/// Where a proxy of the environment listens that names no port.
const DEFAULT_PORT: u16 = 80;

/// How connections leave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Form")]
pub enum ProxyChoice {
    /// As the environment says.
    #[default]
    Environment,
    /// Never through a proxy.
    Direct,
    /// Through this one.
    Through(Proxy),
}

/// A proxy and what it is not for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// `host:port`.
    pub address: String,
    /// Where its user and password are, as `user:password` on one line.
    pub credentials_file: Option<PathBuf>,
    credentials: Option<Credentials>,
    exceptions: Vec<Exception>,
}

/// The way to one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Straight there.
    Direct,
    /// By this proxy.
    Through {
        /// `host:port` of the proxy.
        proxy: String,
        /// What it is shown.
        credentials: Option<Credentials>,
    },
}

/// Why no way can be told. The text holds no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RouteError(String);

/// `user:password`, as the header wants it. It shows itself to nobody else.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials(String);

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

impl Credentials {
    fn new(user_and_password: &str) -> Self {
        Self(STANDARD.encode(user_and_password))
    }

    /// The value of `Proxy-Authorization` (RFC 7617).
    pub fn header(&self) -> String {
        format!("Basic {}", self.0)
    }
}

/// What the environment says of proxies; an argument, so that it is read in one place.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `https_proxy`.
    pub proxy: Option<String>,
    /// `no_proxy`.
    pub exceptions: Option<String>,
}

impl Environment {
    /// Reads it. The lower-case names come first, as with curl.
    pub fn read() -> Self {
        let first = |names: [&str; 2]| {
            names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()))
        };
        Self { proxy: first(["https_proxy", "HTTPS_PROXY"]), exceptions: first(["no_proxy", "NO_PROXY"]) }
    }
}

impl ProxyChoice {
    /// The way to `host:port`.
    ///
    /// # Errors
    /// When the proxy that is named cannot be one, or its credentials cannot be read.
    pub fn route(&self, address: &str, environment: &Environment) -> Result<Route, RouteError> {
        let Some((host, port)) = split_address(address) else { return Ok(Route::Direct) };
        match self {
            Self::Direct => Ok(Route::Direct),
            Self::Through(proxy) => proxy.route(host, port),
            Self::Environment => match &environment.proxy {
                // A proxy is no way to this very machine.
                Some(url) if !is_loopback(host) => {
                    Proxy::from_environment(url, environment.exceptions.as_deref())?.route(host, port)
                }
                _ => Ok(Route::Direct),
            },
        }
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

impl Proxy {
    fn from_environment(url: &str, exceptions: Option<&str>) -> Result<Self, RouteError> {
        let unusable = || {
            let what = "the environment's https_proxy is not of the form http://host:port";
            RouteError(what.into())
        };
        let rest = match url.trim().split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some(_) => return Err(unusable()),
            None => url.trim(),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let address =
            if split_address(host).is_some() { host.to_owned() } else { format!("{host}:{DEFAULT_PORT}") };
        if split_address(&address).is_none_or(|(host, _)| !is_host(host)) {
            return Err(unusable());
        }
        let exceptions = exceptions.unwrap_or_default().split([',', ' ']).filter_map(Exception::parse);
        Ok(Self {
            address,
            credentials_file: None,
            credentials: user.map(|user| Credentials::new(&percent_decoded(user))),
            exceptions: exceptions.take(EXCEPTIONS).collect(),
        })
    }

    fn route(&self, host: &str, port: u16) -> Result<Route, RouteError> {
        if self.exceptions.iter().any(|exception| exception.covers(host, port)) {
            return Ok(Route::Direct);
        }
        let credentials = match &self.credentials_file {
            Some(file) => Some(read_credentials(file)?),
            None => self.credentials.clone(),
        };
        Ok(Route::Through { proxy: self.address.clone(), credentials })
    }
}

fn read_credentials(file: &Path) -> Result<Credentials, RouteError> {
    let text = trust::read_secret(file, CREDENTIALS_BYTES)
        .map_err(|error| RouteError(format!("the proxy's credentials cannot be used: {error}")))?;
    let line = text.lines().next().unwrap_or_default();
    if !line.contains(':') || line.chars().any(char::is_control) {
        let file = file.display();
        return Err(RouteError(format!("the first line of {file} is not of the form user:password")));
    }
    Ok(Credentials::new(line))
}

/// `%41` is `A`; what is no such escape stays as it is.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = (byte == b'%')
            .then(|| after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    url: String,
    #[serde(default)]
    no_proxy: Vec<String>,
    credentials_file: Option<PathBuf>,
}

impl TryFrom<Form> for ProxyChoice {
    type Error = String;

    fn try_from(form: Form) -> Result<Self, Self::Error> {
        if form.url == "none" {
            return Ok(Self::Direct);
        }
        // Its text is not shown: it may hold a password where none belongs.
        let address = form.url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
        let usable = address
            .filter(|address| address.len() <= URL_BYTES)
            .filter(|address| split_address(address).is_some_and(|(host, port)| is_host(host) && port > 0));
        let address = match usable {
            Some(address) => address.to_owned(),
            None if form.url.contains('@') => {
                return Err("`url` holds a user or a password; they belong into credentials_file".into());
            }
            None => return Err("`url` is neither of the form \"http://host:port\" nor \"none\"".into()),
        };
        if form.no_proxy.len() > EXCEPTIONS {
            return Err(format!(
                "`no_proxy` has {} entries, at most {EXCEPTIONS} are taken",
                form.no_proxy.len()
            ));
        }
        let exceptions = form.no_proxy.iter().map(|text| {
            Exception::parse(text).ok_or_else(|| {
                format!("`no_proxy`: `{text}` is no host, domain, address or network such as 10.0.0.0/8")
            })
        });
        let exceptions = exceptions.collect::<Result<_, _>>()?;
        let credentials_file =
            form.credentials_file.map(|file| absolute("credentials_file", file)).transpose()?;
        Ok(Self::Through(Proxy { address, credentials_file, credentials: None, exceptions }))
    }
}

#[cfg(test)]
mod tests;
