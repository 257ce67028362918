//! The people's API, as a program uses it: one kept-alive connection, a bearer token, JSON.

use std::{
    io::{BufRead, BufReader},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use rustls_pki_types::CertificateDer;
use serde_json::Value;
use ureq::{
    Agent, Body,
    http::{HeaderName, HeaderValue, Method, Request, Response},
    tls::{Certificate, RootCerts, TlsConfig},
};

use crate::load::trust::provider;

/// Far longer than any answer takes; past it something is broken.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The most that an answer may hold: ten thousand endpoints in full are some tens of megabytes.
const MAX_BODY_BYTES: u64 = 512 << 20;

/// What came back, whatever it was.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Its headers, a line each, with names in lower case.
    pub head: String,
    /// Its body.
    pub body: String,
}

impl Answer {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// A client of one collector.
#[derive(Clone)]
pub struct Api {
    agent: Agent,
    base: String,
    bearer: Option<String>,
}

impl Api {
    /// A client for `https://<address>`, verified against this root.
    pub fn new(address: &str, root: &CertificateDer<'_>) -> Self {
        let root = Certificate::from_der(root).to_owned();
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(provider())
            .root_certs(RootCerts::Specific(Arc::new(vec![root])))
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .proxy(None)
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .build()
            .new_agent();
        Self { agent, base: format!("https://{address}"), bearer: None }
    }

    /// Speaks as somebody from now on.
    pub fn sign_in(&mut self, token: &str) {
        self.bearer = Some(format!("Bearer {token}"));
    }

    /// What `GET path` answers with.
    pub fn get(&self, path: &str) -> Result<Value> {
        let request = self.agent.get(format!("{}{path}", self.base));
        let request = match &self.bearer {
            Some(bearer) => request.header("authorization", bearer),
            None => request,
        };
        answer(path, request.call().with_context(|| format!("GET {path}"))?)
    }

    /// What `GET path` answers with, as text.
    pub fn text(&self, path: &str) -> Result<String> {
        let request = self.agent.get(format!("{}{path}", self.base));
        let request = match &self.bearer {
            Some(bearer) => request.header("authorization", bearer),
            None => request,
        };
        let mut response = request.call().with_context(|| format!("GET {path}"))?;
        let status = response.status();
        let text = response.body_mut().with_config().limit(MAX_BODY_BYTES).read_to_string()?;
        if status.is_success() { Ok(text) } else { bail!("{path}: {status}: {text}") }
    }

    /// A stream of events as it comes in, line by line, from after the event with this id or from now on.
    pub fn events(&self, path: &str, after: Option<&str>) -> Result<impl BufRead + Send + use<>> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        for (name, value) in [("authorization", self.bearer.as_deref()), ("last-event-id", after)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let mut response =
            request.config().timeout_global(None).build().call().with_context(|| path.to_owned())?;
        if !response.status().is_success() {
            bail!(
                "{path}: {}: {}",
                response.status(),
                response.body_mut().read_to_string().unwrap_or_default()
            );
        }
        let body = response.into_body().into_with_config().limit(u64::MAX);
        Ok(BufReader::new(body.reader()))
    }

    /// What `POST path` answers with.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.agent.post(format!("{}{path}", self.base));
        let request = match &self.bearer {
            Some(bearer) => request.header("authorization", bearer),
            None => request,
        };
        answer(path, request.send_json(body).with_context(|| format!("POST {path}"))?)
    }

    /// What any request is answered with, whatever the status: what a refusal says is in the body.
    pub fn ask(&self, method: Method, path: &str, body: &Value, seen: Option<u64>) -> Result<(u16, Value)> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        request = request.header("content-type", "application/json");
        if let Some(bearer) = &self.bearer {
            request = request.header("authorization", bearer);
        }
        if let Some(version) = seen {
            request = request.header("if-match", format!("\"{version}\""));
        }
        let request = request.body(body.to_string())?;
        // A client of this kind takes a body with every method; the collector refuses what it has no use for.
        let request = self.agent.configure_request(request).allow_non_standard_methods(true).build();
        let mut response = self.agent.run(request).with_context(|| path.to_owned())?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(MAX_BODY_BYTES);
        let body =
            body.read_json().with_context(|| format!("{path}: {status}, and the answer is not JSON"))?;
        Ok((status, body))
    }

    /// Sends any request; its URI is a path here. Who asks is said by the request's own headers, or else by the client's.
    pub fn send(&self, request: Request<Vec<u8>>) -> Result<Answer> {
        let (mut parts, body) = request.into_parts();
        let path = parts.uri.to_string();
        parts.uri = format!("{}{path}", self.base).parse().with_context(|| path.clone())?;
        if let Some(bearer) = self.bearer.as_ref().filter(|_| !parts.headers.contains_key("authorization")) {
            parts.headers.insert("authorization", bearer.parse()?);
        }
        let request = Request::from_parts(parts, body);
        let request = self.agent.configure_request(request).allow_non_standard_methods(true);
        let mut response = self.agent.run(request.max_redirects(0).build()).with_context(|| path.clone())?;
        let line = |(name, value): (&HeaderName, &HeaderValue)| {
            format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()))
        };
        let head = response.headers().iter().map(line).collect();
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(MAX_BODY_BYTES).read_to_string()?;
        Ok(Answer { status, head, body })
    }

    /// Does something under an idempotency key.
    pub fn once(&self, method: Method, path: &str, body: &Value, key: &str) -> Result<Answer> {
        let request = Request::builder().method(method).uri(path).header("idempotency-key", key);
        self.send(request.header("content-type", "application/json").body(body.to_string().into_bytes())?)
    }

    /// The same client as nobody.
    pub fn stranger(&self) -> Self {
        Self { bearer: None, ..self.clone() }
    }

    /// Does something with an alert; `seen` is the version that the caller has seen.
    pub fn act(&self, number: u64, act: &str, body: &Value, seen: Option<u64>) -> Result<(u16, Value)> {
        self.ask(Method::POST, &format!("/api/v1/alerts/{number}/{act}"), body, seen)
    }
}

fn answer(path: &str, mut response: Response<Body>) -> Result<Value> {
    let status = response.status();
    let body = response.body_mut().with_config().limit(MAX_BODY_BYTES);
    if !status.is_success() {
        bail!("{path}: {status}: {}", body.read_to_string().unwrap_or_default());
    }
    body.read_json().with_context(|| format!("{path}: the answer is not JSON"))
}
