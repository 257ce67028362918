//! Every key that a document may have arrives in the type, and everything wrong with one is told at its place.

use dogwatch_model::{RotaId, SlaId, VendorId};
use jiff::{Timestamp, civil};

use super::*;
use crate::alert::Priority;

const FULL: &str = include_str!("full.toml");

fn full() -> Matrix {
    Matrix::parse(FULL, "full.toml", "0".repeat(12), None).unwrap_or_else(|error| panic!("{error}"))
}

fn person(id: &str) -> PersonId {
    PersonId::new(id).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn sides_teams_and_people_have_all_that_was_written() {
    let matrix = full();
    assert_eq!(
        (matrix.side_name(Side::Msp), matrix.side_name(Side::Internal)),
        ("Night Watch Inc", "internal")
    );
    assert_eq!(matrix.signers(Side::Msp), [person("mira")]);
    assert_eq!(matrix.signers(Side::Internal), [person("ivan")]);
    let noc = matrix.directory().team(&TeamId::new("msp-noc").unwrap()).unwrap();
    let channels: Vec<_> = noc.channels.iter().map(|channel| channel.as_str()).collect();
    assert_eq!(channels, ["noc-chat", "pager"]);
    assert_eq!(noc.email.as_deref(), Some("noc@msp.example"));
    assert_eq!(noc.rota, Some(RotaId::new("noc-nights").unwrap()));
    let mira = matrix.directory().person(&person("mira")).unwrap();
    assert!(mira.verified && !mira.disabled && matrix.directory().person(&person("noor")).unwrap().disabled);
    assert_eq!(mira.zone.as_deref(), Some("America/Toronto"));
    assert_eq!((mira.languages.len(), mira.skills.join(" ")), (2, "restic linux".to_owned()));
    let [deputy] = &mira.deputies[..] else { panic!("one deputy") };
    let days = (civil::date(2026, 12, 20), civil::date(2027, 1, 3));
    assert_eq!((&deputy.person, (deputy.from, deputy.until)), (&person("noor"), days));
}

#[test]
fn a_rota_has_its_turns_and_its_swaps_in_the_time_of_its_zone() {
    let matrix = full();
    let nights = matrix.directory().rota(&RotaId::new("noc-nights").unwrap()).unwrap();
    assert_eq!((nights.turn_days, nights.starts, nights.line), (7, civil::date(2026, 1, 5), 53));
    assert_eq!((nights.hand_over, nights.zone_name.as_str()), (civil::time(18, 30, 0, 0), "America/Toronto"));
    assert_eq!(nights.during, Some(CalendarId::new("office").unwrap()));
    assert_eq!(nights.people, [person("mira"), person("noor")]);
    let [first, second] = &nights.overrides[..] else { panic!("two swaps") };
    // 01:30 comes twice on that day in Toronto: the swap begins with the first.
    assert_eq!((first.from, first.until), (at("2026-11-01T05:30:00Z"), at("2026-11-02T05:00:00Z")));
    assert_eq!((first.reason.as_deref(), &first.person), (Some("swap"), &person("noor")));
    assert_eq!((second.from, second.until), (at("2026-12-24T14:00:00Z"), at("2026-12-25T14:00:00Z")));
    let days = matrix.directory().rota(&RotaId::new("it-days").unwrap()).unwrap();
    assert_eq!((days.turn_days, days.hand_over, days.people.len()), (7, civil::time(9, 0, 0, 0), 0));
}

#[test]
fn promises_that_a_class_leaves_out_are_as_shipped() {
    let matrix = full();
    let gold = matrix.sla_of(None).unwrap();
    assert_eq!((gold.id.as_str(), gold.accept), ("gold", SignedDuration::from_mins(20)));
    let p1 = gold.promise(Priority::P1);
    assert_eq!((p1.response, p1.resolve), (SignedDuration::from_mins(10), SignedDuration::from_hours(2)));
    let p2 = gold.promise(Priority::P2);
    assert_eq!(p2.response, Promise::shipped(Priority::P2).response);
    assert_eq!(p2.runs, Runs::During(CalendarId::new("office").unwrap()));
    assert_eq!(gold.promise(Priority::P3).runs, Runs::WithRow);
    assert_eq!(*gold.promise(Priority::P4), Promise::shipped(Priority::P4));
}

#[test]
fn a_row_has_its_chain_its_access_and_its_border() {
    let matrix = full();
    let [row] = matrix.rows() else { panic!("one row") };
    assert_eq!((row.tier, row.tag, row.line), (Some(Tier::L4), Some(Tag::Respond), 102));
    let calls: Vec<_> = row.escalation.iter().map(|step| (step.after.as_secs() / 60, &step.to)).collect();
    let team = Call::Party(Party::Team(TeamId::new("it").unwrap()));
    let vendor = VendorId::new("storage-inc").unwrap();
    assert_eq!(
        calls,
        [
            (0, &Call::Rota(RotaId::new("noc-nights").unwrap())),
            (15, &team),
            (30, &Call::Party(Party::Person(person("ivan")))),
            (60, &Call::Vendor(vendor.clone())),
        ]
    );
    assert_eq!(row.escalation[3].line, 114);
    assert_eq!((row.sla.as_ref(), row.vendor.as_ref()), (Some(&SlaId::new("gold").unwrap()), Some(&vendor)));
    let [console, vault] = &row.access[..] else { panic!("two") };
    assert!(console.granted && console.until == Some(civil::date(2027, 3, 31)) && console.line == 118);
    assert!(!vault.granted && vault.until.is_none());
    assert_eq!(row.boundary_with.as_ref().map(ToolId::as_str), Some("storage"));
    assert_eq!((row.lead.as_ref().map(TeamId::as_str), row.skills.len()), (Some("msp-noc"), 1));
    assert_eq!(row.reviewed_at, Some(civil::date(2026, 11, 1)));
    let catch_all = matrix.catch_all().unwrap();
    assert_eq!((catch_all.escalation.len(), catch_all.reviewed_at), (1, row.reviewed_at));
    let vendor = matrix.directory().vendor(&vendor).unwrap();
    assert_eq!(
        (vendor.contract.as_deref(), vendor.response),
        (Some("SI-4711"), Some(SignedDuration::from_hours(4)))
    );
}

#[test]
fn tools_have_neighbours_and_boundary_rules_a_lead() {
    let matrix = full();
    let backup = matrix.tool(&ToolId::new("backup").unwrap()).unwrap();
    assert_eq!((backup.scope.as_deref(), backup.line), (Some("servers"), 88));
    assert_eq!(backup.neighbours, [ToolId::new("storage").unwrap()]);
    let [rule] = matrix.boundaries() else { panic!("one rule") };
    assert_eq!((rule.id.as_str(), rule.line), ("storage-then-backup", 131));
    assert_eq!((rule.within, rule.lead.as_str()), (SignedDuration::from_hours(4), "it"));
    assert_eq!((rule.first.tools.len(), rule.first.severity.len()), (1, 1));
    assert!(rule.then.categories == [Category::Backup] && rule.then.endpoint.is_some());
}

#[test]
fn a_calendar_may_name_a_holiday_twice_and_the_first_name_stands() {
    let twice =
        "holidays = [{ date = 2026-12-25, name = \"Christmas\" }, { date = 2026-12-25, name = \"Xmas\" }]";
    let text = FULL.replace("hours = [\"mon-fri 08:00-18:00\"]", twice);
    let matrix = Matrix::parse(&text, "full.toml", "0".repeat(12), None).unwrap();
    let office = matrix.directory().calendar(&CalendarId::new("office").unwrap()).unwrap();
    assert_eq!(office.special_at(at("2026-12-25T15:00:00Z")).unwrap().name, "Christmas");
}

/// What is good in the full document, what is written instead, and what is said of it.
const FAULTS: &[(&str, &str, &str)] = &[
    (
        "sla = \"gold\"\n\n[[side]]",
        "sla = \"golt\"\n\n[[side]]",
        "5:7: there is no SLA class `golt`; did you mean `gold`?",
    ),
    (
        "signers = [\"mira\"]",
        "signers = [\"ivan\"]",
        "10:12: `ivan` is on side `internal` and cannot sign for side `msp`; name a person of this side",
    ),
    ("id = \"internal\"", "id = \"vendor\"", "13:6: the matrix is between `msp` and `internal`"),
    ("id = \"internal\"", "id = \"msp\"", "13:6: side `msp` stands here twice"),
    ("\"noc-chat\"", "\"NOC\"", "20:13: `NOC` is not a valid channel"),
    (
        "\"noc@msp.example\"",
        "\"noc at msp\"",
        "21:9: `noc at msp` is not a mail address; write the bare address",
    ),
    (
        "rota = \"noc-nights\"",
        "rota = \"noc-night\"",
        "22:8: there is no rota `noc-night`; did you mean `noc-nights`?",
    ),
    ("rota = \"noc-nights\"", "rota = \"it-days\"", "22:8: rota `it-days` is of team `it`, not of `msp-noc`"),
    ("zone = \"America/Toronto\"\nlang", "zone = \"Toronto\"\nlang", "34:8: there is no time zone `Toronto`"),
    (
        "person = \"noor\", from = 2026-12-20",
        "person = \"nor\", from = 2026-12-20",
        "37:24: there is no person `nor`; did you mean `noor`?",
    ),
    (
        "person = \"noor\", from = 2026-12-20",
        "person = \"mira\", from = 2026-12-20",
        "37:24: `mira` cannot stand in for themselves",
    ),
    ("\"2027-01-03\"", "\"2026-12-03\"", "37:59: it ends on 2026-12-03, before it begins on 2026-12-20"),
    (
        "people = [\"mira\", \"noor\"]",
        "people = [\"mira\", \"ivan\"]",
        "57:19: `ivan` is on side `internal`, and team `msp-noc` on side `msp`",
    ),
    ("turn = \"1w\"", "turn = \"5w\"", "58:8: `5w` is not the length of a turn; write whole days or weeks"),
    ("starts = 2026-01-05", "starts = \"5 January\"", "59:10: `5 January` is not a date"),
    ("\"18:30\"", "\"half six\"", "60:13: `half six` is not a time of day"),
    (
        "during = \"office\"",
        "during = \"offce\"",
        "61:10: there is no calendar `offce`; did you mean `office`?",
    ),
    ("\"2026-11-01 01:30\"", "\"2026-11-01 01:30Z\"", "63:31: `2026-11-01 01:30Z` is not a local time"),
    ("until = 2026-11-02,", "until = 2026-10-02,", "63:59: the override ends before it begins"),
    ("id = \"it-days\"", "id = \"it\"", "68:6: a team has this id already; give the rota another id"),
    (
        "id = \"storage-inc\"",
        "id = \"ivan\"",
        "74:6: a person has this id already; give the vendor another id",
    ),
    (
        "response = \"4h\"",
        "response = \"4 bananas\"",
        "79:12: `4 bananas` is not a time to answer within; write hours",
    ),
    ("accept = \"20m\"", "accept = \"0s\"", "83:10: `0s` is not a time to accept within"),
    ("resolve = \"2h\"", "resolve = \"3d\"", "84:36: `3d` is not a time to resolve within"),
    (
        "resolve = \"2h\"",
        "resolve = \"5m\"",
        "84:36: P1 would have to be resolved before anybody need respond",
    ),
    (
        "runs = \"office\"",
        "runs = \"offices\"",
        "85:31: there is no calendar `offices`; did you mean `office`?",
    ),
    (
        "neighbours = [\"storage\"]",
        "neighbours = [\"storge\"]",
        "there is no tool `storge`; did you mean `storage`?",
    ),
    ("neighbours = [\"storage\"]", "neighbours = [\"backup\"]", "`backup` is not a neighbour of itself"),
    ("\"L4\"", "\"L5\"", "108:8: `L5` is not one of L0, L1, L2, L3, L4"),
    ("\"respond\"", "\"react\"", "109:7: `react` is not one of run, respond, reinforce, reinvent"),
    ("after = \"15m\"", "after = \"soon\"", "112:15: `soon` is not a time to wait"),
    ("after = \"15m\"", "after = \"45m\"", "113:15: this step comes before the one above it"),
    (
        "to = \"storage-inc\"",
        "to = \"storag-inc\"",
        "114:26: there is no team, person, rota or vendor `storag-inc`; did you mean `storage-inc`?",
    ),
    (
        "vendor = \"storage-inc\"",
        "vendor = \"storage\"",
        "117:10: there is no vendor `storage`; did you mean `storage-inc`?",
    ),
    ("until = 2027-03-31", "until = \"spring\"", "118:60: `spring` is not a date"),
    (
        "boundary_with = \"storage\"",
        "boundary_with = \"san\"",
        "120:17: there is no tool `san`; known: backup, storage",
    ),
    ("lead = \"msp-noc\"", "lead = \"mira\"", "121:8: there is no team `mira`"),
    ("reviewed_at = 2026-11-01\n\n[catch", "reviewed_at = 2026-11\n\n[catch", "122:15: invalid date"),
    ("within = \"4h\"", "within = \"\"", "135:10: `` is not a time for the second to follow within"),
    ("id = \"storage-then-backup\"", "id = \"Storage\"", "132:6: `Storage` is not a valid boundary rule"),
    ("class == \"server\"", "klass == \"server\"", "134:46: the endpoint filter does not compile"),
    (
        "class == \"server\"",
        "owner(\"backup\") == \"it\"",
        "the endpoint filter does not compile: line 1, column 1: `owner(…)` asks the matrix, and this is a part of it",
    ),
    ("granted = true", "grantd = true", "did you mean `granted`?"),
];

#[test]
fn each_kind_of_fault_says_what_where_and_how_to_mend_it() {
    let mut missed = Vec::new();
    for (good, bad, told) in FAULTS {
        let text = FULL.replacen(good, bad, 1);
        assert_ne!(text, FULL, "{good}");
        let error = Matrix::parse(&text, "f", "0".repeat(12), None).unwrap_err().to_string();
        let first = error.lines().next().unwrap_or_default().to_owned();
        if !first.contains(told) {
            missed.push(format!("{told}\n  {first}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn a_chain_is_bounded() {
    let step = "{ after = \"1h\", to = \"it\" },".repeat(MAX_STEPS + 1);
    let text =
        FULL.replace("escalation = [{ after = \"10m\", to = \"it\" }]", &format!("escalation = [{step}]"));
    let error = Matrix::parse(&text, "f", "0".repeat(12), None).unwrap_err().to_string();
    assert!(error.contains("there are 11 steps and the limit is 10"), "{error}");
}
