//! Scenarios: facts and instants go in, findings come out, and what stood is carried along as the collector would.

use std::sync::LazyLock;

use dogwatch_model::Endpoint;
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::specimen::{full_server, noon, row_at};

mod away;
mod properties;
mod shipped;
mod told;

/// One endpoint through time.
struct Watch {
    rules: RuleSet,
    endpoint: Endpoint,
    now: Timestamp,
    standing: Vec<Standing>,
    due: Option<Timestamp>,
}

impl Watch {
    fn new(rules: &str) -> Self {
        Self::with(RuleSet::parse(rules, "test").unwrap_or_else(|errors| panic!("{errors:?}")))
    }

    fn shipped() -> Self {
        // Compiled once: property tests begin thousands of times.
        static SHIPPED: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::shipped().unwrap());
        Self::with(SHIPPED.clone())
    }

    fn with(rules: RuleSet) -> Self {
        Self { rules, endpoint: full_server(), now: noon(), standing: Vec::new(), due: None }
    }

    fn after(&mut self, seconds: i64) -> &mut Self {
        self.now += SignedDuration::from_secs(seconds);
        self
    }

    /// Looks, with what a report brought, and says what changed in short: `+rule/subject severity`, `~…`, `-…`.
    /// Every look is repeated: asking again must change nothing.
    fn look(&mut self, sample: Reads) -> Vec<String> {
        let row = row_at(&self.endpoint, self.now);
        let first = assess(&Snapshot { row, standing: &self.standing, sample }, &self.rules);
        if first.changed {
            self.standing = first.standing;
        }
        let again = assess(&Snapshot { row, standing: &self.standing, sample }, &self.rules);
        assert!(!again.changed && again.findings.is_empty(), "asking again changed {again:?}");
        assert_eq!(again.next_due, first.next_due);
        self.due = first.next_due;
        first.findings.iter().map(short).collect()
    }

    fn report(&mut self) -> Vec<String> {
        self.look(Reads::REPORTED)
    }

    fn tick(&mut self) -> Vec<String> {
        self.look(Reads::NONE)
    }

    fn due_in(&self) -> Option<i64> {
        self.due.map(|due| due.duration_since(self.now).as_secs())
    }

    fn set_cpu(&mut self, used: Option<f64>) -> &mut Self {
        let health = self.endpoint.facts.health.as_mut().unwrap();
        health.cpu.as_mut().unwrap().used_percent = used;
        self
    }
}

fn short(change: &Change) -> String {
    let named = |sign: &str, finding: &Finding| {
        format!("{sign}{}/{} {}", finding.rule, finding.subject, finding.severity)
    };
    match change {
        Change::Opened(finding) => named("+", finding),
        Change::Changed(finding) => named("~", finding),
        Change::Cleared { rule, subject } => format!("-{rule}/{subject}"),
    }
}

const NOTHING: [&str; 0] = [];

const CPU: &str = r#"
[rules.cpu]
category = "capacity"
tool = "monitoring"
title = "busy: {health.cpu.used_percent}"
clear_after = 3
warning = { when = "health.cpu.used_percent > 80", for = "1m" }
critical = { when = "health.cpu.used_percent > 95", for = "2m", clear = "health.cpu.used_percent < 90" }
"#;

#[test]
fn a_hold_counts_from_the_first_time_in_a_row_and_levels_hold_apart() {
    let mut watch = Watch::new(CPU);
    assert_eq!(watch.set_cpu(Some(99.0)).report(), NOTHING);
    assert_eq!(watch.due_in(), Some(60));
    assert_eq!(watch.after(30).set_cpu(Some(50.0)).report(), NOTHING);
    assert_eq!(watch.due_in(), None);
    assert!(watch.standing.is_empty());
    assert_eq!(watch.set_cpu(Some(99.0)).report(), NOTHING);
    assert_eq!(watch.after(59).tick(), NOTHING);
    assert_eq!(watch.due_in(), Some(1));
    assert_eq!(watch.after(1).tick(), ["+cpu/ warning"]);
    assert_eq!(watch.due_in(), Some(60));
    assert_eq!(watch.after(60).tick(), ["~cpu/ critical"]);
    assert_eq!(watch.due_in(), None);
}

#[test]
fn it_clears_after_good_samples_in_a_row_and_ticks_are_none() {
    let mut watch = Watch::new(CPU);
    watch.set_cpu(Some(85.0)).report();
    assert_eq!(watch.after(60).report(), ["+cpu/ warning"]);
    watch.set_cpu(Some(10.0));
    assert_eq!(watch.after(10).report(), NOTHING);
    assert_eq!(watch.after(10).report(), NOTHING);
    for _ in 0..5 {
        assert_eq!(watch.after(10).tick(), NOTHING);
        assert_eq!(watch.after(10).look(Reads::PATCH), NOTHING);
    }
    watch.set_cpu(Some(85.0));
    assert_eq!(watch.after(10).report(), NOTHING);
    assert_eq!(watch.standing[0].state.firing.map(|firing| firing.good), Some(0));
    watch.set_cpu(Some(10.0));
    assert_eq!(watch.after(10).report(), NOTHING);
    assert_eq!(watch.after(10).report(), NOTHING);
    assert_eq!(watch.after(10).report(), ["-cpu/"]);
    assert!(watch.standing.is_empty());
}

#[test]
fn between_condition_and_clear_level_it_stays_as_bad_as_it_was() {
    let mut watch = Watch::new(CPU);
    watch.set_cpu(Some(99.0)).report();
    assert_eq!(watch.after(120).report(), ["+cpu/ critical"]);
    assert_eq!(watch.after(10).set_cpu(Some(92.0)).report(), NOTHING);
    assert_eq!(watch.after(10).set_cpu(Some(89.0)).report(), ["~cpu/ warning"]);
}

#[test]
fn what_is_not_known_neither_opens_nor_clears() {
    let mut watch = Watch::new(CPU);
    watch.set_cpu(Some(85.0)).report();
    assert_eq!(watch.after(60).report(), ["+cpu/ warning"]);
    watch.set_cpu(None);
    for _ in 0..5 {
        assert_eq!(watch.after(60).report(), NOTHING);
    }
    watch.endpoint.facts.health = None;
    assert_eq!(watch.after(60).report(), NOTHING);
    let mut fresh = Watch::new(CPU);
    fresh.set_cpu(None);
    assert_eq!(fresh.report(), NOTHING);
    assert!(fresh.standing.is_empty());
}

#[test]
fn a_subject_that_disappears_clears_but_a_missing_list_does_not() {
    let mut watch = Watch::new(
        "[rules.disk]\ncategory = \"capacity\"\ntool = \"monitoring\"\neach = \"d in health.disks\"\n\
         subject = \"d.mount\"\ntitle = \"full\"\nwarning = { when = \"d.used_percent > 80\" }",
    );
    let full = |mount| crate::specimen::disk(mount, 100, 1);
    let health = watch.endpoint.facts.health.as_mut().unwrap();
    health.disks = vec![full("/"), full("/data")];
    assert_eq!(watch.report(), ["+disk// warning", "+disk//data warning"]);
    let health = watch.endpoint.facts.health.take();
    assert_eq!(watch.after(10).report(), NOTHING);
    watch.endpoint.facts.health = health;
    watch.endpoint.facts.health.as_mut().unwrap().disks = vec![full("/data")];
    assert_eq!(watch.after(10).report(), ["-disk//"]);
}

#[test]
fn two_elements_of_the_same_name_are_one_subject() {
    let mut watch = Watch::shipped();
    let full = || crate::specimen::disk("/", 100, 1);
    watch.endpoint.facts.health.as_mut().unwrap().disks = vec![full(), full()];
    assert_eq!(watch.report(), ["+disk-space// critical"]);
    assert_eq!(watch.after(10).report(), NOTHING);
}

#[test]
fn a_hold_that_runs_out_asks_for_a_tick_once_and_not_while_its_fact_is_missing() {
    let mut watch = Watch::new(CPU);
    watch.set_cpu(Some(85.0)).report();
    assert_eq!(watch.after(61).look(Reads::PATCH), NOTHING);
    assert_eq!(watch.due_in(), Some(-1), "a report about something else leaves it to a tick");
    watch.set_cpu(None);
    assert_eq!(watch.tick(), NOTHING);
    assert_eq!(watch.due_in(), None, "no tick can tell");
    assert_eq!(watch.set_cpu(Some(85.0)).report(), ["+cpu/ warning"]);
}

#[test]
fn a_rule_that_is_gone_or_off_or_for_others_clears_what_it_had_found() {
    let on =
        "[rules.x]\ncategory = \"agent\"\ntool = \"rmm\"\ntitle = \"x\"\nwarning = { when = \"online\" }\n";
    let later_rules = ["", &format!("{on}enabled = false"), &format!("{on}only = \"class == 'laptop'\"")];
    for later in later_rules {
        let mut watch = Watch::new(on);
        assert_eq!(watch.tick(), ["+x/ warning"]);
        watch.rules = RuleSet::parse(later, "later").unwrap();
        assert_eq!(watch.tick(), ["-x/"], "{later}");
        assert!(watch.standing.is_empty());
    }
}

#[test]
fn standing_survives_being_kept_as_json() {
    let mut watch = Watch::new(CPU);
    watch.set_cpu(Some(99.0)).report();
    watch.after(60).report();
    let text = serde_json::to_string(&watch.standing).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Standing>>(&text).unwrap(), watch.standing, "{text}");
}

#[test]
fn an_explanation_names_the_missing_fact_and_the_hold() {
    let mut watch = Watch::new(CPU);
    watch.endpoint.facts.health = None;
    let reasons = |watch: &Watch| {
        let row = row_at(&watch.endpoint, watch.now);
        let snapshot = Snapshot { row, standing: &watch.standing, sample: Reads::NONE };
        let explained = explain(&snapshot, &watch.rules);
        explained[0].levels.iter().map(|level| level.why.clone()).collect::<Vec<_>>()
    };
    assert_eq!(reasons(&watch), ["not known: health.cpu.used_percent"; 2]);
    watch.endpoint = full_server();
    watch.set_cpu(Some(85.0)).report();
    assert_eq!(
        reasons(&watch),
        [
            "not true: health.cpu.used_percent > 95",
            "true since 2026-11-22T12:00:00Z, must hold for 1m: health.cpu.used_percent > 80",
        ]
    );
}
