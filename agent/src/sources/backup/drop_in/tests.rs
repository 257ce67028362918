//! The shipped schema and the parser agree, value by value.

use serde_json::{Value, json};

use super::*;

fn schema() -> Value {
    serde_json::from_str(include_str!("../../../../backup-drop-in.schema.json")).unwrap()
}

fn taken(document: &Value) -> Result<(), String> {
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    parse(&document.to_string(), "x.json", now, now).map(|_| ()).map_err(|error| error.to_string())
}

/// A document with one more field. Some words only a restore test may say.
fn with(name: &str, value: &Value) -> Value {
    let mut document = json!({"job": "n", "result": "success"});
    if ["restore_kind", "by", "evidence"].contains(&name) {
        document["kind"] = "restore_test".into();
    }
    if name == "zone" {
        document["cron"] = "0 2 * * *".into();
    }
    document[name] = value.clone();
    document
}

/// Values that a property takes by what the schema says of it, and values that it does not.
fn samples(says: &Value) -> (Vec<Value>, Vec<Value>) {
    let mut good: Vec<Value> = says["enum"].as_array().cloned().unwrap_or_default();
    let mut bad = vec![json!([1]), json!({"a": 1})];
    let (least, most) = (says.get("minimum"), says.get("maximum"));
    let longest = says["maxLength"].as_u64().map(|most| usize::try_from(most).unwrap());
    match says["type"].as_str() {
        None => bad.push("nonsense".into()),
        Some("boolean") => {
            good.extend([true.into(), false.into()]);
            bad.extend([1.into(), "yes".into()]);
        }
        Some("integer") => {
            good.extend([least.unwrap().clone(), most.cloned().unwrap_or_else(|| u64::MAX.into())]);
            bad.extend([json!(1.5), "1".into()]);
            bad.extend(least.map(|least| (least.as_i64().unwrap() - 1).into()));
            bad.extend(most.map(|most| (most.as_i64().unwrap() + 1).into()));
        }
        Some("string") if says["format"] == "date-time" => {
            good.extend(["2026-03-01T02:14:00Z".into(), "2026-03-01T02:14:00.5+01:00".into()]);
            bad.extend(["2026-03-01".into(), "yesterday".into(), 5.into()]);
        }
        Some("string") if says.get("examples").is_some() => {
            good.extend(says["examples"].as_array().unwrap().clone());
            bad.extend([7.into(), "".into(), "nonsense".into()]);
        }
        Some("string") => {
            good.extend(["a".into(), "ä→".into()]);
            good.extend(longest.map(|most| "x".repeat(most).into()));
            bad.push(7.into());
            bad.extend(longest.map(|most| "x".repeat(most + 1).into()));
            bad.extend(says.get("minLength").map(|_| "".into()));
        }
        Some(other) => panic!("{other}"),
    }
    (good, bad)
}

#[test]
fn what_the_schema_takes_is_taken_and_what_it_refuses_is_refused() {
    for (name, says) in schema()["properties"].as_object().unwrap() {
        let (good, bad) = samples(says);
        for value in good {
            assert_eq!(taken(&with(name, &value)), Ok(()), "{name}: {value}");
        }
        for value in bad {
            assert!(taken(&with(name, &value)).is_err(), "{name}: {value}");
        }
    }
}

#[test]
fn the_schema_has_every_field_and_no_other_is_taken() {
    let schema = schema();
    let properties = schema["properties"].as_object().unwrap();
    // A field that is not there would be refused by its name.
    let error = taken(&json!({"job": "n", "result": "success", "surplus": 1})).unwrap_err();
    let known: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
    assert!(error.contains("unknown field `surplus`"), "{error}");
    let mut named: Vec<&str> = properties.keys().map(String::as_str).collect();
    let mut known: Vec<&str> = known.into_iter().filter(|name| !name.is_empty()).collect();
    named.sort_unstable();
    known.sort_unstable();
    assert_eq!(known, named);
    for required in schema["required"].as_array().unwrap() {
        let mut document = json!({"job": "n", "result": "success"});
        document.as_object_mut().unwrap().remove(required.as_str().unwrap());
        assert!(taken(&document).unwrap_err().contains("missing field"));
    }
}

#[test]
fn an_interval_and_a_schedule_are_not_both_taken_nor_a_zone_alone() {
    let both = json!({"job": "n", "result": "success", "cron": "0 2 * * *", "every_seconds": 60});
    assert!(taken(&both).unwrap_err().contains("both given"));
    let alone = json!({"job": "n", "result": "success", "zone": "UTC"});
    assert!(taken(&alone).unwrap_err().contains("without `cron`"));
    let schema = schema();
    assert_eq!(schema["not"]["required"], json!(["cron", "every_seconds"]));
    assert_eq!(schema["dependentRequired"]["zone"], json!(["cron"]));
}

#[test]
fn what_only_a_restore_test_may_say_is_refused_of_a_backup() {
    let schema = schema();
    for name in schema["dependentSchemas"].as_object().unwrap().keys() {
        let document = json!({"job": "n", "result": "success", name.as_str(): "file"});
        let error = taken(&document).unwrap_err();
        assert!(error.contains("restore test only"), "{error}");
    }
}
