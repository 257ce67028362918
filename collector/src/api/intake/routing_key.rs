//! The token of a sender that knows no headers: `PagerDuty`'s shape carries it in the body, as `routing_key`.
//!
//! It is moved to where every other caller has it before anybody looks at the request, so that the guard is the same
//! for all. A header that is there goes first. The handler's own reading of the body skips the key, so that nothing
//! that is kept or logged can hold it.

use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use serde::Deserialize;

use super::MAX_BODY_BYTES;
use crate::api::{problem::Problem, secret};

/// Where such senders call.
const PATH: &str = "/api/v1/intake/events";

#[derive(Deserialize)]
struct Keyed {
    #[serde(default)]
    routing_key: String,
}

/// Makes the routing key of an event a bearer token.
pub(crate) async fn as_bearer(mut request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with(PATH) || request.headers().contains_key(header::AUTHORIZATION) {
        return next.run(request).await;
    }
    let body = std::mem::replace(request.body_mut(), Body::empty());
    let Ok(bytes) = axum::body::to_bytes(body, MAX_BODY_BYTES).await else {
        return Problem::too_large(MAX_BODY_BYTES).into_response();
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
    next.run(request).await
}
