//! The JSON Schema of a rule file, for editors: the reader's own keys, and what each of them takes.
//!
//! Nothing is asked for: a file lies over another, and may change a single key of a rule.

use serde_json::{Map, Value, json};

use super::{
    MAX_CLEAR_AFTER,
    reader::{EVIDENCE_KEYS, LEVEL_KEYS, RULE_KEYS},
};
use crate::finding::{Category, Severity};

/// The schema of `rules.toml` and of an org's.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Dogwatch rules",
        "description": "What is wrong when, how bad, for how long, and in which words.",
        "type": "object",
        "additionalProperties": false,
        "properties": { "rules": {
            "type": "object",
            "description": "By id; a rule of the same id below this file is changed in the keys given.",
            "additionalProperties": table(&RULE_KEYS, of_rule),
        } },
    })
}

/// A table with these keys and no others.
fn table(keys: &[&str], of_key: impl Fn(&str) -> Value) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), of_key(key))).collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn of_rule(key: &str) -> Value {
    let text = |description: &str| json!({ "type": "string", "description": description });
    let flag = |description: &str| json!({ "type": "boolean", "description": description });
    match key {
        "category" => json!({
            "enum": Category::ALL.iter().map(|category| category.as_str()).collect::<Vec<_>>(),
            "description": "What its findings are about; rows of the matrix name it.",
        }),
        "tool" => text("The tool whose owner its findings concern."),
        "enabled" => flag("Switched off, it clears what it had found."),
        "note" => text("Why it is as it is, for those who read the list."),
        "only" => text("The endpoints that it is for: an expression."),
        "while" => text("The endpoints that it judges at present; of others, what it found stays."),
        "each" => text("The list that it goes through: `d in health.disks`. Needs `subject`."),
        "subject" => text("What an element of that list is called: `d.mount`."),
        "title" => text("What a finding is called; {expressions} stand in braces."),
        "clear_after" => json!({
            "type": "integer", "minimum": 1, "maximum": MAX_CLEAR_AFTER, "default": 1,
            "description": "Good samples in a row that clear it.",
        }),
        "stays_when_gone" => {
            flag("A subject that is not listed any more says nothing, in place of clearing.")
        }
        "hides_others" => {
            flag("What it finds says that its endpoint is away: the endpoint's other items are hidden.")
        }
        "evidence" => json!({
            "type": "array", "items": table(&EVIDENCE_KEYS, of_evidence),
            "description": "What is shown with a finding.",
        }),
        level => {
            debug_assert!(level.parse::<Severity>().is_ok(), "no key of a rule is left without its form");
            table(&LEVEL_KEYS, of_level)
        }
    }
}

fn of_level(key: &str) -> Value {
    let description = match key {
        "when" => "When it is so bad: an expression.",
        "for" => "For how long, before it counts: \"15m\".",
        _ => "When it is good again; as soon as `when` does not hold, when absent.",
    };
    json!({ "type": "string", "description": description })
}

fn of_evidence(key: &str) -> Value {
    let description = match key {
        "each" => "A list to go through, a line for each element.",
        "where" => "The elements that get a line: an expression.",
        "name" => "What the line is called.",
        _ => "What it says; {expressions} stand in braces.",
    };
    json!({ "type": "string", "description": description })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_form_of_its_own_and_says_what_it_is_for() {
        let schema = schema();
        let rule = &schema["properties"]["rules"]["additionalProperties"]["properties"];
        for (key, form) in rule.as_object().unwrap() {
            let level = key.parse::<Severity>().is_ok();
            assert_eq!(form["properties"]["when"].is_object(), level, "{key}");
            assert!(level || form["description"].is_string(), "{key}");
        }
    }
}
