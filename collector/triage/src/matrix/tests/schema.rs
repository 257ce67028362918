//! The schema that editors read knows the parser's keys and no others.

use std::collections::BTreeSet;

use super::*;

/// What is written before an unknown key, what after it, and where the schema has the table's keys.
const TABLES: &[(&str, &str, &str)] = &[
    ("", "", ""),
    ("[org]", "", "/properties/org"),
    ("[[side]]", "", "/properties/side/items"),
    ("[[team]]", "", "/properties/team/items"),
    ("[[person]]", "", "/properties/person/items"),
    ("[[person]]\ndeputies = [{", "}]", "/properties/person/items/properties/deputies/items"),
    ("[[calendar]]", "", "/properties/calendar/items"),
    ("[[calendar]]\nholidays = [{", "}]", "/properties/calendar/items/properties/holidays/items"),
    ("[[calendar]]\nexceptions = [{", "}]", "/properties/calendar/items/properties/exceptions/items"),
    ("[[rota]]", "", "/properties/rota/items"),
    ("[[rota]]\noverrides = [{", "}]", "/properties/rota/items/properties/overrides/items"),
    ("[[vendor]]", "", "/properties/vendor/items"),
    ("[[sla]]", "", "/properties/sla/items"),
    ("[[sla]]\np1 = {", "}", "/properties/sla/items/properties/p1"),
    ("[[sla]]\np4 = {", "}", "/properties/sla/items/properties/p4"),
    ("[[tool]]", "", "/properties/tool/items"),
    ("[[row]]", "", "/properties/row/items"),
    ("[[row]]\nescalation = [{", "}]", "/properties/row/items/properties/escalation/items"),
    ("[[row]]\naccess = [{", "}]", "/properties/row/items/properties/access/items"),
    ("[catch_all]", "", "/properties/catch_all"),
    ("[catch_all]\nescalation = [{", "}]", "/properties/catch_all/properties/escalation/items"),
    ("[[boundary]]", "", "/properties/boundary/items"),
    ("[[boundary]]\nfirst = {", "}", "/properties/boundary/items/properties/first"),
    ("[[boundary]]\nthen = {", "}", "/properties/boundary/items/properties/then"),
];

fn schema() -> serde_json::Value {
    serde_json::from_str(SCHEMA).unwrap()
}

/// The keys that the parser knows in a table, from its own complaint.
fn known_keys(before: &str, after: &str) -> BTreeSet<String> {
    let text = format!("{before}\nzzz = 1 {after}\n");
    let error = Matrix::parse(&text, "f", "0".repeat(12), None).unwrap_err().to_string();
    let (_, complaint) = error.split_once("unknown field `zzz`").unwrap_or_else(|| panic!("{text}: {error}"));
    complaint.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_shipped_schema_knows_the_parsers_keys_and_no_others() {
    let schema = schema();
    for (before, after, at) in TABLES {
        let table = schema.pointer(at).unwrap_or_else(|| panic!("{at}"));
        let keys: BTreeSet<String> = table["properties"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, known_keys(before, after), "{before}");
        assert_eq!(table["additionalProperties"], false, "{before}");
    }
}

#[test]
fn every_table_of_the_schema_is_compared() {
    fn tables(value: &serde_json::Value, found: &mut usize) {
        let parts: Vec<&serde_json::Value> = match value {
            serde_json::Value::Object(map) => map.values().collect(),
            serde_json::Value::Array(items) => items.iter().collect(),
            _ => Vec::new(),
        };
        *found += usize::from(value["additionalProperties"] == false);
        parts.into_iter().for_each(|part| tables(part, found));
    }
    let mut found = 0;
    tables(&schema(), &mut found);
    // P2 and P3 are as P1 and P4.
    assert_eq!(found, TABLES.len() + 2);
}

#[test]
fn the_schema_has_the_closed_lists_of_the_parser() {
    let schema = schema();
    let names = |at: &str| schema.pointer(at).unwrap().as_array().unwrap().clone();
    let row = "/properties/row/items/properties";
    let texts = |all: &[&str]| all.iter().map(|text| (*text).into()).collect::<Vec<serde_json::Value>>();
    let tiers: Vec<_> = Tier::ALL.iter().map(|tier| tier.as_str()).collect();
    assert_eq!(names(&format!("{row}/tier/enum")), texts(&tiers));
    let tags: Vec<_> = Tag::ALL.iter().map(|tag| tag.as_str()).collect();
    assert_eq!(names(&format!("{row}/tag/enum")), texts(&tags));
    let categories: Vec<_> = Category::ALL.iter().map(|category| category.as_str()).collect();
    assert_eq!(names(&format!("{row}/categories/items/enum")), texts(&categories));
    let severities: Vec<_> = crate::finding::Severity::ALL.iter().map(|severity| severity.as_str()).collect();
    assert_eq!(names(&format!("{row}/severity/items/enum")), texts(&severities));
    let sides: Vec<_> = Side::ALL.iter().map(|side| side.as_str()).collect();
    assert_eq!(names("/properties/team/items/properties/side/enum"), texts(&sides));
    assert_eq!(names("/properties/person/items/properties/side/enum"), texts(&sides));
    let most = |at: &str| schema.pointer(at).and_then(serde_json::Value::as_u64);
    assert_eq!(most("/properties/row/maxItems"), Some(MAX_ROWS as u64));
    assert_eq!(most(&format!("{row}/escalation/maxItems")), Some(MAX_STEPS as u64));
}
