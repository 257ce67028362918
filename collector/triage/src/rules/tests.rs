//! The shipped file, layers, errors and wording.

use super::*;
use crate::{
    filter::Scope,
    specimen::{full_server, row},
};

fn errors(text: &str) -> Vec<String> {
    RuleSet::parse(text, "rules.toml").expect_err(text).iter().map(ToString::to_string).collect()
}

#[test]
fn the_shipped_rules_compile() {
    let rules =
        RuleSet::shipped().map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>());
    let ids: Vec<String> = rules.unwrap().rules().iter().map(|rule| rule.id.to_string()).collect();
    assert_eq!(
        ids.join(" "),
        "backup-check backup-failed backup-late backup-scan backup-size backup-unreadable \
         certificate check-failed check-unknown clock-offset clone-suspected cpu crash disk-error \
         disk-inodes disk-space drive-errors drive-failing drive-worn end-of-life kernel-error \
         key-exposed memory oom-kill patch-scan read-only reboot-pending restore-failed \
         restore-test service-down silent silent-desk source-failed updates"
    );
}

#[test]
fn each_value_knows_its_layer() {
    let rules = RuleSet::layer("rules.silent.warning.for = \"2s\"", "mine.toml").unwrap();
    let of = |key: &str| rules.values().iter().find(|value| value.rule == "silent" && value.key == key);
    let found = |key: &str| of(key).map(|value| (value.value.as_str(), value.layer, value.file.as_str()));
    assert_eq!(found("warning.for"), Some(("2s", 1, "mine.toml")));
    assert_eq!(found("critical.for"), Some(("5m", 0, "shipped rules")));
    assert_eq!(of("warning.for").map(|value| value.line), Some(1));
    assert_eq!(found("title"), None);
}

#[test]
fn a_layer_replaces_the_keys_it_gives_and_keeps_the_others() {
    let rules =
        RuleSet::layer("rules.silent.warning.for = \"2s\"\nrules.cpu.enabled = false", "mine.toml").unwrap();
    let silent = rules.get(&RuleId::new("silent").unwrap()).unwrap();
    let holds: Vec<i64> = silent.levels.iter().map(|level| level.hold.as_secs()).collect();
    assert_eq!(holds, [300, 2]);
    assert_eq!(silent.levels[1].when(), "!online && !planned_offline");
    assert!(!rules.get(&RuleId::new("cpu").unwrap()).unwrap().enabled);
    assert_eq!(rules.rules().len(), RuleSet::shipped().unwrap().rules().len());
}

#[test]
fn every_error_of_a_file_comes_at_once_with_its_place() {
    let file = "\
[rules.hot]
categry = \"capacity\"
category = \"heat\"
tool = \"monitoring\"
each = \"t in health.temperatures\"
subject = \"t.celsius\"
title = \"{name} is hot: {t.celsus}\"
warning = { whn = \"true\", for = \"soon\" }
clear_after = 0
[rules.noisy]
category = \"capacity\"
tool = \"monitoring\"
title = \"{name\"
warning = { when = '''
  online
  && nam == \"x\"''' }
[rules.warm]
category = \"capacity\"
tool = \"monitoring\"
each = \"t in health.temperature\"
title = \"consequences of an error are not listed: {t.celsus}\"
[rule.typo]
";
    assert_eq!(
        errors(file),
        [
            "rules.toml:2:1: no key `categry` here; did you mean `category`?",
            "rules.toml:3:12: `heat` is not one of capacity, availability, patch, backup, security, service, agent",
            "rules.toml:6:11: a subject is a text; this is a number",
            "rules.toml:7:26: no field `t.celsus`; did you mean `t.celsius`?",
            "rules.toml:8:1: level `warning` has no `when`",
            "rules.toml:8:13: no key `whn` here; did you mean `when`?",
            "rules.toml:8:33: `soon` is not a duration; use numbers with d, h, m, s or ms: \"15m\"",
            "rules.toml:9:15: `clear_after` is a whole number from 1 to 100",
            "rules.toml:13:10: `{` is never closed; a brace that means a brace is written `{{`",
            "rules.toml:16:6: no field `nam`; did you mean `name`?",
            "rules.toml:20:14: no field `health.temperature`; did you mean `health.temperatures`?",
            "rules.toml:22:2: no key `rule` here; did you mean `rules`?",
        ]
    );
}

#[test]
fn a_misspelt_rule_of_an_upper_layer_is_said_to_be_one() {
    let errors = RuleSet::layer("[rules.disk-spce]\nenabled = false", "mine.toml").expect_err("no such rule");
    assert_eq!(
        errors[0].to_string(),
        "mine.toml:1:8: rule `disk-spce` has no `category`; did you mean to change `disk-space`?"
    );
}

#[test]
fn too_many_rules_are_refused_at_the_first_one_too_many() {
    use std::fmt::Write as _;
    let mut file = String::new();
    for n in 0..=MAX_RULES {
        writeln!(
            file,
            "rules.r{n} = {{ category = \"agent\", tool = \"rmm\", title = \"x\", info = {{ when = \"online\" }} }}"
        )
        .unwrap();
    }
    assert_eq!(
        errors(&file),
        [
            "rules.toml:201:7: there are 201 rules; 200 are allowed; put into one rule, with `each` or `||`, what is one concern"
        ]
    );
}

#[test]
fn a_file_that_is_no_toml_says_where() {
    let errors = errors("[rules.x\n");
    assert_eq!(errors.len(), 1);
    assert!(errors[0].starts_with("rules.toml:1:"), "{}", errors[0]);
}

fn render(template: &str) -> String {
    let mut endpoint = full_server();
    endpoint.facts.health.as_mut().unwrap().disks[0].full_in_seconds = Some(93_600);
    let bindings = crate::filter::Bindings::default();
    let template = Template::compile(template, &bindings).map_err(|fault| fault.error).unwrap();
    template.render(&mut Scope::new(&row(&endpoint)))
}

#[test]
fn facts_are_said_in_the_words_of_people() {
    let table = [
        ("{name}: {{{online}}}", "srv-01: {yes}"),
        ("{health.cpu.used_percent} of {health.cpu.count}", "12.3 % of 16"),
        ("{health.memory.available_bytes}, {gib(1.5)}, {mib(1) / 1024}", "48 GiB, 1.5 GiB, 1 KiB"),
        ("{health.uptime}, {health.clock_offset}, {duration(\"-90s\")}", "1 d, 250 ms, -1 min 30 s"),
        ("{age(enrolled_at)}, {duration(\"26h30m\")}, {duration(\"1h\")}", "30 d, 1 d 2 h, 1 h"),
        ("{last_seen}", "2026-11-22T11:59:55Z"),
        ("{patch.error}", "unknown"),
        ("{online ? \"}\" : \"{\"}", "}"),
    ];
    for (template, expected) in table {
        assert_eq!(render(template), expected, "{template}");
    }
}
