//! A collector that says what it once said: TLS by a root of its own, answers from `recorded.json` by method and path.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{ServerConfig, ServerConnection, Stream};
use rustls_pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The collector, for as long as the process runs.
pub(crate) struct Recorded {
    pub(crate) url: String,
    root: String,
}

impl Recorded {
    pub(crate) fn serve() -> Self {
        let root_key = KeyPair::generate().unwrap();
        let mut root = CertificateParams::new(Vec::new()).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_certificate = root.self_signed(&root_key).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &Issuer::new(root, root_key)).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .unwrap();
        let answers: BTreeMap<String, Value> = serde_json::from_str(include_str!("recorded.json")).unwrap();
        let (config, answers) = (Arc::new(config), Arc::new(answers));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
        thread::spawn(move || {
            for socket in listener.incoming() {
                let (config, answers) = (Arc::clone(&config), Arc::clone(&answers));
                thread::spawn(move || answer(socket.unwrap(), config, &answers));
            }
        });
        Self { url, root: root_certificate.pem() }
    }

    /// A folder with a login at this collector, and another one beside it.
    pub(crate) fn logged_in(&self) -> TempDir {
        self.logged_in_at(&self.url)
    }

    pub(crate) fn logged_in_at(&self, url: &str) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("contexts")).unwrap();
        for (name, url) in [("acme-msp", url), ("lab", "https://lab.example:7443")] {
            let context = format!(
                "url = \"{url}\"\nperson = \"kim\"\ncollector = \"Acme MSP\"\ntoken = \"dwt_x\"\nroot_certificate = \"\"\"{}\"\"\"\n",
                self.root
            );
            fs::write(folder.path().join(format!("contexts/{name}.toml")), context).unwrap();
        }
        fs::write(folder.path().join("current-context"), "acme-msp\n").unwrap();
        folder
    }
}

/// Answers one caller until they go.
fn answer(mut socket: TcpStream, config: Arc<ServerConfig>, answers: &BTreeMap<String, Value>) {
    let mut connection = ServerConnection::new(config).unwrap();
    let mut stream = Stream::new(&mut connection, &mut socket);
    let mut heard = Vec::new();
    let mut part = [0; 4096];
    loop {
        while let Some(end) = heard.windows(4).position(|end| end == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&heard[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length:").and_then(|n| n.trim().parse().ok())
            });
            let whole = end + 4 + length.unwrap_or(0_usize);
            if heard.len() < whole {
                break;
            }
            heard.drain(..whole);
            if stream.write_all(said(&head, answers).as_bytes()).is_err() {
                return;
            }
        }
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return,
            Ok(read) => heard.extend_from_slice(&part[..read]),
        }
    }
}

fn said(head: &str, answers: &BTreeMap<String, Value>) -> String {
    let mut words = head.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = target.split('?').next().unwrap_or_default().trim_start_matches("/api/v1/");
    let missing = json!({ "status": 404, "detail": format!("there is no {path} in the recording") });
    let (status, body) = match answers.get(&format!("{method} {path}")) {
        Some(body) => (body["status"].as_u64().unwrap_or(200), body),
        None => (404, &missing),
    };
    let body = body.to_string();
    format!(
        "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
