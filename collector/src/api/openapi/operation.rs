//! One route as an operation of the description.

use serde_json::{Map, Value, json};

use super::{places, problems, schemas::Schemas};
use crate::{
    access::Verb,
    api::{
        auth::Needs,
        routes::{Answer, Make, Method, Route, Takes},
    },
};

/// Describes a route.
pub(super) fn describe(route: &Route, schemas: &mut Schemas) -> Value {
    let mut operation = json!({
        "operationId": id(route),
        "tags": [tag(route.path)],
        "summary": route.summary,
        "parameters": parameters(route, schemas),
        "responses": responses(route, schemas),
        "x-dogwatch-needs": needs(route.needs),
    });
    if route.needs == Needs::Public {
        operation["security"] = json!([]);
    }
    if let Some(takes) = route.takes {
        operation["requestBody"] = body(takes, route, schemas);
    }
    operation
}

/// `get_alerts_number`; `get_collector_login` for what is no part of the API, whose paths may be named alike.
fn id(route: &Route) -> String {
    let outside = format!("/collector{}", route.path);
    let path = route.path.strip_prefix("/api/v1").unwrap_or(&outside);
    let parts = path.split('/').filter(|part| !part.is_empty());
    let parts = parts.map(|part| part.trim_matches(['{', '}']).replace(['-', '.'], "_"));
    let path = parts.collect::<Vec<_>>().join("_");
    format!("{}_{path}", route.method.name())
}

/// The group that a path belongs to.
fn tag(path: &str) -> &str {
    match path.strip_prefix("/api/v1/") {
        Some(rest) => rest.split('/').next().unwrap_or(rest),
        None => "collector",
    }
}

fn needs(needs: Needs) -> Value {
    match needs {
        Needs::Public => "nothing".into(),
        Needs::May(verb) => Verb::as_str(verb).into(),
        Needs::Everything => "sight of the whole collector".into(),
    }
}

fn parameters(route: &Route, schemas: &mut Schemas) -> Vec<Value> {
    let mut parameters: Vec<Value> = places::names(route.path).map(places::parameter).collect();
    if let Some(query) = route.query {
        parameters.extend(query_parameters(query, schemas));
    }
    if route.answers.iter().flatten().any(|answer| answer.status == 304) {
        parameters.push(json!({
            "name": "If-None-Match", "in": "header", "required": false, "example": "\"0a1b2c3d4e5f6071\"",
            "description": "The `etag` of what the caller has: if it is that still, the answer is 304 without a body.",
            "schema": { "type": "string" },
        }));
    }
    if matches!(route.takes, Some(Takes::Act)) {
        parameters.push(json!({
            "name": "If-Match", "in": "header", "required": false, "example": "\"7\"",
            "description": "The `etag` of the item as it was seen last, or several, or `*` for whatever version there is. Whoever was overtaken, and whose tags are all weak, gets 409 with the item as it is now.",
            "schema": { "type": "string" },
        }));
    }
    if route.method != Method::Get && route.needs != Needs::Public {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "The same request under the same key is done once and answered the same, for 24 hours.",
            "schema": { "type": "string", "pattern": "^[!-~]{1,128}$" },
        }));
    }
    parameters
}

/// The members of a query as parameters.
fn query_parameters(query: Make, schemas: &mut Schemas) -> Vec<Value> {
    let Value::Object(mut schema) = schemas.read(query) else { return Vec::new() };
    let required = schema.remove("required").unwrap_or_default();
    let is_required = |name: &str| required.as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let Some(Value::Object(members)) = schema.remove("properties") else { return Vec::new() };
    let parameter = |(name, schema): (String, Value)| {
        let mut schema = given(schema);
        let words = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        let mut told =
            json!({ "name": name, "in": "query", "required": is_required(&name), "schema": schema });
        if let Some(words) = words {
            told["description"] = words;
        }
        told
    };
    members.into_iter().map(parameter).collect()
}

/// A parameter that is given is never null: it may be left out instead.
fn given(mut schema: Value) -> Value {
    let Some(members) = schema.as_object_mut() else { return schema };
    members.remove("default");
    if let Some(Value::Array(types)) = members.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            members.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(values)) = members.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if let Some(Value::Array(choices)) = members.remove("anyOf") {
        let choice = choices.into_iter().find(|choice| choice["type"] != "null").unwrap_or_default();
        for (name, value) in choice.as_object().cloned().unwrap_or_default() {
            members.entry(name).or_insert(value);
        }
    }
    schema
}

fn body(takes: Takes, route: &Route, schemas: &mut Schemas) -> Value {
    let schema = match takes {
        Takes::Type(make) | Takes::Form(make) => schemas.read(make),
        Takes::Act => act(route, schemas),
    };
    let required = schema["required"].as_array().is_some_and(|keys| !keys.is_empty());
    json!({ "required": required, "content": { takes.media(): { "schema": schema } } })
}

/// The act that the end of the path names, out of all acts. Its name may be left out, the path says it.
fn act(route: &Route, schemas: &mut Schemas) -> Value {
    let name = route.path.rsplit('/').next().unwrap_or_default();
    let all = schemas.read(|generator| generator.subschema_for::<dogwatch_triage::alert::Act>());
    let acts = all["oneOf"].as_array().cloned().unwrap_or_default();
    let mut act = acts.into_iter().find(|act| act["properties"]["act"]["const"] == name).unwrap_or_default();
    if let Some(Value::Array(required)) = act.get_mut("required") {
        required.retain(|key| key != "act");
    }
    act
}

fn responses(route: &Route, schemas: &mut Schemas) -> Map<String, Value> {
    let mut responses: Map<String, Value> = Map::new();
    for answer in route.answers.iter().flatten() {
        let told = responses.entry(answer.status.to_string()).or_insert_with(|| response(route, answer));
        if let Some(media) = answer.media {
            let schema = match answer.schema {
                Some(make) => schemas.written(make),
                None => json!({ "type": "string" }),
            };
            told["content"][media] = json!({ "schema": schema });
        }
    }
    for status in problems::of(route) {
        let told = if route.is_page() { problems::on_a_page(status) } else { problems::reference(status) };
        responses.insert(status.to_string(), told);
    }
    responses
}

fn response(route: &Route, answer: &Answer) -> Value {
    let words = match answer.status {
        201 => "Made.",
        304 => "As it was.",
        _ if route.method == Method::Get => "As asked.",
        _ => "Done.",
    };
    json!({ "description": words })
}
