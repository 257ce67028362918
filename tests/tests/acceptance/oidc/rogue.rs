//! A provider that lies on demand: plain HTTP on loopback, one signing key, and whatever token it is told to give.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The rogue.
pub(super) struct Rogue {
    pub(super) issuer: String,
    key: EcdsaKeyPair,
    desk: Arc<Mutex<Desk>>,
}

#[derive(Default)]
struct Desk {
    /// Answers by path.
    answers: Vec<(&'static str, String)>,
    asked: Vec<String>,
}

impl Rogue {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port of loopback");
        let issuer = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let desk = Arc::<Mutex<Desk>>::default();
        let door = Arc::clone(&desk);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(stream, &door);
            }
        });
        let rogue = Self { issuer, key, desk };
        rogue.describe(&json!({}));
        let public = rogue.key.public_key().as_ref();
        let part = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&public[range]);
        let key = json!({ "kty": "EC", "crv": "P-256", "kid": "k", "x": part(1..33), "y": part(33..65) });
        rogue.answer("/keys", &json!({ "keys": [key, { "kty": "oct", "kid": "shared", "k": "c2VjcmV0" }] }));
        rogue
    }

    /// Describes itself, but for these members.
    pub(super) fn describe(&self, change: &Value) {
        let at = &self.issuer;
        let mut document = json!({
            "issuer": at, "authorization_endpoint": format!("{at}/authorize"), "token_endpoint": format!("{at}/token"),
            "jwks_uri": format!("{at}/keys"), "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
        });
        for (name, value) in change.as_object().into_iter().flatten() {
            document[name] = value.clone();
        }
        self.answer("/.well-known/openid-configuration", &document);
    }

    /// What it answers at a path from now on.
    pub(super) fn answer(&self, path: &'static str, answer: &Value) {
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        desk.answers.retain(|(known, _)| *known != path);
        desk.answers.push((path, answer.to_string()));
    }

    /// The requests that came, each with its form.
    pub(super) fn asked(&self) -> Vec<String> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner).asked.clone()
    }

    /// A token with these parts, signed by its key.
    pub(super) fn token(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(header), part(claims));
        let signature = self.key.sign(&SystemRandom::new(), text.as_bytes()).expect("its own key signs");
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn serve(stream: TcpStream, desk: &Mutex<Desk>) {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    if reader.read_line(&mut line).is_err() {
        return;
    }
    let path = line.split_ascii_whitespace().nth(1).unwrap_or_default().to_owned();
    loop {
        line.clear();
        if reader.read_line(&mut line).is_err() || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut form = vec![0; length];
    let _ = reader.read_exact(&mut form);
    let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
    desk.asked.push(format!("{path} {}", String::from_utf8_lossy(&form)));
    let found = desk.answers.iter().find(|(known, _)| *known == path).map(|(_, answer)| answer.clone());
    let (status, body) = found.map_or(("404 Not Found", String::new()), |body| ("200 OK", body));
    let length = body.len();
    let _ = write!(
        reader.get_mut(),
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
}
