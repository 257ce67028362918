//! A pane of glass before a collector: speaks TLS with the collector's own certificate, passes every request on, and keeps
//! what was asked, as whatever stands before a web server does. What is behind it can be made to look older.

use std::{
    convert::Infallible,
    fs,
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    body::{Bytes, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use super::Lab;
use crate::{bench::api::Api, load::trust::provider};

/// What HTTP says of the connection, or works out anew.
const NOT_PASSED_ON: [&str; 4] = ["host", "connection", "content-length", "transfer-encoding"];

/// A running pane. Its threads end with the test's process.
#[derive(Debug)]
pub struct Glass {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
struct Desk {
    behind: Api,
    without: &'static [&'static str],
    heads: Arc<Mutex<Vec<String>>>,
}

impl Glass {
    /// One before a lab's collector, without these routes.
    ///
    /// # Panics
    /// When there is no port to listen on.
    pub fn before(lab: &Lab, without: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port of loopback");
        listener.set_nonblocking(true).expect("a socket can be asked not to wait");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let acceptor = acceptor(lab);
        let desk = Desk { behind: lab.collector().api().stranger(), without, heads: Arc::clone(&heads) };
        let runtime = Runtime::new().expect("a runtime");
        thread::spawn(move || runtime.block_on(serve(listener, acceptor, desk)));
        Self { port, heads }
    }

    /// The login link of a token, to here.
    pub fn login_link(&self, lab: &Lab, token: &str) -> String {
        let here = format!("localhost:{}", self.port);
        lab.collector().login_link(token).replace(&lab.collector().people_address(), &here)
    }

    /// Every request that came: its line and its headers, a line each.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// With the collector's own certificate.
fn acceptor(lab: &Lab) -> TlsAcceptor {
    let read = |name: &str| fs::read(lab.collector().path("authority").join(name)).expect("a lab's own file");
    let (server, root) = (read("server.pem"), read("root.crt"));
    let certificates = |pem: &[u8]| -> Vec<CertificateDer<'static>> {
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().expect("certificates in PEM")
    };
    let chain = [certificates(&server), certificates(&root)].concat();
    let key = PrivateKeyDer::from_pem_slice(&server).expect("a key in PEM");
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
    TlsAcceptor::from(Arc::new(config.expect("the collector speaks TLS with the same")))
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, desk: Desk) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener that does not wait");
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, desk) = (acceptor.clone(), desk.clone());
        tokio::spawn(async move {
            // Whoever hangs up ends their own connection and nothing else.
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let service = service_fn(move |request| desk.clone().pass(request));
            let http = hyper::server::conn::http1::Builder::new();
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

impl Desk {
    /// Keeps what was asked, and passes it on.
    async fn pass(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let (mut parts, body) = request.into_parts();
        let mut head = format!("{} {}\n", parts.method, parts.uri);
        for (name, value) in &parts.headers {
            head.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
        }
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).push(head);
        if self.without.contains(&parts.uri.path()) {
            return Ok(answer(
                StatusCode::NOT_FOUND,
                "application/problem+json",
                r#"{"detail":"no such route"}"#,
            ));
        }
        for name in NOT_PASSED_ON {
            parts.headers.remove(name);
        }
        let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
        let asked = tokio::task::spawn_blocking(move || self.behind.send(Request::from_parts(parts, body)));
        Ok(match asked.await {
            Ok(Ok(said)) => {
                let status = StatusCode::from_u16(said.status).unwrap_or(StatusCode::BAD_GATEWAY);
                answer(status, said.header("content-type").unwrap_or_default(), &said.body)
            }
            _ => answer(StatusCode::BAD_GATEWAY, "text/plain", "nobody answers behind the glass"),
        })
    }
}

fn answer(status: StatusCode, kind: &str, body: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body.to_owned()));
    *response.status_mut() = status;
    if let Ok(kind) = kind.parse() {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}
