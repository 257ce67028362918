//! First contact and every later one, against a small TLS server of our own.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::Arc,
    thread,
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{ServerConfig, ServerConnection, Stream};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::{client::Client, failure::Failure, pin};

/// A root and a server certificate that it signed.
pub(crate) struct Pki {
    pub(crate) root: CertificateDer<'static>,
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
}

pub(crate) fn pki(host: &str) -> Pki {
    let root_key = KeyPair::generate().unwrap();
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_certificate = root.self_signed(&root_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![host.to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &Issuer::new(root, root_key)).unwrap();
    let root = root_certificate.der().clone();
    Pki { chain: vec![leaf.der().clone(), root.clone()], root, key: key.serialize_der() }
}

/// A whole answer that holds JSON.
pub(crate) fn json(body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// Serves one caller after another, each with the next of `answers`; then ends, and gives what it heard.
pub(crate) fn serve(pki: &Pki, answers: Vec<String>) -> (String, thread::JoinHandle<Vec<String>>) {
    let key = PrivateKeyDer::Pkcs8(pki.key.clone().into());
    let config = ServerConfig::builder_with_provider(pin::provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(pki.chain.clone(), key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let server = thread::spawn(move || {
        let mut heard = Vec::new();
        for answer in answers {
            let (mut socket, _) = listener.accept().unwrap();
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = Stream::new(&mut connection, &mut socket);
            let mut request = Vec::new();
            let mut part = [0; 4096];
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut part) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => request.extend_from_slice(&part[..read]),
                }
            }
            if !request.is_empty() {
                stream.write_all(answer.as_bytes()).unwrap();
            }
            heard.push(String::from_utf8(request).unwrap());
        }
        heard
    });
    (url, server)
}

fn told(failure: Failure) -> (u8, String) {
    match failure {
        Failure::Told { exit, what } => (exit as u8, what),
        Failure::ReaderGone => panic!("the reader has not gone"),
    }
}

#[test]
fn the_root_with_the_pinned_hash_is_found_and_nothing_is_said_before() {
    let pki = pki("127.0.0.1");
    let (url, server) = serve(&pki, vec![String::new()]);
    let found = pin::fetch_root(&url, pin::sha256(&pki.root)).unwrap();
    assert_eq!(found, pki.root);
    assert_eq!(server.join().unwrap(), [""]);
}

#[test]
fn another_root_is_refused_before_anything_is_said() {
    let pki = pki("127.0.0.1");
    let (url, server) = serve(&pki, vec![String::new()]);
    let (exit, what) = told(pin::fetch_root(&url, [7; 32]).unwrap_err());
    assert_eq!(exit, 5);
    assert!(what.contains("another hash. Nothing was sent"), "{what}");
    assert_eq!(server.join().unwrap(), [""]);
}

#[test]
fn a_certificate_for_another_host_is_refused() {
    let pki = pki("collector.example");
    let (url, server) = serve(&pki, vec![String::new()]);
    let (exit, what) = told(pin::fetch_root(&url, pin::sha256(&pki.root)).unwrap_err());
    assert_eq!(exit, 5);
    assert!(what.contains("is not the collector that the link names"), "{what}");
    assert_eq!(server.join().unwrap(), [""]);
}

#[test]
fn a_root_that_is_shown_but_did_not_sign_is_refused() {
    let mut ours = pki("127.0.0.1");
    let theirs = pki("127.0.0.1");
    ours.chain[1] = theirs.root.clone();
    let (url, server) = serve(&ours, vec![String::new()]);
    let (exit, _) = told(pin::fetch_root(&url, pin::sha256(&theirs.root)).unwrap_err());
    assert_eq!(exit, 5);
    assert_eq!(server.join().unwrap(), [""]);
}

#[test]
fn later_requests_trust_that_root_alone_and_carry_the_token() {
    let pki = pki("127.0.0.1");
    let (url, server) = serve(&pki, vec![json(r#"{"total":3}"#)]);
    let client = Client::new(url, &pki.root, Some("dwt_x"));
    let fleet = client.get("fleet", &[("filter", "name == \"a&b\"")]).unwrap();
    assert_eq!(fleet["total"], 3);
    drop(client);
    let request = server.join().unwrap().remove(0);
    assert!(
        request.starts_with("GET /api/v1/fleet?filter=name%20%3D%3D%20%22a%26b%22 HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(request.contains("authorization: Bearer dwt_x\r\n"), "{request}");
}

#[test]
fn a_server_with_another_root_gets_no_token() {
    let (url, server) = serve(&pki("127.0.0.1"), vec![String::new()]);
    let client = Client::new(url, &pki("127.0.0.1").root, Some("dwt_x"));
    let (exit, what) = told(client.get("whoami", &[]).unwrap_err());
    assert_eq!(exit, 5);
    assert!(what.contains("is not the collector you logged in at"), "{what}");
    assert_eq!(server.join().unwrap(), [""]);
}

#[test]
fn nobody_there_is_told_with_what_to_look_for() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let client = Client::new(format!("https://127.0.0.1:{port}"), &pki("127.0.0.1").root, None);
    let (exit, what) = told(client.get("whoami", &[]).unwrap_err());
    assert_eq!(exit, 5);
    assert!(what.contains("is the collector running there?"), "{what}");
}

#[test]
fn a_server_that_is_no_collector_is_named_as_such() {
    let pki = pki("127.0.0.1");
    let (url, server) =
        serve(&pki, vec!["HTTP/1.1 502 Bad Gateway\r\ncontent-length: 5\r\n\r\nOops!".to_owned()]);
    let client = Client::new(url, &pki.root, None);
    let (exit, what) = told(client.get("whoami", &[]).unwrap_err());
    assert_eq!(exit, 5);
    assert!(what.contains("is that a Dogwatch collector's people port?"), "{what}");
    drop(client);
    assert_eq!(server.join().unwrap().len(), 1);
}
