//! TLS as both listeners speak it: 1.3 only, post-quantum key exchange preferred, no resumption, no early data.
//!
//! No resumption, because a resumed session does not ask the verifier: a revoked agent would come back in by it.

use std::sync::Arc;

use rustls::{
    ServerConfig,
    server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
};
use rustls_pki_types::CertificateDer;

use super::{AuthorityError, ServerIdentity, standing::KeyStatus, verify::AgentVerifier};

/// TLS of the people's listener. The root is sent along: agents and the CLI pin it by its hash on first contact.
///
/// # Errors
/// When certificate and key do not fit.
pub fn people(
    mut identity: ServerIdentity,
    root: &CertificateDer<'static>,
) -> Result<Arc<ServerConfig>, AuthorityError> {
    identity.chain.push(root.clone());
    let config = config(identity, WebPkiClientVerifier::no_client_auth(), &[b"h2", b"http/1.1"])?;
    Ok(Arc::new(config))
}

/// TLS of the agents' listener: no handshake without a client certificate that [`AgentVerifier`] takes.
///
/// # Errors
/// When certificate and key do not fit.
pub fn agents(
    identity: ServerIdentity,
    root: &CertificateDer<'static>,
    keys: Arc<dyn KeyStatus>,
) -> Result<Arc<ServerConfig>, AuthorityError> {
    let verifier = Arc::new(AgentVerifier::new(root, keys)?);
    Ok(Arc::new(config(identity, verifier, &[b"h2"])?))
}

fn config(
    identity: ServerIdentity,
    verifier: Arc<dyn ClientCertVerifier>,
    protocols: &[&[u8]],
) -> Result<ServerConfig, AuthorityError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(identity.chain, identity.key)?;
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    Ok(config)
}
