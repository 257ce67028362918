//! The token of a sender that knows no headers: `PagerDuty`'s shape carries it in the body, as `routing_key`.
//!
//! It is moved to where every other caller has it before anybody looks at the request, so that the guard is the same
//! for all. A header that is there goes first. The handler's own reading of the body skips the key, so that nothing
//! that is kept or logged can hold it.
//!
//! Such a body is read before it is known who sends it, so it is no longer than that shape allows, and held as
//! [`crate::api::unknown`] says. With the token in the header neither counts.

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, header};
use serde::Deserialize;

use crate::api::{Shared, problem::Problem, secret};

/// Where such senders call.
const PATHS: [&str; 2] = ["/api/v1/intake/events", "/api/v1/intake/events/v2/enqueue"];

/// The longest event of a sender that nobody knows yet: what `PagerDuty` itself takes.
const MAX_EVENT_BYTES: usize = 512 * 1024;

#[derive(Deserialize)]
struct Keyed {
    #[serde(default)]
    routing_key: String,
}

/// Makes the routing key of an event a bearer token.
pub(crate) async fn as_bearer(State(api): State<Shared>, mut request: Request, next: Next) -> Response {
    let is_event = request.method() == Method::POST && PATHS.contains(&request.uri().path());
    if !is_event || request.headers().contains_key(header::AUTHORIZATION) {
        return next.run(request).await;
    }
    let (bytes, room) = match api.unknown.hold(&mut request, MAX_EVENT_BYTES).await {
        Ok(held) => held,
        Err(problem) => return problem.into_response(),
    };
    let key = serde_json::from_slice::<Keyed>(&bytes).map(|keyed| keyed.routing_key).unwrap_or_default();
    if !key.is_empty() && !secret::looks_like_token(&key) {
        return Problem::unauthenticated(
            "`routing_key` is not a token of this collector (`dwt_…`): `dogwatch token create --verbs intake --person NAME \
             --service --org ORG` makes one",
        )
        .into_response();
    }
    if secret::looks_like_token(&key)
        && let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {key}"))
    {
        value.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
    *request.body_mut() = Body::from(bytes);
    let response = next.run(request).await;
    drop(room);
    response
}
