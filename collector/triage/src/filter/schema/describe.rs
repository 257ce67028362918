//! The schema as people and programs read it: `dogwatch fleet --schema`.

use core::fmt;

use serde::Serialize;

use super::{About, Field, Kind, Type, fields};

/// One name of the schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SchemaField {
    /// The whole name; elements of a list are marked with `[]`: `health.disks[].mount`.
    pub name: String,
    /// `bool`, `int`, `float`, `percent`, `bytes`, `duration`, `instant`, `text`, `id`, `object`, `list`,
    /// `list of text`, `map of text`.
    #[serde(rename = "type")]
    pub type_name: &'static str,
    /// The closed list of values, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_of: Option<&'static [&'static str]>,
    /// What it says.
    pub doc: &'static str,
    /// Filters know it; an endpoint's JSON repeats nothing and leaves it out.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub filter_only: bool,
}

/// Every name of the schema, groups before their members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Schema {
    /// The names.
    pub fields: Vec<SchemaField>,
}

/// The schema of an endpoint: the names of filters and of its JSON.
pub fn schema() -> Schema {
    let mut schema = Schema { fields: Vec::new() };
    describe("", fields(), &mut schema.fields);
    schema
}

/// The schema of the queue's items: the names of filters over the queue.
pub fn item_schema() -> Schema {
    let mut schema = Schema { fields: Vec::new() };
    describe("", About::Item.fields(), &mut schema.fields);
    schema
}

fn describe(prefix: &str, fields: &'static [Field], into: &mut Vec<SchemaField>) {
    for field in fields {
        let (type_name, one_of, suffix, members): (_, _, _, &'static [Field]) = match &field.kind {
            Kind::Value(ty, _) => (scalar_name(*ty), choices_of(*ty), "", &[]),
            Kind::Group(members) => ("object", None, ".", members),
            Kind::Records(members, _) => ("list", None, "[].", members),
            Kind::Texts(_) => ("list of text", None, "", &[]),
            Kind::Labels(_) => ("map of text", None, "", &[]),
        };
        let name = format!("{prefix}{}", field.name);
        let inner = format!("{name}{suffix}");
        into.push(SchemaField { name, type_name, one_of, doc: field.doc, filter_only: field.filter_only });
        describe(&inner, members, into);
    }
}

const fn scalar_name(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::Int => "int",
        Type::Float => "float",
        Type::Percent => "percent",
        Type::Bytes => "bytes",
        Type::Duration => "duration",
        Type::Instant => "instant",
        Type::Text | Type::Choice(_) => "text",
        Type::Id => "id",
    }
}

fn choices_of(ty: Type) -> Option<&'static [&'static str]> {
    match ty {
        Type::Choice(choices) => Some((choices.0)()),
        _ => None,
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.fields.iter().map(|field| field.name.len()).max().unwrap_or(0);
        for field in &self.fields {
            write!(f, "{:width$}  {:12}  {}", field.name, field.type_name, field.doc)?;
            if let Some(choices) = field.one_of {
                write!(f, " ({})", choices.join(" | "))?;
            }
            f.write_str(if field.filter_only { " (filter only)\n" } else { "\n" })?;
        }
        Ok(())
    }
}
