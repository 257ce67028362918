//! Tables for who wins and why, and how long an answer holds.

use dogwatch_model::{Class, Endpoint, OrgId};

use super::*;
use crate::{matrix::starter, specimen};

const ORG: &str = r#"
[org]
id = "acme"
last_resort = "msp-noc"

[[team]]
id = "msp-noc"
side = "msp"

[[team]]
id = "msp-dba"
side = "msp"

[[team]]
id = "it"
side = "internal"

[[calendar]]
id = "toronto-office"
zone = "America/Toronto"
hours = ["mon-fri 08:00-18:00"]
holidays = [{ date = 2026-12-25, name = "Christmas Day" }]

[[tool]]
id = "backup"
function = "backup"
owner = "msp-noc"

[[tool]]
id = "erp"
function = "business"
owner = "it"

[[row]]
id = "critical-security"
categories = ["security"]
severity = ["critical"]
responsible = "msp-noc"
accountable = "msp-noc"

[[row]]
id = "database-backups"
tools = ["backup"]
endpoint = '"db" in tags && health.memory.used_percent < 90.0'
responsible = "msp-dba"
accountable = "msp-dba"
first_responder = "0s"

[[row]]
id = "backup-in-hours"
tools = ["backup"]
during = "toronto-office"
responsible = "it"
accountable = "it"
backup = "msp-noc"
first_responder = "15m"

[[row]]
id = "backup-nights"
tools = ["backup"]
outside = "toronto-office"
responsible = "msp-noc"
accountable = "msp-noc"
"#;

const CATCH_ALL: &str = "[catch_all]\nresponsible = \"it\"\naccountable = \"it\"\n";

fn matrix(text: &str) -> Matrix {
    Matrix::parse(text, "acme.toml", "0123456789ab".into(), None).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn tool(name: &str) -> ToolId {
    ToolId::new(name).unwrap()
}

fn ask<'a>(
    tool: &'a ToolId,
    category: Category,
    endpoint: Option<&'a filter::Row<'a>>,
    when: &str,
) -> Question<'a> {
    Question {
        tool: Some(tool),
        category: Some(category),
        severity: Severity::Warning,
        endpoint,
        at: at(when),
    }
}

fn fates(question: &Question<'_>, matrix: &Matrix) -> Vec<(String, &'static str)> {
    explain(question, matrix).into_iter().map(|row| (row.row.to_string(), row.fate.as_str())).collect()
}

fn database() -> Endpoint {
    Endpoint { tags: vec!["db".into()], ..specimen::silent_server() }
}

/// Monday 2 November 2026, 12:00 and 20:00 in Toronto.
const NOON: &str = "2026-11-02T17:00:00Z";
const EVENING: &str = "2026-11-03T01:00:00Z";

#[test]
fn the_calendar_decides_between_day_and_night_and_says_until_when() {
    let (matrix, backup) = (matrix(ORG), tool("backup"));
    let endpoint = specimen::silent_server();
    let row = specimen::row(&endpoint);
    let day = route(&ask(&backup, Category::Backup, Some(&row), NOON), &matrix).owner;
    assert_eq!((day.team.as_str(), day.side.as_str()), ("it", "internal"));
    assert_eq!(day.row.unwrap().as_str(), "backup-in-hours");
    assert_eq!(day.calendar.unwrap().as_str(), "toronto-office");
    assert_eq!(day.until, Some(at("2026-11-02T23:00:00Z")));
    assert_eq!(day.first_responder_until, Some(at("2026-11-02T17:15:00Z")));
    assert_eq!(
        day.why,
        [
            "row `backup-in-hours` matches: tool backup, calendar `toronto-office` is open until 2026-11-02T23:00:00Z"
        ]
    );
    let night = route(&ask(&backup, Category::Backup, Some(&row), EVENING), &matrix).owner;
    assert_eq!((night.team.as_str(), night.until), ("msp-noc", Some(at("2026-11-03T13:00:00Z"))));
    let christmas = route(&ask(&backup, Category::Backup, Some(&row), "2026-12-25T17:00:00Z"), &matrix).owner;
    assert_eq!(
        christmas.why,
        [
            "row `backup-nights` matches: tool backup, calendar `toronto-office` is closed (Christmas Day) until 2026-12-28T13:00:00Z"
        ]
    );
}

#[test]
fn an_answer_holds_only_until_an_earlier_row_may_come_on_duty() {
    let always = "[[row]]\nid = \"rest\"\nresponsible = \"msp-noc\"\naccountable = \"it\"\n";
    let matrix = matrix(&format!(
        "{}{always}",
        ORG.replace("outside = \"toronto-office\"", "during = \"toronto-office\"")
    ));
    let backup = tool("backup");
    let night = route(&ask(&backup, Category::Backup, None, EVENING), &matrix).owner;
    assert_eq!((night.row.unwrap().as_str(), night.until), ("rest", Some(at("2026-11-03T13:00:00Z"))));
    let erp = tool("erp");
    let other = route(&ask(&erp, Category::Service, None, EVENING), &matrix).owner;
    assert_eq!((other.row.unwrap().as_str(), other.until), ("rest", None));
    assert_eq!(other.why, ["row `rest` matches everything"]);
}

#[test]
fn an_endpoint_that_cannot_be_judged_does_not_match_and_the_reasons_say_so() {
    let (matrix, backup) = (matrix(ORG), tool("backup"));
    let endpoint = database();
    let row = specimen::row(&endpoint);
    let question = ask(&backup, Category::Backup, Some(&row), NOON);
    let owner = route(&question, &matrix).owner;
    assert_eq!(owner.row.unwrap().as_str(), "backup-in-hours");
    assert!(owner.why[0].starts_with("row `database-backups` could not be judged"), "{:?}", owner.why);
    assert!(owner.why[0].ends_with("not known: health.memory.used_percent"), "{:?}", owner.why);
    let told = [
        ("critical-security", "lost"),
        ("database-backups", "unknown"),
        ("backup-in-hours", "won"),
        ("backup-nights", "lost"),
    ];
    assert_eq!(fates(&question, &matrix), told.map(|(row, fate)| (row.to_owned(), fate)));
    let nowhere = route(&ask(&backup, Category::Backup, None, NOON), &matrix).owner;
    assert!(nowhere.why[0].ends_with("and no endpoint was named"), "{:?}", nowhere.why);
}

#[test]
fn the_first_match_wins_and_a_window_of_nothing_is_no_window() {
    let (matrix, backup) = (matrix(ORG), tool("backup"));
    let endpoint = Endpoint { tags: vec!["db".into()], ..specimen::full_server() };
    let row = specimen::row(&endpoint);
    let question = ask(&backup, Category::Backup, Some(&row), NOON);
    let owner = route(&question, &matrix).owner;
    assert_eq!((owner.team.as_str(), owner.first_responder_until), ("msp-dba", None));
    let later = &explain(&question, &matrix)[2];
    assert_eq!(
        (later.fate, later.why.as_str()),
        (Fate::Later, "row `backup-in-hours` matches too, but `database-backups` stands before it",)
    );
}

#[test]
fn what_no_row_takes_goes_to_the_catch_all_and_else_to_the_last_resort() {
    let erp = tool("erp");
    let question = ask(&erp, Category::Service, None, NOON);
    let with = matrix(&format!("{ORG}{CATCH_ALL}"));
    let caught = route(&question, &with);
    assert_eq!(caught.owner.team.as_str(), "it");
    assert_eq!(caught.owner.row.as_ref().unwrap().as_str(), "catch-all");
    assert_eq!(caught.owner.why, ["no row matches; the catch-all takes what no row takes"]);
    assert_eq!(fates(&question, &with).last().unwrap(), &("catch-all".to_owned(), "won"));

    let without = matrix(ORG);
    let last = route(&question, &without);
    assert!(last.row.is_none() && last.owner.row.is_none());
    assert_eq!((last.owner.team.as_str(), last.owner.side.as_str()), ("msp-noc", "msp"));
    assert_eq!(last.owner.why, ["no row matches and there is no catch-all; `msp-noc` is the last resort"]);
}

#[test]
fn severity_selects() {
    let (matrix, edr) = (matrix(ORG), tool("edr"));
    let warning = ask(&edr, Category::Security, None, NOON);
    assert!(route(&warning, &matrix).row.is_none());
    assert_eq!(explain(&warning, &matrix)[0].why, "row `critical-security` is for severity `critical`");
    let critical = Question { severity: Severity::Critical, ..warning };
    assert_eq!(route(&critical, &matrix).row.unwrap().id.as_str(), "critical-security");
}

#[test]
fn the_starter_sends_desks_to_internal_it_in_hours_and_servers_to_the_msp() {
    let matrix = Matrix::parse(&starter(&OrgId::new("acme").unwrap()), "s", "0".repeat(12), None).unwrap();
    let server = specimen::silent_server();
    let laptop = Endpoint { class: Some(Class::Laptop), ..server.clone() };
    for (endpoint, name, category, when, team) in [
        (&laptop, "monitoring", Category::Availability, NOON, "internal-it"),
        (&laptop, "monitoring", Category::Availability, EVENING, "msp-noc"),
        (&server, "monitoring", Category::Capacity, NOON, "msp-noc"),
        (&server, "apps", Category::Service, NOON, "internal-it"),
        (&server, "apps", Category::Service, EVENING, "msp-noc"),
        (&laptop, "edr", Category::Security, NOON, "msp-noc"),
        (&server, "patching", Category::Patch, EVENING, "msp-noc"),
        (&server, "rmm", Category::Agent, EVENING, "msp-noc"),
    ] {
        let (row, tool) = (specimen::row(endpoint), tool(name));
        let routed = route(&ask(&tool, category, Some(&row), when), &matrix);
        assert_eq!(routed.owner.team.as_str(), team, "{name} {when} {:?}", routed.owner.why);
        assert_ne!(routed.owner.row.unwrap().as_str(), "catch-all");
    }
}

#[test]
fn a_filter_may_ask_for_an_owner() {
    let matrix = matrix(ORG);
    let endpoint = specimen::silent_server();
    let row = filter::Row { owners: Some(&matrix), ..specimen::row_at(&endpoint, at(NOON)) };
    let judged = |source: &str| filter::Filter::compile(source).unwrap().judge(&row);
    assert_eq!(judged("owner(\"backup\") == \"it\""), filter::Verdict::Match);
    assert_eq!(judged("owner(\"erp\") == \"msp-noc\""), filter::Verdict::Match, "the last resort owns it");
    assert_eq!(judged("owner(\"nothing\") == \"it\""), filter::Verdict::Unknown);
}
