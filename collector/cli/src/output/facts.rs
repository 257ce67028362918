//! One thing as its single facts, each under its path.

use serde_json::Value;

use super::csv;

/// Single facts with their paths, in the answer's order; lists of records are left to tables.
pub(crate) fn facts(value: &Value) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    flatten("", value, &mut found);
    found
}

/// One thing as a header and a line. Lists of records are left out: they are lists of their own.
pub(crate) fn in_csv(value: &Value) -> String {
    let facts = facts(value);
    let paths: Vec<&str> = facts.iter().map(|(path, _)| path.as_str()).collect();
    csv::write(std::slice::from_ref(value), &paths)
}

fn flatten<'v>(path: &str, value: &'v Value, into: &mut Vec<(String, &'v Value)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&inner, member, into);
            }
        }
        Value::Array(list) if list.is_empty() || list.iter().any(Value::is_object) => {}
        other => into.push((path.to_owned(), other)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_thing_is_one_line_under_the_paths_of_its_facts() {
        let value = json!({ "name": "srv-01", "os": { "family": "linux" }, "tags": ["a", "b"], "disks": [{ "mount": "/" }] });
        assert_eq!(in_csv(&value), "name,os.family,tags\r\nsrv-01,linux,\"a,b\"\r\n");
    }
}
