//! A way through an HTTP proxy: `CONNECT` (RFC 9110, section 9.3.6), and from then on only what both ends say.
//!
//! Nothing of the agent's own is said before TLS stands: the proxy sees the address, and the credentials that are its
//! own. What it answers is read within bounds and never trusted: a proxy that looks into TLS shows another
//! certificate, and the handshake ends there.

use std::time::Duration;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::timeout,
};

use super::Failure;
use crate::config::Credentials;

/// No proxy has this much to say before a tunnel.
const HEADER_BYTES: usize = 16 * 1024;
/// Bytes of a proxy's own words that are repeated.
const WORDS: usize = 80;

/// Asks for the way to `address` on a connection to the proxy, which has to answer within `limit`. Afterwards the
/// stream is the collector's.
///
/// # Errors
/// [`Failure::Proxy`], in words.
pub(super) async fn open(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    proxy: &str,
    address: &str,
    credentials: Option<&Credentials>,
    limit: Duration,
) -> Result<(), Failure> {
    let failure = |reason: String| Failure::Proxy { proxy: proxy.to_owned(), reason };
    let authorization = credentials
        .map(|credentials| format!("Proxy-Authorization: {}\r\n", credentials.header()))
        .unwrap_or_default();
    let request = format!("CONNECT {address} HTTP/1.1\r\nHost: {address}\r\n{authorization}\r\n");
    let exchange = async {
        stream.write_all(request.as_bytes()).await.map_err(|error| failure(format!("broke off: {error}")))?;
        stream.flush().await.map_err(|error| failure(format!("broke off: {error}")))?;
        read_header(stream).await.map_err(failure)
    };
    match timeout(limit, exchange).await {
        Ok(header) => judge(&header?, address, credentials.is_some()).map_err(failure),
        Err(_) => Err(failure(format!("did not answer within {limit:?}"))),
    }
}

/// Reads up to the empty line that ends a header, and not a byte further: what follows is the collector's. Byte by
/// byte, which for some hundred of them once per connection costs nothing.
async fn read_header(stream: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, String> {
    let mut header = Vec::with_capacity(256);
    loop {
        match stream.read_u8().await {
            Ok(byte) => header.push(byte),
            Err(_) if header.is_empty() => return Err("hung up without an answer".into()),
            Err(error) => return Err(format!("broke off in its answer: {error}")),
        }
        if header.ends_with(b"\r\n\r\n") || header.ends_with(b"\n\n") {
            return Ok(header);
        }
        if header.len() >= HEADER_BYTES {
            return Err(format!("sent more than {HEADER_BYTES} bytes and no end of a header"));
        }
    }
}

/// What an answer means for whoever wants through.
fn judge(header: &[u8], address: &str, authorized: bool) -> Result<(), String> {
    let text = String::from_utf8_lossy(header);
    let mut line = text.lines().next().unwrap_or_default().splitn(3, ' ');
    let version = line.next().unwrap_or_default();
    let code = line.next().filter(|_| version.starts_with("HTTP/1.")).and_then(|code| code.parse().ok());
    let words: String =
        line.next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(WORDS).collect();
    match code {
        Some(200..=299) => Ok(()),
        Some(407) if authorized => Err("does not accept the credentials (407)".into()),
        Some(407) => {
            Err("wants credentials (407): name a file with them as credentials_file in [proxy]".into())
        }
        Some(403) => {
            Err(format!("does not allow the way to {address} (403): it has to permit CONNECT there"))
        }
        Some(405 | 501) => Err(format!("does not know CONNECT ({words}): it is no proxy for TLS")),
        Some(code @ (502..=504)) => Err(format!("cannot reach {address} ({code} {words})")),
        Some(code) => Err(format!("refuses the way to {address} ({code} {words})")),
        None => Err("does not answer as an HTTP proxy does".into()),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    /// What a proxy with this answer comes to, and what it was asked.
    async fn asked(answer: &[u8]) -> (Result<(), String>, String) {
        let (mut ours, mut theirs) = duplex(64 * 1024);
        theirs.write_all(answer).await.unwrap();
        theirs.shutdown().await.unwrap();
        let opened =
            open(&mut ours, "proxy:3128", "collector.example:7444", None, Duration::from_secs(20)).await;
        drop(ours);
        let mut request = String::new();
        theirs.read_to_string(&mut request).await.unwrap();
        (opened.map_err(|failure| failure.to_string()), request)
    }

    #[tokio::test]
    async fn every_answer_is_told_in_words() {
        let long = [b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &[b'x'; HEADER_BYTES]].concat();
        for (answer, expected) in [
            (
                b"HTTP/1.1 403 Forbidden\r\n\r\n".as_slice(),
                "does not allow the way to collector.example:7444 (403)",
            ),
            (b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\n\r\n", "wants credentials (407): name a file"),
            (b"HTTP/1.0 502 Bad Gateway\r\n\r\n", "cannot reach collector.example:7444 (502 Bad Gateway)"),
            (b"HTTP/1.1 405 Method Not Allowed\r\n\r\n", "does not know CONNECT"),
            (
                b"HTTP/1.1 302 \x1b[31mFound\r\n\r\n",
                "refuses the way to collector.example:7444 (302 [31mFound)",
            ),
            (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "does not answer as an HTTP proxy does"),
            (b"\xff\xfe\n\n", "does not answer as an HTTP proxy does"),
            (b"HTTP/1.1 200 OK\r\n", "broke off in its answer"),
            (b"", "hung up without an answer"),
            (&long, "sent more than 16384 bytes and no end of a header"),
        ] {
            let (opened, _) = asked(answer).await;
            let error = opened.unwrap_err();
            assert!(error.starts_with(&format!("the proxy proxy:3128 {expected}")), "{error}");
        }
    }

    #[tokio::test]
    async fn the_request_says_where_to_and_no_more() {
        let (opened, request) = asked(b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n").await;
        assert_eq!(opened, Ok(()));
        let expected = "CONNECT collector.example:7444 HTTP/1.1\r\nHost: collector.example:7444\r\n\r\n";
        assert_eq!(request, expected);
    }

    #[tokio::test]
    async fn a_proxy_that_says_nothing_is_given_up() {
        let (mut ours, _theirs) = duplex(1024);
        let limit = Duration::from_millis(20);
        let opened = open(&mut ours, "proxy:3128", "collector.example:7444", None, limit).await;
        assert_eq!(opened.unwrap_err().to_string(), "the proxy proxy:3128 did not answer within 20ms");
    }
}
