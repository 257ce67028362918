//! What a status of a problem means, and which a route can give.
//!
//! Most follows from the route's kind: who is not known gets 401 on every guarded one. What does not follow stands in the
//! route's row.

use std::collections::BTreeSet;

use schemars::{JsonSchema as _, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{places, schemas::Schemas};
use crate::api::{
    auth::Needs,
    problem::{KINDS, Problem},
    routes::{Method, Route},
};

/// The media type of every problem.
pub(super) const MEDIA: &str = "application/problem+json";

/// The media type of pages.
const PAGE: &str = "text/html; charset=utf-8";

/// The statuses of problems that a route can give.
pub(super) fn of(route: &Route) -> BTreeSet<u16> {
    let guarded = route.needs != Needs::Public;
    let changes = route.method != Method::Get;
    let named =
        places::names(route.path).next().is_some() || !route.params.is_empty() || route.takes.is_some();
    let mut all = BTreeSet::from([400, 414, 429, 431]);
    all.extend(guarded.then_some([401, 403]).into_iter().flatten());
    all.extend((guarded && named).then_some(404));
    all.extend(changes.then_some([408, 409, 413, 415, 503]).into_iter().flatten());
    all.extend((guarded && changes).then_some(422));
    all.extend(route.refuses);
    all
}

/// The name of a status among the shared answers.
pub(super) fn name(status: u16) -> String {
    KINDS
        .iter()
        .find(|(known, ..)| *known == status)
        .map_or_else(|| status.to_string(), |(_, kind, _)| kind.rsplit(':').next().unwrap_or(kind).to_owned())
}

/// The shared answer of a status.
pub(super) fn reference(status: u16) -> Value {
    json!({ "$ref": format!("#/components/responses/{}", name(status)) })
}

/// The answer where people come with a browser: a page for it, and the usual form for everybody else.
pub(super) fn on_a_page(status: u16) -> Value {
    let title = KINDS.iter().find(|(known, ..)| *known == status).map_or("", |(.., title)| title);
    let problem = json!({ "$ref": "#/components/schemas/Problem" });
    let page = json!({ "schema": { "type": "string" } });
    json!({ "description": title, "content": { PAGE: page, MEDIA: { "schema": problem } } })
}

/// The shared answers, by name.
pub(super) fn responses(schemas: &mut Schemas) -> Map<String, Value> {
    let problem = schemas.written(problem_schema);
    let response = |(status, kind, title): &(u16, &str, &str)| {
        let schema = json!({
            "allOf": [problem],
            "properties": { "status": { "const": status }, "type": { "const": kind } },
        });
        let example = json!({ "type": kind, "title": title, "status": status, "detail": detail(*status) });
        let told = json!({
            "description": title,
            "content": { MEDIA: { "schema": schema, "example": example } },
        });
        (name(*status), told)
    };
    KINDS.iter().map(response).collect()
}

fn problem_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
    let _ = Problem::schema_name();
    generator.subschema_for::<Problem>()
}

/// How such an answer may read.
const fn detail(status: u16) -> &'static str {
    match status {
        400 => "no query parameter `stat`; this route takes state, filter, hidden, mine, team, limit, cursor",
        401 => "no token: log in with `dogwatch login LINK`, or send `authorization: Bearer dwt_…`",
        403 => {
            "`configure` on acme is missing; kim can give it: `dogwatch access grant sam configure --scope acme --reason …`"
        }
        404 => "there is no endpoint `srv-99` that you may see; `dogwatch fleet` lists them",
        408 => "the body was not whole after 30 s; send it again, in one go",
        409 => "#7 is claimed by kim",
        413 => "the body is longer than 65536 bytes; send a shorter one",
        414 => "the address is longer than 16384 bytes; ask for less at once",
        415 => "send the body as JSON, with the header `content-type: application/json`",
        422 => "this key stands for another request; take a new key for each thing to be done",
        429 => "too many requests; wait a minute",
        431 => "address and headers are longer than 16384 bytes; send fewer or shorter ones",
        503 => "the disk is full; free some space",
        _ => "",
    }
}
