//! The description of the API: OpenAPI 3.1, made from the table of routes and from the types that handlers read and write.
//!
//! There is no second source: paths, parameters, bodies and answers are the table's, schemas are derived from the types,
//! an endpoint's from the table of the filter language. What nobody could derive, what a status means and what stands in
//! a path, is in [`problems`] and [`places`].
//!
//! It is the same for everybody and tells nothing about this collector but its version.

mod operation;
mod places;
mod problems;
mod schemas;

use std::sync::LazyLock;

use axum::{body::Bytes, response::Response};
use http::HeaderMap;
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::{
    login::{COOKIE, CSRF_HEADER},
    routes::ROUTES,
    tagged::tagged,
};
use schemas::Schemas;

#[cfg(test)]
pub(crate) use places::PLACES;

/// What the description says about itself and about what holds everywhere.
const ABOUT: &str = "One shared queue for a managed service provider and the internal IT it works with. \
Every error is `application/problem+json` (RFC 9457) and says what, why and what to do. What is not there and what is \
not yours are the same answer. Query parameters and keys of bodies that are not known are refused by name. \
Lists go on at `next`: hand it back as `cursor`. \
What is no HTTP, a head over 64 KiB or of more than a hundred headers is refused by a bare 400 or 431 and the end of the connection, \
a head that does not come whole within ten seconds by that end alone: nobody has read yet what was asked. `x-dogwatch-needs` is the right that an operation takes.";

/// The description, made once.
pub(crate) fn description() -> &'static Value {
    static DESCRIPTION: LazyLock<Value> = LazyLock::new(described);
    &DESCRIPTION
}

fn described() -> Value {
    let mut schemas = Schemas::new();
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let operation = operation::describe(route, &mut schemas);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.name()] = operation;
    }
    let responses = problems::responses(&mut schemas);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Dogwatch",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "The people's side of a Dogwatch collector",
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "This collector" }],
        "security": [{ "bearer": [] }, { "session": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas.named(),
            "responses": responses,
            "securitySchemes": {
                "bearer": {
                    "type": "http", "scheme": "bearer",
                    "description": "An API token: `authorization: Bearer dwt_…`; see `dogwatch token create`.",
                },
                "session": {
                    "type": "apiKey", "in": "cookie", "name": COOKIE,
                    "description": session(),
                },
            },
        },
    })
}

fn session() -> String {
    format!(
        "A browser's session. What changes something takes besides the header `{CSRF_HEADER}`, as log-in gave it."
    )
}

/// A description, as far as it describes itself.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "written by hand; this is its schema")]
pub(crate) struct Description {
    openapi: String,
    info: Map<String, Value>,
    paths: Map<String, Value>,
    components: Map<String, Value>,
}

/// `GET /api/v1/openapi.json`
pub(crate) async fn show(headers: HeaderMap) -> Response {
    static TEXT: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(description().to_string()));
    tagged(&headers, "application/json", TEXT.clone())
}
