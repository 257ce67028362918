//! The bare peer: the least that could stand where the collector stands.
//!
//! The same two listeners, TLS settings, messages and HTTP/2 library as the collector's; it enrols whoever asks,
//! answers Hello with Welcome and every report with an acknowledgement, and keeps nothing. It runs in a process of its own so that its
//! processor time and memory can be read beside the collector's.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use aws_lc_rs::digest;
use dogwatch_model::{JoinToken, OrgId, SiteId};
use dogwatch_proto::{
    packed,
    v1::{
        Ack, AgentMessage, CollectorMessage, EnrolRequest, EnrolResponse, LaneMarks, Welcome,
        agent_message::Message as Inbound,
        collector_message::Message as Outbound,
        enrolment_server::{Enrolment, EnrolmentServer},
        uplink_server::{Uplink, UplinkServer},
    },
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use jiff::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, CertificateSigningRequestParams, IsCa, Issuer, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, CertificateSigningRequestDer, PrivateKeyDer};
use tokio::{net::TcpListener, time::timeout};
use tokio_rustls::TlsAcceptor;
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming, body::Body};
use tower::Service;
use uuid::Uuid;

use super::trust::provider;

/// The collector's window, so that agents behave the same towards both.
const WINDOW: u32 = 256;
/// A handshake that takes longer is dropped.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Acknowledgements that may wait for a connection.
const ANSWERS: usize = 32;

/// Both listeners, bound and ready to run.
pub struct Bare {
    authority: Arc<Authority>,
    people: TcpListener,
    agents: TcpListener,
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
}

impl Bare {
    /// Makes a certificate authority and binds both listeners to free ports of the loopback address.
    pub async fn bind() -> Result<Self> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key)?.der().clone();
        Ok(Self {
            authority: Arc::new(Authority { issuer: Issuer::new(params, key), root }),
            people: TcpListener::bind("127.0.0.1:0").await?,
            agents: TcpListener::bind("127.0.0.1:0").await?,
        })
    }

    /// The token that enrols any number of agents.
    pub fn join_token(&self) -> Result<JoinToken> {
        let root_sha256 = digest::digest(&digest::SHA256, &self.authority.root);
        Ok(JoinToken {
            address: format!("localhost:{}", self.people.local_addr()?.port()),
            org: OrgId::new("bare")?,
            site: SiteId::new("bare")?,
            root_sha256: root_sha256.as_ref().try_into()?,
            secret: "bare-accepts-any-secret-of-32-letters-or-more".to_owned(),
        })
    }

    /// Serves until a listener fails.
    pub async fn serve(self) -> Result<()> {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.root.clone())?;
        let agents_only = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).build()?;
        let people = self.authority.acceptor(WebPkiClientVerifier::no_client_auth())?;
        let agents = self.authority.acceptor(agents_only)?;
        let uplink_address = format!("localhost:{}", self.agents.local_addr()?.port());
        let enrolment = EnrolmentServer::new(AnyEnrolment { authority: self.authority, uplink_address });
        tokio::try_join!(
            accept(self.people, people, enrolment),
            accept(self.agents, agents, UplinkServer::new(AckEverything)),
        )?;
        Ok(())
    }
}

impl Authority {
    fn acceptor(&self, clients: Arc<dyn ClientCertVerifier>) -> Result<TlsAcceptor> {
        let key = KeyPair::generate()?;
        let params = CertificateParams::new(["localhost".to_owned()])?;
        let leaf = params.signed_by(&key, &self.issuer)?.der().clone();
        let key = PrivateKeyDer::try_from(key.serialize_der())
            .map_err(|error| anyhow::anyhow!("the key just made cannot be read: {error}"))?;
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![leaf, self.root.clone()], key)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

async fn accept<S>(listener: TcpListener, acceptor: TlsAcceptor, service: S) -> Result<()>
where
    S: Service<http::Request<hyper::body::Incoming>, Response = http::Response<Body>>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    loop {
        let (stream, _) = listener.accept().await.context("cannot accept connections")?;
        stream.set_nodelay(true)?;
        let (acceptor, service) = (acceptor.clone(), service.clone());
        tokio::spawn(async move {
            // A peer that fails its handshake, or goes in the middle, is its own concern.
            let Ok(Ok(stream)) = timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await else { return };
            let _ = auto::Builder::new(TokioExecutor::new())
                .http2_only()
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
                .await;
        });
    }
}

struct AnyEnrolment {
    authority: Arc<Authority>,
    uplink_address: String,
}

#[tonic::async_trait]
impl Enrolment for AnyEnrolment {
    async fn enrol(&self, request: Request<EnrolRequest>) -> Result<Response<EnrolResponse>, Status> {
        let request = request.into_inner();
        let leaf = CertificateSigningRequestParams::from_der(&CertificateSigningRequestDer::from(
            &request.csr_der[..],
        ))
        .and_then(|csr| csr.signed_by(&self.authority.issuer))
        .map_err(|error| Status::invalid_argument(error.to_string()))?;
        Ok(Response::new(EnrolResponse {
            endpoint_id: Uuid::new_v4().as_bytes().to_vec().into(),
            org: "bare".to_owned(),
            site: "bare".to_owned(),
            name: request.name,
            chain_der: vec![leaf.der().to_vec().into()],
            root_der: self.authority.root.to_vec().into(),
            uplink_address: self.uplink_address.clone(),
            approval_pending: false,
        }))
    }
}

struct AckEverything;

#[tonic::async_trait]
impl Uplink for AckEverything {
    type AttachStream = ReceiverStream<Result<CollectorMessage, Status>>;

    async fn attach(
        &self,
        request: Request<Streaming<AgentMessage>>,
    ) -> Result<Response<Self::AttachStream>, Status> {
        let mut inbound = request.into_inner();
        let (outbound, answers) = tokio::sync::mpsc::channel(ANSWERS);
        tokio::spawn(async move {
            while let Some(Ok(message)) = inbound.next().await {
                let answer = match message.message {
                    Some(Inbound::Hello(_)) => Outbound::Welcome(Welcome {
                        stored: Some(LaneMarks::default()),
                        window: WINDOW,
                        backoff_cap_ms: 30_000,
                        server_time_us: Timestamp::now().as_microsecond(),
                        late_after_ms: 0,
                        capabilities: vec![packed::CAPABILITY.to_owned()],
                        ..Welcome::default()
                    }),
                    Some(Inbound::Report(report)) => {
                        Outbound::Ack(Ack { lane: report.lane, up_to: report.sequence })
                    }
                    _ => return,
                };
                if outbound.send(Ok(CollectorMessage { message: Some(answer) })).await.is_err() {
                    return;
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(answers)))
    }
}
