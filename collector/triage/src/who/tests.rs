//! The answer in JSON and in words, names that people mistype, times that people type, and the one property that
//! matters: what `who` says is what routing and duty do. Weeks and alerts have their own tables.

use core::fmt::Write as _;

use dogwatch_model::Endpoint;
use jiff::tz::TimeZone;

use super::*;
use crate::{
    calendar::tests::{DST_WEEKS, minutes_of_week},
    matrix::starter,
    specimen,
};

mod item;
mod week;

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
acme at Mon 2026-11-02 20:00 EST: tool backup, category backup, critical (P2), on srv-01
  acts first   Night watch (msp-noc, msp side), +1 416 555 0100
               knows it best: Mira Patel (mira, msp side), mira@msp.example
  until        Tue 2026-11-03 08:00 EST
  alone until  Mon 2026-11-02 20:10 EST
  accountable  Ivan Reyes (ivan, internal side)
  consulted    Internal IT (it, internal side)
  informed     Internal IT (it, internal side)
               Ivan Reyes (ivan, internal side)
  backup       Internal IT (it, internal side)
  response     by Mon 2026-11-02 21:00 EST (1h)
  resolve      by Tue 2026-11-03 04:00 EST (8h)
  if nobody    Mon 2026-11-02 20:10 EST: backup it takes over
               Mon 2026-11-02 20:30 EST: last resort msp-noc
  row          backup-nights (matrix 0123456789ab, provisional: not signed by both sides yet)
  note         Tapes are in the cellar.
  runbook      https://wiki.example/backup
  why          row `backup-nights` matches: tool backup
  lost         row `backup-in-hours` applies during its calendar, and calendar `office` is closed until Tue 2026-11-03 08:00 EST
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
    assert!(json["first_responder"].get("expert").is_none(), "mira is not of the team that acts");
    assert_eq!(json["first_responder"]["expert_deputy"]["id"], "ivan");
    assert_eq!(json["first_responder"]["via"], "team");
    assert_eq!(json["next"][0]["kind"], "last_resort");
    assert_eq!(json["clocks"]["response"]["deadline"], "2026-11-02T18:00:00Z");
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
    assert!(answer.next.is_empty(), "nobody is left to call");
    assert!(answer.why[0].ends_with("`msp-noc` is the last resort"));
}

#[test]
fn an_expected_team_must_exist() {
    let told = |team: &str| known_team(&matrix(), &TeamId::new(team).unwrap()).map_err(|e| e.to_string());
    assert_eq!(told("it"), Ok(()));
    assert_eq!(told("msp-nox"), Err("there is no team `msp-nox`; did you mean `msp-noc`?".into()));
    assert_eq!(told("xyzzy"), Err("there is no team `xyzzy`; teams: it, msp-noc".into()));
}

#[test]
fn the_answer_names_whom_to_call_until_when_and_who_comes_next() {
    let matrix = crate::duty::tests::org_with("Europe/London", &[("# of the row", "backup = \"it\"")]);
    // Monday 12 January, 08:52: otto takes over from mira at 09:00.
    let answer = who(&query("backup"), &matrix, None, "2026-01-12T08:52:00Z".parse().unwrap()).unwrap();
    let expected = "\
acme at Mon 2026-01-12 08:52 GMT: category backup, critical (P2)
  acts first   noc (noc, msp side)
  on duty      mira (mira, msp side)
  until        Mon 2026-01-12 09:00 GMT
  alone until  Mon 2026-01-12 09:02 GMT
  accountable  it (it, internal side)
  backup       it (it, internal side)
  response     by Mon 2026-01-12 09:52 GMT (1h)
  resolve      by Mon 2026-01-12 16:52 GMT (8h)
  if nobody    Mon 2026-01-12 09:02 GMT: backup it (ivan) takes over
               Mon 2026-01-12 09:07 GMT: step 1 calls team noc (otto)
               Mon 2026-01-12 09:22 GMT: step 2 calls rota it-week (ivan)
               Mon 2026-01-12 09:37 GMT: step 3 calls vendor Veeam (+1 800 555 0199, contract 4711)
               Mon 2026-01-12 09:52 GMT: step 4 calls person mira
               Mon 2026-01-12 10:22 GMT: last resort it (ivan)
  row          all (matrix 000000000000, provisional: not signed by both sides yet)
  why          row `all` matches everything
               `mira` has the turn on rota `noc-week`
";
    let london = TimeZone::get("Europe/London").unwrap();
    assert_eq!(answer.in_words(&london).to_string(), expected);
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
    for far in ["9999-12-31T23:59:59Z", "9999-12-31 23:00", "-009999-01-01T00:00:00+01:00"] {
        let said = told(far);
        assert!(
            said.contains("is too far away") && said.ends_with("to 9999-12-30T22:00:00Z"),
            "{far}: {said}"
        );
    }
    assert!(told("2026-11-01 10:00 America/Tronto").starts_with("there is no time zone `America/Tronto`"));
}

/// A matrix that makes use of every kind of row, rota and day, in one zone: daily turns that change in the middle of a
/// night, on one side only while a calendar is open; holidays, exceptions, a swap and a deputy in each of the weeks of
/// [`DST_WEEKS`] there.
fn busy(zone: &str) -> Matrix {
    let mut text =
        starter(&OrgId::new("acme").unwrap()).replace("zone = \"UTC\"", &format!("zone = \"{zone}\""));
    for (team, rota) in [("msp-noc", "noc"), ("internal-it", "it")] {
        let id = format!("[[team]]\nid = \"{team}\"\n");
        assert!(text.contains(&id), "{text}");
        text = text.replace(&id, &format!("{id}rota = \"{rota}\"\n"));
    }
    // The new rows must stand first to be asked at all.
    let first = text.find("[[row]]").unwrap();
    text.insert_str(first, BUSY_ROWS);
    let (swaps, deputies) = changes(zone);
    text.push_str(&BUSY.replace("@ZONE@", zone).replace("@SWAPS@", &swaps).replace("@DEPUTIES@", &deputies));
    Matrix::parse(&text, "busy.toml", "0".repeat(12), None).unwrap()
}

/// A swap and a deputy in each of the weeks in which the clocks change.
fn changes(zone: &str) -> (String, String) {
    let (mut swaps, mut deputies) = (String::new(), String::new());
    for (_, from) in DST_WEEKS.iter().filter(|(of, _)| *of == zone) {
        let first = from.parse::<Timestamp>().unwrap().to_zoned(TimeZone::UTC).date();
        let day = |after: i64| first.saturating_add(jiff::Span::new().days(after));
        let (from, until, away) = (day(2), day(3), day(5));
        let times = format!("from = \"{from} 02:20\", until = \"{until} 04:00\"");
        let _infallible = write!(swaps, "{{ person = \"pia\", {times} }}, ");
        let _infallible = write!(deputies, "{{ person = \"otto\", from = {away}, until = {away} }}, ");
    }
    (swaps, deputies)
}

const BUSY_ROWS: &str = r#"
[[row]]
id = "turn"
categories = ["backup"]
during = "turn"
responsible = "internal-it"
accountable = "internal-it"

[[row]]
id = "days"
tools = ["backup"]
outside = "nights"
responsible = "internal-it"
accountable = "internal-it"

"#;

const BUSY: &str = r#"
[[calendar]]
id = "nights"
zone = "@ZONE@"
hours = ["mon-sun 22:00-06:00"]
holidays = [{ date = 2026-03-31, name = "Founders" }, { date = 2026-10-26, name = "Fair" }]
exceptions = [{ date = 2026-10-05, hours = ["01:30-12:00"] }, { date = 2026-11-02, closed = true }]

[[calendar]]
id = "late"
zone = "@ZONE@"
hours = ["mon-sun 23:00-06:00"]

[[calendar]]
id = "turn"
zone = "@ZONE@"
hours = ["sun 01:30-02:15"]

[[person]]
id = "mira"
team = "msp-noc"

[[person]]
id = "otto"
team = "msp-noc"

[[person]]
id = "ivan"
team = "internal-it"
zone = "@ZONE@"
deputies = [@DEPUTIES@]

[[person]]
id = "pia"
team = "internal-it"

[[rota]]
id = "noc"
team = "msp-noc"
zone = "@ZONE@"
people = ["mira", "otto"]
turn = "1d"
starts = 2026-01-01
hand_over = "02:15"
during = "late"

[[rota]]
id = "it"
team = "internal-it"
zone = "@ZONE@"
people = ["ivan"]
turn = "1d"
starts = 2026-01-01
hand_over = "02:15"
overrides = [@SWAPS@]
"#;

/// Every minute: the owner that routing names, the person that duty names, the same in the stretches of a week, and no
/// change of either before the answer says so.
#[test]
fn who_names_the_owner_and_the_person_of_routing_and_duty_on_every_minute_of_the_weeks_the_clocks_change() {
    let endpoint = specimen::silent_server();
    let row = specimen::row(&endpoint);
    let backup = ToolId::new("backup").unwrap();
    for (zone, from) in DST_WEEKS {
        let matrix = busy(zone);
        let zone_of = TimeZone::get(zone).unwrap();
        let mut held: Option<(Option<RowId>, Option<PersonId>, Option<Timestamp>)> = None;
        let mut this_week: Option<Week> = None;
        let (mut rows, mut people) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
        for at in minutes_of_week(from) {
            let question = Question {
                tool: Some(&backup),
                category: Some(Category::Backup),
                severity: Severity::Critical,
                endpoint: Some(&row),
                at,
            };
            let owner = route(&question, &matrix).owner;
            let person = on_duty(matrix.directory(), &owner.team, at).person.map(|person| person.id.clone());
            let answer = who(&query("backup"), &matrix, Some(&row), at).unwrap();
            let told = (&answer.first_responder.team, &answer.row);
            assert_eq!(told, (&owner.team, &owner.row), "{zone} {at}");
            assert_eq!(answer.first_responder.person.map(|person| person.id), person, "{zone} {at}");
            if this_week.as_ref().is_none_or(|week| week.until <= at) {
                this_week = Some(week(&query("backup"), &matrix, Some(&row), at, &zone_of).unwrap());
            }
            let stretches = &this_week.as_ref().unwrap().stretches;
            let stretch = stretches.iter().find(|stretch| stretch.from <= at && at < stretch.until).unwrap();
            assert_eq!(
                (&stretch.team, &stretch.row, &stretch.person),
                (&owner.team, &owner.row, &person),
                "{at}"
            );
            if let Some((row, before, Some(until))) = &held {
                let same = *row == owner.row && *before == person;
                assert!(at >= *until || same, "{zone} {at}: the answer held until {until}");
            }
            rows.insert(owner.row.clone());
            people.insert(person.clone());
            if held.as_ref().is_none_or(|(_, _, until)| until.is_some_and(|until| at >= until)) {
                held = Some((owner.row, person, answer.first_responder.until));
            }
        }
        assert_eq!(
            (rows.len(), people.len()),
            (3, 5),
            "{zone}: every row and person had a turn, and nobody: {people:?}"
        );
    }
}
