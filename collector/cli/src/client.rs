//! Asks the collector, and turns every refusal into an exit code and a sentence.

mod pages;

use std::{
    io::{self, BufRead, BufReader},
    sync::Once,
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;
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
    output::{self, text_at},
    pin,
};

pub(crate) use pages::Pages;

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

/// The longest parameters of one request: with their percent signs they still fit a line that HTTP servers take.
const MAX_PARAMS_BYTES: usize = 16 * 1024;
/// When the token in use ends, in the last week before that.
const TOKEN_ENDS: &str = "dogwatch-token-ends";

/// Says which change a request is, so that sending it again does nothing twice.
const KEY: &str = "idempotency-key";

/// How long to wait for an earlier try of the same change: the collector itself gives up after ten seconds.
const IN_FLIGHT_PATIENCE: Duration = Duration::from_secs(10);

/// How often to ask meanwhile.
const IN_FLIGHT_PAUSE: Duration = Duration::from_millis(500);

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

    /// Sends a change under a key of its own, so that sending it again does nothing twice: once more when the connection
    /// failed, and until it is through when it is still being done.
    fn once(&self, send: impl Fn(&str) -> Result<Response<Body>, ureq::Error>) -> Result<Value, Failure> {
        let key = new_key()?;
        let mut outcome = send(&key);
        if outcome.as_ref().is_err_and(may_have_arrived) {
            outcome = send(&key);
        }
        let asked = Instant::now();
        while outcome.as_ref().is_ok_and(still_at_it) && asked.elapsed() < IN_FLIGHT_PATIENCE {
            thread::sleep(IN_FLIGHT_PAUSE);
            outcome = send(&key);
        }
        self.answer(outcome, &[])
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

    fn strange(&self, what: &str) -> Failure {
        Failure::new(
            Exit::Unreachable,
            format!("{} answered with {what}; is that a Dogwatch collector's people port?", self.url),
        )
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        let url = &self.url;
        let what = match error {
            ureq::Error::Rustls(error) => distrusted(url, error),
            ureq::Error::Io(error) => match tls_of(error) {
                Some(error) => distrusted(url, error),
                None => format!("cannot reach {url}: {error}; is the collector running there?"),
            },
            ureq::Error::HostNotFound => format!("cannot reach {url}: there is no such host; check the name"),
            ureq::Error::Timeout(_) => format!("{url} did not answer in time; try again, or see its /readyz"),
            error => format!("cannot reach {url}: {error}; is the collector running there?"),
        };
        Failure::new(Exit::Unreachable, what)
    }
}

/// Says once that the token in use ends soon, if the collector says so.
fn warn_of_end(response: &Response<Body>) {
    static SAID: Once = Once::new();
    let ends = response.headers().get(TOKEN_ENDS).and_then(|ends| ends.to_str().ok());
    if let Some(text) = ends.and_then(|ends| ends_in_words(ends, Timestamp::now())) {
        SAID.call_once(|| output::note(&text));
    }
}

fn ends_in_words(ends: &str, now: Timestamp) -> Option<String> {
    let end: Timestamp = ends.parse().ok()?;
    let hours = end.duration_since(now).as_hours();
    let left = match hours {
        ..1 => "within the hour".to_owned(),
        1 => "in 1 hour".to_owned(),
        2..48 => format!("in {hours} hours"),
        _ => format!("in {} days", hours / 24),
    };
    Some(format!("your token ends {left}, at {end:.0}; make a new one while it works: dogwatch token create"))
}

/// What would not fit is not sent: a server that hangs up in the middle would look like a broken network.
fn fits(params: &[(&str, &str)]) -> Result<(), Failure> {
    let bytes: usize = params.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > MAX_PARAMS_BYTES { Err(too_long(params)) } else { Ok(()) }
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

fn too_long(params: &[(&str, &str)]) -> Failure {
    let longest = params.iter().max_by_key(|(_, value)| value.len());
    let (name, bytes) = longest.map_or(("request", 0), |(name, value)| (*name, value.len()));
    Failure::usage(format!(
        "the {name} is too long for a request ({bytes} bytes; {MAX_PARAMS_BYTES} at most); shorten it, or tag what it lists \
         and ask for the tag"
    ))
}

/// Whether a request that failed so may have been done, or can be sent again at once. Nobody waits for a silent collector
/// twice, and a wrong certificate does not get better.
fn may_have_arrived(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Io(error) => tls_of(error).is_none() && error.kind() != io::ErrorKind::ConnectionRefused,
        ureq::Error::Protocol(_) => true,
        _ => false,
    }
}

/// Whether the collector still does what an earlier try has asked for: it says so and when to ask again.
fn still_at_it(response: &Response<Body>) -> bool {
    response.status() == 409 && response.headers().contains_key("retry-after")
}

/// A key that no other request has: 128 random bits.
fn new_key() -> Result<String, Failure> {
    let mut bits = [0; 16];
    aws_lc_rs::rand::fill(&mut bits)
        .map_err(|_| Failure::new(Exit::NotMet, "the system gives no random numbers"))?;
    Ok(bits.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn tls_of(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

fn distrusted(url: &str, error: &rustls::Error) -> String {
    format!("{url} is not the collector you logged in at ({error}); if it was set up anew, log in again")
}

fn first_fault(ready: &Value) -> Option<String> {
    let policy = &ready["policy"];
    (policy["state"] == "refused").then(|| {
        format!(
            "the policy files were refused, and what was in force before still is: {}",
            policy["faults"][0].as_str().unwrap_or("see the collector's log")
        )
    })
}

/// A problem document as a failure.
fn refused(status: u16, problem: &Value, params: &[(&str, &str)]) -> Failure {
    let exit = match status {
        404 => Exit::NotFound,
        401 | 403 => Exit::NotAllowed,
        409 => Exit::NotMet,
        429 | 500..=599 => Exit::Unreachable,
        _ => Exit::Usage,
    };
    let detail = problem["detail"].as_str().unwrap_or("the collector refused without saying why");
    if problem["override"] == true {
        return Failure::new(exit, format!("{detail}\nadd: --override \"REASON\""));
    }
    if let Some(items) = problem["is_it_this_one"].as_array() {
        let lines: Vec<String> = items.iter().map(line_of).collect();
        return Failure::new(
            exit,
            format!("{detail}\n{}\nif it is none of them, add: --another", lines.join("\n")),
        );
    }
    match place(problem, params) {
        Some(shown) => Failure::new(exit, format!("{detail}\n{shown}")),
        None => Failure::new(exit, detail),
    }
}

/// An item that somebody may have meant.
fn line_of(item: &Value) -> String {
    let text = |path: &str| text_at(item, path);
    format!(
        "  #{} {} {}: {} ({})",
        text("number"),
        text("priority"),
        text("endpoint_name"),
        text("title"),
        text("work")
    )
}

/// The line that a problem is about, with a caret under its column.
fn place(problem: &Value, params: &[(&str, &str)]) -> Option<String> {
    let parameter = problem["parameter"].as_str()?;
    let (_, source) = params.iter().find(|(name, _)| *name == parameter)?;
    let number = |name: &str| problem[name].as_u64().and_then(|number| usize::try_from(number).ok());
    let line = source.lines().nth(number("line")?.checked_sub(1)?)?;
    Some(format!("  {line}\n  {}^", " ".repeat(number("column")?.checked_sub(1)?.min(line.chars().count()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_problem_has_its_exit_code() {
        let exit = |status| match refused(status, &serde_json::json!({ "detail": "why" }), &[]) {
            Failure::Told { exit, what } if what == "why" => exit as u8,
            other => panic!("{other}"),
        };
        let seen = [400, 401, 403, 404, 409, 413, 429, 500, 503].map(exit);
        assert_eq!(seen, [2, 4, 4, 3, 1, 2, 5, 5, 5]);
    }

    #[test]
    fn a_filter_that_no_request_holds_is_not_blamed_on_the_network() {
        let filter = "x".repeat(50_000);
        let said = fits(&[("state", "active"), ("filter", &filter)]).unwrap_err().to_string();
        assert!(
            said.starts_with("the filter is too long for a request (50000 bytes; 16384 at most)"),
            "{said}"
        );
        assert_eq!(fits(&[("filter", "online")]), Ok(()));
    }

    #[test]
    fn an_act_that_an_override_would_let_through_names_the_option() {
        let problem = serde_json::json!({ "detail": "#7 is claimed by kim", "override": true });
        let said = refused(409, &problem, &[]).to_string();
        assert_eq!(said, "#7 is claimed by kim\nadd: --override \"REASON\"");
    }

    #[test]
    fn items_that_may_be_meant_are_listed_with_the_way_round_them() {
        let items = serde_json::json!([{
            "number": 7, "priority": "P2", "endpoint_name": "srv-01", "title": "backup failed", "work": "unclaimed",
        }]);
        let problem =
            serde_json::json!({ "detail": "is it this one?", "is_it_this_one": items, "another": true });
        assert_eq!(
            refused(409, &problem, &[]).to_string(),
            "is it this one?\n  #7 P2 srv-01: backup failed (unclaimed)\nif it is none of them, add: --another"
        );
    }

    #[test]
    fn refused_policy_files_are_told_with_their_first_fault() {
        let ready = |policy| serde_json::json!({ "ready": true, "policy": policy });
        let refused = serde_json::json!({ "state": "refused", "faults": ["rules.toml: line 3", "more"] });
        assert!(first_fault(&ready(refused)).unwrap().ends_with(": rules.toml: line 3"));
        assert_eq!(first_fault(&ready(serde_json::json!({ "state": "in_force" }))), None);
    }

    #[test]
    fn how_long_a_token_works_still_is_told_in_words_that_need_no_arithmetic() {
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        let said = |ends: &str| ends_in_words(ends, now).unwrap_or_default();
        assert_eq!(
            said("2026-11-25T13:00:00Z"),
            "your token ends in 3 days, at 2026-11-25T13:00:00Z; make a new one while it works: dogwatch token create"
        );
        for (ends, left) in [
            ("2026-11-22T12:20:00Z", "within the hour"),
            ("2026-11-22T13:20:00Z", "in 1 hour"),
            ("2026-11-23T13:20:00Z", "in 25 hours"),
            ("2026-11-24T12:00:00Z", "in 2 days"),
        ] {
            assert!(said(ends).contains(left), "{ends}: {}", said(ends));
        }
        assert_eq!(said("soon"), "");
    }

    #[test]
    fn a_filters_fault_is_shown_under_its_column() {
        let problem = serde_json::json!({
            "detail": "filter: line 1, column 4: no field `helth`; did you mean `health`?",
            "parameter": "filter", "line": 1, "column": 4,
        });
        let said = refused(400, &problem, &[("sort", "name"), ("filter", "!(helth.cpu.used_percent > 3)")])
            .to_string();
        assert_eq!(
            said,
            "filter: line 1, column 4: no field `helth`; did you mean `health`?\n  !(helth.cpu.used_percent > 3)\n     ^"
        );
    }
}
