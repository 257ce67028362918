//! The JSON Schema of a watch list, for editors, from the table of keys that the reader goes by.

use serde_json::{Map, Value, json};

use super::{
    MAX_ENTRIES,
    keys::{self, Form, Key},
};

/// The schema of `watch.toml` and of an org's, which alone has `site`.
pub fn schema() -> Value {
    let named = json!({ "type": "string", "description": "What an entry is known by." });
    let entries = |keys: &[Key], name: Option<&Value>| {
        let when = json!({ "type": "string", "description": "The endpoints that it is for: an expression." });
        let own = [Some((keys::WHEN, when)), name.map(|name| (keys::NAME, name.clone()))];
        let of_keys = keys.iter().map(|key| (key.name, form(key)));
        let properties: Map<String, Value> =
            own.into_iter().flatten().chain(of_keys).map(|(key, form)| (key.to_owned(), form)).collect();
        let required: Vec<_> = name.map(|_| keys::NAME).into_iter().collect();
        let entry = json!({
            "type": "object", "additionalProperties": false, "properties": properties, "required": required,
        });
        json!({ "type": "array", "maxItems": MAX_ENTRIES, "items": entry })
    };
    let sections = json!({
        "telemetry": entries(keys::TELEMETRY, None),
        "service": entries(keys::SERVICE, Some(&named)),
        "check": entries(keys::CHECK, Some(&named)),
    });
    let mut properties = sections.clone();
    properties["site"] = json!({
        "type": "object",
        "description": "By site, in an org's own file alone.",
        "additionalProperties": { "type": "object", "additionalProperties": false, "properties": sections },
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Dogwatch watch list",
        "description": "What each endpoint is told to watch: services, checks and intervals.",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}

fn form(key: &Key) -> Value {
    let mut form = match key.form {
        Form::Text => json!({ "type": "string" }),
        Form::Choice(choices) => json!({ "enum": choices }),
        Form::Whole(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Form::Bytes => json!({
            "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "pattern": "^[0-9]+ *([KMGT]i)?B$|^[0-9]+ *[KMG]B$" }],
        }),
        Form::Flag => json!({ "type": "boolean" }),
        Form::Span(least, most) => {
            json!({ "type": "string", "description": format!("From {least:#} to {most:#}.") })
        }
    };
    if !key.kinds.is_empty() {
        form["description"] = format!("Of checks of kind {}.", key.kinds.join(" and ")).into();
    }
    form
}
