//! First contact: finds the collector's root certificate by its SHA-256, before any secret is sent.
//!
//! One TLS handshake and nothing else. The server must present a chain that holds the root with the pinned hash, that
//! leads to it, and that is made out to the host we called. From then on the root is trusted by itself.

use std::{
    net::{TcpStream, ToSocketAddrs as _},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore,
    SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::failure::{Exit, Failure};

/// How long first contact may take: a person is waiting.
const PATIENCE: Duration = Duration::from_secs(10);

/// The one TLS provider of the program.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// SHA-256 of a certificate.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut hash = [0; 32];
    hash.copy_from_slice(digest.as_ref());
    hash
}

/// Calls `url` and returns the root certificate whose hash is `want`, once it is proved.
pub(crate) fn fetch_root(url: &str, want: [u8; 32]) -> Result<CertificateDer<'static>, Failure> {
    let authority = url.strip_prefix("https://").unwrap_or(url);
    let (host, port) = host_and_port(authority)?;
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| Failure::usage(format!("`{host}` is neither a host name nor an address")))?;
    let provider = provider();
    let pinned = Arc::new(Pinned {
        want,
        algorithms: provider.signature_verification_algorithms,
        provider: Arc::clone(&provider),
        found: Mutex::new(None),
    });
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| Failure::new(Exit::Unreachable, format!("TLS does not work here: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&pinned) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    let mut socket = connect(host, port, url)?;
    let mut connection = ClientConnection::new(Arc::new(config), name)
        .map_err(|error| Failure::new(Exit::Unreachable, format!("cannot start TLS with {url}: {error}")))?;
    while connection.is_handshaking() {
        connection.complete_io(&mut socket).map_err(|error| refused(url, &error))?;
    }
    connection.send_close_notify();
    let _ = connection.complete_io(&mut socket);
    let found = pinned.found.lock().unwrap_or_else(PoisonError::into_inner).take();
    found.ok_or_else(|| Failure::new(Exit::Unreachable, not_the_one(url)))
}

fn host_and_port(authority: &str) -> Result<(&str, u16), Failure> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            let port = port.parse().map_err(|_| Failure::usage(format!("`{port}` is not a port")))?;
            (host, port)
        }
        _ => (authority, 443),
    };
    Ok((host.trim_start_matches('[').trim_end_matches(']'), port))
}

fn connect(host: &str, port: u16, url: &str) -> Result<TcpStream, Failure> {
    let unreachable = |error: &std::io::Error| {
        Failure::new(
            Exit::Unreachable,
            format!("cannot reach {url}: {error}; is the collector running there?"),
        )
    };
    let addresses = (host, port).to_socket_addrs().map_err(|error| unreachable(&error))?;
    let mut last = std::io::Error::from(std::io::ErrorKind::NotFound);
    for address in addresses {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(socket) => {
                socket.set_read_timeout(Some(PATIENCE))?;
                socket.set_write_timeout(Some(PATIENCE))?;
                return Ok(socket);
            }
            Err(error) => last = error,
        }
    }
    Err(unreachable(&last))
}

fn refused(url: &str, error: &std::io::Error) -> Failure {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    let what = match tls {
        Some(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => not_the_one(url),
        Some(error) => format!("{url} is not the collector that the link names: {error}; nothing was sent"),
        None => format!("no TLS with {url}: {error}; is that the collector's people port?"),
    };
    Failure::new(Exit::Unreachable, what)
}

fn not_the_one(url: &str) -> String {
    format!(
        "{url} is not the collector that the link names: its root certificate has another hash. Nothing was sent; \
         ask whoever gave you the link"
    )
}

/// Accepts one root only: the one with the wanted hash, which the server itself must present.
#[derive(Debug)]
struct Pinned {
    want: [u8; 32],
    algorithms: WebPkiSupportedAlgorithms,
    provider: Arc<CryptoProvider>,
    found: Mutex<Option<CertificateDer<'static>>>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let unknown = || Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let root = std::iter::once(end_entity)
            .chain(intermediates)
            .find(|certificate| sha256(certificate) == self.want)
            .ok_or_else(unknown)?;
        let mut roots = RootCertStore::empty();
        roots.add(root.clone().into_owned())?;
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider))
                .build()
                .map_err(|_| unknown())?;
        let verified = verifier.verify_server_cert(end_entity, intermediates, name, ocsp, now)?;
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(root.clone().into_owned());
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
