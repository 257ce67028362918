//! One POST, from the look-up of the name to the answer.

use std::time::Duration;

use http::{HeaderName, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use rustls_pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use super::{Again, Fault, MAX_ANSWER_BYTES, Target};

/// What of a refusal's text is passed on.
const MAX_WORDS: usize = 200;

/// Sends a JSON body. `Ok` means that the other end said so.
pub(in crate::notify) async fn post(
    target: &Target,
    headers: &[(HeaderName, String)],
    body: Vec<u8>,
) -> Result<(), Fault> {
    tokio::time::timeout(target.limit, try_post(target, headers, body)).await.unwrap_or_else(|_| {
        Err(Fault::later(format!("{} did not answer within {} s", target.host, target.limit.as_secs())))
    })
}

async fn try_post(target: &Target, headers: &[(HeaderName, String)], body: Vec<u8>) -> Result<(), Fault> {
    let request = request(target, headers, body)?;
    let stream = connect(target).await?;
    let Some(tls) = &target.tls else { return exchange(target, stream, request).await };
    let name = ServerName::try_from(target.host.clone())
        .map_err(|_| Fault::never(format!("{} is no name that a certificate could have", target.host)))?;
    let stream = tokio_rustls::TlsConnector::from(tls.clone())
        .connect(name, stream)
        .await
        .map_err(|error| Fault::later(format!("no TLS with {}: {error}", target.host)))?;
    exchange(target, stream, request).await
}

fn request(
    target: &Target,
    headers: &[(HeaderName, String)],
    body: Vec<u8>,
) -> Result<Request<Full<Bytes>>, Fault> {
    let path = target.uri.path_and_query().map_or("/", |path| path.as_str());
    let host = target.uri.authority().map_or("", |authority| authority.as_str());
    let mut request = Request::post(path)
        .header(header::HOST, host)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, concat!("dogwatch-collector/", env!("CARGO_PKG_VERSION")))
        .header(header::CONNECTION, "close");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| Fault::never(format!("cannot be said in HTTP: {error}")))
}

/// Connects to one of exactly the addresses that were checked.
async fn connect(target: &Target) -> Result<TcpStream, Fault> {
    let mut last = String::new();
    for address in target.addresses().await? {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = format!("cannot connect to {} ({address}): {error}", target.host),
        }
    }
    Err(Fault::later(last))
}

async fn exchange(
    target: &Target,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<(), Fault> {
    let lost = |error: hyper::Error| Fault::later(format!("{} broke off: {error}", target.host));
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_buf_size(MAX_ANSWER_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(lost)?;
    let asked = async {
        let answer = sender.send_request(request).await.map_err(lost)?;
        judge(target, answer).await
    };
    tokio::pin!(asked, connection);
    // The connection has to be driven until the answer is there; what it says after that is of no interest.
    tokio::select! {
        judged = &mut asked => judged,
        ended = &mut connection => match ended {
            Ok(()) => asked.await,
            Err(error) => Err(lost(error)),
        },
    }
}

/// What an answer means for this message.
async fn judge(target: &Target, answer: Response<Incoming>) -> Result<(), Fault> {
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    if status.is_redirection() {
        return Err(Fault::never(format!(
            "{} answered {status} and wants to send us elsewhere, which is not followed: put the final address into `url`",
            target.host
        )));
    }
    let after = retry_after(&answer);
    let words = words(answer).await;
    let what = format!("{} answered {status}{words}", target.host);
    let again = match (status, after) {
        // It was understood and is not wanted: it will not be wanted tomorrow. Anything else, people may mend in a day.
        (StatusCode::BAD_REQUEST | StatusCode::GONE | StatusCode::PAYLOAD_TOO_LARGE, _)
        | (StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::UNPROCESSABLE_ENTITY, _) => Again::Never,
        (_, Some(after)) => Again::After(after),
        _ => Again::Later,
    };
    Err(Fault { what, again })
}

/// `Retry-After`: seconds, or an instant.
fn retry_after(answer: &Response<Incoming>) -> Option<Duration> {
    let text = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    at.duration_since(Timestamp::now()).try_into().ok()
}

/// The beginning of what it says, as one line.
async fn words(answer: Response<Incoming>) -> String {
    let Ok(body) = Limited::new(answer.into_body(), MAX_ANSWER_BYTES).collect().await else {
        return String::new();
    };
    let body = body.to_bytes();
    let text = String::from_utf8_lossy(&body);
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect();
    if line.is_empty() { line } else { format!(": {line}") }
}
