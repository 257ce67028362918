//! `Idempotency-Key`: the same request under the same key is done once and answered the same.
//!
//! Stands before every route that writes, put there by the table of routes, so no handler can forget it. A request with a key
//! is carried through even when whoever asked hangs up meanwhile: they will ask again and want the answer. What has no effect
//! (a refusal, a question) is not remembered, and may be tried again with the same key.
//!
//! Where no credential opens a route (set-up, log-in) a key stands for nothing: there is nobody whose key it is.

mod seal;

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{BodyLimit, MAX_BODY_BYTES, Shared, caller::Caller, problem::Problem};
use crate::{
    access::Sha256,
    once::{Mark, Once},
    origin::Origin,
};
use seal::Credential;

/// The header.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// On an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The longest key: a UUID has 36 signs, a hash 64.
const MAX_KEY_BYTES: usize = 128;

/// The longest answer that is kept; a longer one is a document that can be asked for again.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// When to ask again for what is still being done.
const ASK_AGAIN_SECONDS: &str = "1";

/// Requests under a key that are being done.
#[derive(Default)]
pub(crate) struct InFlight {
    ids: Mutex<BTreeSet<Sha256>>,
    attempts: AtomicU64,
}

impl InFlight {
    fn enter(&self, id: Sha256) -> bool {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).insert(id)
    }
}

/// A request that is being done, until this is dropped.
struct Flight(Shared, Sha256);

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.in_flight.ids.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

/// Lets a request through, or answers what it was answered before.
pub(crate) async fn once(State(api): State<Shared>, request: Request, next: Next) -> Response {
    match key(request.headers()) {
        Ok(None) => next.run(request).await,
        Ok(Some(key)) => match Credential::of(&request) {
            Some(credential) => {
                do_once(api, key, credential, request, next).await.unwrap_or_else(Problem::into_response)
            }
            None => next.run(request).await,
        },
        Err(problem) => problem.into_response(),
    }
}

/// The key, if there is one.
fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let wrong = || {
        Problem::invalid(format!(
            "the `idempotency-key` header takes one key of 1 to {MAX_KEY_BYTES} visible ASCII signs, such as a UUID"
        ))
    };
    let mut given = headers.get_all(KEY).iter();
    let Some(value) = given.next() else { return Ok(None) };
    let text = value.as_bytes();
    let good = (1..=MAX_KEY_BYTES).contains(&text.len()) && text.iter().all(u8::is_ascii_graphic);
    if !good || given.next().is_some() {
        return Err(wrong());
    }
    value.to_str().map(|key| Some(key.to_owned())).map_err(|_| wrong())
}

async fn do_once(
    api: Shared,
    key: String,
    credential: Credential,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let caller = request.extensions().get::<Caller>();
    let caller = caller.map(|caller| (caller.token.id.clone(), caller.principal().key().org));
    let (caller, org) = caller.ok_or_else(|| Problem::internal("a credential that nobody looked at"))?;
    let (parts, body) = request.into_parts();
    let limit = parts.extensions.get::<BodyLimit>().map_or(MAX_BODY_BYTES, |limit| limit.0);
    let body = whole(body, limit).await?;
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let once = Once {
        caller,
        org,
        id: credential.mac("id", &[key.as_bytes()]),
        request: credential.mac("request", &[parts.method.as_str().as_bytes(), target.as_bytes(), &body]),
        path: parts.uri.path().to_owned(),
        attempt: api.in_flight.attempts.fetch_add(1, Ordering::Relaxed) + 1,
    };
    if !api.in_flight.enter(once.id) {
        return Ok(still_at_it());
    }
    let flight = Flight(Shared::clone(&api), once.id);
    if let Some(mark) = api.core.done_once(&once.id) {
        return done_before(&credential, &key, &once, &mark);
    }
    let request = Request::from_parts(parts, Body::from(body));
    let origin = Origin::current().with(once.clone());
    // On its own: whoever hangs up now asks again, and then there is an answer.
    let work = async move {
        let response = next.run(request).await;
        let response = keep(&api, &credential, &key, &once, response).await;
        drop(flight);
        response
    };
    let done = tokio::spawn(origin.during(work)).await;
    done.unwrap_or_else(|_| Err(Problem::internal("what does this request has failed")))
}

/// A body, once it is whole.
pub(super) async fn whole(body: Body, limit: usize) -> Result<Bytes, Problem> {
    to_bytes(body, limit).await.map_err(|error| {
        let inner = error.into_inner();
        if inner.is::<http_body_util::LengthLimitError>() {
            Problem::too_large(limit)
        } else {
            Problem::invalid("the body ended before it was whole; send it again")
        }
    })
}

/// The answer, kept when something was done.
async fn keep(
    api: &Shared,
    credential: &Credential,
    key: &str,
    once: &Once,
    response: Response,
) -> Result<Response, Problem> {
    if api.core.done_once(&once.id).is_none() {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body =
        to_bytes(body, usize::MAX).await.map_err(|_| Problem::internal("an answer that breaks off"))?;
    if body.len() <= MAX_ANSWER_BYTES
        && let Some(sealed) = credential.seal(key, &once.id, &seal::Answer::of(&parts, &body))
    {
        // Without it the key still says that it was done.
        let _ = api.core.keep_answer(once.id, sealed).await;
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn still_at_it() -> Response {
    let what = "the request with this key is still being done; ask again with the same key in a second";
    let mut response = Problem::conflict(what).with("reason", "in_flight").into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(ASK_AGAIN_SECONDS));
    response
}

/// What is said about a request that was done before.
fn done_before(credential: &Credential, key: &str, once: &Once, mark: &Mark) -> Result<Response, Problem> {
    if mark.request != once.request {
        return Err(Problem::key_reused(format!(
            "this key stands for another request, of {:.0} at {}; take a new key for each thing to be done",
            mark.at, mark.path
        )));
    }
    let answer = mark.answer.as_deref().and_then(|sealed| credential.open(key, &once.id, sealed));
    match answer.and_then(seal::Answer::into_response) {
        Some(mut response) => {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            Ok(response)
        }
        None => {
            let look = super::routes::where_to_look(&mark.path);
            let what = format!(
                "this was done at {:.0}, and its answer is not kept; look at {look} for what came of it, and do not send it again under another key",
                mark.at
            );
            let problem = Problem::conflict(what).with("reason", "done_before");
            Err(problem.with("done_at", mark.at.to_string()).with("look", look))
        }
    }
}
