//! Asks the collector, and turns every refusal into an exit code and a sentence.

mod once;
mod pages;
mod refusal;
mod token_end;
mod unreachable;

use std::{
    io::{BufRead, BufReader},
    time::Duration,
};

use rustls_pki_types::CertificateDer;
use serde_json::Value;
use ureq::{
    Agent, Body,
    http::Response,
    tls::{Certificate, RootCerts, TlsConfig},
    typestate::WithoutBody,
};

use crate::{
    context::Context,
    failure::{Exit, Failure},
    pin,
};

use once::KEY;
pub(crate) use pages::Pages;
use refusal::{first_fault, fits, refused, too_long};
use token_end::warn_of_end;

/// How long an answer may take: the collector itself gives up after ten seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long somebody waits who pressed Tab: longer than a collector next door takes, shorter than their patience.
const HASTE: Duration = Duration::from_millis(800);

/// How long connecting may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);

/// The longest answer that is read: a page of 1,000 endpoints with a hundred missing updates each is a third of it.
const MAX_ANSWER_BYTES: u64 = 128 * 1024 * 1024;

/// The largest file that is fetched: some hundred times what an org of ten thousand endpoints has, and no endless stream.
const MAX_FILE_BYTES: u64 = 1024 * 1024 * 1024 * 1024;

/// How long fetching one may take: a gigabyte over a slow line.
const FILE_PATIENCE: Duration = Duration::from_secs(2 * 3600);

/// How long a stream may let us wait for its beginning. It has no end.
const STREAM_PATIENCE: Duration = Duration::from_secs(10);

/// A connection to one collector, trusting its root alone.
#[derive(Clone)]
pub(crate) struct Client {
    agent: Agent,
    url: String,
    authorization: Option<String>,
    /// How long an answer to a question may take.
    patience: Duration,
}

impl Client {
    /// The collector we are logged in at.
    pub(crate) fn logged_in() -> Result<Self, Failure> {
        Self::with(Context::load()?)
    }

    /// The collector of a login.
    pub(crate) fn with(context: Context) -> Result<Self, Failure> {
        if context.token.is_empty() {
            let Context { url, person, .. } = &context;
            let what = format!(
                "you are not logged in at {url} any more, or not yet: dogwatch login {url} --person {person}"
            );
            return Err(Failure::new(Exit::NotAllowed, what));
        }
        let root = context.root()?;
        Ok(Self::new(context.url, &root, Some(&context.token)))
    }

    /// A collector by its address and root.
    pub(crate) fn new(url: String, root: &CertificateDer<'_>, token: Option<&str>) -> Self {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&[Certificate::from_der(root.as_ref()).to_owned()]))
            .unversioned_rustls_crypto_provider(pin::provider())
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_connect(Some(CONNECT_PATIENCE))
            .timeout_global(Some(PATIENCE))
            .user_agent(concat!("dogwatch/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Self { agent, url, authorization: token.map(|token| format!("Bearer {token}")), patience: PATIENCE }
    }

    /// For whoever waits at a prompt that is being typed: soon or not at all.
    pub(crate) fn in_haste(mut self) -> Self {
        self.patience = HASTE;
        self
    }

    /// Reads.
    pub(crate) fn get(&self, path: &str, params: &[(&str, &str)]) -> Result<Value, Failure> {
        fits(params)?;
        is_no_secret(path)?;
        params.iter().try_for_each(|(_, value)| is_no_secret(value))?;
        let request = self.agent.get(self.at(path)).query_pairs(params.iter().copied());
        let request = self.authorized(request).config().timeout_global(Some(self.patience)).build();
        self.answer(request.call(), params)
    }

    /// Reads what is not one JSON value, as it comes.
    pub(crate) fn stream(&self, path: &str) -> Result<impl BufRead + use<>, Failure> {
        is_no_secret(path)?;
        self.open(self.agent.get(self.at(path)), Some(FILE_PATIENCE), MAX_FILE_BYTES)
    }

    /// Listens to changes of some kinds, from after the event with this id or from now on.
    pub(crate) fn events(&self, kinds: &str, after: Option<&str>) -> Result<impl BufRead + use<>, Failure> {
        let request = self.agent.get(self.at("events")).query("kinds", kinds);
        let request = match after {
            Some(id) => request.header("last-event-id", id),
            None => request,
        };
        self.open(request, None, u64::MAX)
    }

    /// Asks for an answer that is read while it comes.
    fn open(
        &self,
        request: ureq::RequestBuilder<WithoutBody>,
        patience: Option<Duration>,
        most: u64,
    ) -> Result<impl BufRead + use<>, Failure> {
        let request = self.authorized(request).config().timeout_global(patience);
        let outcome = request.timeout_recv_response(Some(STREAM_PATIENCE)).build().call();
        let response = outcome.map_err(|error| self.unreachable(&error))?;
        warn_of_end(&response);
        if response.status() != 200 {
            return Err(self.answer(Ok(response), &[]).err().unwrap_or_else(|| self.strange("no stream")));
        }
        Ok(BufReader::new(response.into_body().into_with_config().limit(most).reader()))
    }

    /// The first fault of policy files that the collector refused, if it did; nothing when that cannot be learned.
    pub(crate) fn refused_policy(&self) -> Option<String> {
        let request = self.agent.get(format!("{}/readyz", self.url));
        first_fault(&self.answer(request.call(), &[]).ok()?)
    }

    /// Changes.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        is_no_secret(path)?;
        self.once(|key| {
            let request = self.agent.post(self.at(path)).header(KEY, key);
            self.authorized(request).send_json(body)
        })
    }

    /// Asks for what may not be ready: the outer refusal is final, the inner one a word that says why not yet.
    pub(crate) fn poll(&self, path: &str, body: &Value) -> Result<Result<Value, String>, Failure> {
        match self.read(self.agent.post(self.at(path)).send_json(body), &[])? {
            (200..=299, value) => Ok(Ok(value)),
            (status, problem) => match problem["error"].as_str() {
                Some(word @ ("authorization_pending" | "slow_down")) => Ok(Err(word.to_owned())),
                // RFC 8628 has them as 400, too; it is a no, and nothing was asked wrongly.
                Some("access_denied" | "expired_token") => Err(refused(403, &problem, &[])),
                _ => Err(refused(status, &problem, &[])),
            },
        }
    }

    /// Withdraws.
    pub(crate) fn delete(&self, path: &str) -> Result<Value, Failure> {
        is_no_secret(path)?;
        self.once(|key| self.authorized(self.agent.delete(self.at(path)).header(KEY, key)).call())
    }

    fn at(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.url)
    }

    fn authorized<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        match &self.authorization {
            Some(value) => request.header("authorization", value),
            None => request,
        }
    }

    fn answer(
        &self,
        outcome: Result<Response<Body>, ureq::Error>,
        params: &[(&str, &str)],
    ) -> Result<Value, Failure> {
        match self.read(outcome, params)? {
            (200..=299, value) => Ok(value),
            (status, problem) => Err(refused(status, &problem, params)),
        }
    }

    /// What was answered, refusals included.
    fn read(
        &self,
        outcome: Result<Response<Body>, ureq::Error>,
        params: &[(&str, &str)],
    ) -> Result<(u16, Value), Failure> {
        let mut response = outcome.map_err(|error| self.unreachable(&error))?;
        warn_of_end(&response);
        let status = response.status().as_u16();
        let text = response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER_BYTES)
            .read_to_vec()
            .map_err(|error| self.unreachable(&error))?;
        match (status, serde_json::from_slice(&text)) {
            (200..=299, Err(_)) => Err(self.strange("an answer that is not JSON")),
            (414 | 431, _) => Err(too_long(params)),
            (_, Ok(value)) => Ok((status, value)),
            (_, Err(_)) => Err(self.strange(&format!("status {status}"))),
        }
    }
}

/// Addresses are written down by whatever they pass: a secret that somebody took for an id is not sent in one.
fn is_no_secret(address: &str) -> Result<(), Failure> {
    if !dogwatch_model::veil::holds_our_secret(address) {
        return Ok(());
    }
    Err(Failure::usage(
        "what is given there is a secret, and was not sent; give the short id that the list of them shows, such as \
         `dogwatch token list`",
    ))
}
