//! What a file of settings says, as far as the audit may hold it: each key with its value, but for those that may be a
//! secret, or lead to one. Of these it is known that they are there, and while the collector runs, that they changed.
//!
//! Which keys are shown is a list of what is known to be harmless, so that a key of tomorrow is not shown by mistake.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use toml::Value;

/// Keys whose values anybody may see who sees the audit of the collector.
const SHOWN: [&str; 33] = [
    "adopt",
    "allow_private",
    "email_domains",
    "every",
    "first",
    "from",
    "give_up",
    "groups_claim",
    "hidden",
    "host",
    "id",
    "interval",
    "issuer",
    "kind",
    "max_age",
    "most",
    "name",
    "org",
    "person_claim",
    "port",
    "repeat",
    "rights_last",
    "role",
    "scope",
    "scopes",
    "security",
    "side",
    "team",
    "to",
    "urgent",
    "verbs",
    "wait",
    "without_group",
];

/// What stands for a value that is not shown.
const THERE: &str = "(not shown)";

/// The longest value that is shown, in characters: a line's worth.
const LONGEST: usize = 200;

/// Keys by their path, such as `channel.noc.kind`, with their values as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Outline(pub(crate) BTreeMap<String, String>);

impl Outline {
    /// That of a file's text; of one that is no TOML, nothing.
    pub(crate) fn of(text: &str) -> Self {
        let shown = |(path, value): (String, Value)| {
            let key = path.rsplit('.').next().unwrap_or_default();
            let text = match SHOWN.contains(&key) {
                true => said(&value),
                false => THERE.to_owned(),
            };
            (path, text)
        };
        Self(leaves(text).into_iter().map(shown).collect())
    }
}

/// Keys that both texts have, with values that differ and are not shown.
pub(crate) fn changed_unseen(old: &str, new: &str) -> BTreeSet<String> {
    let (before, outline) = (leaves(old), Outline::of(new).0);
    let differs = |path: &String, value: &Value| before.get(path).is_some_and(|old| old != value);
    let all = leaves(new).into_iter().filter(|(path, value)| differs(path, value)).map(|(path, _)| path);
    all.filter(|path| outline.get(path).is_some_and(|shown| shown == THERE)).collect()
}

fn said(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.chars().take(LONGEST).collect()
}

fn leaves(text: &str) -> BTreeMap<String, Value> {
    let mut leaves = BTreeMap::new();
    if let Ok(table) = text.parse::<toml::Table>() {
        flatten("", Value::Table(table), &mut leaves);
    }
    leaves
}

/// Tables of a list go by their `id` or `name`: a new one in between moves no other.
fn flatten(path: &str, value: Value, leaves: &mut BTreeMap<String, Value>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Table(table) => {
            table.into_iter().for_each(|(key, value)| flatten(&below(&key), value, leaves));
        }
        Value::Array(list) if list.iter().any(Value::is_table) => {
            for (at, item) in list.into_iter().enumerate() {
                let name = ["id", "name"].iter().find_map(|key| item.get(key)?.as_str());
                let path = below(&name.map_or_else(|| (at + 1).to_string(), str::to_owned));
                flatten(&path, item, leaves);
            }
        }
        value => drop(leaves.insert(path.to_owned(), value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTIFY: &str = r#"
        [smtp]
        host = "mail.example.org"
        password = "canary-1"
        [[channel]]
        id = "noc"
        kind = "slack"
        url = "https://hooks.example.org/canary-2"
        [[channel]]
        id = "pager"
        kind = "pagerduty"
        routing_key_file = "canary-3"
    "#;

    #[test]
    fn what_may_be_a_secret_is_known_to_be_there_and_nothing_else_of_it() {
        let outline = Outline::of(NOTIFY);
        assert_eq!(outline.0["channel.noc.kind"], "slack");
        assert_eq!(outline.0["channel.noc.url"], THERE);
        let text = serde_json::to_string(&outline).unwrap();
        assert!(!text.contains("canary"), "{text}");
        assert_eq!(serde_json::from_str::<Outline>(&text).unwrap(), outline);
    }

    #[test]
    fn a_secret_that_changed_is_told_by_its_key_and_a_new_channel_moves_no_other() {
        let other = NOTIFY.replace("canary-2", "canary-4");
        let other = other.replace(
            "[[channel]]\n        id = \"noc\"",
            "[[channel]]\nid = \"a\"\nkind = \"slack\"\nurl = \"u\"\n[[channel]]\nid = \"noc\"",
        );
        let changed = changed_unseen(NOTIFY, &other);
        assert_eq!(changed.into_iter().collect::<Vec<_>>(), ["channel.noc.url"]);
        assert!(changed_unseen(NOTIFY, &format!("# a word\n{NOTIFY}")).is_empty());
        assert!(changed_unseen(NOTIFY, &NOTIFY.replace("slack", "teams")).is_empty(), "that is shown");
    }
}
