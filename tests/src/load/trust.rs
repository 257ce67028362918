//! Whom a simulated agent trusts, and how it connects.
//!
//! A join token names the collector's root by its hash only. [`fetch_root`] takes the root from a first handshake that
//! proves nothing and is dropped at once; every later connection is verified against it in the ordinary way.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use aws_lc_rs::digest;
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::CryptoProvider,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};

/// A collector under full load may take long over a handshake; past this something is broken.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// The one TLS provider of the project.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// A listener, resolved once: ten thousand connections need not ask the resolver ten thousand times.
#[derive(Debug, Clone)]
pub struct Place {
    name: ServerName<'static>,
    address: SocketAddr,
    uri: String,
}

impl Place {
    /// Finds the address of `host:port` that answers.
    pub async fn find(host_and_port: &str) -> Result<Self> {
        let (host, _) = host_and_port.rsplit_once(':').context("an address is host:port")?;
        let stream = TcpStream::connect(host_and_port)
            .await
            .with_context(|| format!("cannot connect to {host_and_port}; is it running?"))?;
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())?;
        Ok(Self { name, address: stream.peer_addr()?, uri: format!("https://{host_and_port}") })
    }

    /// Opens an HTTP/2 connection over TLS.
    pub async fn connect(&self, config: Arc<ClientConfig>) -> Result<Channel> {
        let place = self.clone();
        let connector = tower::service_fn(move |_| {
            let (place, config) = (place.clone(), Arc::clone(&config));
            async move { place.handshake(config).await.map(TokioIo::new) }
        });
        Endpoint::from_shared(self.uri.clone())?
            .connect_timeout(CONNECT_TIMEOUT)
            .connect_with_connector(connector)
            .await
            .with_context(|| format!("cannot connect to {}", self.uri))
    }

    /// Shakes hands over a connection of its own.
    pub(super) async fn handshake(
        &self,
        config: Arc<ClientConfig>,
    ) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        TlsConnector::from(config).connect(self.name.clone(), stream).await
    }
}

/// TLS 1.3 with this root, as this client if a certificate is given. No resumption: every connection is a whole one.
pub fn client_config(
    roots: Arc<RootCertStore>,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
) -> Result<Arc<ClientConfig>> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots);
    let mut config = match identity {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key)?,
        None => builder.with_no_client_auth(),
    };
    config.resumption = Resumption::disabled();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

/// The certificate with this SHA-256 among those that the listener shows.
pub async fn fetch_root(place: &Place, sha256: [u8; 32]) -> Result<CertificateDer<'static>> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyServer(provider())))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = timeout(CONNECT_TIMEOUT, place.handshake(Arc::new(config)))
        .await
        .with_context(|| format!("{} did not finish the TLS handshake", place.uri))??;
    let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
    let Some(root) =
        shown.iter().find(|certificate| digest::digest(&digest::SHA256, certificate).as_ref() == sha256)
    else {
        bail!(
            "{} does not show the root named by the token: this is another collector, or something stands between",
            place.uri
        );
    };
    Ok(root.clone())
}

/// Believes any server, for the one connection that sends no secret and only looks at the chain.
struct AnyServer(Arc<CryptoProvider>);

impl fmt::Debug for AnyServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyServer")
    }
}

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _leaf: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _leaf: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.3 only".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            leaf,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
