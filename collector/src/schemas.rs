//! JSON Schemas of the files that people write, made from what reads them: for editors.
//!
//! A file with secrets is described here as any other; what it says is looked at by nobody but its reader.

use clap::ValueEnum;
use dogwatch_triage::{matrix, rules, watch_list};
use schemars::{JsonSchema, Schema, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::{Value, json};

use crate::{config::Config, identity, notify::channels};

/// A file that people write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum File {
    /// collector.toml
    Collector,
    /// notify.toml
    Notify,
    /// identity.toml
    Identity,
    /// policy/rules.toml, and rules/ORG.toml beside it
    Rules,
    /// policy/watch.toml, and watch/ORG.toml beside it
    Watch,
    /// policy/matrix/ORG.toml
    Matrix,
}

impl File {
    /// Its schema, in the words of JSON Schema 2020-12.
    ///
    /// # Errors
    /// None: that of the matrix is a file which the tests read.
    pub fn schema(self) -> serde_json::Result<Value> {
        Ok(match self {
            Self::Collector => derived::<Config>("Dogwatch collector"),
            Self::Notify => derived::<channels::File>("Dogwatch notifications"),
            Self::Identity => derived::<identity::File>("Dogwatch identity providers"),
            Self::Rules => rules::schema(),
            Self::Watch => watch_list::schema(),
            Self::Matrix => serde_json::from_str(matrix::SCHEMA)?,
        })
    }
}

fn derived<T: JsonSchema>(title: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(spans));
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    schema.to_value()
}

/// Spans of time are written as people say them, and not only in the form that JSON Schema calls `duration`.
fn spans(schema: &mut Schema) {
    if schema.get("format").is_some_and(|format| format == "duration") {
        schema.remove("format");
        schema.insert("examples".to_owned(), json!(["30s", "15m", "6h"]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of ours with what it shows in comments in force.
    fn written_out(text: &str) -> String {
        let shown = |line: &str| {
            let inner = line.strip_prefix("# ")?;
            let (key, _) = inner.split_once(" = ").unwrap_or(("", ""));
            let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            (is_key || inner.starts_with("[[")).then(|| inner.to_owned())
        };
        let socket = "\"127.0.0.1:7443\"";
        let text = text.replace("@NAME@", "\"Acme\"").replace("@PEOPLE_LISTEN@", socket);
        let text = text.replace("@PEOPLE_ADDRESS@", socket).replace("@AGENTS_ADDRESS@", socket);
        let text = text.replace("@AGENTS_LISTEN@", socket);
        text.lines().map(|line| shown(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
    }

    fn faults(file: File, text: &str) -> Vec<String> {
        let validator = jsonschema::validator_for(&file.schema().unwrap()).unwrap();
        let table: toml::Table = text.parse().unwrap();
        let table = serde_json::to_value(table).unwrap();
        validator.iter_errors(&table).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    #[test]
    fn what_is_shipped_is_as_its_schema_says() {
        let shipped = [
            (File::Collector, &*written_out(include_str!("init/collector.toml"))),
            (File::Notify, include_str!("../notify.example.toml")),
            (File::Identity, include_str!("../identity.example.toml")),
            (File::Rules, rules::SHIPPED),
            (File::Watch, &written_out(include_str!("init/watch.toml"))),
        ];
        for (file, text) in shipped {
            assert_eq!(faults(file, text), Vec::<String>::new(), "{file:?}");
        }
    }

    #[test]
    fn a_key_that_no_reader_knows_is_found_by_every_schema() {
        let unknown = [
            (File::Collector, "[limits]\nhandshakes = \"5s\""),
            (File::Notify, "[[channel]]\nid = \"a\"\nkind = \"slack\"\nurls = \"b\""),
            (
                File::Identity,
                "[[provider]]\nid = \"a\"\nside = \"msp\"\nissuer = \"i\"\nclient_id = \"c\"\nscope = []",
            ),
            (File::Rules, "[rules.disk-full.warning]\nwhens = \"true\""),
            (File::Watch, "[[site.x.check]]\nname = \"a\"\nkinds = \"tcp\""),
            (File::Matrix, "[orgs]\nid = \"acme\""),
        ];
        for (file, text) in unknown {
            let found = faults(file, text);
            assert!(found.iter().any(|fault| fault.contains("not allowed")), "{file:?}: {found:?}");
        }
        assert!(!faults(File::Collector, "[limits]\nhandshake = 5").is_empty(), "a span is a text");
    }
}
