//! A collector that says what it once said: TLS by a root of its own, answers from a recording by method and path.
//!
//! A recorded answer may be `like` another one but for some fields (`null` takes one away), come `in_turn` (each time the
//! next, and the last from then on), be a line of `events` that stays open, or `jsonl` as it is. `METHOD path?name` is what is said when the
//! query has that parameter.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
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
    /// SHA-256 of its root certificate, as login links have it.
    pub(crate) root_sha256: String,
    root: String,
}

/// What is said, and how often each was.
struct Answers {
    recorded: BTreeMap<String, Value>,
    /// What becomes of each answer on its way out.
    mangle: fn(Value) -> Value,
    said: Mutex<BTreeMap<String, usize>>,
}

impl Recorded {
    pub(crate) fn serve() -> Self {
        Self::serve_also(&Value::Null)
    }

    /// What `recorded.json` holds, with some answers more or others in their place.
    pub(crate) fn serve_also(more: &Value) -> Self {
        Self::serve_mangled(more, |answer| answer)
    }

    /// The same, with something done to each answer.
    pub(crate) fn serve_mangled(more: &Value, mangle: fn(Value) -> Value) -> Self {
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
            .with_single_cert(
                vec![leaf.der().clone(), root_certificate.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            )
            .unwrap();
        let mut recorded: BTreeMap<String, Value> =
            serde_json::from_str(include_str!("recorded.json")).unwrap();
        recorded.extend(more.as_object().cloned().unwrap_or_default());
        let answers = Answers { recorded, mangle, said: Mutex::default() };
        let (config, answers) = (Arc::new(config), Arc::new(answers));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
        thread::spawn(move || {
            for socket in listener.incoming() {
                let (config, answers) = (Arc::clone(&config), Arc::clone(&answers));
                thread::spawn(move || answer(socket.unwrap(), config, &answers));
            }
        });
        let root_sha256 = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, root_certificate.der());
        let root_sha256 = root_sha256.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Self { url, root_sha256, root: root_certificate.pem() }
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
fn answer(mut socket: TcpStream, config: Arc<ServerConfig>, answers: &Answers) {
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
            if stream.write_all(answers.to(&head).as_bytes()).is_err() {
                return;
            }
        }
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return,
            Ok(read) => heard.extend_from_slice(&part[..read]),
        }
    }
}

impl Answers {
    fn to(&self, head: &str) -> String {
        let mut words = head.split_whitespace();
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = path.trim_start_matches("/api/v1/");
        let names = query.split('&').filter_map(|pair| pair.split('=').next());
        let mut keys =
            names.map(|name| format!("{method} {path}?{name}")).chain([format!("{method} {path}")]);
        let Some(key) = keys.find(|key| self.recorded.contains_key(key)) else {
            let missing = json!({ "status": 404, "detail": format!("there is no {path} in the recording") });
            return whole(404, &missing);
        };
        let body = self.one(&key);
        if let Some(events) = body["events"].as_str() {
            let length = events.len();
            return format!(
                "HTTP/1.1 200 Said\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{events}\r\n"
            );
        }
        if let Some(text) = body["jsonl"].as_str() {
            return said(200, "application/jsonl", text);
        }
        whole(body["status"].as_u64().unwrap_or(200), &(self.mangle)(body))
    }

    /// What is said next to a key.
    fn one(&self, key: &str) -> Value {
        let recorded = &self.recorded[key];
        let Some(turns) = recorded["in_turn"].as_array() else { return self.resolved(recorded) };
        let mut said = self.said.lock().unwrap();
        let count = said.entry(key.to_owned()).or_default();
        let turn = &turns[(*count).min(turns.len() - 1)];
        *count += 1;
        self.resolved(turn)
    }

    /// An answer with everything in it that is `like` another.
    fn resolved(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.resolved(item)).collect(),
            Value::Object(fields) => {
                let mut all = match fields.get("like").and_then(Value::as_str) {
                    Some(key) => self.resolved(&self.recorded[key]).as_object().cloned().unwrap(),
                    None => serde_json::Map::new(),
                };
                for (name, field) in fields.iter().filter(|(name, _)| *name != "like") {
                    match field {
                        Value::Null if fields.contains_key("like") => drop(all.remove(name)),
                        field => drop(all.insert(name.clone(), self.resolved(field))),
                    }
                }
                Value::Object(all)
            }
            other => other.clone(),
        }
    }
}

fn whole(status: u64, body: &Value) -> String {
    said(status, "application/json", &body.to_string())
}

fn said(status: u64, media: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} Said\r\ncontent-type: {media}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}
