//! The guard before every route: who asks, and may they?
//!
//! A bearer token is looked up by the SHA-256 of its text, so that no comparison of secrets depends on their bytes.

use std::{
    net::{IpAddr, SocketAddr},
    time::Instant,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use jiff::Timestamp;

use super::{Shared, caller::Caller, extract, head, login, problem::Problem, secret};
use crate::{
    access::{Sha256, Verb, second_factor_wanted},
    origin::Origin,
};

/// What a route asks of who calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing: anybody may.
    Public,
    /// A right, at one place at least. Whether it counts where something is done is judged where it is done.
    May(Verb),
    /// Sight of the whole collector, every org included.
    Everything,
}

impl Needs {
    fn allows(self, caller: &Caller) -> Result<(), Problem> {
        match self {
            Self::Public => Ok(()),
            Self::May(verb) if caller.reach.anywhere().has(verb) => Ok(()),
            Self::May(verb) => {
                Err(Problem::not_allowed(format!("`{verb}` is missing; {}", caller.cure_for(verb))))
            }
            Self::Everything if caller.reach.sees_everything() => Ok(()),
            Self::Everything => Err(Problem::not_allowed(
                "this is about the collector as a whole, with every org; the MSP's own administrators see it",
            )),
        }
    }
}

/// A route's part in the guard: what it needs and which query parameters it takes.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) api: Shared,
    pub(crate) needs: Needs,
    pub(crate) params: &'static [&'static str],
    /// In bytes.
    pub(crate) longest_body: usize,
}

/// Lets a request through to its handler, or answers why not.
pub(crate) async fn guard(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    match admit(&gate, &mut request) {
        Ok(()) => {
            let ends =
                request.extensions().get::<Caller>().and_then(|caller| caller.token.ends_soon(caller.now));
            let mut response = Origin::of(address(&request)).during(next.run(request)).await;
            let ends = ends.and_then(|end| HeaderValue::try_from(format!("{end:.0}")).ok());
            response.headers_mut().extend(ends.map(|end| (TOKEN_ENDS, end)));
            response
        }
        Err(problem) => problem.into_response(),
    }
}

/// When the token ends that was shown, in the last week before that: no program has to ask for it.
const TOKEN_ENDS: HeaderName = HeaderName::from_static("dogwatch-token-ends");

/// From where a request comes; unknown where no listener of ours took it in.
fn address(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip())
}

fn admit(gate: &Gate, request: &mut Request) -> Result<(), Problem> {
    if gate.needs != Needs::Public {
        let now = (gate.api.now)();
        let caller = known(gate, request, now)?;
        gate.needs.allows(&caller)?;
        request.extensions_mut().insert(caller);
    }
    extract::check_path(request.uri().path())?;
    head::check_body(request.method(), request.headers(), gate.longest_body)?;
    extract::check_names(request.uri(), gate.params)
}

fn known(gate: &Gate, request: &Request, now: Timestamp) -> Result<Caller, Problem> {
    let (headers, method) = (request.headers(), request.method());
    only_once(headers)?;
    let (text, by_cookie) = match (headers.get(header::AUTHORIZATION), login::shown(headers)) {
        (None, Some(cookie)) => (cookie, true),
        (given, _) => (bearer(given)?, false),
    };
    if by_cookie && !method.is_safe() {
        let csrf = headers.get(login::CSRF_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !same(csrf, &login::csrf_of(text)) {
            return Err(Problem::not_allowed(format!(
                "a browser's session changes things with its CSRF token only, in the header `{}`",
                login::CSRF_HEADER
            )));
        }
    }
    let hash = Sha256::of(text.as_bytes());
    let found = gate.api.core.token(&hash, now);
    let refused = |why| {
        Problem::unauthenticated(format!(
            "the token {why}; ask an administrator for a new one (`dogwatch token create`) and log in again"
        ))
    };
    if found.as_ref().is_some_and(|(token, _)| !token.is_valid(now)) {
        note_refused(gate, &hash, request);
    }
    let (mut token, reach) = match found {
        None => return Err(refused("is not known here")),
        Some((token, _)) if token.is_browser() != by_cookie => return Err(refused("is not known here")),
        Some((_, reach)) if reach.lacks_second_factor() => return Err(second_factor_wanted().into()),
        Some((token, _)) if token.revoked_at.is_some() => return Err(refused("was revoked")),
        Some((token, _)) if !token.is_valid(now) => return Err(refused("has expired")),
        Some(found) => found,
    };
    if let Err(seconds) = gate.api.pace.take(&hash, Instant::now()) {
        let what = "this token asks too often: 100 times a second, and 1000 at once, is what it may";
        return Err(Problem::too_many(what).retry_after(seconds));
    }
    gate.api.used.note(&hash, now);
    if token.is_worth_noting(now) {
        gate.api.core.note_use(hash);
    }
    token.principal.token = Some(token.id.clone());
    Ok(Caller { token, reach, now })
}

/// Refuses two tokens: whoever stands between may have looked at the other one.
fn only_once(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get_all(header::AUTHORIZATION).iter().nth(1) {
        None => Ok(()),
        Some(_) => Err(Problem::invalid("the request has several `authorization` headers; send one")),
    }
}

/// Has the audit told that a token is shown which has ended; no more often than it might ask if it still worked.
fn note_refused(gate: &Gate, hash: &Sha256, request: &Request) {
    if gate.api.pace.take(hash, Instant::now()).is_ok() {
        gate.api.core.note_refused(*hash, address(request));
    }
}

fn bearer(given: Option<&HeaderValue>) -> Result<&str, Problem> {
    given
        .ok_or_else(|| {
            Problem::unauthenticated(
                "no token: log in with `dogwatch login LINK`, or send `authorization: Bearer dwt_…`",
            )
        })?
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, text)| text.trim())
        .filter(|text| secret::looks_like_token(text))
        .ok_or_else(|| {
            Problem::unauthenticated(
                "the `authorization` header is not `Bearer dwt_…`; copy the token again, whole",
            )
        })
}

/// The session that a browser's cookie stands for, if it is valid.
pub(crate) fn session_of(api: &Shared, text: &str) -> Option<Caller> {
    let (hash, now) = (Sha256::of(text.as_bytes()), (api.now)());
    let (mut token, reach) = api.core.token(&hash, now)?;
    if !token.is_browser() || !token.is_valid(now) || reach.lacks_second_factor() {
        return None;
    }
    api.used.note(&hash, now);
    if token.is_worth_noting(now) {
        api.core.note_use(hash);
    }
    token.principal.token = Some(token.id.clone());
    Some(Caller { token, reach, now })
}

/// Whether two secrets are the same, compared by their hashes: the time tells nothing of either.
pub(crate) fn same(one: &str, other: &str) -> bool {
    Sha256::of(one.as_bytes()) == Sha256::of(other.as_bytes())
}
