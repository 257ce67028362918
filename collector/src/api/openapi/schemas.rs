//! Schemas of the types: those of answers by name and shared, those of what is sent in place.
//!
//! What is read and what is written of one type may differ (a key that may be left out is always written), so the two
//! are never mixed under one name.

use schemars::{
    SchemaGenerator,
    generate::{Contract, SchemaSettings},
};
use serde_json::{Map, Value};

use crate::api::routes::Make;

/// Both kinds.
pub(super) struct Schemas {
    written: SchemaGenerator,
    read: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let settings = |contract, inline| {
            SchemaSettings::draft2020_12().with(|settings: &mut SchemaSettings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
                settings.contract = contract;
                settings.inline_subschemas = inline;
            })
        };
        Self {
            written: settings(Contract::Serialize, false).into_generator(),
            read: settings(Contract::Deserialize, true).into_generator(),
        }
    }

    /// The schema of what is answered.
    pub(super) fn written(&mut self, make: Make) -> Value {
        tidy(make(&mut self.written).to_value())
    }

    /// The schema of what is sent.
    pub(super) fn read(&mut self, make: Make) -> Value {
        tidy(make(&mut self.read).to_value())
    }

    /// The schemas that others refer to.
    pub(super) fn named(mut self) -> Map<String, Value> {
        let named = self.written.take_definitions(true);
        named.into_iter().map(|(name, schema)| (name, tidy(schema))).collect()
    }
}

/// Descriptions are comments of the source: their links lead nowhere here.
fn tidy(mut schema: Value) -> Value {
    plain(&mut schema);
    schema
}

fn plain(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(text)) = members.get_mut("description") {
                *text = without_links(text);
            }
            members.values_mut().for_each(plain);
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        _ => {}
    }
}

/// ``[`Name`](place)`` and ``[`Name`]`` become `` `Name` ``.
fn without_links(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, link)) = rest.split_once("[`") {
        out.push_str(before);
        out.push('`');
        let Some((name, after)) = link.split_once("`]") else {
            rest = link;
            continue;
        };
        out.push_str(name.rsplit("::").next().unwrap_or(name));
        out.push('`');
        rest = match after.strip_prefix('(').and_then(|place| place.split_once(')')) {
            Some((_, after)) => after,
            None => after,
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_the_source_become_names() {
        assert_eq!(without_links("while it is [`Work::Offered`]."), "while it is `Offered`.");
        assert_eq!(without_links("[`MAX`](super::pause::MAX) ahead, a[0]"), "`MAX` ahead, a[0]");
        assert_eq!(without_links("[`torn"), "`torn");
    }
}
