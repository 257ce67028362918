//! The questions that can be asked of a route: its places, parameters and body filled in every way that makes sense.
//!
//! Every value alone, and every two parameters together; what a route cannot do without is always there.

use http::Method;
use serde_json::{Map, Value, json};

use super::given;
use crate::api::{
    openapi::description,
    routes::{Route, Takes},
};

/// One request.
pub(super) struct Question {
    pub(super) route: &'static Route,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: String,
    /// What kind of body that is.
    pub(super) media: &'static str,
}

impl Question {
    /// Whether the question itself says the word, so that hearing it back tells nothing.
    pub(super) fn echoes(&self, word: &str) -> bool {
        self.path.contains(word) || self.body.contains(word)
    }
}

/// All of them.
pub(super) fn questions(route: &'static Route) -> Vec<Question> {
    let method = Method::from_bytes(route.method.name().to_uppercase().as_bytes()).unwrap();
    let queries = queries(route);
    let bodies = bodies(route);
    let media = route.takes.map_or("application/json", Takes::media);
    let mut all = Vec::new();
    for path in paths(route.path) {
        for query in &queries {
            for body in &bodies {
                let path = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
                all.push(Question { route, method: method.clone(), path, body: body.clone(), media });
            }
        }
    }
    all
}

/// The path with every value in its places.
fn paths(template: &'static str) -> Vec<String> {
    let mut all = vec![String::new()];
    for part in template.split('/').skip(1) {
        let values: &[&str] = match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => given::place(name, template),
            None => &[part],
        };
        all = all.iter().flat_map(|path| values.iter().map(move |value| format!("{path}/{value}"))).collect();
    }
    all
}

fn operation(route: &Route) -> &'static Value {
    &description()["paths"][route.path][route.method.name()]
}

fn queries(route: &Route) -> Vec<String> {
    let told = operation(route)["parameters"].as_array().unwrap();
    let of_query = told.iter().filter(|parameter| parameter["in"] == "query");
    let named: Vec<(&str, bool)> =
        of_query.map(|told| (told["name"].as_str().unwrap(), told["required"] == true)).collect();
    let pair = |name: &str, value: &str| format!("{name}={}", encoded(value));
    let needed: Vec<(&str, Vec<String>)> = named
        .iter()
        .filter(|(_, required)| *required)
        .map(|(name, _)| {
            (*name, given::parameter(name, route.path).iter().map(|value| pair(name, value)).collect())
        })
        .collect();
    let mut bases = vec![String::new()];
    for (_, values) in &needed {
        bases = bases.iter().flat_map(|base| values.iter().map(move |value| joined(base, value))).collect();
    }
    let free: Vec<&str> = named.iter().filter(|(_, required)| !required).map(|(name, _)| *name).collect();
    let mut all = bases.clone();
    for (at, name) in free.iter().enumerate() {
        for value in given::parameter(name, route.path) {
            let one = pair(name, value);
            all.extend(bases.iter().map(|base| joined(base, &one)));
            for other in &free[at + 1..] {
                let others = given::parameter(other, route.path).iter();
                all.extend(others.map(|second| joined(&joined(&bases[0], &one), &pair(other, second))));
            }
        }
    }
    all
}

fn joined(base: &str, more: &str) -> String {
    if base.is_empty() { more.to_owned() } else { format!("{base}&{more}") }
}

fn encoded(value: &str) -> String {
    value
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-_.".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}

/// Bodies: what must be in one, with one's own names; then each name that there is, alone beside that.
fn bodies(route: &Route) -> Vec<String> {
    let Some(takes) = route.takes else { return vec![String::new()] };
    let schema = &operation(route)["requestBody"]["content"][takes.media()]["schema"];
    let base = sample(schema);
    let Value::Object(members) = &base else { return vec![base.to_string()] };
    let written = |members: &Map<String, Value>| match takes {
        Takes::Form(_) => form(members),
        Takes::Type(_) | Takes::Act => Value::Object(members.clone()).to_string(),
    };
    let mut all = vec![written(members)];
    for name in schema["properties"].as_object().into_iter().flat_map(Map::keys) {
        for value in given::member(name).unwrap_or_default() {
            let mut other = members.clone();
            other.insert(name.clone(), typed(&schema["properties"][name], value));
            all.push(written(&other));
        }
    }
    all
}

/// As a page's form sends it.
fn form(members: &Map<String, Value>) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs = members.iter().map(|(name, value)| format!("{name}={}", encoded(&text(value))));
    pairs.collect::<Vec<_>>().join("&")
}

/// A value as its schema wants it: a number where that is a number, alone in a list where that is a list.
fn typed(schema: &Value, value: &str) -> Value {
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or_default();
    match kind {
        "integer" | "boolean" => serde_json::from_str(value).unwrap_or_else(|_| value.into()),
        "array" => json!([value]),
        _ => value.into(),
    }
}

/// The least that a schema takes.
fn sample(schema: &Value) -> Value {
    if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
        return first.clone();
    }
    if let Some(first) = ["oneOf", "anyOf"].iter().find_map(|key| schema[*key].as_array()?.first()) {
        return sample(first);
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or_default();
    match kind {
        "object" => {
            let needed = schema["required"].as_array().cloned().unwrap_or_default();
            let names = needed.iter().filter_map(Value::as_str);
            let member = |name: &str| {
                let schema = &schema["properties"][name];
                let own = given::member(name).filter(|_| {
                    ["string", "array"].iter().any(|kind| schema["type"] == *kind)
                        && schema.get("enum").is_none()
                });
                let own = own.map(|values| typed(schema, own_of(values)));
                (name.to_owned(), own.unwrap_or_else(|| sample(schema)))
            };
            Value::Object(names.map(member).collect())
        }
        "integer" | "number" => json!(1),
        "boolean" => json!(false),
        "array" => json!([]),
        "null" => Value::Null,
        _ if schema["format"] == "date-time" => json!("2026-12-01T10:00:00Z"),
        _ => json!("because"),
    }
}

/// The value that names something of one's own.
fn own_of(values: &'static [&'static str]) -> &'static str {
    let own = ["own-srv", "globex", "here", "msp-noc", "0a0a0a", "1", "viewer"];
    values.iter().copied().find(|value| own.contains(value)).unwrap_or(values[0])
}
