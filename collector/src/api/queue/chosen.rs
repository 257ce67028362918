//! `fields=`: alerts with some of their keys alone. A board shows five of forty.

use std::{collections::BTreeSet, sync::LazyLock};

use dogwatch_triage::filter::nearest;
use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Listed;
use crate::api::problem::Problem;

/// The keys that an alert of the queue can have.
static KEYS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let schema = schema_for!(Listed).to_value();
    schema["properties"].as_object().into_iter().flat_map(|keys| keys.keys().cloned()).collect()
});

/// The keys that were asked for; all of them unless some were.
pub(super) struct Chosen<'q>(Option<BTreeSet<&'q str>>);

/// An alert, or what was asked for of it.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "whole alerts are the usual case")]
pub(super) enum Shown {
    Whole(Listed),
    /// `fields=` was given: these keys of it.
    Chosen(Map<String, Value>),
}

impl<'q> Chosen<'q> {
    /// Reads names with commas between them.
    pub(super) fn read(fields: Option<&'q str>) -> Result<Self, Problem> {
        let names = fields.into_iter().flat_map(|fields| fields.split(',')).map(str::trim);
        let names: BTreeSet<&str> = names.filter(|name| !name.is_empty()).collect();
        if names.is_empty() {
            return Ok(Self(None));
        }
        let Some(unknown) = names.iter().find(|name| !KEYS.contains(**name)) else {
            return Ok(Self(Some(names)));
        };
        let known = || KEYS.iter().map(String::as_str);
        let mend = match nearest(unknown, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are: {}", known().collect::<Vec<_>>().join(", ")),
        };
        let what = format!("fields: an alert in the queue has no `{unknown}`; {mend}");
        Err(Problem::invalid(what).with("parameter", "fields"))
    }

    /// What is shown of an alert.
    pub(super) fn of(&self, listed: Listed) -> Result<Shown, Problem> {
        let Some(names) = &self.0 else { return Ok(Shown::Whole(listed)) };
        match serde_json::to_value(listed) {
            Ok(Value::Object(mut keys)) => {
                keys.retain(|key, _| names.contains(key.as_str()));
                Ok(Shown::Chosen(keys))
            }
            _ => Err(Problem::internal("an alert cannot be written")),
        }
    }
}
