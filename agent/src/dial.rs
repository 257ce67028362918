//! One TCP connection with TLS 1.3 to the collector, and errors that say in one line why there is none.
//!
//! Both doors are opened this way: enrolment with the token's pinned root, the uplink with the stored one. There is
//! no session resumption (a revoked agent could come back by it) and no system trust store. Where the way out of the
//! network is an HTTP proxy, the connection is made through it; TLS is with the collector all the same.

pub mod channel;
mod failure;
mod meter;
mod tunnel;
pub(crate) mod verifier;

use std::{sync::Arc, time::Duration};

pub use failure::{Failure, RootNotShown};
pub use meter::{Meter, Metered};
use rustls::{ClientConfig, SupportedProtocolVersion, client::Resumption};
use rustls_pki_types::ServerName;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::config::{Environment, ProxyChoice, Route};

/// Name resolution and TCP together. Longer than two retransmissions of a SYN.
const CONNECT: Duration = Duration::from_secs(10);
/// The TLS handshake. The collector allows half of it.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// A proxy's answer. It has to connect meanwhile.
const TUNNEL: Duration = Duration::from_secs(15);
/// What the agent speaks.
const VERSIONS: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

/// Splits `host:port`; brackets around an IPv6 address go.
pub fn split_address(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    (!host.is_empty()).then_some((host, port.parse().ok()?))
}

/// The beginning of every TLS configuration here: TLS 1.3 alone, X25519MLKEM768 preferred.
///
/// # Errors
/// When the cryptography does not offer TLS 1.3, which is a fault of the build.
pub fn client_config() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ClientConfig::builder_with_provider(provider).with_protocol_versions(VERSIONS)
}

/// The end of every TLS configuration for gRPC.
pub fn finish(config: ClientConfig) -> Arc<ClientConfig> {
    finish_for(config, b"h2")
}

/// The end of every TLS configuration here, for the one protocol that is spoken within.
pub fn finish_for(mut config: ClientConfig, protocol: &[u8]) -> Arc<ClientConfig> {
    config.resumption = Resumption::disabled();
    config.alpn_protocols = vec![protocol.to_vec()];
    Arc::new(config)
}

/// The way out of this machine.
#[derive(Debug, Clone, Default)]
pub struct Outlet {
    /// Whether through a proxy.
    pub proxy: ProxyChoice,
    /// Counts what goes through.
    pub meter: Meter,
}

/// A connection: TLS with the collector, on a TCP connection to it or to a proxy.
pub type Connection = TlsStream<Metered<TcpStream>>;

/// Connects and shakes hands.
///
/// # Errors
/// [`Failure`], one line each.
pub async fn dial(address: &str, tls: Arc<ClientConfig>, outlet: &Outlet) -> Result<Connection, Failure> {
    let (host, _) = split_address(address).ok_or_else(|| Failure::Address { address: address.to_owned() })?;
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| Failure::Address { address: address.to_owned() })?;
    let stream = reach(address, outlet).await?;
    handshake(address, name, tls, stream).await
}

/// Makes the TCP connection, through the proxy where there is one. Nothing has been said to the collector yet.
///
/// # Errors
/// [`Failure`], one line each.
pub async fn reach(address: &str, outlet: &Outlet) -> Result<Metered<TcpStream>, Failure> {
    let route = outlet.proxy.route(address, &Environment::read());
    match route.map_err(|error| Failure::Route { reason: error.to_string() })? {
        Route::Direct => connect(address, outlet).await,
        Route::Through { proxy, credentials } => {
            let mut stream = connect(&proxy, outlet).await.map_err(|failure| Failure::Proxy {
                proxy: proxy.clone(),
                reason: format!("cannot be used: {failure}"),
            })?;
            tunnel::open(&mut stream, &proxy, address, credentials.as_ref(), TUNNEL).await?;
            Ok(stream)
        }
    }
}

async fn connect(address: &str, outlet: &Outlet) -> Result<Metered<TcpStream>, Failure> {
    let to = split_address(address).ok_or_else(|| Failure::Address { address: address.to_owned() })?;
    let tcp = match timeout(CONNECT, TcpStream::connect(to)).await {
        Ok(Ok(tcp)) => tcp,
        Ok(Err(error)) => return Err(Failure::from_connect(address, &error)),
        Err(_) => return Err(Failure::TimedOut { address: address.to_owned(), what: "connection" }),
    };
    // Small messages, each answered: waiting to fill a packet only adds latency. A refusal costs nothing.
    let _ = tcp.set_nodelay(true);
    Ok(Metered::new(tcp, outlet.meter.clone()))
}

async fn handshake(
    address: &str,
    name: ServerName<'static>,
    tls: Arc<ClientConfig>,
    stream: Metered<TcpStream>,
) -> Result<Connection, Failure> {
    match timeout(HANDSHAKE, TlsConnector::from(tls).connect(name, stream)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(Failure::from_io(address, &error)),
        Err(_) => Err(Failure::TimedOut { address: address.to_owned(), what: "TLS handshake" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_all_kinds_are_split() {
        assert_eq!(split_address("collector.example:7443"), Some(("collector.example", 7443)));
        assert_eq!(split_address("127.0.0.1:1"), Some(("127.0.0.1", 1)));
        assert_eq!(split_address("[::1]:7443"), Some(("::1", 7443)));
        assert_eq!(split_address("collector.example"), None);
        assert_eq!(split_address(":7443"), None);
        assert_eq!(split_address("host:99999"), None);
    }
}
