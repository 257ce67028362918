//! A small CA: a root, an intermediate that issues to agents, and a server certificate.

use aws_lc_rs::digest::{SHA256, digest};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls_pki_types::{CertificateDer, CertificateSigningRequestDer, PrivateKeyDer, PrivatePkcs8KeyDer};

pub(crate) struct Authority {
    pub(crate) root: CertificateDer<'static>,
    intermediate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    root_issuer: Issuer<'static, KeyPair>,
}

fn ca_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

impl Authority {
    pub(crate) fn new() -> Self {
        let root_key = KeyPair::generate().unwrap();
        let root_params = ca_params("root");
        let root = root_params.self_signed(&root_key).unwrap().der().clone();
        let root_issuer = Issuer::new(root_params, root_key);
        let key = KeyPair::generate().unwrap();
        let params = ca_params("org");
        let intermediate = params.signed_by(&key, &root_issuer).unwrap().der().clone();
        Self { root, intermediate, issuer: Issuer::new(params, key), root_issuer }
    }

    pub(crate) fn root_sha256(&self) -> [u8; 32] {
        digest(&SHA256, &self.root).as_ref().try_into().unwrap()
    }

    /// A server's chain, with the root at its end, and its key.
    pub(crate) fn server(&self, name: &str) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let leaf = params.signed_by(&key, &self.root_issuer).unwrap().der().clone();
        (vec![leaf, self.root.clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
    }

    /// Signs a request as the collector does: for its key, whatever else it says. Good for `life` around now, in
    /// seconds before and after.
    pub(crate) fn sign(&self, csr_der: &[u8], life: (i64, i64)) -> Vec<Vec<u8>> {
        let csr = CertificateSigningRequestDer::from(csr_der);
        let request = CertificateSigningRequestParams::from_der(&csr).unwrap();
        let now = std::time::SystemTime::now();
        let shifted = |seconds: i64| {
            let by = std::time::Duration::from_secs(seconds.unsigned_abs());
            if seconds < 0 { now - by } else { now + by }
        };
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.not_before = shifted(-life.0).into();
        params.not_after = shifted(life.1).into();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let leaf = params.signed_by(&request.public_key, &self.issuer).unwrap();
        vec![leaf.der().to_vec(), self.intermediate.to_vec()]
    }
}
