//! What somebody may do, in words: by the name of a role where there is one, else verb by verb, and where it differs.

use serde_json::Value;

use crate::output::{text_at, texts};

/// Places that one line names; more are counted.
const PLACES: usize = 5;

/// The role of a token, or its verbs where they have no common name.
pub(crate) fn role(of: &Value) -> String {
    named(text_at(of, "role"), &of["may"])
}

fn named(role: String, verbs: &Value) -> String {
    let list = texts(verbs);
    match (role.is_empty(), list.is_empty()) {
        (false, _) => role,
        (true, false) => list.join(", "),
        (true, true) => "nothing".to_owned(),
    }
}

/// What comes through a token, and where if that differs: `admin`, or `admin on every other org; view, comment on acme`.
pub(crate) fn everywhere(me: &Value) -> String {
    let rights: Vec<&Value> = me["rights"].as_array().into_iter().flatten().collect();
    let what = |right: &Value| named(text_at(right, "role"), &right["verbs"]);
    match rights.as_slice() {
        [] => role(me),
        [only] => what(only),
        several => several
            .iter()
            .map(|right| format!("{} on {}", what(right), places(right)))
            .collect::<Vec<_>>()
            .join("; "),
    }
}

fn places(right: &Value) -> String {
    let all = texts(&right["scopes"]);
    let named = all.iter().take(PLACES).map(|place| if place == "*" { "every other org" } else { place });
    let named = named.collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(PLACES) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_role_is_named_and_what_has_no_name_is_told_verb_by_verb() {
        assert_eq!(role(&json!({ "role": "viewer", "may": ["view", "comment"] })), "viewer");
        assert_eq!(role(&json!({ "may": ["view", "export"] })), "view, export");
        assert_eq!(role(&json!({ "may": [] })), "nothing");
        assert_eq!(everywhere(&json!({ "rights": [], "may": [] })), "nothing", "no sentence ends in a blank");
        let one =
            json!({ "rights": [{ "scopes": ["acme"], "verbs": ["view", "comment"], "role": "viewer" }] });
        assert_eq!(everywhere(&one), "viewer");
        let two = json!({ "rights": [
            { "scopes": ["*"], "verbs": ["view"], "role": "admin" },
            { "scopes": ["acme", "home"], "verbs": ["view", "sign"] },
        ] });
        assert_eq!(everywhere(&two), "admin on every other org; view, sign on acme, home");
    }
}
