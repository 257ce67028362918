//! Seeded matrices: each bad one is found at the right line and for nothing else, each good one is silent.
//!
//! What is to be found stands in the matrix itself, as a comment on its line: `# <- gap, overlap`. What the caller
//! knows beside the text stands at its top: `#! signature = changed`.

use std::collections::{BTreeMap, BTreeSet};

use dogwatch_model::{Class, Endpoint};

use super::*;
use crate::{matrix::starter, specimen};

mod examples;
mod fixtures;

use fixtures::{BAD, GOOD};

const TODAY: Date = jiff::civil::date(2026, 11, 23);

/// What the caller knows, as a fixture says it.
struct Known<'t> {
    said: BTreeMap<&'t str, &'t str>,
    channels: BTreeSet<ChannelId>,
    endpoints: Vec<Endpoint>,
}

impl<'t> Known<'t> {
    fn from(text: &'t str) -> Self {
        let lines = text.lines().filter_map(|line| line.strip_prefix("#! ")?.split_once(" = "));
        let said: BTreeMap<_, _> = lines.collect();
        let list = |key: &str| said.get(key).into_iter().flat_map(|list| list.split(", "));
        let endpoint = |class: &str| Endpoint {
            name: format!("{class}-1"),
            class: Some(class.parse::<Class>().unwrap()),
            ..specimen::silent_server()
        };
        let channels = list("channels").map(|id| ChannelId::new(id).unwrap()).collect();
        let endpoints = list("endpoints").map(endpoint).collect();
        Self { said, channels, endpoints }
    }

    fn findings(&self, text: &str) -> Vec<Finding> {
        let rows: Vec<_> = self.endpoints.iter().map(specimen::row).collect();
        let context = LintContext {
            today: TODAY,
            endpoints: self.said.contains_key("endpoints").then_some(&rows[..]),
            channels: self.said.contains_key("channels").then_some(&self.channels),
            catch_all_percent: self.said.get("catch-all").map(|percent| percent.parse().unwrap()),
            signature: self.said.get("signature").map(|signature| signature.parse().unwrap()),
        };
        findings(text, &context)
    }
}

fn findings(text: &str, context: &LintContext<'_>) -> Vec<Finding> {
    match Matrix::parse(text, "acme.toml", "0".repeat(12), None) {
        Ok(matrix) => lint(&matrix, &[Source { file: "acme.toml", text }], context),
        Err(error) => faults(&error),
    }
}

/// Lines and codes that the fixture's comments name.
fn expected(text: &str) -> Vec<(usize, String)> {
    let mut expected = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let codes = line.split_once("# <- ").map(|(_, codes)| codes).into_iter();
        expected.extend(codes.flat_map(|codes| codes.split(", ")).map(|code| (index + 1, code.to_owned())));
    }
    expected.sort();
    expected
}

#[test]
fn every_seeded_fault_is_found_at_its_line_and_nothing_else_is() {
    let mut missed = String::new();
    for (name, text) in BAD {
        let found = Known::from(text).findings(text);
        let mut told: Vec<_> = found.iter().map(|one| (one.line, one.code.to_string())).collect();
        told.sort();
        let expected = expected(text);
        assert!(!expected.is_empty(), "{name} says what is to be found");
        if told != expected {
            let found: Vec<_> = found.iter().map(|one| format!("    {one}")).collect();
            missed.push_str(&format!("{name}: expected {expected:?}, found\n{}\n", found.join("\n")));
        }
    }
    assert!(missed.is_empty(), "{missed}");
}

#[test]
fn good_matrices_are_passed_in_silence() {
    for (name, text) in GOOD {
        let found = Known::from(text).findings(text);
        assert!(
            found.is_empty(),
            "{name}: {}",
            found.iter().map(|one| format!("\n    {one}")).collect::<String>()
        );
    }
}

#[test]
fn every_rule_has_a_matrix_that_breaks_it() {
    let seeded: BTreeSet<String> =
        BAD.iter().flat_map(|(_, text)| expected(text)).map(|(_, code)| code).collect();
    let all = Code::ALL.iter().filter(|code| **code != Code::Invalid);
    let unseen: Vec<_> = all.filter(|code| !seeded.contains(code.as_str())).collect();
    assert!(unseen.is_empty(), "{unseen:?}");
    assert!(BAD.len() >= 40 && GOOD.len() >= 20, "{} bad, {} good", BAD.len(), GOOD.len());
}

#[test]
fn the_starter_has_no_errors_and_no_gap() {
    let text = starter(&dogwatch_model::OrgId::new("acme").unwrap());
    let found = findings(&text, &LintContext::on(TODAY));
    let bad: Vec<_> =
        found.iter().filter(|one| one.severity == Severity::Error || one.code == Code::Gap).collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

/// The instants of the year from `TODAY`, half an hour apart: no fixture's calendar has a finer edge.
fn half_hours() -> impl Iterator<Item = Timestamp> {
    let (from, to) = LintContext::on(TODAY).year().unwrap();
    core::iter::successors(Some(from), |at| Some(*at + SignedDuration::from_mins(30)))
        .take_while(move |at| *at < to)
}

#[test]
fn the_hours_of_a_gap_are_those_in_which_routing_finds_no_row() {
    for name in ["gap-after-hours", "gap-one-zone-changes-its-clock", "gap-on-the-holiday"] {
        let (_, text) = BAD.iter().find(|(known, _)| *known == name).unwrap();
        let matrix = Matrix::parse(text, "acme.toml", "0".repeat(12), None).unwrap();
        let tool = matrix.tools().next().unwrap();
        let lost = |at: &Timestamp| {
            let question = crate::routing::Question {
                tool: Some(&tool.id),
                category: tool.category(),
                severity: crate::finding::Severity::Critical,
                endpoint: None,
                at: *at,
            };
            crate::routing::route(&question, &matrix).row.is_none()
        };
        let lost = half_hours().filter(lost).count() / 2;
        let gap = findings(text, &LintContext::on(TODAY)).remove(0);
        assert!(
            gap.what.contains(&format!(" in {lost} hours of the next year")),
            "{name}: {lost}: {}",
            gap.what
        );
    }
}

#[test]
fn the_hours_without_anybody_are_those_in_which_duty_finds_nobody() {
    for name in ["rota-in-office-hours-only", "rota-begins-later", "rota-misses-the-holiday"] {
        let (_, text) = BAD.iter().find(|(known, _)| *known == name).unwrap();
        let matrix = Matrix::parse(text, "acme.toml", "0".repeat(12), None).unwrap();
        let row = &matrix.rows()[0];
        let calendar = row.duty.calendar().and_then(|id| matrix.directory().calendar(id));
        let alone = |at: &Timestamp| {
            let applies = calendar.is_none_or(|calendar| calendar.contains(*at));
            applies && crate::duty::on_duty(matrix.directory(), &row.responsible, *at).is_nobody()
        };
        let alone = half_hours().filter(alone).count() / 2;
        let found = findings(text, &LintContext::on(TODAY)).remove(0);
        assert!(
            found.what.contains(&format!(" in {alone} hours of the next year")),
            "{name}: {alone}: {}",
            found.what
        );
    }
}

#[test]
fn what_is_wrong_in_the_directory_is_found_in_the_directory_and_only_what_the_matrix_uses() {
    let shared = "[[team]]\nid = \"noc\"\nside = \"msp\"\nemail = \"noc@msp.example\"\n\n\
                  [[person]]\nid = \"mira\"\nteam = \"noc\"\nverified = true\n\
                  deputies = [{ person = \"noor\", from = 2026-01-01, until = 2026-01-09 }]\n\n\
                  [[person]]\nid = \"noor\"\nteam = \"noc\"\n\
                  deputies = [{ person = \"mira\", from = 2026-02-01, until = 2026-02-09 }]\n";
    let (_, text) = GOOD.iter().find(|(name, _)| *name == "one-row").unwrap();
    let own = text.replace("[[team]]\nid = \"noc\"\nside = \"msp\"\nemail = \"noc@msp.example\"\n", "");
    let own = own.replace("accountable = \"noc\"", "accountable = \"mira\"");
    let directory = crate::matrix::Directory::parse(shared, "directory.toml").unwrap();
    let matrix = Matrix::parse(&own, "acme.toml", "0".repeat(12), Some(&directory)).unwrap();
    let sources = [Source { file: "acme.toml", text: &own }, Source { file: "directory.toml", text: shared }];
    let found = lint(&matrix, &sources, &LintContext::on(TODAY));
    let [deputy] = &found[..] else { panic!("{found:#?}") };
    assert_eq!((deputy.code, deputy.file.as_str(), deputy.line), (Code::DeputyExpired, "directory.toml", 10));
}

#[test]
fn a_finding_says_what_why_and_how_to_mend_it_and_survives_json() {
    let (_, text) = BAD.iter().find(|(name, _)| *name == "backup-is-itself").unwrap();
    let found = Known::from(text).findings(text);
    assert_eq!(
        found[0].to_string(),
        "acme.toml:21:10: error[same-backup]: `noc` is to step in for itself; when they do not take it, it is handed \
         to them; name another team"
    );
    let json = serde_json::to_string(&found).unwrap();
    assert!(
        json.contains(r#""code":"same-backup","severity":"error","file":"acme.toml","line":21"#),
        "{json}"
    );
    assert_eq!(serde_json::from_str::<Vec<Finding>>(&json).unwrap(), found);
}
