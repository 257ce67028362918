//! Calendars and rotas agree with an independent implementation, a Python program on `zoneinfo`, around every change of
//! the clocks of every zone from 2020 to 2040: the same spans, to the second, and the same person on call.
//!
//! What both are asked stands here twice, once as a document and once for the program, so that reading it is compared
//! as well. Left out, in the open, where there is no Python.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "this whole program is a test, and says what it skips"
)]

use std::{collections::BTreeMap, env, fmt::Write as _, io::Write as _, process::Stdio, str::FromStr as _};

use dogwatch_model::{CalendarId, TeamId};
use dogwatch_triage::{calendar::Calendar, duty::on_duty, matrix::Matrix};
use jiff::{SignedDuration, Timestamp, civil};
use serde_json::{Value, json};

/// As in the program.
const AROUND: SignedDuration = SignedDuration::from_hours(3);

/// Fewer changes than this were not those of every zone: there are some 8,500.
const MANY: usize = 8_000;

const CALENDARS: [(&str, &str); 5] = [
    ("office", r#"["mon-fri 08:00-18:00"]"#),
    ("nights", r#"["mon-sun 22:00-06:00"]"#),
    ("odd", r#"["mon-sun 01:30-02:15 02:45-03:10"]"#),
    ("weekend", r#"["sat,sun 00:00-24:00"]"#),
    ("edges", r#"["sun 01:00-02:00 02:00-02:30 23:30-00:30", "fri-sat 23:00-02:30"]"#),
];

/// The same, as minutes of each day from Monday on.
fn weeks() -> [Value; 5] {
    let every = |ranges: Value| Value::from(vec![ranges; 7]);
    [
        json!([[[480, 1080]], [[480, 1080]], [[480, 1080]], [[480, 1080]], [[480, 1080]], [], []]),
        every(json!([[1320, 1800]])),
        every(json!([[90, 135], [165, 190]])),
        json!([[], [], [], [], [], [[0, 1440]], [[0, 1440]]]),
        json!([[], [], [], [], [[1380, 1590]], [[1380, 1590]], [[60, 120], [120, 150], [1410, 1470]]]),
    ]
}

/// Days between turns, the first day, the hand-over in words and in minutes.
const ROTAS: [(&str, u16, &str, &str, u16); 3] = [
    ("daily", 1, "2019-12-29", "02:30", 150),
    ("midnight", 2, "2019-12-29", "00:00", 0),
    ("weekly", 7, "2019-12-29", "01:15", 75),
];

/// Sundays of the months in which most clocks change; each other one is a holiday, and the rest have hours of their own.
fn sundays() -> (Vec<civil::Date>, Vec<civil::Date>) {
    let days = core::iter::successors(Some(civil::date(2020, 1, 5)), |day| {
        day.checked_add(jiff::Span::new().days(7)).ok()
    });
    days.take_while(|day| day.year() <= 2040)
        .filter(|day| matches!(day.month(), 3 | 4 | 9 | 10 | 11))
        .partition(|day| day.day() % 2 == 0)
}

/// What the program is asked.
fn asked() -> Value {
    let (holidays, exceptions) = sundays();
    let mut special = BTreeMap::new();
    special.extend(holidays.into_iter().map(|day| (day.to_string(), json!([]))));
    special.extend(exceptions.into_iter().map(|day| (day.to_string(), json!([[30, 165], [1380, 1515]]))));
    let calendars: BTreeMap<_, _> = CALENDARS
        .iter()
        .zip(weeks())
        .map(|((id, _), week)| {
            let special = if *id == "odd" || *id == "nights" { json!(special) } else { json!({}) };
            (*id, json!({ "week": week, "special": special }))
        })
        .collect();
    let rotas: BTreeMap<_, _> = ROTAS
        .iter()
        .map(|(id, turn_days, starts, _, hand_over)| {
            let people = ["mira", "otto", "pia"];
            let rota =
                json!({ "people": people, "turn_days": turn_days, "starts": starts, "hand_over": hand_over });
            (*id, rota)
        })
        .collect();
    json!({ "calendars": calendars, "rotas": rotas })
}

/// The same as a document, in one zone.
fn document(zone: &str) -> Matrix {
    let (holidays, exceptions) = sundays();
    let (mut special, mut text) = (String::from("holidays = ["), String::new());
    for day in holidays {
        let _infallible = write!(special, "{{ date = {day}, name = \"closed\" }}, ");
    }
    special.push_str("]\nexceptions = [");
    for day in exceptions {
        let _infallible = write!(special, "{{ date = {day}, hours = [\"00:30-02:45\", \"23:00-01:15\"] }}, ");
    }
    special.push_str("]\n");
    text.push_str("[org]\nid = \"acme\"\nlast_resort = \"daily\"\n");
    for (id, hours) in CALENDARS {
        let special = if id == "odd" || id == "nights" { special.as_str() } else { "" };
        let _infallible =
            write!(text, "[[calendar]]\nid = \"{id}\"\nzone = \"{zone}\"\nhours = {hours}\n{special}");
    }
    for (id, turn_days, starts, hand_over, _) in ROTAS {
        let _infallible = write!(
            text,
            "[[team]]\nid = \"{id}\"\nside = \"msp\"\nrota = \"of-{id}\"\n[[rota]]\nid = \"of-{id}\"\n\
             team = \"{id}\"\nzone = \"{zone}\"\npeople = [\"mira\", \"otto\", \"pia\"]\nturn = \"{turn_days}d\"\n\
             starts = {starts}\nhand_over = \"{hand_over}\"\n"
        );
    }
    for id in ["mira", "otto", "pia"] {
        let _infallible = write!(text, "[[person]]\nid = \"{id}\"\nteam = \"daily\"\n");
    }
    Matrix::parse(&text, "zone.toml", "0".repeat(12), None).unwrap()
}

/// What the program says, or nothing where there is no Python.
#[expect(clippy::disallowed_methods, reason = "another implementation is another program")]
fn python() -> Option<String> {
    let without = env::var("DOGWATCH_TESTS_WITHOUT").unwrap_or_default();
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wall_clock.py");
    let started = std::process::Command::new("python3")
        .arg(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    if without.split_ascii_whitespace().any(|tool| tool == "python3") || started.is_err() {
        println!("SKIP calendars and rotas against zoneinfo: there is no python3 on this machine");
        return None;
    }
    let mut child = started.unwrap();
    child.stdin.take().unwrap().write_all(asked().to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the program failed; what it said stands above");
    Some(String::from_utf8(output.stdout).unwrap())
}

fn spans(calendar: &Calendar, change: Timestamp) -> String {
    let (low, high) = (change - AROUND, change + AROUND);
    let told: Vec<_> = calendar
        .open_spans(low, high)
        .map(|span| format!("{}-{}", span.start.max(low).as_second(), span.end.min(high).as_second()))
        .collect();
    told.join(",")
}

fn turns(matrix: &Matrix, team: &TeamId, change: Timestamp) -> String {
    let mut told = Vec::new();
    let mut at = change - AROUND;
    while at < change + AROUND {
        let duty = on_duty(matrix.directory(), team, at);
        told.push(format!("{}-{}", at.as_second(), duty.person.unwrap().id));
        at = duty.until.unwrap();
    }
    told.join(",")
}

/// Asking about single instants says the same as the spans: at each edge, a second before it, and in between.
fn ask_instants(calendar: &Calendar, change: Timestamp, told: &str) {
    let edges = told.split(['-', ',']).filter_map(|text| i64::from_str(text).ok());
    let around = [change - AROUND, change, change + AROUND - SignedDuration::from_secs(1)];
    let instants = edges.chain(around.map(Timestamp::as_second)).flat_map(|second| [second - 1, second]);
    let inside = |second: i64| {
        told.split(',').filter_map(|span| span.split_once('-')).any(|(start, end)| {
            i64::from_str(start).unwrap() <= second && second < i64::from_str(end).unwrap()
        })
    };
    let (low, high) = ((change - AROUND).as_second(), (change + AROUND).as_second());
    for second in instants.filter(|second| (low..high).contains(second)) {
        let at = Timestamp::from_second(second).unwrap();
        assert_eq!(calendar.contains(at), inside(second), "{} {at}", calendar.id);
    }
}

#[test]
fn calendars_and_rotas_agree_with_pythons_zoneinfo_around_every_change_of_every_zones_clocks() {
    let Some(told) = python() else { return };
    if told.trim().is_empty() {
        println!("SKIP calendars and rotas against zoneinfo: Python knows no zones here (package tzdata)");
        return;
    }
    let mut zone: Option<(&str, Matrix)> = None;
    let mut changes = 0;
    for line in told.lines() {
        let mut parts = line.splitn(4, ' ');
        let mut part = || parts.next().unwrap();
        let (name, change, id, expected) = (part(), part(), part(), part());
        if zone.as_ref().is_none_or(|(known, _)| *known != name) {
            zone = Some((name, document(name)));
        }
        let (_, matrix) = zone.as_ref().unwrap();
        let change = Timestamp::from_second(change.parse().unwrap()).unwrap();
        let calendar = CalendarId::new(id).ok().and_then(|id| matrix.directory().calendar(&id));
        match calendar {
            Some(calendar) => {
                assert_eq!(spans(calendar, change), expected, "{name} {change} {id}");
                ask_instants(calendar, change, expected);
            }
            None => {
                assert_eq!(turns(matrix, &TeamId::new(id).unwrap(), change), expected, "{name} {change} {id}")
            }
        }
        changes += usize::from(id == "office");
    }
    assert!(
        changes > MANY,
        "only {changes} changes: does this machine's Python know the zones (package tzdata)?"
    );
}
