//! Checks against servers on the loopback address: good ones, broken ones, and ones that wish us ill.

use std::sync::atomic::{AtomicUsize, Ordering};

use dogwatch_model::{CheckWatch, Probe, Target};
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, KeyPair};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
    sync::{mpsc, watch},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::{reach::Reach, *};
use crate::{
    config::{Allow, Config},
    report::Sighting,
};

/// Short: what never answers is waited for.
const SOON: Duration = Duration::from_millis(300);
/// Longer than anything that does answer takes.
const PATIENCE: Duration = Duration::from_secs(20);

async fn listen() -> (TcpListener, Target) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, Target { host: None, port })
}

async fn ask(target: &Target, tls: bool, path: &str, status: Option<u16>, limit: Duration) -> Verdict {
    let allow = Allow::of("web_paths = [\"/healthz\"]").unwrap();
    let reach = Reach::new("/".as_ref(), allow.clone());
    let asked = http::Asked { target, tls, path, status };
    http::look_within(limit, asked, &allow, &reach).await
}

/// Reads a request to its end.
async fn request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut seen = Vec::new();
    while !seen.ends_with(b"\r\n\r\n") {
        seen.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(seen).unwrap()
}

/// A server that says one thing to everybody, and ends.
async fn saying(text: &'static str) -> Target {
    let (listener, target) = listen().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            request(&mut stream).await;
            let _ = stream.write_all(text.as_bytes()).await;
        }
    });
    target
}

fn seen(verdict: &Verdict) -> (CheckState, &str) {
    (verdict.state, verdict.detail.as_deref().unwrap_or_default())
}

#[tokio::test]
async fn the_code_decides_and_only_the_code_is_told() {
    use CheckState::{Failed, Ok};
    for (text, status, expected) in [
        ("HTTP/1.1 200 OK\r\nSet-Cookie: secret\r\n\r\nsecret", None, (Ok, "200")),
        ("HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\n\r\n", None, (Ok, "302")),
        ("HTTP/1.1 302 Found\r\n\r\n", Some(200), (Failed, "302")),
        ("HTTP/1.1 404 Not Found\r\n\r\n", None, (Failed, "404")),
        ("HTTP/1.1 401 Unauthorized\r\n\r\n", Some(401), (Ok, "401")),
        ("SSH-2.0-OpenSSH_9.2 secret banner\r\n", None, (Failed, "the answer is not HTTP")),
        ("HTTP/1.1 2", None, (Failed, "closed without an answer")),
        ("", None, (Failed, "closed without an answer")),
    ] {
        let verdict = ask(&saying(text).await, false, "/", status, PATIENCE).await;
        assert_eq!(seen(&verdict), expected, "{text}");
    }
}

#[tokio::test]
async fn the_request_is_a_plain_get_and_no_redirect_is_followed() {
    let (listener, target) = listen().await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 301 Moved\r\nLocation: /again\r\n\r\n").await.unwrap();
        let again = tokio::time::timeout(SOON, listener.accept()).await;
        (request, again.is_ok())
    });
    assert_eq!(seen(&ask(&target, false, "/healthz", None, PATIENCE).await), (CheckState::Ok, "301"));
    let (request, again) = server.await.unwrap();
    let port = target.port;
    let expected = format!(
        "GET /healthz HTTP/1.1\r\nHost: localhost:{port}\r\nUser-Agent: dogwatch-agent/{}\r\n\
         Accept: */*\r\nConnection: close\r\n\r\n",
        crate::VERSION
    );
    assert_eq!(request, expected);
    assert!(!again, "it came back");
}

#[tokio::test]
async fn a_path_that_is_not_listed_is_not_asked_for() {
    let (listener, target) = listen().await;
    let verdict = ask(&target, false, "/admin/delete", None, PATIENCE).await;
    assert_eq!(seen(&verdict), (CheckState::Unknown, NOT_ALLOWED));
    assert!(tokio::time::timeout(SOON, listener.accept()).await.is_err(), "nobody came");
}

#[tokio::test]
async fn a_server_that_dribbles_or_never_ends_costs_a_bounded_time_and_memory() {
    let (listener, silent) = listen().await;
    let verdict = ask(&silent, false, "/", None, SOON).await;
    assert_eq!(seen(&verdict), (CheckState::Failed, "no answer within 300ms"));
    let verdict = ask(&silent, true, "/", None, SOON).await;
    assert_eq!(seen(&verdict), (CheckState::Failed, "no answer within 300ms"));
    drop(listener);
    assert_eq!(
        seen(&ask(&silent, false, "/", None, PATIENCE).await),
        (CheckState::Failed, "connection refused")
    );

    let (listener, endless) = listen().await;
    let sent = Arc::new(AtomicUsize::new(0));
    tokio::spawn({
        let sent = sent.clone();
        async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut text = b"HTTP/1.1 103 Early Hints\r\n".to_vec();
            while stream.write_all(&text).await.is_ok() {
                sent.fetch_add(text.len(), Ordering::Relaxed);
                text = b"Link: </style.css>; rel=preload\r\n".repeat(100);
            }
        }
    });
    let verdict = ask(&endless, false, "/", None, PATIENCE).await;
    assert_eq!(seen(&verdict), (CheckState::Failed, "no code within 64 KiB"));
}

/// A certificate that is good until so many days from now, and a server that shows it.
async fn showing(days: i64, versions: &[&'static rustls::SupportedProtocolVersion]) -> Target {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new(vec!["www.example".to_owned()]).unwrap();
    let end = Timestamp::now() + SignedDuration::from_hours(24 * days);
    let unix = std::time::UNIX_EPOCH + Duration::from_secs(u64::try_from(end.as_second()).unwrap());
    parameters.not_after = unix.into();
    let certificate = parameters.self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = rustls_pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let (listener, target) = listen().await;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                answer(&mut stream).await;
            }
        }
    });
    target
}

async fn answer(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    request(stream).await;
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
    let _ = stream.shutdown().await;
}

#[tokio::test]
async fn a_certificate_tells_when_it_expires_whoever_made_it() {
    for (days, version) in
        [(45, &rustls::version::TLS13), (6, &rustls::version::TLS12), (-3, &rustls::version::TLS13)]
    {
        let target = showing(days, &[version]).await;
        let verdict = ask(&target, true, "/", None, PATIENCE).await;
        assert_eq!(seen(&verdict), (CheckState::Ok, "200, chain not checked"));
        let left = verdict.certificate_expires_at.unwrap().duration_since(Timestamp::now());
        let expected = SignedDuration::from_hours(24 * days);
        assert!((left - expected).abs() < SignedDuration::from_mins(5), "{left:#} for {days} days");
    }
}

#[tokio::test]
async fn tls_with_a_server_that_speaks_none_is_said() {
    let (listener, target) = listen().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let verdict = ask(&target, true, "/", None, PATIENCE).await;
    assert_eq!(seen(&verdict), (CheckState::Failed, "TLS handshake failed"));
    assert_eq!(verdict.certificate_expires_at, None);
}

#[tokio::test]
async fn a_port_answers_or_it_does_not() {
    let reach = Reach::new("/".as_ref(), Allow::default());
    let (listener, target) = listen().await;
    assert_eq!(tcp::look(&target, &reach).await.state, CheckState::Ok);
    drop(listener);
    assert_eq!(seen(&tcp::look(&target, &reach).await), (CheckState::Failed, "connection refused"));
}

/// The state of the only check in the next picture that has one.
async fn next_state(seen: &mut mpsc::Receiver<Sighting>) -> CheckState {
    let next = async {
        loop {
            let sighting = seen.recv().await.unwrap();
            if let Observation::Checks { checks, .. } = sighting.what
                && let [check] = &checks[..]
            {
                return check.state;
            }
        }
    };
    timeout(PATIENCE, next).await.unwrap()
}

#[tokio::test]
async fn what_the_owner_allows_or_forbids_counts_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report");
    std::fs::write(&path, b"here").unwrap();
    let path = path.to_str().unwrap().to_owned();
    let probe =
        Probe::File { path: path.clone(), max_age_seconds: None, min_bytes: Some(1), max_bytes: None };
    // Never due by itself while this runs.
    let watch = CheckWatch { name: "report".into(), every_seconds: 3600, probe };
    let watched = Arc::new(Watched { checks: vec![watch], ..Watched::default() });
    let policy = watch::Sender::new(Policy { watched, ..Policy::default() });
    let config = Config::with_state_dir(folder.path());
    let live = watch::Sender::new(Arc::new(config.clone()));
    let (observations, mut seen) = mpsc::channel(8);
    let cancel = CancellationToken::new();
    let desk = Desk::new(observations, policy.subscribe(), Arc::default(), cancel.clone());
    let running = tokio::spawn(run(desk, live.subscribe(), "/".into()));
    assert_eq!(next_state(&mut seen).await, CheckState::Unknown, "nothing is allowed");

    let allow = Allow::of(&format!("files = [{path:?}]")).unwrap();
    live.send_replace(Arc::new(Config { allow, ..config.clone() }));
    assert_eq!(next_state(&mut seen).await, CheckState::Ok);
    live.send_replace(Arc::new(config));
    assert_eq!(next_state(&mut seen).await, CheckState::Unknown);
    cancel.cancel();
    timeout(PATIENCE, running).await.unwrap().unwrap();
}
