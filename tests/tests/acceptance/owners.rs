//! `who` answers for any instant, with the row and the calendar, the same online and from a file.

use dogwatch_tests::harness::{Lab, PATIENCE, wait};
use serde_json::{Value, json};

/// Working hours in Toronto belong to the customer's own people, all other hours to the MSP.
const MATRIX: &str = r#"
[org]
id = "home"
name = "Home"
last_resort = "msp-noc"

[[team]]
id = "msp-noc"
name = "MSP operations centre"
side = "msp"

[[team]]
id = "internal-it"
name = "Internal IT"
side = "internal"

[[calendar]]
id = "early"
zone = "America/Toronto"
hours = ["mon-sun 01:30-03:30"]

[[tool]]
id = "backup"
function = "backup"
owner = "msp-noc"

[[row]]
id = "backup-early"
categories = ["backup"]
during = "early"
responsible = "internal-it"
accountable = "internal-it"

[[row]]
id = "backup"
categories = ["backup"]
responsible = "msp-noc"
accountable = "msp-noc"

[catch_all]
responsible = "msp-noc"
accountable = "msp-noc"
"#;

/// Instants, and who acts then. On 1 November 2026 at 02:00 Toronto's clocks go back to 01:00, and the calendar begins
/// with the first 01:30 (05:30 UTC); on 8 March 2026 at 02:00 they go forward to 03:00.
const INSTANTS: [(&str, &str); 11] = [
    ("2026-06-15 01:29 America/Toronto", "backup"),
    ("2026-06-15 01:30 America/Toronto", "backup-early"),
    ("2026-06-15 03:30 America/Toronto", "backup"),
    ("2026-11-01T05:29:59Z", "backup"),
    ("2026-11-01T05:30:00Z", "backup-early"),
    ("2026-11-01 01:30 America/Toronto", "backup-early"),
    ("2026-11-01T06:30:00Z", "backup-early"),
    ("2026-11-01T08:30:00Z", "backup"),
    ("2026-03-08T06:45:00Z", "backup-early"),
    ("2026-03-08T07:15:00Z", "backup-early"),
    ("2026-03-08T07:30:00Z", "backup"),
];

#[test]
fn who_answers_for_any_instant_the_same_online_and_from_a_file() {
    let lab = Lab::start();
    lab.collector().write("policy/orgs/home.toml", MATRIX);
    let file = lab.collector().path("policy/orgs/home.toml");
    let _agent = lab.enrol("srv-01");
    wait::wait_for(
        "the new matrix",
        PATIENCE,
        || lab.admin().json(&["who", "backup", "--endpoint", "srv-01", "--at", INSTANTS[1].0]),
        |answer| answer["row"] == json!("backup-early"),
    );
    for (at, row) in INSTANTS {
        let online = lab.admin().json(&["who", "backup", "--endpoint", "srv-01", "--at", at]);
        let offline = lab.admin().json(&["who", "backup", "--file", &file.display().to_string(), "--at", at]);
        assert_eq!(online["row"], json!(row), "{at}: {online:#}");
        let team = if row == "backup" { "msp-noc" } else { "internal-it" };
        assert_eq!(online["first_responder"]["team"], json!(team), "{at}");
        assert_eq!(decision(&online), decision(&offline), "{at}");
    }
    let shown =
        lab.admin().run(&["who", "backup", "--endpoint", "srv-01", "--at", INSTANTS[1].0]).succeeds().stdout;
    for part in ["Internal IT", "backup-early", "early"] {
        assert!(shown.contains(part), "no {part:?} in {shown}");
    }
}

/// An answer without what only one of the two can know: which endpoint was meant, and which version is in force.
fn decision(answer: &Value) -> Value {
    let mut answer = answer.clone();
    let members = answer.as_object_mut().expect("an object");
    members.get_mut("asked").and_then(Value::as_object_mut).expect("what was asked").remove("endpoint");
    answer
}
