//! What is trusted outside: the system's roots, and those that a channel adds.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};

/// TLS to the outside, 1.2 and 1.3.
pub(super) fn config(more_roots: Option<&[u8]>) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(system.certs);
    for root in CertificateDer::pem_slice_iter(more_roots.unwrap_or_default()) {
        let root = root.map_err(|error| format!("`ca_file` is no PEM file of certificates: {error}"))?;
        roots
            .add(root)
            .map_err(|error| format!("`ca_file` has a certificate that cannot be used: {error}"))?;
    }
    if roots.is_empty() {
        return Err("this machine trusts no certificate authority (on Debian: apt install ca-certificates), and there is no `ca_file`".to_owned());
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
