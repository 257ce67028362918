//! First contact: trades a join token for an identity.
//!
//! The order is the point. The TLS handshake is made with a verifier that believes nothing but the root whose hash is
//! in the token; only on a connection that passed it is the secret sent. Whoever else answers at that address gets to
//! see a TLS hello and nothing more.

pub(crate) mod pin;

use std::{path::Path, sync::Arc};

use dogwatch_model::{Class, IdError, JoinToken};
use dogwatch_proto::{
    conversions::{self, ConversionError, limits},
    v1::{self, enrolment_client::EnrolmentClient},
};
use jiff::Timestamp;
use rustls::ClientConfig;
use rustls_pki_types::CertificateDer;

use crate::{
    VERSION,
    config::Config,
    dial::{self, Failure, Outlet, channel},
    identity::{self, EndpointRecord, Identity, IdentityError, evidence},
    state_dir::{self, StateError},
};

/// Tags one endpoint may ask for.
pub const MAX_TAGS: usize = 32;

/// Why enrolment did not come about.
#[derive(Debug, thiserror::Error)]
pub enum EnrollError {
    /// There is an identity already.
    #[error(
        "this endpoint is already enrolled as `{name}` at {collector}; to enrol it anew, stop the agent and remove {folder}/endpoint.json"
    )]
    AlreadyEnrolled {
        /// Its name.
        name: String,
        /// Where.
        collector: String,
        /// The state folder.
        folder: String,
    },
    /// No connection that may be trusted.
    #[error(transparent)]
    Link(#[from] Failure),
    /// The collector said no.
    #[error("the collector at {address} refused: {message}")]
    Refused {
        /// Where.
        address: String,
        /// Its words.
        message: String,
    },
    /// The answer is not what was agreed.
    #[error("the collector at {address} sent an answer that cannot be used: {reason}")]
    Answer {
        /// Where.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Key, chain or files.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The state folder.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What to ask for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The token.
    pub token: JoinToken,
    /// What to call the endpoint; its host name by default.
    pub name: Option<String>,
    /// Free tags.
    pub tags: Vec<String>,
    /// What kind of machine it is.
    pub class: Option<Class>,
}

/// What came of it.
#[derive(Debug)]
pub struct Enrolled {
    /// The identity, stored.
    pub identity: Identity,
    /// Somebody has to approve the endpoint before it counts.
    pub approval_pending: bool,
}

/// Enrols this endpoint and stores its identity in the state folder.
///
/// # Errors
/// [`EnrollError`]; nothing is stored then.
pub async fn enroll(config: &Config, request: Request) -> Result<Enrolled, EnrollError> {
    let state = &config.state;
    if Identity::exists(state)? {
        let record = Identity::load(state)?.record().clone();
        let folder = state.path().display().to_string();
        return Err(EnrollError::AlreadyEnrolled { name: record.name, collector: record.collector, folder });
    }
    state.create()?;
    state_dir::restrict(state.path()).await?;
    let key = identity::new_key()?;
    let address = request.token.address.clone();
    let root_sha256 = request.token.root_sha256;
    let wire = wire_request(request, &key)?;
    let outlet = Outlet { proxy: config.proxy.clone(), ..Outlet::default() };
    let opened = channel::open(&address, pinned_tls(root_sha256)?, &outlet).await?;
    let mut client = EnrolmentClient::new(opened.channel).max_decoding_message_size(limits::MESSAGE_BYTES);
    let response = client.enrol(wire).await.map_err(|status| match opened.tap.fault() {
        Some(fault) => EnrollError::Link(fault),
        None => refusal(&address, &status),
    })?;
    let answer = Answer::parse(response.into_inner(), root_sha256, address.clone())
        .map_err(|reason| EnrollError::Answer { address, reason })?;
    let approval_pending = answer.approval_pending;
    let identity = Identity::store(state, key, answer.chain, answer.root, answer.record)?;
    Ok(Enrolled { identity, approval_pending })
}

fn wire_request(request: Request, key: &rcgen::KeyPair) -> Result<v1::EnrolRequest, EnrollError> {
    Ok(v1::EnrolRequest {
        secret: request.token.secret,
        csr_der: identity::certificate_request(key)?.into(),
        name: request.name.unwrap_or_else(host_name),
        tags: request.tags,
        class: request.class.map(|class| class.as_str().to_owned()),
        agent_version: VERSION.to_owned(),
        machine_id_hash: evidence::read(Path::new("/")).machine_id_hash,
    })
}

/// TLS that believes the pinned root alone, and shows no certificate.
fn pinned_tls(root_sha256: [u8; 32]) -> Result<Arc<ClientConfig>, EnrollError> {
    let config = dial::client_config().map_err(IdentityError::from)?;
    let verifier = Arc::new(pin::PinnedRoot::verifier(root_sha256, config.crypto_provider().clone()));
    Ok(dial::finish(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()))
}

/// The host's own name, in the form that names have.
pub fn host_name() -> String {
    let name = crate::sources::inventory::host_name().unwrap_or_default();
    let name = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    if name.is_empty() { "endpoint".to_owned() } else { name }
}

fn refusal(address: &str, status: &tonic::Status) -> EnrollError {
    let address = address.to_owned();
    match status.code() {
        tonic::Code::Unimplemented => EnrollError::Answer {
            reason: "it has no enrolment service; is this the people's port (7443)?".into(),
            address,
        },
        _ if status.message().is_empty() => {
            EnrollError::Refused { address, message: status.code().description().to_owned() }
        }
        _ => match Failure::told(&address, status.message()) {
            Failure::Told { address, message } => EnrollError::Refused { address, message },
            failure => EnrollError::Link(failure),
        },
    }
}

/// A checked answer.
struct Answer {
    record: EndpointRecord,
    chain: Vec<CertificateDer<'static>>,
    root: CertificateDer<'static>,
    approval_pending: bool,
}

impl Answer {
    fn parse(wire: v1::EnrolResponse, root_sha256: [u8; 32], collector: String) -> Result<Self, String> {
        let root = CertificateDer::from(wire.root_der.to_vec());
        if pin::sha256(&root) != root_sha256 {
            return Err("its root certificate is not the one of the token".into());
        }
        if dial::split_address(&wire.uplink_address).is_none() {
            return Err(format!("`{}` is not an address of the form host:port", wire.uplink_address));
        }
        let record = EndpointRecord {
            endpoint_id: conversions::endpoint_id(&wire.endpoint_id)
                .map_err(|error: ConversionError| error.to_string())?,
            org: wire.org.parse().map_err(|error: IdError| error.to_string())?,
            site: wire.site.parse().map_err(|error: IdError| error.to_string())?,
            name: wire.name,
            collector,
            uplink: wire.uplink_address,
            enrolled_at: Timestamp::now(),
        };
        let chain = wire.chain_der.iter().map(|der| CertificateDer::from(der.to_vec())).collect();
        Ok(Self { record, chain, root, approval_pending: wire.approval_pending })
    }
}
