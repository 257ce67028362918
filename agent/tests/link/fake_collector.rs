//! A collector without a mind of its own: it does the TLS and hands every attached stream to the test.

use std::{
    io,
    path::Path,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use dogwatch_agent::{
    agent,
    config::{Config, SourceName},
    enroll::{self, EnrollError, Enrolled, Request},
    policy::Narrowing,
};
use dogwatch_model::{JoinToken, Lane, LaneMarks, OrgId, Report, SiteId};
use dogwatch_proto::{
    packed::{self, Unpacker},
    v1::{
        self, agent_message, collector_message,
        enrolment_server::{Enrolment, EnrolmentServer},
        uplink_server::{Uplink, UplinkServer},
    },
};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};
use rustls_pki_types::{CertificateDer, UnixTime};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Response, Status, Streaming, transport::Server};

use crate::authority::Authority;

/// Everything that is waited for in these tests comes within this, or the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// The secret that is good here.
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef0123456789a";
/// A certificate that nobody needs to renew.
pub(crate) const LONG: (i64, i64) = (60, 86_400);

/// Waits, but not for ever.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("{what} did not come within {PATIENCE:?}"))
}

/// Waits until `condition` gives something.
pub(crate) async fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let mut looks = tokio::time::interval(Duration::from_millis(5));
    let found = async {
        loop {
            looks.tick().await;
            if let Some(found) = condition() {
                return found;
            }
        }
    };
    soon(what, found).await
}

pub(crate) struct FakeCollector {
    pub(crate) authority: Arc<Authority>,
    pub(crate) people: String,
    pub(crate) agents: String,
    pub(crate) enrolments: Arc<AtomicUsize>,
    pub(crate) revoked: Arc<AtomicBool>,
    /// Who comes is hung up on: an outage, which an agent tries again soon.
    pub(crate) away: Arc<AtomicBool>,
    pub(crate) life: Arc<Mutex<(i64, i64)>>,
    sessions: mpsc::Receiver<Session>,
}

impl FakeCollector {
    pub(crate) async fn start() -> Self {
        Self::with_server_name("127.0.0.1").await
    }

    pub(crate) async fn with_server_name(name: &str) -> Self {
        Self::of(Arc::new(Authority::new()), name).await
    }

    /// Another collector under the same root.
    pub(crate) async fn twin(&self) -> Self {
        Self::of(self.authority.clone(), "127.0.0.1").await
    }

    async fn of(authority: Arc<Authority>, name: &str) -> Self {
        let (enrolments, revoked) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let away = Arc::new(AtomicBool::new(false));
        let life = Arc::new(Mutex::new(LONG));
        let (attached, sessions) = mpsc::channel(16);

        let (uplink, agents) = bound().await;
        let config = server_config(&authority, name, Some(revoked.clone()));
        let service = UplinkServer::new(Attached(attached));
        tokio::spawn(serve(uplink, (config, away.clone()), Server::builder().add_service(service)));

        let (enrolment, people) = bound().await;
        let config = server_config(&authority, name, None);
        let service = EnrolmentServer::new(Desk {
            authority: authority.clone(),
            agents: agents.clone(),
            enrolments: enrolments.clone(),
            life: life.clone(),
        });
        tokio::spawn(serve(enrolment, (config, Arc::default()), Server::builder().add_service(service)));
        Self { authority, people, agents, enrolments, revoked, away, life, sessions }
    }

    pub(crate) fn token(&self) -> JoinToken {
        JoinToken {
            address: self.people.clone(),
            org: OrgId::new("acme").unwrap(),
            site: SiteId::new("toronto").unwrap(),
            root_sha256: self.authority.root_sha256(),
            secret: SECRET.into(),
        }
    }

    pub(crate) async fn enroll(&self, config: &Config) -> Result<Enrolled, EnrollError> {
        self.enroll_with(config, self.token()).await
    }

    pub(crate) async fn enroll_with(
        &self,
        config: &Config,
        token: JoinToken,
    ) -> Result<Enrolled, EnrollError> {
        let request = Request { token, name: Some("db1".into()), tags: Vec::new(), class: None };
        soon("enrolment", enroll::enroll(config, request)).await
    }

    /// The next stream an agent attaches.
    pub(crate) async fn session(&mut self) -> Session {
        soon("a session", self.sessions.recv()).await.unwrap()
    }

    /// The first stream after a long outage: an agent may wait up to its back-off's cap, half a minute.
    pub(crate) async fn session_after_outage(&mut self) -> Session {
        let patience = PATIENCE + Duration::from_secs(30);
        timeout(patience, self.sessions.recv()).await.ok().flatten().expect("no session after the outage")
    }
}

/// A configuration without the package manager, which takes seconds and has tests of its own, and without floors: a
/// test asks for more than a collector may.
pub(crate) fn quiet_config(state_dir: &Path) -> Config {
    let narrowing = Narrowing { lift_floors: true, ..Narrowing::default() };
    Config { disabled: vec![SourceName::Patch], narrowing, ..Config::with_state_dir(state_dir) }
}

/// An enrolled agent that runs in this process.
pub(crate) struct RunningAgent {
    cancel: CancellationToken,
    ended: JoinHandle<Result<(), agent::AgentError>>,
}

impl RunningAgent {
    pub(crate) fn start(config: &Config) -> Self {
        let cancel = CancellationToken::new();
        let ended = tokio::spawn(agent::run(config.clone(), cancel.clone()));
        Self { cancel, ended }
    }

    /// What SIGTERM does.
    pub(crate) fn terminate(&self) {
        self.cancel.cancel();
    }

    pub(crate) async fn ended(self) {
        soon("the agent's end", self.ended).await.unwrap().unwrap();
    }
}

/// One attached stream, played by the test.
pub(crate) struct Session {
    pub(crate) hello: v1::Hello,
    inbound: Streaming<v1::AgentMessage>,
    outbound: mpsc::Sender<Result<v1::CollectorMessage, Status>>,
    unpacker: Unpacker,
}

impl Session {
    pub(crate) async fn send(&self, message: collector_message::Message) {
        self.outbound.send(Ok(v1::CollectorMessage { message: Some(message) })).await.unwrap();
    }

    pub(crate) async fn welcome(&self, stored: LaneMarks) {
        let welcome = v1::Welcome { stored: Some(stored.into()), ..v1::Welcome::default() };
        self.send(collector_message::Message::Welcome(welcome)).await;
    }

    /// As a collector that understands packed health.
    pub(crate) async fn welcome_packed(&self) {
        let capabilities = vec![packed::CAPABILITY.to_owned()];
        let welcome = v1::Welcome { capabilities, ..v1::Welcome::default() };
        self.send(collector_message::Message::Welcome(welcome)).await;
    }

    pub(crate) async fn acknowledge(&self, lane: Lane, up_to: u64) {
        let ack = v1::Ack { lane: v1::Lane::from(lane).into(), up_to };
        self.send(collector_message::Message::Ack(ack)).await;
    }

    pub(crate) async fn refuse(&self, status: Status) {
        self.outbound.send(Err(status)).await.unwrap();
    }

    pub(crate) async fn message(&mut self) -> Option<agent_message::Message> {
        let message = soon("a message", self.inbound.message()).await;
        message.ok().flatten().and_then(|message| message.message)
    }

    /// The next report of a lane, whatever form its health came in; others are passed over.
    pub(crate) async fn report(&mut self, lane: Lane) -> Report {
        loop {
            match self.message().await {
                Some(agent_message::Message::Report(report)) => {
                    let report = Report::try_from(self.unpacker.unpack(report).unwrap()).unwrap();
                    if report.lane == lane {
                        return report;
                    }
                }
                Some(_) => {}
                None => panic!("the stream ended before a report in the {lane} lane"),
            }
        }
    }
}

struct Attached(mpsc::Sender<Session>);

#[tonic::async_trait]
impl Uplink for Attached {
    type AttachStream = ReceiverStream<Result<v1::CollectorMessage, Status>>;

    async fn attach(
        &self,
        request: tonic::Request<Streaming<v1::AgentMessage>>,
    ) -> Result<Response<Self::AttachStream>, Status> {
        let mut inbound = request.into_inner();
        let Some(v1::AgentMessage { message: Some(agent_message::Message::Hello(hello)) }) =
            inbound.message().await?
        else {
            return Err(Status::invalid_argument("hello comes first"));
        };
        let (outbound, answers) = mpsc::channel(64);
        let session = Session { hello, inbound, outbound, unpacker: Unpacker::default() };
        self.0.send(session).await.map_err(|_| Status::unavailable("the test is over"))?;
        Ok(Response::new(ReceiverStream::new(answers)))
    }
}

struct Desk {
    authority: Arc<Authority>,
    agents: String,
    enrolments: Arc<AtomicUsize>,
    life: Arc<Mutex<(i64, i64)>>,
}

#[tonic::async_trait]
impl Enrolment for Desk {
    async fn enrol(
        &self,
        request: tonic::Request<v1::EnrolRequest>,
    ) -> Result<Response<v1::EnrolResponse>, Status> {
        self.enrolments.fetch_add(1, Ordering::SeqCst);
        let request = request.into_inner();
        if request.secret != SECRET {
            return Err(Status::permission_denied("this join token has expired; ask for a new one"));
        }
        let chain = self.authority.sign(&request.csr_der, *self.life.lock().unwrap());
        Ok(Response::new(v1::EnrolResponse {
            endpoint_id: vec![7; 16].into(),
            org: "acme".into(),
            site: "toronto".into(),
            name: request.name,
            chain_der: chain.into_iter().map(Into::into).collect(),
            root_der: self.authority.root.to_vec().into(),
            uplink_address: self.agents.clone(),
            approval_pending: false,
        }))
    }
}

async fn bound() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

pub(crate) fn server_config(
    authority: &Authority,
    name: &str,
    agents: Option<Arc<AtomicBool>>,
) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap();
    let config = match agents {
        None => config.with_no_client_auth(),
        Some(revoked) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.root.clone()).unwrap();
            let ordinary =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            config.with_client_cert_verifier(Arc::new(DenyList { ordinary, revoked }))
        }
    };
    let (chain, key) = authority.server(name);
    let mut config = config.with_single_cert(chain, key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config)
}

async fn serve(
    listener: TcpListener,
    (config, away): (Arc<ServerConfig>, Arc<AtomicBool>),
    router: tonic::transport::server::Router,
) {
    let (accepted, connections) = mpsc::channel::<io::Result<Connection>>(16);
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(config);
        while let Ok((tcp, _)) = listener.accept().await {
            if away.load(Ordering::SeqCst) {
                continue;
            }
            let (acceptor, accepted) = (acceptor.clone(), accepted.clone());
            tokio::spawn(async move {
                if let Ok(tls) = acceptor.accept(tcp).await {
                    // Nobody is left to take it when the test is over.
                    let _ = accepted.send(Ok(Connection(tls))).await;
                }
            });
        }
    });
    router.serve_with_incoming(ReceiverStream::new(connections)).await.unwrap();
}

/// A connection in the form that tonic serves.
struct Connection(TlsStream<TcpStream>);

impl tonic::transport::server::Connected for Connection {
    type ConnectInfo = ();
    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// Ordinary verification, and a switch that revokes everybody.
#[derive(Debug)]
struct DenyList {
    ordinary: Arc<dyn ClientCertVerifier>,
    revoked: Arc<AtomicBool>,
}

impl ClientCertVerifier for DenyList {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.ordinary.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        if self.revoked.load(Ordering::SeqCst) {
            return Err(CertificateError::Revoked.into());
        }
        self.ordinary.verify_client_cert(end_entity, intermediates, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.ordinary.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.ordinary.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.ordinary.supported_verify_schemes()
    }
}
