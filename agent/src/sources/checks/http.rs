//! A web server answers GET, with which code, and until when its certificate is good.
//!
//! The request is of our own making: the policy gives a port and a path, and any path but `/` has to be named by the
//! machine's owner. Nothing is followed, and of the answer nothing but the code is kept: the connection ends as soon as
//! the code is known, so a body is not even received whole.

pub(super) mod answer;
mod certificate;

use std::time::Duration;

use answer::Answer;
use dogwatch_model::{CheckState, Target};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::timeout,
};

use super::{NOT_ALLOWED, Verdict, failed, reach::Reach, unknown, verdict};
use crate::{VERSION, config::Allow};

/// From the open connection to the code.
const LIMIT: Duration = Duration::from_secs(5);
/// What is read before a code must be there; interim answers and their headers count.
const ANSWER_BYTES: usize = 64 * 1024;
/// Read at once: a code stands in the first of them.
const READ_BYTES: usize = 1024;

/// What is asked for, and what is right.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) target: &'a Target,
    pub(super) tls: bool,
    pub(super) path: &'a str,
    pub(super) status: Option<u16>,
}

pub(super) async fn look(asked: Asked<'_>, allow: &Allow, reach: &Reach) -> Verdict {
    look_within(LIMIT, asked, allow, reach).await
}

pub(super) async fn look_within(limit: Duration, asked: Asked<'_>, allow: &Allow, reach: &Reach) -> Verdict {
    if !allow.permits_web_path(asked.path) {
        return unknown(NOT_ALLOWED);
    }
    let stream = match reach.connect(asked.target).await {
        Ok(stream) => stream,
        Err(verdict) => return verdict,
    };
    let request = request(asked);
    if !asked.tls {
        return judged(within(limit, code(stream, &request)).await, asked, "");
    }
    let shown = certificate::Shown::default();
    let talk = async {
        let stream = certificate::handshake(stream, asked.target, &shown).await;
        code(stream.map_err(|_| failed("TLS handshake failed"))?, &request).await
    };
    let verdict = judged(within(limit, talk).await, asked, ", chain not checked");
    // Even a server that then says nothing has shown its certificate.
    Verdict { certificate_expires_at: shown.expires_at(), ..verdict }
}

fn request(asked: Asked<'_>) -> String {
    let Target { host, port } = asked.target;
    let host = host.as_deref().unwrap_or("localhost");
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    format!(
        "GET {} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: dogwatch-agent/{VERSION}\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        asked.path
    )
}

async fn within(limit: Duration, talk: impl Future<Output = Result<u16, Verdict>>) -> Result<u16, Verdict> {
    timeout(limit, talk).await.unwrap_or_else(|_| Err(failed(format!("no answer within {limit:?}"))))
}

async fn code(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> Result<u16, Verdict> {
    let broken = |error: std::io::Error| failed(error.kind().to_string());
    stream.write_all(request.as_bytes()).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    let mut seen = Vec::new();
    let mut buffer = [0; READ_BYTES];
    loop {
        let count = stream.read(&mut buffer).await.map_err(broken)?;
        seen.extend_from_slice(&buffer[..count]);
        match answer::parse(&seen) {
            Answer::Code(code) => return Ok(code),
            Answer::NotHttp => return Err(failed("the answer is not HTTP")),
            Answer::Incomplete if count == 0 => return Err(failed("closed without an answer")),
            Answer::Incomplete if seen.len() >= ANSWER_BYTES => return Err(failed("no code within 64 KiB")),
            Answer::Incomplete => {}
        }
    }
}

fn judged(code: Result<u16, Verdict>, asked: Asked<'_>, note: &str) -> Verdict {
    let code = match code {
        Ok(code) => code,
        Err(verdict) => return verdict,
    };
    let right = asked.status.map_or(code < 400, |status| code == status);
    let state = if right { CheckState::Ok } else { CheckState::Failed };
    verdict(state, format!("{code}{note}"), Some(code.into()))
}
