//! One call, from the look-up of the name to the answer.

use std::time::Duration;

use http::{HeaderName, Request, Response, StatusCode, header, request::Builder};
use http_body_util::{BodyExt as _, Collected, Full, Limited};
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
    let head = Request::post(target.path()).header(header::CONTENT_TYPE, "application/json");
    let answer = call(target, head, headers, body, Wants::Word).await?;
    judge(target, &answer)
}

/// Reads a document: `Ok` is whatever the other end answered, refusals included.
pub(crate) async fn get(target: &Target, headers: &[(HeaderName, String)]) -> Result<Answer, Fault> {
    let head = Request::get(target.path()).header(header::ACCEPT, "application/json");
    call(target, head, headers, Vec::new(), Wants::Body).await
}

/// Sends a form, and reads what is answered, refusals included.
pub(crate) async fn post_form(
    target: &Target,
    headers: &[(HeaderName, String)],
    form: String,
) -> Result<Answer, Fault> {
    let head = Request::post(target.path())
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    call(target, head, headers, form.into_bytes(), Wants::Body).await
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// What it says; nothing when that broke off, or is longer than [`MAX_ANSWER_BYTES`].
    pub(crate) body: Option<Bytes>,
    again: Option<Duration>,
}

/// What of a success is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wants {
    /// That it is one.
    Word,
    /// All of it.
    Body,
}

async fn call(
    target: &Target,
    head: Builder,
    headers: &[(HeaderName, String)],
    body: Vec<u8>,
    wants: Wants,
) -> Result<Answer, Fault> {
    let asked = try_call(target, request(target, head, headers, body)?, wants);
    tokio::time::timeout(target.limit, asked).await.unwrap_or_else(|_| {
        Err(Fault::later(format!("{} did not answer within {} s", target.host, target.limit.as_secs())))
    })
}

async fn try_call(target: &Target, request: Request<Full<Bytes>>, wants: Wants) -> Result<Answer, Fault> {
    let stream = connect(target).await?;
    let Some(tls) = &target.tls else { return exchange(target, stream, request, wants).await };
    let name = ServerName::try_from(target.host.clone())
        .map_err(|_| Fault::never(format!("{} is no name that a certificate could have", target.host)))?;
    let stream = tokio_rustls::TlsConnector::from(tls.clone())
        .connect(name, stream)
        .await
        .map_err(|error| Fault::later(format!("no TLS with {}: {error}", target.host)))?;
    exchange(target, stream, request, wants).await
}

fn request(
    target: &Target,
    mut head: Builder,
    headers: &[(HeaderName, String)],
    body: Vec<u8>,
) -> Result<Request<Full<Bytes>>, Fault> {
    let host = target.uri.authority().map_or("", |authority| authority.as_str());
    head = head
        .header(header::HOST, host)
        .header(header::USER_AGENT, concat!("dogwatch-collector/", env!("CARGO_PKG_VERSION")))
        .header(header::CONNECTION, "close");
    for (name, value) in headers {
        head = head.header(name, value);
    }
    head.body(Full::new(Bytes::from(body)))
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
    wants: Wants,
) -> Result<Answer, Fault> {
    let lost = |error: hyper::Error| Fault::later(format!("{} broke off: {error}", target.host));
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_buf_size(MAX_ANSWER_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(lost)?;
    let asked = async { Ok(read(sender.send_request(request).await.map_err(lost)?, wants).await) };
    tokio::pin!(asked, connection);
    // The connection has to be driven until the answer is there; what it says after that is of no interest.
    tokio::select! {
        answer = &mut asked => answer,
        ended = &mut connection => match ended {
            Ok(()) => asked.await,
            Err(error) => Err(lost(error)),
        },
    }
}

async fn read(answer: Response<Incoming>, wants: Wants) -> Answer {
    let (status, again) = (answer.status(), retry_after(&answer));
    let body = match wants {
        Wants::Word if status.is_success() => None,
        _ => Limited::new(answer.into_body(), MAX_ANSWER_BYTES).collect().await.ok(),
    };
    Answer { status, again, body: body.map(Collected::to_bytes) }
}

/// What an answer means for this message.
fn judge(target: &Target, answer: &Answer) -> Result<(), Fault> {
    let status = answer.status;
    if status.is_success() {
        return Ok(());
    }
    if status.is_redirection() {
        return Err(Fault::never(format!(
            "{} answered {status} and wants to send us elsewhere, which is not followed: put the final address into `url`",
            target.host
        )));
    }
    let what = format!("{} answered {status}{}", target.host, words(answer.body.as_ref()));
    let again = match (status, answer.again) {
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
fn words(body: Option<&Bytes>) -> String {
    let Some(body) = body else { return String::new() };
    let text = String::from_utf8_lossy(body);
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect();
    if line.is_empty() { line } else { format!(": {line}") }
}
