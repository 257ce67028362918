//! Good documents parse, bad ones say everything that is wrong with them, each at its place.

use dogwatch_model::{CalendarId, PersonId};
use jiff::SignedDuration;

use super::*;
use crate::finding::Category;

mod diff;
mod full;
mod schema;

const MSP: &str = r#"
[[team]]
id = "msp-noc"
name = "Night watch"
side = "msp"
contact = "+1 416 555 0100"

[[person]]
id = "mira"
name = "Mira Patel"
team = "msp-noc"

[[calendar]]
id = "msp-shift"
zone = "America/Toronto"
hours = ["mon-sun 07:00-23:00"]
"#;

const ORG: &str = r#"
[org]
id = "acme"
name = "Acme Ltd"
last_resort = "msp-noc"

[[team]]
id = "it"
side = "internal"

[[person]]
id = "ivan"
side = "internal"
team = "it"

[[calendar]]
id = "office"
zone = "America/Toronto"
hours = ["mon-fri 08:00-12:00 13:00-18:00"]
holidays = [{ date = 2026-12-25, name = "Christmas Day" }, { date = "2027-01-01", name = "New Year" }]
exceptions = [
    { date = 2026-12-24, name = "Christmas Eve", hours = ["08:00-12:00"] },
    { date = 2026-12-31, closed = true },
]

[[tool]]
id = "backup"
function = "backup"
owner = "msp-noc"
person = "mira"
deputy = "ivan"

[[row]]
id = "backup-in-hours"
tools = ["backup"]
severity = ["critical", "warning"]
endpoint = 'class == "server"'
during = "office"
responsible = "it"
accountable = "ivan"
consulted = ["mira", "msp-noc"]
informed = ["msp-noc"]
backup = "msp-noc"
first_responder = "15m"
note = "Tapes are in the cellar."
runbook = "https://wiki.example/backup"

[[row]]
id = "backup-nights"
categories = ["backup"]
outside = "msp-shift"
responsible = "msp-noc"
accountable = "msp-noc"

[catch_all]
responsible = "msp-noc"
accountable = "msp-noc"
"#;

fn read(org: &str) -> Result<Matrix, MatrixError> {
    let directory = Directory::parse(MSP, "directory.toml").unwrap();
    Matrix::parse(org, "acme.toml", "0123456789ab".into(), Some(&directory))
}

fn faults(org: &str) -> Vec<String> {
    read(org).unwrap_err().faults.iter().map(ToString::to_string).collect()
}

#[test]
fn a_document_becomes_a_matrix_with_what_the_directory_lends_it() {
    let matrix = read(ORG).unwrap();
    assert_eq!(
        (matrix.org().as_str(), matrix.org_name(), matrix.version()),
        ("acme", "Acme Ltd", "0123456789ab")
    );
    assert_eq!(matrix.standing(), Standing::Provisional);
    assert_eq!(
        matrix.directory().teams().map(|team| team.id.as_str()).collect::<Vec<_>>(),
        ["it", "msp-noc"]
    );
    let [in_hours, nights] = matrix.rows() else { panic!("two rows") };
    assert_eq!(in_hours.accountable, Party::Person(PersonId::new("ivan").unwrap()));
    assert_eq!(in_hours.first_responder, SignedDuration::from_mins(15));
    assert_eq!((in_hours.line, nights.line), (33, 48));
    assert_eq!(nights.first_responder, FIRST_RESPONDER);
    assert_eq!(nights.duty, Duty::Outside(CalendarId::new("msp-shift").unwrap()));
    let tool = matrix.tools().next().unwrap();
    assert_eq!(tool.category(), Some(Category::Backup));
    let office = matrix.directory().calendar(&CalendarId::new("office").unwrap()).unwrap();
    let open = |at: &str| office.contains(at.parse().unwrap());
    assert!(open("2026-12-24T16:59:00Z") && !open("2026-12-24T18:30:00Z"));
    assert!(!open("2026-12-25T15:00:00Z") && !open("2026-12-31T15:00:00Z") && !open("2027-01-01T15:00:00Z"));
}

#[test]
fn the_starter_parses_alone_covers_every_tool_at_every_hour_and_says_that_it_is_provisional() {
    let org = OrgId::new("acme").unwrap();
    let text = starter(&org);
    let matrix = Matrix::parse(&text, "acme.toml", "0".repeat(12), None).unwrap();
    assert!(text.contains("PROVISIONAL") && !text.contains("@ORG@"));
    assert_eq!((matrix.org(), matrix.standing()), (&org, Standing::Provisional));
    assert!(matrix.catch_all().is_some());
    let takes_all = |row: &&Row| {
        row.duty == Duty::Always && row.selects.endpoint.is_none() && row.selects.severity.is_empty()
    };
    for tool in matrix.tools() {
        let mut rows = matrix.rows().iter().filter(takes_all);
        assert!(rows.any(|row| row.selects.tools.contains(&tool.id)), "{} at every hour", tool.id);
    }
    for category in Category::ALL {
        let serving = matrix.tools().filter(|tool| tool.categories().any(|serves| serves == *category));
        assert_eq!(serving.count(), 1, "who answers for {category} without naming a tool");
    }
}

#[test]
fn the_starter_knows_every_tool_that_the_shipped_rules_name() {
    let matrix = Matrix::parse(&starter(&OrgId::new("acme").unwrap()), "s", "0".repeat(12), None).unwrap();
    let rules = crate::rules::RuleSet::shipped().unwrap();
    let unknown = |rule: &&crate::rules::Rule| matrix.tool(&rule.tool).is_none();
    assert_eq!(rules.rules().iter().find(unknown).map(|rule| &rule.id), None);
}

#[test]
fn every_fault_is_told_at_once_each_at_its_place() {
    let org = ORG
        .replace("last_resort = \"msp-noc\"", "last_resort = \"msp-nok\"")
        .replace("zone = \"America/Toronto\"", "zone = \"America/Tronto\"")
        .replace("class == \"server\"", "clas == \"server\"")
        .replace("outside = \"msp-shift\"", "outside = \"msp-shif\"")
        .replace("\"critical\", \"warning\"", "\"critcal\"");
    let told = faults(&org);
    assert_eq!(told.len(), 5, "a calendar that is wrong is not unknown on top: {told:#?}");
    assert_eq!(told[0], "acme.toml:5:15: there is no team `msp-nok`; did you mean `msp-noc`?");
    let zone = "acme.toml:18:8: there is no time zone `America/Tronto`; did you mean `America/Toronto`?";
    assert_eq!(told[1], zone);
    assert_eq!(told[2], "acme.toml:36:13: `critcal` is not one of info, warning, critical");
    assert!(told[3].starts_with("acme.toml:37:12: the endpoint filter does not compile: line 1, column 1"));
    assert!(told[3].ends_with("did you mean `class`?"), "{}", told[3]);
    assert_eq!(told[4], "acme.toml:51:11: there is no calendar `msp-shif`; did you mean `msp-shift`?");
}

#[test]
fn each_kind_of_fault_says_what_and_how_to_mend_it() {
    for (good, bad, told) in [
        (
            "side = \"internal\"\n\n[[person]]",
            "side = \"inside\"\n\n[[person]]",
            "`inside` is not one of msp, internal",
        ),
        ("id = \"it\"", "id = \"msp-noc\"", "there is another team `msp-noc` already"),
        ("id = \"ivan\"", "id = \"Ivan\"", "`Ivan` is not a valid person"),
        ("side = \"internal\"\nteam", "side = \"msp\"\nteam", "a person is on the side of the team"),
        ("id = \"ivan\"", "id = \"it\"", "a team has this id already"),
        ("mon-fri 08:00", "mon-fry 08:00", "`fry` is not a day"),
        ("\"2027-01-01\"", "\"1 Jan\"", "`1 Jan` is not a date; write it as 2026-12-25"),
        ("closed = true", "closed = false", "an exception has hours or is closed"),
        ("date = 2026-12-31", "date = 2026-12-24", "2026-12-24 is an exception twice"),
        ("person = \"mira\"", "person = \"mirra\"", "there is no person `mirra`; did you mean `mira`?"),
        ("tools = [\"backup\"]", "tools = [\"bakup\"]", "there is no tool `bakup`; did you mean `backup`?"),
        ("consulted = [\"mira\"", "consulted = [\"nobody\"", "there is no team or person `nobody`; known: "),
        ("during = \"office\"", "during = \"office\"\noutside = \"office\"", "a row goes by one calendar"),
        ("\"15m\"", "\"fifteen\"", "`fifteen` is not a first-responder window"),
        ("\"15m\"", "\"25h\"", "from \"0s\" to \"24h\""),
        (
            "id = \"backup-nights\"",
            "id = \"backup-in-hours\"",
            "there is another row `backup-in-hours` already",
        ),
        ("id = \"backup-nights\"", "id = \"catch-all\"", "there is another row `catch-all` already"),
        ("informed = [\"msp-noc\"]\nbackup", "informd = [\"msp-noc\"]\nbackup", "did you mean `informed`?"),
        ("responsible = \"it\"\n", "", "missing field `responsible`"),
        ("[org]", "[org", "acme.toml:2:5"),
    ] {
        let org = ORG.replacen(good, bad, 1);
        assert_ne!(org, ORG, "{good}");
        let all = faults(&org).join("\n");
        assert!(all.contains(told), "{bad}: {all}");
    }
}

#[test]
fn a_directory_has_no_rows_and_says_so() {
    let error = Directory::parse("[[row]]\nid = \"x\"\n", "directory.toml").unwrap_err();
    assert!(error.to_string().starts_with("directory.toml:1:3: unknown field `row`"), "{error}");
}

#[test]
fn documents_and_rows_are_bounded() {
    let many: String = (0..=MAX_ROWS)
        .map(|n| format!("[[row]]\nid = \"r{n}\"\nresponsible = \"it\"\naccountable = \"it\"\n"))
        .collect();
    assert!(faults(&format!("{ORG}{many}"))[0].contains("there are 503 rows and the limit is 500"));
    assert!(faults(&"#".repeat(MAX_DOCUMENT_BYTES + 1))[0].contains("the limit is 1048576"));
}

#[test]
fn an_empty_matrix_still_has_a_last_resort() {
    let team = read(ORG).unwrap().team(&TeamId::new("msp-noc").unwrap()).clone();
    let matrix = Matrix::empty(OrgId::new("new").unwrap(), team, "0".repeat(12));
    assert_eq!((matrix.last_resort().as_str(), matrix.rows().len()), ("msp-noc", 0));
}
