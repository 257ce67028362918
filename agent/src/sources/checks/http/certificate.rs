//! A handshake with whoever answers, to see the certificate that is shown.
//!
//! The verifier here believes everybody: it is for looking, nothing is told to the other side but a GET, and nothing
//! that comes back is believed. It is private to this file, so that it can never stand where a collector is verified.

use std::{
    io,
    sync::{Arc, OnceLock},
};

use dogwatch_model::Target;
use jiff::Timestamp;
use rustls::{
    ClientConfig, Error,
    client::danger::ServerCertVerified,
    crypto::CryptoProvider,
    version::{TLS12, TLS13},
};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{dial::verifier, identity::lifetime};

/// What was seen of the certificate.
#[derive(Debug, Clone, Default)]
pub(super) struct Shown(Arc<OnceLock<Timestamp>>);

impl Shown {
    /// When it expires.
    pub(super) fn expires_at(&self) -> Option<Timestamp> {
        self.0.get().copied()
    }
}

/// TLS 1.2 or 1.3 over a connection.
pub(super) async fn handshake(
    stream: TcpStream,
    target: &Target,
    shown: &Shown,
) -> io::Result<TlsStream<TcpStream>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let looker = verifier::Verifier::new(Looker(shown.clone()), provider.clone());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(looker))
        .with_no_client_auth();
    let host = target.host.clone().unwrap_or_else(|| "localhost".to_owned());
    let name = ServerName::try_from(host).map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// Notes when the certificate expires, and lets it pass. That whoever shows it holds its key is checked all the same:
/// another's would say nothing about this server.
#[derive(Debug)]
struct Looker(Shown);

impl verifier::Judge for Looker {
    fn judge(
        &self,
        seen: &verifier::Shown<'_>,
        _: &Arc<CryptoProvider>,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(validity) = lifetime::validity(seen.end_entity) {
            let _ = self.0.0.set(validity.not_after);
        }
        Ok(ServerCertVerified::assertion())
    }
}
