//! A collector's ports on loopback with real TLS, and callers of all kinds.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use arc_swap::ArcSwap;
use axum::{
    Extension, Router,
    extract::{ConnectInfo, DefaultBodyLimit},
    routing::{get, post},
};
use dogwatch_collector::{
    access::Sha256,
    authority::{
        Authority, csr_key_sha256,
        standing::{KeyState, KeyStatus},
        tls,
        verify::Peer,
    },
    listener::{Bound, Door, Limits, Listener},
};
use dogwatch_model::{EndpointId, OrgId};
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, KeyPair};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinHandle,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Far longer than anything here takes; reached only by a test that fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What the collector would know of keys.
#[derive(Default)]
pub(crate) struct Ledger(Mutex<HashMap<Sha256, KeyState>>);

impl Ledger {
    pub(crate) fn set(&self, key: Sha256, state: KeyState) {
        self.0.lock().unwrap().insert(key, state);
    }
}

impl KeyStatus for Ledger {
    fn status(&self, key: &Sha256) -> KeyState {
        self.0.lock().unwrap().get(key).copied().unwrap_or(KeyState::Unknown)
    }
}

/// A collector's authority and one of its ports.
pub(crate) struct Port {
    pub(crate) authority: Authority,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) address: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) running: JoinHandle<()>,
    _folder: TempDir,
}

pub(crate) fn new_authority() -> (TempDir, Authority) {
    let folder = tempfile::tempdir().unwrap();
    // Made a year ago, so that certificates of the past can be issued.
    let then = Timestamp::now() - SignedDuration::from_hours(365 * 24);
    let authority =
        Authority::create(&folder.path().join("ca"), "test", &["localhost".to_owned()], then).unwrap();
    (folder, authority)
}

impl Port {
    pub(crate) fn of_agents() -> Self {
        Self::start(true, Limits::agents())
    }

    pub(crate) fn start(for_agents: bool, limits: Limits) -> Self {
        let (folder, authority) = new_authority();
        let ledger = Arc::new(Ledger::default());
        let keys: Arc<dyn KeyStatus> = Arc::<Ledger>::clone(&ledger);
        // Renewed by the first call, read back by the second, as after a restart.
        authority.server_identity(&[], Timestamp::now()).unwrap();
        let identity = authority.server_identity(&[], Timestamp::now()).unwrap();
        let (tls, door, router) = if for_agents {
            let tls = tls::agents(identity, authority.root(), Arc::clone(&keys)).unwrap();
            (tls, Door::Agents(keys), Router::new().route("/who", get(who_agent)))
        } else {
            let tls = tls::people(identity, authority.root()).unwrap();
            let router = Router::new()
                .route("/who", get(who_person))
                .route("/never", get(std::future::pending::<&'static str>))
                .route("/refused", post(refused))
                .route("/short", post(short).layer(DefaultBodyLimit::max(1024)));
            (tls, Door::People, router)
        };
        let bound = Bound::new((Ipv4Addr::LOCALHOST, 0).into(), "people.listen in collector.toml").unwrap();
        let address = bound.address();
        let listener = Listener { bound, tls: Arc::new(ArcSwap::new(tls)), door, router, limits };
        let stop = CancellationToken::new();
        let running = tokio::spawn(listener.run(stop.clone()));
        Self { authority, ledger, address, stop, running, _folder: folder }
    }

    /// Makes an endpoint whose certificate was issued some time ago, and puts its key on record.
    pub(crate) fn agent(&self, issued_ago: SignedDuration) -> Agent {
        let agent = Agent::of(&self.authority, issued_ago);
        self.ledger.set(agent.key, KeyState::Active(agent.endpoint));
        agent
    }

    /// A caller that trusts this collector and shows `agent`'s certificate, if any.
    pub(crate) fn caller(&self, agent: Option<&Agent>) -> Caller {
        self.caller_with(agent, &rustls::version::TLS13)
    }

    pub(crate) fn caller_with(
        &self,
        agent: Option<&Agent>,
        version: &'static SupportedProtocolVersion,
    ) -> Caller {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.root().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match agent {
            Some(agent) => {
                builder.with_client_auth_cert(agent.chain.clone(), agent.private.clone_key()).unwrap()
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        Caller { config: Arc::new(config), address: self.address }
    }
}

async fn who_agent(Extension(peer): Extension<Peer>) -> String {
    format!("{} expired={}", peer.endpoint, peer.certificate_expired)
}

async fn who_person(ConnectInfo(address): ConnectInfo<SocketAddr>) -> String {
    address.ip().to_string()
}

/// Refuses without a look at the body, as the guard of the routes does.
async fn refused() -> (http::StatusCode, &'static str) {
    (http::StatusCode::FORBIDDEN, "not you")
}

/// Begins to read, and refuses what is too long.
async fn short(body: axum::body::Bytes) -> String {
    body.len().to_string()
}

/// An endpoint's identity.
pub(crate) struct Agent {
    pub(crate) endpoint: EndpointId,
    pub(crate) key: Sha256,
    chain: Vec<CertificateDer<'static>>,
    private: PrivateKeyDer<'static>,
}

impl Agent {
    pub(crate) fn of(authority: &Authority, issued_ago: SignedDuration) -> Self {
        let key = KeyPair::generate().unwrap();
        let csr = CertificateParams::default().serialize_request(&key).unwrap();
        let endpoint = EndpointId(Uuid::now_v7());
        let at = Timestamp::now() - issued_ago;
        let issued = authority.issue(csr.der(), &OrgId::new("acme").unwrap(), endpoint, at).unwrap();
        Self {
            endpoint,
            key: csr_key_sha256(csr.der()).unwrap(),
            chain: issued.chain_der.into_iter().map(CertificateDer::from).collect(),
            private: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        }
    }
}

/// Somebody who calls.
pub(crate) struct Caller {
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) address: SocketAddr,
}

impl Caller {
    pub(crate) async fn connect(&self) -> std::io::Result<TlsStream<TcpStream>> {
        self.connect_over(TcpStream::connect(self.address).await?).await
    }

    async fn connect_over(&self, tcp: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::clone(&self.config)).connect(name, tcp).await
    }

    /// Connects and asks, as a real client does, before the collector's verdict can be known; the answer is the error.
    pub(crate) async fn refusal(&self) -> String {
        let ask = async {
            let mut stream = self.connect().await?;
            stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await?;
            Ok::<_, std::io::Error>(answer)
        };
        match tokio::time::timeout(PATIENCE, ask).await.unwrap() {
            Ok(answer) => panic!("was let in, and told {answer:?}"),
            Err(error) => error.to_string(),
        }
    }

    /// A connection that speaks HTTP/2.
    pub(crate) async fn http2(&self) -> Http2 {
        self.http2_over(TcpStream::connect(self.address).await.unwrap()).await.unwrap()
    }

    /// The same over a socket that is there.
    pub(crate) async fn http2_over(&self, tcp: TcpStream) -> std::io::Result<Http2> {
        let io = hyper_util::rt::TokioIo::new(self.connect_over(tcp).await?);
        let executor = hyper_util::rt::TokioExecutor::new();
        let (sender, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
        Ok(Http2 { sender, connection: tokio::spawn(async move { drop(connection.await) }) })
    }
}

/// One HTTP/2 connection.
pub(crate) struct Http2 {
    sender: hyper::client::conn::http2::SendRequest<axum::body::Body>,
    pub(crate) connection: JoinHandle<()>,
}

impl Http2 {
    pub(crate) async fn get(&mut self, path: &str) -> hyper::Result<(http::response::Parts, String)> {
        self.send(http::Request::get(format!("https://localhost{path}"))).await
    }

    pub(crate) async fn send(
        &mut self,
        request: http::request::Builder,
    ) -> hyper::Result<(http::response::Parts, String)> {
        self.send_with(request, axum::body::Body::empty()).await
    }

    pub(crate) async fn send_with(
        &mut self,
        request: http::request::Builder,
        body: axum::body::Body,
    ) -> hyper::Result<(http::response::Parts, String)> {
        use http_body_util::BodyExt as _;
        let request = request.body(body).unwrap();
        let answer = tokio::time::timeout(PATIENCE, self.sender.send_request(request)).await.unwrap()?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok((head, String::from_utf8(body.to_vec()).unwrap()))
    }
}

/// The log of one test, whose runtime is this thread.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn capture() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        std::io::Write::write(&mut *self.0.lock().unwrap(), bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
