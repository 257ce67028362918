//! Every error as RFC 9457 problem+json: what went wrong, why, and what to do.

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use dogwatch_model::veiled;
use http::{StatusCode, header};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::refusal::Refusal;

/// An error as people and programs get it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Problem {
    /// Stable name of the kind, for programs.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The kind in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What, why and what to do.
    detail: String,
    /// Seconds after which to try again, where that is known.
    #[serde(skip)]
    retry_after: Option<u64>,
    /// Members that only this kind has: `line`, `column`, `current` …
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// A problem in the answer that tells it, for whoever tells it in another form.
#[derive(Debug, Clone)]
pub(crate) struct InWords {
    /// The kind.
    pub(crate) title: &'static str,
    /// What, why and what to do.
    pub(crate) detail: std::sync::Arc<str>,
}

/// Every kind of problem: status, stable name, and what it is called.
pub(crate) const KINDS: &[(u16, &str, &str)] = &[
    (400, "urn:dogwatch:problem:invalid", "The request is not valid"),
    (401, "urn:dogwatch:problem:unauthenticated", "Who asks is not known"),
    (403, "urn:dogwatch:problem:not-allowed", "Not allowed"),
    (404, "urn:dogwatch:problem:not-found", "Not found"),
    (405, "urn:dogwatch:problem:method", "Method not allowed"),
    (408, "urn:dogwatch:problem:late", "The body did not come in time"),
    (409, "urn:dogwatch:problem:conflict", "It does not fit as things stand"),
    (413, "urn:dogwatch:problem:too-large", "The body is too large"),
    (414, "urn:dogwatch:problem:address-too-long", "The address is too long"),
    (415, "urn:dogwatch:problem:media-type", "The body is not JSON"),
    (422, "urn:dogwatch:problem:key-reused", "The key stands for another request"),
    (429, "urn:dogwatch:problem:too-many", "Too many tries"),
    (431, "urn:dogwatch:problem:head-too-large", "The head is too large"),
    (500, "urn:dogwatch:problem:internal", "Something is wrong here"),
    (503, "urn:dogwatch:problem:unavailable", "Not now"),
];

impl Problem {
    fn of(status: u16, detail: impl Into<String>) -> Self {
        // Whatever a caller gave may be repeated in it.
        let detail = veiled(&detail.into()).into_owned();
        let known = KINDS.iter().find(|(known, ..)| *known == status);
        let (_, kind, title) =
            known.unwrap_or(&(500, "urn:dogwatch:problem:internal", "Something is wrong here"));
        Self { kind, title, status, detail, retry_after: None, more: Map::new() }
    }

    /// The request itself is wrong.
    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::of(400, detail)
    }

    /// No token, or one that does not work.
    pub(crate) fn unauthenticated(detail: impl Into<String>) -> Self {
        Self::of(401, detail)
    }

    /// Known, and may not.
    pub(crate) fn not_allowed(detail: impl Into<String>) -> Self {
        Self::of(403, detail)
    }

    /// Not there, or not the asker's to see.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::of(404, detail)
    }

    /// Longer than the limit.
    pub(crate) fn too_large(limit_bytes: usize) -> Self {
        Self::of(413, format!("the body is longer than {limit_bytes} bytes; send a shorter one"))
    }

    /// Not whole in time.
    pub(crate) fn late(limit: std::time::Duration) -> Self {
        let seconds = limit.as_secs();
        Self::of(408, format!("the body was not whole after {seconds} s; send it again, in one go"))
    }

    /// Not JSON by its own account.
    pub(crate) fn not_json() -> Self {
        Self::of(415, "send the body as JSON, with the header `content-type: application/json`")
    }

    /// In a coding that nobody here unpacks.
    pub(crate) fn packed() -> Self {
        Self::of(415, "send the body as it is: no `content-encoding` is taken")
    }

    /// An address that alone is more than a head may be.
    pub(crate) fn address_too_long(limit_bytes: usize) -> Self {
        Self::of(414, format!("the address is longer than {limit_bytes} bytes; ask for less at once"))
    }

    /// More headers than anybody needs.
    pub(crate) fn head_too_large(limit_bytes: usize) -> Self {
        Self::of(
            431,
            format!("address and headers are longer than {limit_bytes} bytes; send fewer or shorter ones"),
        )
    }

    /// Something stands in the way.
    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::of(409, detail)
    }

    /// An idempotency key that was used for something else.
    pub(crate) fn key_reused(detail: impl Into<String>) -> Self {
        Self::of(422, detail)
    }

    /// Too many tries.
    pub(crate) fn too_many(detail: impl Into<String>) -> Self {
        Self::of(429, detail)
    }

    /// Not now.
    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self::of(503, detail)
    }

    /// Our own fault.
    pub(crate) fn internal(what: &str) -> Self {
        tracing::error!(what, "request failed inside");
        Self::of(500, format!("{what}; this is a fault of the collector's, please report it"))
    }

    /// What it says.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// Its status.
    pub(crate) fn code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Says when to try again.
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Adds a member that only this kind has.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let mut problem = Self::of(refusal.code.http_status(), refusal.what);
        if let Some(reason) = refusal.reason {
            problem = problem.with("reason", reason);
        }
        if refusal.override_would_do {
            problem = problem.with("override", true);
        }
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.code();
        let again = self.retry_after;
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response =
            (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        response.extensions_mut().insert(InWords { title: self.title, detail: self.detail.into() });
        let told = match status {
            StatusCode::UNAUTHORIZED => Some((header::WWW_AUTHENTICATE, "Bearer realm=\"dogwatch\"")),
            StatusCode::TOO_MANY_REQUESTS => Some((header::RETRY_AFTER, "60")),
            StatusCode::SERVICE_UNAVAILABLE => Some((header::RETRY_AFTER, "5")),
            _ => None,
        };
        if let Some((name, value)) = told {
            response.headers_mut().insert(name, header::HeaderValue::from_static(value));
        }
        if let Some(seconds) = again {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
        }
        response
    }
}

/// Answers a path that no route has.
pub(crate) async fn no_such_route(request: Request) -> Problem {
    Problem::not_found(format!("there is no route {}; the API begins at /api/v1/", request.uri().path()))
}

/// Answers a method that a route does not have.
pub(crate) async fn no_such_method(request: Request) -> Problem {
    Problem::of(
        405,
        format!(
            "{} does not take {}; the answer's `allow` header lists what it takes",
            request.uri().path(),
            request.method()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Code;

    #[test]
    fn a_refusal_that_an_override_would_lift_says_so_and_others_do_not() {
        let refusal = Refusal::new(Code::Conflict, "#7 is claimed by kim");
        let plain = serde_json::to_value(Problem::from(refusal.clone())).unwrap();
        assert_eq!((plain.get("override"), plain.get("reason")), (None, None));
        let held = Refusal { reason: Some("held_by_another"), override_would_do: true, ..refusal };
        let told = serde_json::to_value(Problem::from(held)).unwrap();
        assert_eq!((&told["override"], &told["reason"]), (&true.into(), &"held_by_another".into()));
    }
}
