//! People's screens by the hundred: each holds one stream of events open and remembers what it was told as a count and a
//! sum, so that five hundred of them cost the load process little.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use anyhow::{Context as _, Result, ensure};
use rustls_pki_types::CertificateDer;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinHandle,
};
use tokio_rustls::client::TlsStream;

use super::trust::{Place, client_config};

/// What is read at once: a whole tick of a busy collector.
const READ_BYTES: usize = 64 * 1024;

/// What one listener was told.
#[derive(Debug, Default)]
pub struct Told {
    /// Changes.
    pub changes: AtomicU64,
    /// Their ids, added up: two that were told the same have the same sum.
    pub sum: AtomicU64,
    /// How often it was told that it missed some.
    pub missed: AtomicU64,
    /// Bytes.
    pub bytes: AtomicU64,
}

impl Told {
    /// Count and sum.
    pub fn account(&self) -> (u64, u64) {
        (self.changes.load(Relaxed), self.sum.load(Relaxed))
    }
}

/// What the one listener that reads everything was told, by org.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Account {
    /// Count and sum of each org.
    pub orgs: BTreeMap<String, (u64, u64)>,
    /// The latest version of each alert.
    pub versions: BTreeMap<u64, u64>,
}

impl Account {
    /// Count and sum of what somebody hears who sees one org, or all of them.
    pub fn heard_by(&self, org: Option<&str>) -> (u64, u64) {
        let seen = self.orgs.iter().filter(|(name, _)| org.is_none_or(|org| org == *name));
        seen.fold((0, 0), |all, (_, one)| (all.0 + one.0, all.1.wrapping_add(one.1)))
    }
}

/// Somebody who listens until it is dropped.
#[derive(Debug)]
pub struct Ear(JoinHandle<Result<()>>);

impl Ear {
    fn spawn(listening: impl Future<Output = Result<()>> + Send + 'static) -> Self {
        Self(tokio::spawn(listening))
    }

    /// Whether the stream is still there.
    pub fn listens(&self) -> bool {
        !self.0.is_finished()
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Opens a stream, with everything but its reading.
pub async fn open(place: &Place, root: &CertificateDer<'_>, token: &str) -> Result<TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root.clone().into_owned())?;
    let mut config = Arc::unwrap_or_clone(client_config(Arc::new(roots), None)?);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let mut stream = place.handshake(Arc::new(config)).await.context("a listener's handshake")?;
    let request = format!(
        "GET /api/v1/events?kinds=alert,endpoint HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    Ok(stream)
}

/// Reads a stream until its end, and counts.
pub fn count(stream: TlsStream<TcpStream>, told: Arc<Told>) -> Ear {
    Ear::spawn(async move {
        read(stream, |line| match line {
            [b'i', b'd', b':', b' ', id @ ..] => {
                told.changes.fetch_add(1, Relaxed);
                told.sum.fetch_add(sum_of(id), Relaxed);
            }
            b"event: missed" => drop(told.missed.fetch_add(1, Relaxed)),
            // Greetings have an id, too, and are no change.
            b"event: hello" => {
                told.changes.store(0, Relaxed);
                told.sum.store(0, Relaxed);
            }
            _ => drop(told.bytes.fetch_add(line.len() as u64 + 1, Relaxed)),
        })
        .await
    })
}

/// Reads a stream until its end, and understands every event.
pub fn understand(stream: TlsStream<TcpStream>, account: Arc<std::sync::Mutex<Account>>) -> Ear {
    Ear::spawn(async move {
        let mut id = 0;
        read(stream, |line| {
            if let [b'i', b'd', b':', b' ', text @ ..] = line {
                id = sum_of(text);
            }
            let Some(data) = line.strip_prefix(b"data: ") else { return };
            let Ok(data) = serde_json::from_slice::<Value>(data) else { return };
            let Some(org) = data["org"].as_str() else { return };
            let mut account = account.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let of_org = account.orgs.entry(org.to_owned()).or_default();
            *of_org = (of_org.0 + 1, of_org.1.wrapping_add(id));
            if let (Some(number), Some(version)) = (data["number"].as_u64(), data["version"].as_u64()) {
                account.versions.insert(number, version);
            }
        })
        .await
    })
}

/// An id as a number: its letters are random, so that some of them do.
fn sum_of(id: &[u8]) -> u64 {
    id.first_chunk().map_or(0, |some| u64::from_le_bytes(*some))
}

async fn read(mut stream: TlsStream<TcpStream>, mut line: impl FnMut(&[u8])) -> Result<()> {
    let mut held = Vec::with_capacity(2 * READ_BYTES);
    let mut buffer = vec![0; READ_BYTES];
    let mut greeted = false;
    loop {
        let bytes = stream.read(&mut buffer).await?;
        if bytes == 0 {
            return Ok(());
        }
        held.extend_from_slice(&buffer[..bytes]);
        if !greeted {
            ensure!(held.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&held));
            greeted = true;
        }
        let mut from = 0;
        while let Some(length) = held[from..].iter().position(|byte| *byte == b'\n') {
            line(&held[from..from + length]);
            from += length + 1;
        }
        held.drain(..from);
    }
}
