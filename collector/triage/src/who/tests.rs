//! The answer in JSON and in words, names that people mistype, times that people type, and the one property that
//! matters: what `who` says is what routing does.

use core::fmt::Write as _;

use dogwatch_model::Endpoint;
use jiff::tz::TimeZone;

use super::*;
use crate::{
    calendar::tests::{DST_WEEKS, minutes_of_week},
    matrix::starter,
    specimen,
};

const ORG: &str = r#"
[org]
id = "acme"
last_resort = "msp-noc"

[[team]]
id = "msp-noc"
name = "Night watch"
side = "msp"
contact = "+1 416 555 0100"

[[team]]
id = "it"
name = "Internal IT"
side = "internal"

[[person]]
id = "mira"
name = "Mira Patel"
team = "msp-noc"
contact = "mira@msp.example"

[[person]]
id = "ivan"
name = "Ivan Reyes"
team = "it"

[[calendar]]
id = "office"
zone = "America/Toronto"
hours = ["mon-fri 08:00-18:00", "sun 01:30-02:30"]

[[tool]]
id = "backup"
function = "backup"
owner = "msp-noc"
person = "mira"
deputy = "ivan"

[[tool]]
id = "monitoring"
function = "availability, capacity"
owner = "it"

[[tool]]
id = "edr"
function = "security"
owner = "msp-noc"

[[tool]]
id = "siem"
function = "security"
owner = "msp-noc"

[[row]]
id = "backup-in-hours"
categories = ["backup"]
during = "office"
responsible = "it"
accountable = "ivan"

[[row]]
id = "backup-nights"
tools = ["backup"]
responsible = "msp-noc"
accountable = "ivan"
consulted = ["it"]
informed = ["it", "ivan"]
backup = "it"
note = "Tapes are in the cellar."
runbook = "https://wiki.example/backup"
"#;

fn matrix() -> Matrix {
    Matrix::parse(ORG, "acme.toml", "0123456789ab".into(), None).unwrap()
}

fn query(about: &str) -> Query {
    Query { about: about.into(), severity: None }
}

fn toronto() -> TimeZone {
    TimeZone::get("America/Toronto").unwrap()
}

fn at(text: &str) -> Timestamp {
    parse_at(text, &toronto()).unwrap().at
}

#[test]
fn an_answer_in_words_says_who_until_when_and_why() {
    let endpoint = Endpoint { name: "srv-01".into(), ..specimen::silent_server() };
    let row = specimen::row(&endpoint);
    let answer = who(&query("backup"), &matrix(), Some(&row), at("2026-11-02 20:00")).unwrap();
    let expected = "\
acme at Mon 2026-11-02 20:00 EST: tool backup, category backup, critical, on srv-01
  acts first   Night watch (msp-noc, msp side), +1 416 555 0100
               ask for Mira Patel (mira, msp side), mira@msp.example
  until        Tue 2026-11-03 08:00 EST
  accountable  Ivan Reyes (ivan, internal side)
  consulted    Internal IT (it, internal side)
  informed     Internal IT (it, internal side)
               Ivan Reyes (ivan, internal side)
  backup       Internal IT (it, internal side)
  row          backup-nights (matrix 0123456789ab, provisional: not signed by both sides yet)
  note         Tapes are in the cellar.
  runbook      https://wiki.example/backup
  why          row `backup-nights` matches: tool backup
  lost         row `backup-in-hours` applies during its calendar, and calendar `office` is closed until 2026-11-03T13:00:00Z
";
    assert_eq!(answer.in_words(&toronto()).to_string(), expected);
}

#[test]
fn an_answer_survives_json() {
    let answer = who(&query("backup"), &matrix(), None, at("2026-11-02 12:00")).unwrap();
    let json = serde_json::to_value(&answer).unwrap();
    assert_eq!(json["first_responder"]["team"], "it");
    assert_eq!(json["accountable"]["kind"], "person");
    assert_eq!(json["matrix_standing"], "provisional");
    assert_eq!(json["calendar"], "office");
    assert_eq!(json["lost"][0]["fate"], "later");
    assert!(json["first_responder"].get("person").is_none(), "mira is not of the team that acts");
    assert_eq!(json["first_responder"]["deputy"]["id"], "ivan");
    assert_eq!(serde_json::from_value::<Answer>(json).unwrap(), answer);
}

#[test]
fn a_tool_brings_its_category_and_a_category_its_only_tool() {
    let asked = |about: &str| {
        let asked = who(&query(about), &matrix(), None, at("2026-11-02 12:00")).unwrap().asked;
        (asked.tool.map(|tool| tool.to_string()), asked.category)
    };
    assert_eq!(asked("edr"), (Some("edr".into()), Some(Category::Security)));
    assert_eq!(asked("backup"), (Some("backup".into()), Some(Category::Backup)));
    assert_eq!(asked("security"), (None, Some(Category::Security)), "two tools serve it");
    assert_eq!(asked("capacity"), (Some("monitoring".into()), Some(Category::Capacity)));
    assert_eq!(asked("monitoring"), (Some("monitoring".into()), None), "it serves two");
    assert_eq!(asked("patch"), (None, Some(Category::Patch)));
}

#[test]
fn an_unknown_name_is_answered_with_what_was_probably_meant() {
    let told = |about: &str| {
        who(&query(about), &matrix(), None, at("2026-11-02 12:00")).map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(told("bakup"), "there is no tool or category `bakup`; did you mean `backup`?");
    assert_eq!(
        told("xyzzy"),
        "there is no tool or category `xyzzy`; tools: backup, edr, monitoring, siem; \
         categories: capacity, availability, patch, backup, security, service, agent"
    );
}

#[test]
fn the_last_resort_is_an_answer_too() {
    let team = matrix().directory().teams().find(|team| team.id.as_str() == "msp-noc").unwrap().clone();
    let empty = Matrix::empty(OrgId::new("new").unwrap(), team.clone(), "0".repeat(12));
    let answer = who(&query("capacity"), &empty, None, at("2026-11-02 12:00")).unwrap();
    assert_eq!((answer.first_responder.team, answer.row), (team.id.clone(), None));
    assert_eq!(answer.accountable, Card::Team(team));
    assert!(answer.why[0].ends_with("`msp-noc` is the last resort"));
}

#[test]
fn instants_are_read_as_people_type_them() {
    let zone = toronto();
    let read = |text: &str| parse_at(text, &zone).unwrap();
    for (text, instant) in [
        ("2026-11-01T01:30:00Z", "2026-11-01T01:30:00Z"),
        ("2026-11-01T01:30:00-05:00", "2026-11-01T06:30:00Z"),
        ("2026-07-01 12:00", "2026-07-01T16:00:00Z"),
        ("2026-07-01T12:00:30", "2026-07-01T16:00:30Z"),
        ("2026-07-01 12:00 Europe/London", "2026-07-01T11:00:00Z"),
        ("2026-07-01 12:00 UTC", "2026-07-01T12:00:00Z"),
        ("2026-07-01T12:00[Asia/Kolkata]", "2026-07-01T06:30:00Z"),
        ("2026-07-01", "2026-07-01T04:00:00Z"),
    ] {
        let moment = read(text);
        assert_eq!((moment.at, moment.note), (instant.parse().unwrap(), None), "{text}");
    }
    let twice = read("2026-11-01 01:30 America/Toronto");
    assert_eq!(twice.at.to_string(), "2026-11-01T05:30:00Z");
    assert_eq!(
        twice.note.unwrap(),
        "2026-11-01 01:30 comes twice in America/Toronto; taken as the first, 2026-11-01T05:30:00Z \
         (the second is 2026-11-01T06:30:00Z)"
    );
    let skipped = read("2026-03-08 02:30");
    assert_eq!(skipped.at.to_string(), "2026-03-08T07:00:00Z");
    assert!(skipped.note.unwrap().contains("is skipped in America/Toronto"));
}

#[test]
fn the_zone_that_was_typed_is_told_apart_from_the_one_taken_for_granted() {
    let zone = |text: &str| {
        let typed = parse_at(text, &toronto()).unwrap().zone;
        typed.and_then(|zone| zone.iana_name().map(str::to_owned))
    };
    assert_eq!(zone("2026-07-01 12:00 Europe/London").as_deref(), Some("Europe/London"));
    assert_eq!(zone("2026-07-01T12:00[Asia/Kolkata]").as_deref(), Some("Asia/Kolkata"));
    assert_eq!(zone("2026-07-01 12:00"), None);
    assert_eq!(zone("2026-07-01T12:00:00Z"), None);
}

#[test]
fn what_is_no_instant_says_how_to_write_one() {
    let told = |text: &str| parse_at(text, &toronto()).map(|_| ()).unwrap_err().to_string();
    assert!(told("tomorrow").starts_with("`tomorrow` is not a time; write 2026-11-01T01:30:00Z"));
    assert!(told("2026-11-31 10:00").contains("is not a time"));
    assert!(told("2026-11-01 10:00 America/Tronto").starts_with("there is no time zone `America/Tronto`"));
}

/// A matrix that makes use of every kind of row, in one zone.
fn busy(zone: &str) -> Matrix {
    let org = starter(&OrgId::new("acme").unwrap()).replace("zone = \"UTC\"", &format!("zone = \"{zone}\""));
    let mut text = format!("{org}\n");
    for (id, hours) in [("nights", "mon-sun 22:00-06:00"), ("turn", "sun 01:30-02:15")] {
        let _infallible =
            write!(text, "[[calendar]]\nid = \"{id}\"\nzone = \"{zone}\"\nhours = [\"{hours}\"]\n");
    }
    // The new rows must stand first to be asked at all.
    let rows = "[[row]]\nid = \"turn\"\ncategories = [\"backup\"]\nduring = \"turn\"\nresponsible = \"internal-it\"\n\
                accountable = \"internal-it\"\n[[row]]\nid = \"days\"\ntools = [\"backup\"]\noutside = \"nights\"\n\
                responsible = \"internal-it\"\naccountable = \"internal-it\"\n";
    let first = text.find("[[row]]").unwrap();
    text.insert_str(first, rows);
    Matrix::parse(&text, "busy.toml", "0".repeat(12), None).unwrap()
}

#[test]
fn who_names_the_owner_that_routing_names_on_every_minute_of_the_weeks_the_clocks_change() {
    let endpoint = specimen::silent_server();
    let row = specimen::row(&endpoint);
    let backup = ToolId::new("backup").unwrap();
    for (zone, from) in DST_WEEKS {
        let matrix = busy(zone);
        let mut held: Option<(Option<RowId>, Option<Timestamp>)> = None;
        for at in minutes_of_week(from) {
            let question = Question {
                tool: Some(&backup),
                category: Some(Category::Backup),
                severity: Severity::Critical,
                endpoint: Some(&row),
                at,
            };
            let owner = route(&question, &matrix).owner;
            let answer = who(&query("backup"), &matrix, Some(&row), at).unwrap();
            assert_eq!((&answer.first_responder.team, &answer.row), (&owner.team, &owner.row), "{zone} {at}");
            if let Some((row, Some(until))) = &held {
                assert!(at >= *until || *row == owner.row, "{zone} {at}: the answer held until {until}");
            }
            if held.as_ref().is_none_or(|(_, until)| until.is_some_and(|until| at >= until)) {
                held = Some((owner.row, owner.until));
            }
        }
    }
}
