//! The one table: name → type → getter. Filters resolve names in it, and an endpoint's JSON is written from it.
//!
//! Invariant: a name that exists here is a contract. Fields are added, never renamed, and every getter answers
//! [`Value::Missing`] or `None` for a fact that was not told; nothing here answers zero instead.

mod backup;
mod describe;
mod drive;
mod endpoint;
mod health;
mod incident;
mod inventory;
mod item;
#[cfg(feature = "schema")]
mod json_schema;
mod patch;
mod services;

use std::collections::BTreeMap;

use super::{
    reads::Reads,
    row::Row,
    value::{Item, List, Value},
};

pub use describe::{Schema, SchemaField, item_schema, schema};
pub(crate) use patch::oldest_missing_security;

/// Reads one scalar. The item is the list element that the field belongs to, [`Item::None`] at the top.
pub(crate) type Get = for<'a> fn(&Row<'a>, Item<'a>) -> Value<'a>;
/// Reads one list; `None` when it is not known.
pub(crate) type GetList = for<'a> fn(&Row<'a>, Item<'a>) -> Option<List<'a>>;
/// Reads the labels.
pub(crate) type GetLabels = for<'a> fn(&Row<'a>) -> &'a BTreeMap<String, String>;

/// The static type of a scalar, with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// A share from 0 to 100.
    Percent,
    /// A size.
    Bytes,
    /// A span of time; seconds in JSON.
    Duration,
    /// RFC 3339 in JSON.
    Instant,
    Text,
    /// Text out of a closed list.
    Choice(Choices),
    /// A UUID.
    Id,
}

/// A closed list of texts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choices(pub(crate) fn() -> &'static [&'static str]);

impl PartialEq for Choices {
    fn eq(&self, other: &Self) -> bool {
        (self.0)() == (other.0)()
    }
}

impl Eq for Choices {}

impl Type {
    /// What people call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Type::Bool => "true or false",
            Type::Int => "a whole number",
            Type::Float => "a number",
            Type::Percent => "a percentage",
            Type::Bytes => "a size in bytes",
            Type::Duration => "a duration",
            Type::Instant => "an instant",
            Type::Text | Type::Choice(_) => "text",
            Type::Id => "an id",
        }
    }

    pub(crate) const fn is_number(self) -> bool {
        matches!(self, Type::Int | Type::Float | Type::Percent | Type::Bytes)
    }

    pub(crate) const fn is_text(self) -> bool {
        matches!(self, Type::Text | Type::Choice(_))
    }
}

/// One name of the schema.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    /// Which parts of the endpoint this field adds to those of the groups around it.
    pub(crate) reads: Reads,
    /// A convenience of filters that repeats what other fields say: an endpoint's JSON leaves it out.
    pub(crate) filter_only: bool,
    pub(crate) kind: Kind,
}

/// What stands behind a name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Value(Type, Get),
    Group(&'static [Field]),
    Records(&'static [Field], GetList),
    Texts(GetList),
    Labels(GetLabels),
}

impl Field {
    const fn new(name: &'static str, doc: &'static str, kind: Kind) -> Self {
        Self { name, doc, reads: Reads::NONE, filter_only: false, kind }
    }

    /// Adds what deciding this field takes.
    const fn reads(mut self, reads: Reads) -> Self {
        self.reads = self.reads.union(reads);
        self
    }

    /// Keeps this field out of an endpoint's JSON.
    const fn filter_only(mut self) -> Self {
        self.filter_only = true;
        self
    }
}

const fn value(name: &'static str, ty: Type, doc: &'static str, get: Get) -> Field {
    Field::new(name, doc, Kind::Value(ty, get))
}

const fn text(name: &'static str, doc: &'static str, get: Get) -> Field {
    value(name, Type::Text, doc, get)
}

const fn choice(
    name: &'static str,
    choices: fn() -> &'static [&'static str],
    doc: &'static str,
    get: Get,
) -> Field {
    value(name, Type::Choice(Choices(choices)), doc, get)
}

const fn group(name: &'static str, doc: &'static str, fields: &'static [Field]) -> Field {
    Field::new(name, doc, Kind::Group(fields))
}

const fn records(name: &'static str, doc: &'static str, fields: &'static [Field], get: GetList) -> Field {
    Field::new(name, doc, Kind::Records(fields, get))
}

const fn texts(name: &'static str, doc: &'static str, get: GetList) -> Field {
    Field::new(name, doc, Kind::Texts(get))
}

/// A getter of one kind of list element; the row is there for ages.
macro_rules! element {
    ($kind:ident, |$element:pat_param| $value:expr) => {
        |_, item| match item {
            $crate::filter::value::Item::$kind($element) => $crate::filter::value::Value::from($value),
            _ => $crate::filter::value::Value::Missing,
        }
    };
    ($kind:ident, |$element:pat_param, $row:pat_param| $value:expr) => {
        |$row, item| match item {
            $crate::filter::value::Item::$kind($element) => $crate::filter::value::Value::from($value),
            _ => $crate::filter::value::Value::Missing,
        }
    };
}

/// A getter of one part of the facts; missing when the part was never told.
macro_rules! fact {
    ($part:ident, |$fact:pat_param| $value:expr) => {
        |row, _| match &row.endpoint.facts.$part {
            Some($fact) => $crate::filter::value::Value::from($value),
            None => $crate::filter::value::Value::Missing,
        }
    };
    ($part:ident, |$fact:pat_param, $row:ident| $value:expr) => {
        |$row, _| match &$row.endpoint.facts.$part {
            Some($fact) => $crate::filter::value::Value::from($value),
            None => $crate::filter::value::Value::Missing,
        }
    };
}

/// The texts of a closed list, once.
macro_rules! choices {
    ($kind:ty) => {
        || {
            const TEXTS: [&str; <$kind>::ALL.len()] = {
                let mut texts = [""; <$kind>::ALL.len()];
                let mut at = 0;
                while at < texts.len() {
                    texts[at] = <$kind>::ALL[at].as_str();
                    at += 1;
                }
                texts
            };
            &TEXTS
        }
    };
}

use {choices, element, fact};

/// What an expression is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum About {
    /// An endpoint.
    #[default]
    Endpoint,
    /// An item of the queue, and the endpoint that it is about.
    Item,
    /// An item without an endpoint: all that an endpoint has is missing.
    ItemAlone,
}

impl About {
    /// The names that an expression begins with.
    pub(crate) fn fields(self) -> &'static [Field] {
        match self {
            Self::Endpoint => fields(),
            Self::Item => item::fields(),
            Self::ItemAlone => item::fields_alone(),
        }
    }
}

/// Every field of an endpoint, in the order in which JSON shows them.
pub(crate) fn fields() -> &'static [Field] {
    endpoint::FIELDS
}
