//! Whom webhooks call: a small web server that keeps what it was told, in the order of arrival.
//!
//! It speaks plain HTTP on loopback, answers 204, and closes: the least that a target does. It can hold its answers back
//! ([`Receiver::hold`]): the target has the message, and the sender does not know it yet. Whether a signature is right
//! is checked with each post, by the text of Standard Webhooks.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::PATIENCE;

/// The secret that every channel of a test signs with: that of the standard's own examples.
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The largest post: twenty alerts of one message are some kilobytes.
const MAX_BODY_BYTES: usize = 1 << 20;

/// One webhook as it came.
#[derive(Debug, Clone)]
pub struct Post {
    /// The path, which tells channels apart.
    pub path: String,
    /// `webhook-id`: the same on every try.
    pub id: String,
    /// Whether the signature is that of [`SECRET`].
    pub verified: bool,
    /// The request line and the headers, as they came.
    pub head: String,
    /// The body.
    pub body: Value,
}

impl Post {
    /// The alerts that it names.
    pub fn alerts(&self) -> impl Iterator<Item = &Value> {
        self.body["data"]["alerts"].as_array().into_iter().flatten()
    }

    /// Whether it tells of an alert for a reason.
    pub fn tells(&self, number: u64, reason: &str) -> bool {
        self.alerts().any(|alert| alert["number"] == number && alert["reason"] == reason)
    }
}

/// A running receiver. Its thread ends with the test's process.
#[derive(Debug)]
pub struct Receiver {
    port: u16,
    desk: Arc<Desk>,
}

#[derive(Debug, Default)]
struct Desk {
    kept: Mutex<Kept>,
    released: Condvar,
}

#[derive(Debug, Default)]
struct Kept {
    posts: Vec<Post>,
    held: bool,
}

impl Receiver {
    /// One that answers at once.
    ///
    /// # Panics
    /// When there is no port to listen on.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port of loopback");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let desk = Arc::<Desk>::default();
        let door = Arc::clone(&desk);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let desk = Arc::clone(&door);
                thread::spawn(move || desk.serve(stream));
            }
        });
        Self { port, desk }
    }

    /// The channel of `notify.toml` that posts to `/ID` here.
    pub fn channel(&self, id: &str) -> String {
        let port = self.port;
        format!(
            "[[channel]]\nid = \"{id}\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{port}/{id}\"\n\
             secret = \"{SECRET}\"\nallow_private = true\n\n"
        )
    }

    /// Where it listens.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Everything that came so far.
    pub fn posts(&self) -> Vec<Post> {
        self.desk.kept().posts.clone()
    }

    /// What came for a channel.
    pub fn posts_to(&self, channel: &str) -> Vec<Post> {
        let path = format!("/{channel}");
        self.posts().into_iter().filter(|post| post.path == path).collect()
    }

    /// Takes what comes and answers nothing, until [`Self::release`].
    pub fn hold(&self) {
        self.desk.kept().held = true;
    }

    /// Answers what waits, and from now on at once.
    pub fn release(&self) {
        self.desk.kept().held = false;
        self.desk.released.notify_all();
    }
}

impl Desk {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One request of one connection. A sender that dies in the middle of it has told nothing.
    fn serve(&self, stream: TcpStream) {
        let _ = stream.set_read_timeout(Some(PATIENCE));
        let mut reader = BufReader::new(stream);
        let Some(post) = read(&mut reader) else { return };
        let mut kept = self.kept();
        kept.posts.push(post);
        let free = self.released.wait_while(kept, |kept| kept.held);
        drop(free);
        // Whoever does not wait for the answer does not get one.
        let _ = reader.get_mut().write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Post> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut head = line.clone();
    let path = line.split_ascii_whitespace().nth(1)?.to_owned();
    let (mut length, mut id, mut at, mut signature) = (0, String::new(), String::new(), String::new());
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        head.push_str(&line);
        let Some((name, value)) = line.split_once(':') else { break };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "webhook-id" => value.clone_into(&mut id),
            "webhook-timestamp" => value.clone_into(&mut at),
            "webhook-signature" => value.clone_into(&mut signature),
            _ => {}
        }
    }
    let mut body = vec![0; (length <= MAX_BODY_BYTES).then_some(length)?];
    reader.read_exact(&mut body).ok()?;
    let verified = is_signed(&format!("{id}.{at}."), &body, &signature);
    Some(Post { path, id, verified, head, body: serde_json::from_slice(&body).ok()? })
}

/// Whether one of the signatures is that of the secret over `ID.INSTANT.BODY`.
fn is_signed(head: &str, body: &[u8], signatures: &str) -> bool {
    let secret = SECRET.trim_start_matches("whsec_");
    let Ok(secret) = STANDARD.decode(secret) else { return false };
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
    let signed = [head.as_bytes(), body].concat();
    signatures
        .split_ascii_whitespace()
        .filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok())
        .any(|signature| hmac::verify(&key, &signed, &signature).is_ok())
}
