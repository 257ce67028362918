//! The schema as JSON Schema: what an endpoint's JSON holds, from the table that writes it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{Field, Kind, Type, fields};
use crate::filter::EndpointJson;

impl JsonSchema for EndpointJson<'_> {
    fn schema_name() -> Cow<'static, str> {
        "Endpoint".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = object(fields());
        schema
            .insert("description".to_owned(), "An endpoint. What is not known is absent, never zero.".into());
        schema.into()
    }
}

/// An object with these fields and no others. None is sure to be there: a fact that was not told is absent.
fn object(fields: &'static [Field]) -> Map<String, Value> {
    let shown = fields.iter().filter(|field| !field.filter_only);
    let properties: Map<String, Value> =
        shown.map(|field| (field.name.to_owned(), Value::Object(described(field)))).collect();
    let mut object = Map::new();
    object.insert("type".to_owned(), "object".into());
    object.insert("properties".to_owned(), properties.into());
    object.insert("additionalProperties".to_owned(), false.into());
    object
}

fn described(field: &'static Field) -> Map<String, Value> {
    let mut schema = match &field.kind {
        Kind::Value(ty, _) => scalar(*ty),
        Kind::Group(members) => object(members),
        Kind::Records(members, _) => array(&object(members)),
        Kind::Texts(_) => array(&scalar(Type::Text)),
        Kind::Labels(_) => map_of(json!({ "type": "object", "additionalProperties": { "type": "string" } })),
    };
    schema.insert("description".to_owned(), field.doc.into());
    schema
}

fn array(items: &Map<String, Value>) -> Map<String, Value> {
    map_of(json!({ "type": "array", "items": items }))
}

fn scalar(ty: Type) -> Map<String, Value> {
    map_of(match ty {
        Type::Bool => json!({ "type": "boolean" }),
        Type::Int => json!({ "type": "integer" }),
        Type::Float | Type::Percent => json!({ "type": "number" }),
        Type::Bytes => json!({ "type": "integer", "minimum": 0 }),
        Type::Duration => json!({ "type": "number", "x-unit": "seconds" }),
        Type::Instant => json!({ "type": "string", "format": "date-time" }),
        Type::Text => json!({ "type": "string" }),
        Type::Choice(choices) => json!({ "type": "string", "enum": (choices.0)() }),
        Type::Id => json!({ "type": "string", "format": "uuid" }),
    })
}

fn map_of(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
