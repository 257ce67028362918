//! The people's side of the collector: JSON over HTTPS, for the CLI, for scripts and later for the console.
//!
//! Invariants:
//! * Every route stands in `routes::ROUTES` with the permission it needs; the router is built from that table, so a
//!   route without a permission cannot exist.
//! * Who asks is settled before anything of the request is looked at; whose org a thing is, where it is read.
//!   *Not there* and *not yours* are the same answer in the same words.
//! * Every error is `application/problem+json` (RFC 9457) and says what, why and what to do.
//! * A secret is shown once, in the answer that makes it; neither logs nor errors hold one.
//!
//! Deliberately not here: TLS, accept loops and header limits (the listener's business), and every decision about the
//! state (the core's).

mod access;
mod account;
mod alerts;
mod audit;
mod auth;
mod caller;
mod discreet;
mod docs;
mod endpoints;
mod events;
mod extract;
mod failures;
mod fleet;
mod gather;
mod head;
mod health;
mod in_time;
mod intake;
mod join_tokens;
mod last_used;
mod login;
mod login_tries;
mod metrics;
mod oidc;
mod once;
mod openapi;
mod orgs;
mod ownership;
mod pace;
mod page;
mod pages;
mod paging;
mod people;
mod place;
mod problem;
mod queue;
mod reports;
mod routes;
mod rules;
mod seals;
mod secret;
mod setup;
mod tagged;
mod teams;
mod tokens;
mod tries;
mod unknown;
mod views;
mod who;
mod whoami;
mod windows;

use std::sync::Arc;

pub(crate) use in_time::in_time;

use axum::Router;
use jiff::Timestamp;

use crate::{
    access::Sha256,
    account::Passwords,
    core::{CoreHandle, Desk},
    identity::{self, Providers},
    policy::Standing,
};

/// What the people's side tells about the collector itself.
#[derive(Debug, Clone)]
pub struct ApiInfo {
    /// What the collector is called: `Acme MSP`.
    pub name: String,
    /// The program's version.
    pub version: &'static str,
    /// `host:port` of this listener, as others reach it: written into join tokens and login links.
    pub people_address: String,
    /// `host:port` of the agents' listener, as agents reach it.
    pub agents_address: String,
    /// SHA-256 of the root certificate (DER).
    pub root_sha256: Sha256,
    /// Who may bring people in.
    pub providers: tokio::sync::watch::Receiver<Arc<Providers>>,
    /// What `identity.toml` came to when it was last read.
    pub identity_file: tokio::sync::watch::Receiver<Standing>,
    /// Where new orgs are written.
    pub orgs: crate::policy::OrgFiles,
    /// What `notify.toml` came to when it was last read.
    pub notify_file: tokio::sync::watch::Receiver<Standing>,
}

/// The longest request body: 64 KiB is far more than any comment, and too little to hurt.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// The same where a whole matrix is sent, which may be a mebibyte, as JSON.
const MAX_DOCUMENT_BODY_BYTES: usize = 2 * dogwatch_triage::matrix::MAX_DOCUMENT_BYTES;

/// What a request's body may be, for who has to say so.
#[derive(Debug, Clone, Copy)]
struct BodyLimit(usize);

/// What every handler can reach.
struct Api {
    core: Desk,
    info: ApiInfo,
    now: fn() -> Timestamp,
    tries: tries::Tries,
    in_flight: once::InFlight,
    oidc: identity::Desk,
    logins: login_tries::LoginTries,
    used: last_used::LastUsed,
    pace: pace::Pace,
    unknown: unknown::Unknown,
    passwords: Passwords,
    exports: orgs::Exports,
}

type Shared = Arc<Api>;

/// Builds the people's routes, to be served over TLS by the listener.
pub fn router(core: CoreHandle, info: ApiInfo) -> Router {
    with_clock(core, info, Timestamp::now)
}

fn with_clock(core: CoreHandle, info: ApiInfo, now: fn() -> Timestamp) -> Router {
    let oidc = identity::Desk::new(info.providers.clone(), &info.people_address);
    let api = Arc::new(Api {
        core: Desk::new(core),
        info,
        now,
        tries: tries::Tries::default(),
        in_flight: once::InFlight::default(),
        logins: login_tries::LoginTries::default(),
        used: last_used::LastUsed::default(),
        pace: pace::Pace::default(),
        unknown: unknown::Unknown::default(),
        passwords: Passwords::default(),
        exports: orgs::Exports::default(),
        oidc,
    });
    routes::mount(&api)
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(axum::middleware::from_fn_with_state(Shared::clone(&api), intake::routing_key::as_bearer))
        .layer(axum::middleware::from_fn(head::bounded))
        .layer(axum::middleware::from_fn_with_state(Shared::clone(&api), pages::for_browsers))
        .layer(axum::middleware::map_response(harden))
        .with_state(api)
}

/// Headers of every answer: never cached unless it says so, never guessed at, never framed.
async fn harden(mut response: axum::response::Response) -> axum::response::Response {
    use http::header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    };
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    );
    response
}

#[cfg(test)]
mod tests;
