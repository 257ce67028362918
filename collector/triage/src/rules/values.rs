//! What decides when a rule speaks, value by value, with the place of each: for those who ask why.

use super::{
    RuleValue,
    document::{Layers, Node, Table, Value},
};

/// The keys of a rule that decide; the others are words and evidence.
const DECIDING: [&str; 9] = [
    "enabled",
    "only",
    "while",
    "info",
    "warning",
    "critical",
    "clear_after",
    "stays_when_gone",
    "hides_others",
];

/// Of merged documents, in the order of rules and keys.
pub(super) fn of(merged: &Table, layers: &Layers<'_>) -> Vec<RuleValue> {
    let mut values = Vec::new();
    let Some((_, Node { value: Value::Table(rules), .. })) = merged.get("rules") else { return values };
    for (rule, (_, node)) in rules {
        let Value::Table(table) = &node.value else { continue };
        for (key, (_, node)) in table.iter().filter(|(key, _)| DECIDING.contains(&key.as_str())) {
            add(&mut values, layers, rule, key, node);
        }
    }
    values
}

fn add(values: &mut Vec<RuleValue>, layers: &Layers<'_>, rule: &str, key: &str, node: &Node) {
    let value = match &node.value {
        Value::Table(inner) => {
            for (inner_key, (_, node)) in inner {
                add(values, layers, rule, &format!("{key}.{inner_key}"), node);
            }
            return;
        }
        Value::Text(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Value::Whole(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::List(_) | Value::Other(_) => return,
    };
    values.push(RuleValue {
        rule: rule.to_owned(),
        key: key.to_owned(),
        value,
        layer: node.place.layer,
        file: layers.file(node.place).to_owned(),
        line: layers.line(node.place),
    });
}
