//! HTTP/1.1 by hand, over TLS: what a well-behaved client never sends, and each byte of what comes back.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
};

use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject as _};

use super::{PATIENCE, collector::LabCollector};
use crate::load::trust::provider;

/// One connection.
pub struct Wire(BufReader<StreamOwned<ClientConnection, TcpStream>>);

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its headers, a line each, names in lower case.
    pub head: Vec<String>,
    /// Its body; of a stream, nothing.
    pub body: String,
}

impl Reply {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &'_ &String| line.split_once(": ").is_some_and(|(known, _)| known == name);
        self.head.iter().find(named).and_then(|line| line.split_once(": ")).map(|(_, value)| value)
    }

    /// Whether it is an error in the one form that errors have, with its own status in it.
    pub fn is_problem(&self) -> bool {
        let json: serde_json::Value = serde_json::from_str(&self.body).unwrap_or_default();
        self.header("content-type") == Some("application/problem+json")
            && json["status"] == self.status
            && ["type", "title", "detail"].iter().all(|name| json[name].is_string())
    }
}

impl Wire {
    /// Connects to a collector's people.
    ///
    /// # Panics
    /// When it does not answer.
    #[track_caller]
    pub fn open(collector: &LabCollector) -> Self {
        let root = CertificateDer::from_pem_file(collector.path("authority/root.crt")).expect("its root");
        let mut roots = RootCertStore::empty();
        roots.add(root).expect("its root is one");
        let config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").expect("a name");
        let tls = ClientConnection::new(Arc::new(config), name).expect("a connection");
        let tcp = TcpStream::connect(collector.people_address()).expect("the people's listener");
        tcp.set_read_timeout(Some(PATIENCE)).expect("a socket");
        tcp.set_nodelay(true).expect("a socket");
        Self(BufReader::new(StreamOwned::new(tls, tcp)))
    }

    /// Waits so long for an answer, where that takes longer than others.
    ///
    /// # Panics
    /// When the socket is none.
    pub fn wait_for(&mut self, limit: std::time::Duration) {
        self.0.get_ref().sock.set_read_timeout(Some(limit)).expect("a socket");
    }

    /// Sends bytes as they are. One that has ended by then takes no more, which is its good right.
    pub fn say(&mut self, bytes: &[u8]) {
        let stream = self.0.get_mut();
        let _ = stream.write_all(bytes).and_then(|()| stream.flush());
    }

    /// The next answer; nothing when the connection ended without one.
    pub fn reply(&mut self, to_head: bool) -> Option<Reply> {
        let status = self.line()?;
        let status = status.split(' ').nth(1)?.parse().ok()?;
        let mut head = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':')?;
            head.push(format!("{}: {}", name.to_ascii_lowercase(), value.trim()));
        }
        let mut reply = Reply { status, head, body: String::new() };
        let is_stream = reply.header("content-type") == Some("text/event-stream");
        if !to_head && !is_stream && status != 304 {
            reply.body = String::from_utf8_lossy(&self.body(&reply)?).into_owned();
        }
        Some(reply)
    }

    /// Sends a request and reads its answer.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn ask(&mut self, request: &str) -> Reply {
        self.say(request.as_bytes());
        self.reply(request.starts_with("HEAD ")).unwrap_or_else(|| panic!("no answer to {request}"))
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.0.read_line(&mut line).ok().filter(|read| *read > 0)?;
        Some(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    fn exactly(&mut self, bytes: usize) -> Option<Vec<u8>> {
        let mut all = vec![0; bytes];
        self.0.read_exact(&mut all).ok()?;
        Some(all)
    }

    fn body(&mut self, reply: &Reply) -> Option<Vec<u8>> {
        if let Some(length) = reply.header("content-length") {
            return self.exactly(length.parse().ok()?);
        }
        if reply.header("transfer-encoding") != Some("chunked") {
            return Some(Vec::new());
        }
        let mut all = Vec::new();
        loop {
            let length = usize::from_str_radix(self.line()?.split(';').next()?, 16).ok()?;
            all.extend(self.exactly(length)?);
            self.line()?;
            if length == 0 {
                return Some(all);
            }
        }
    }
}
