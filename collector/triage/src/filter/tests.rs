//! The language as people meet it: what matches, what stays unknown, what is refused and in which words.

use super::*;
use crate::specimen::{DAY, before, full_server, patch, row, silent_server, update};

fn judge(source: &str) -> Verdict {
    let mut endpoint = full_server();
    endpoint.facts.patch = Some(patch(vec![update("openssl", 3 * DAY)]));
    Filter::compile(source).unwrap_or_else(|error| panic!("{source}: {error}")).judge(&row(&endpoint))
}

fn refusal(source: &str) -> String {
    Filter::compile(source).expect_err(source).to_string()
}

#[test]
fn the_examples_of_the_language_compile_and_judge() {
    let examples = [
        ("os.family == \"windows\" && patch.missing.critical > 0", Verdict::NoMatch),
        ("backup.jobs.exists(j, j.age > duration(\"26h\")) && \"prod\" in tags", Verdict::NoMatch),
        ("!online && class == \"server\" && age(last_seen) > duration(\"1h\")", Verdict::NoMatch),
        ("health.disks.exists(d, d.used_percent > 90.0 && d.free_bytes < gib(5))", Verdict::NoMatch),
        ("owner(\"backup\") == \"msp-noc\"", Verdict::Unknown),
    ];
    for (source, expected) in examples {
        assert_eq!(judge(source), expected, "{source}");
    }
}

#[test]
fn what_is_true_of_an_endpoint_matches() {
    let truths = [
        "true",
        "health.disks.exists(d, d.used_percent >= 40 && d.used_percent < 40.5)",
        "health.disks.all(d, d.fs == 'ext4') && !health.disks.all(d, d.mount == \"/var\")",
        "backup.jobs.exists_one(j, j.name == \"nightly\")",
        "size(tags) == 2 && tags.size() < 3 && size(name) == 6",
        "\"prod\" in tags && !(\"test\" in tags) && class in [\"server\", \"virtual\"]",
        "name.startsWith(\"srv\") && name.endsWith(\"01\") && os.name.contains(\"Debian\")",
        "labels.env == \"prod\" && labels[\"env\"] != \"lab\" && has(labels.env) && !has(labels.rack)",
        "enrolled_at < timestamp(\"2026-11-01T00:00:00Z\") && age(enrolled_at) == duration(\"30d\")",
        "now - enrolled_at > duration(\"1w\") && now - duration(\"40d\") < enrolled_at",
        "health.memory.available_bytes * 1.0 / health.memory.total_bytes == 0.75",
        "abs(health.clock_offset) < duration(\"1s\") && -1 < 0 && 7 % 4 == 3",
        "gib(64) == health.memory.total_bytes && mib(1024) == gib(1) && tib(1) > gib(1000)",
        "(online ? 1 : 2) == 1",
        "has(health.cpu) && has(health.disks) && !has(patch.error) && has(os)",
        "patch.updates.exists(u, u.cves.exists(c, c.startsWith(\"CVE-2026\")))",
        "patch.updates.exists(u, \"CVE-2026-1234\" in u.cves)",
        "patch.missing.total == 1 && patch.missing.security == 1 && patch.missing.unspecified == 1",
        "id == \"018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d11\"",
        "90 < 90.5 && 90 == 90.0",
        "!planned_offline && !has(offline_for) && state == \"active\"",
        "// a comment\nonline",
    ];
    for source in truths {
        assert_eq!(judge(source), Verdict::Match, "{source}");
    }
}

#[test]
fn a_missing_fact_is_unknown_and_only_a_deciding_term_outweighs_it() {
    let endpoint = silent_server();
    let table = [
        ("health.cpu.used_percent > 90", Verdict::Unknown),
        ("!(health.cpu.used_percent > 90)", Verdict::Unknown),
        ("health.cpu.used_percent > 90 || online", Verdict::Match),
        ("online || health.cpu.used_percent > 90", Verdict::Match),
        ("health.cpu.used_percent > 90 && !online", Verdict::NoMatch),
        ("health.cpu.used_percent > 90 && online", Verdict::Unknown),
        ("health.disks.exists(d, true)", Verdict::Unknown),
        ("health.disks.all(d, true)", Verdict::Unknown),
        ("\"x\" in net.addresses", Verdict::Unknown),
        ("os.family in [\"linux\"]", Verdict::Unknown),
        ("size(patch.updates) > 0", Verdict::Unknown),
        ("has(health.cpu) || has(health.disks)", Verdict::NoMatch),
        ("health.uptime / duration(\"0s\") > 1", Verdict::Unknown),
        ("owner(\"backup\") == \"x\"", Verdict::Unknown),
    ];
    for (source, expected) in table {
        let filter = Filter::compile(source).unwrap();
        assert_eq!(filter.judge(&row(&endpoint)), expected, "{source}");
    }
}

#[test]
fn one_unknown_element_leaves_the_others_to_decide() {
    let mut endpoint = full_server();
    let disks = &mut endpoint.facts.health.as_mut().unwrap().disks;
    disks.push(crate::specimen::disk("/data", 100, 1));
    disks[0].inodes_free_percent = None;
    let judge = |source: &str| Filter::compile(source).unwrap().judge(&row(&endpoint));
    assert_eq!(judge("health.disks.exists(d, d.inodes_free_percent > 50)"), Verdict::Match);
    assert_eq!(judge("health.disks.exists(d, d.inodes_free_percent < 50)"), Verdict::Unknown);
    assert_eq!(judge("health.disks.all(d, d.inodes_free_percent < 50)"), Verdict::NoMatch);
    assert_eq!(judge("health.disks.all(d, d.inodes_free_percent > 50)"), Verdict::Unknown);
    assert_eq!(judge("health.disks.exists_one(d, d.inodes_free_percent > 50)"), Verdict::Unknown);
}

#[test]
fn the_facts_that_make_it_unknown_are_named_and_no_others() {
    let endpoint = silent_server();
    let row = row(&endpoint);
    let missing = |source: &str| Filter::compile(source).unwrap().missing_in(&mut Scope::new(&row)).join(" ");
    assert_eq!(missing("online && health.cpu.used_percent > 90"), "health.cpu.used_percent");
    assert_eq!(missing("online || health.cpu.used_percent > 90"), "");
    assert_eq!(
        missing(
            "(has(patch.error) && patch.error == \"x\") || os.family == \"linux\" || age(last_seen) > duration(\"1h\")"
        ),
        "os.family last_seen"
    );
    assert_eq!(
        missing("health.disks.exists(d, d.read_only) && labels.env == owner(\"edr\")"),
        "health.disks labels.env owner(\"edr\")"
    );
}

#[test]
fn an_owner_is_asked_for_by_tool() {
    struct Noc;
    impl Owners for Noc {
        fn team_of(&self, tool: &str, row: &Row<'_>) -> Option<&str> {
            (tool == "backup" && row.endpoint.name == "srv-01").then_some("msp-noc")
        }
    }
    let endpoint = silent_server();
    let row = Row { owners: Some(&Noc), ..row(&endpoint) };
    let judge = |source: &str| Filter::compile(source).unwrap().judge(&row);
    assert_eq!(judge("owner(\"backup\") == \"msp-noc\""), Verdict::Match);
    assert_eq!(judge("owner(\"edr\") == \"msp-noc\""), Verdict::Unknown);
}

#[test]
fn refusals_say_where_what_and_how_to_mend() {
    let table = [
        ("health.disk", "line 1, column 1: no field `health.disk`; did you mean `health.disks`?"),
        ("online &&\n  clas == \"server\"", "line 2, column 3: no field `clas`; did you mean `class`?"),
        ("hostname == \"x\"", "line 1, column 1: no field `hostname`; did you mean `net.hostname`?"),
        (
            "health.disks.exists(d, d.used > 90)",
            "line 1, column 24: no field `d.used`; did you mean `d.used_percent`?",
        ),
        (
            "os.family == \"window\"",
            "line 1, column 14: `window` is not one of linux, windows, macos; did you mean `windows`?",
        ),
        (
            "health.uptime > 3600",
            "line 1, column 17: expected a duration; this is a whole number; write it as duration(\"26h\")",
        ),
        (
            "last_seen > duration(\"1h\")",
            "line 1, column 13: expected an instant; this is a duration; write it as \
             timestamp(\"2026-11-01T00:00:00Z\"), or use age(…)",
        ),
        ("name == \"é\" && clas == 1", "line 1, column 16: no field `clas`; did you mean `class`?"),
        ("name > 5", "line 1, column 8: expected text; this is a whole number"),
        ("name && online", "line 1, column 1: expected a condition; this is text"),
        ("health.uptime", "line 1, column 1: this is a duration, not a condition; compare it with something"),
        (
            "health.disks.mount == \"/\"",
            "line 1, column 1: `health.disks` is a list; its elements have fields, it has not; look into it: \
             health.disks.exists(x, x.mount …)",
        ),
        ("online = true", "line 1, column 8: `=` is not an operator; use `==`"),
        ("online and true", "line 1, column 8: `and` is not an operator; use `&&`"),
        ("name == \"x", "line 1, column 9: the text is never closed; end it with `\"`"),
        ("(online", "line 1, column 1: `(` is never closed"),
        ("online &&", "line 1, column 10: the expression ends too early"),
        ("online online", "line 1, column 8: did not expect `online` here"),
        ("", "line 1, column 1: the expression is empty"),
        ("sise(tags) > 0", "line 1, column 1: no function `sise`; did you mean `size`?"),
        (
            "age(last_seen) > duration(\"1 hour\")",
            "line 1, column 27: `1 hour` is not a duration; use numbers with w, d, h, m, s or ms: \"26h\", \"1h30m\"",
        ),
        ("patch.error == null", "line 1, column 16: there is no `null`; ask with `has(field)`"),
        (
            "name.matches(\"a.*\")",
            "line 1, column 1: `matches` is not part of the filter language; use contains, startsWith or endsWith",
        ),
        ("id == \"5\"", "line 1, column 7: `5` is not an id; an id is a UUID"),
        ("online < true", "line 1, column 1: true or false has no order; use `==` or `!=`"),
    ];
    for (source, expected) in table {
        assert_eq!(refusal(source), expected, "{source}");
    }
}

#[test]
fn limits_hold_and_never_reach_the_stack() {
    let long = format!("name == \"{}\"", "x".repeat(MAX_SOURCE_BYTES));
    assert!(refusal(&long).contains("2048 are allowed"), "{}", refusal(&long));
    for deep in ["(", "[", "!(", "online ? (", "-("] {
        let source = deep.repeat(100);
        assert!(refusal(&source).contains("nests too deeply"), "{}", refusal(&source));
    }
    for chain in ["a.", "1+", "!", "-", "1<", "a?b:", "online||"] {
        let source = format!("{}1", chain.repeat(MAX_SOURCE_BYTES / chain.len() - 1));
        assert!(Filter::compile(&source).is_err(), "{chain}");
    }
    let nested = "patch.updates.exists(u, u.cves.exists(c, u.kbs.exists(k, k == c)))";
    assert!(refusal(nested).contains("may nest 2 deep"), "{}", refusal(nested));
    let deepest = [
        format!("{}online{}", "(".repeat(24), ")".repeat(24)),
        format!("{}online{}", "!(".repeat(24), ")".repeat(24)),
        format!("{}online{}", "online ? (".repeat(12), ") : false".repeat(12)),
        format!("{}true", "online ? true : ".repeat(24)),
        format!("{}1 == 1{}", "size([name][0]) == 0 || (".repeat(8), ")".repeat(8)),
    ];
    for source in &deepest[..4] {
        assert_eq!(judge(source), Verdict::Match, "{source}");
    }
    assert!(Filter::compile(&deepest[4]).is_err());
    let longest_chain = format!("1{} == 149", "+1".repeat(148));
    assert_eq!(judge(&longest_chain), Verdict::Match);
}

#[test]
fn constants_are_folded_away() {
    let program = |source: &str| Filter::compile(source).unwrap().program;
    for source in ["gib(5) > mib(1) && 1 + 1 == 2", "duration(\"1h\") < duration(\"1d\") || online"] {
        assert!(
            matches!(program(source), program::Expr::Const(program::Const::Bool(true))),
            "{source}: {:?}",
            program(source)
        );
    }
    assert!(matches!(program("true && online"), program::Expr::Fact(_)));
    let limit = gib_limit(&program("gib(2.5) > health.memory.available_bytes"));
    assert_eq!(limit, Some(2.5 * 1024.0 * 1024.0 * 1024.0));
}

fn gib_limit(expr: &program::Expr) -> Option<f64> {
    match expr {
        program::Expr::FactNum(program::Comparison::Less, _, limit) => Some(*limit),
        _ => None,
    }
}

#[test]
fn a_filter_knows_what_it_reads() {
    let reads = |source: &str| Filter::compile(source).unwrap().reads();
    assert_eq!(reads("name == \"x\""), Reads::NONE);
    assert_eq!(reads("health.cpu.used_percent > 1"), Reads::HEALTH);
    assert_eq!(reads("!online && age(last_seen) > duration(\"1h\")"), Reads::PRESENCE | Reads::TIME);
    assert_eq!(reads("backup.jobs.exists(j, j.state == \"late\")"), Reads::BACKUP | Reads::TIME);
    assert_eq!(reads("patch.missing.total > 0 && owner(\"x\") == \"y\""), Reads::PATCH | Reads::OWNERS);
}

#[test]
fn a_job_is_judged_by_the_interval_it_promised() {
    let mut endpoint = full_server();
    let state = |endpoint: &dogwatch_model::Endpoint, wanted: &str| {
        let source = format!("backup.worst == \"{wanted}\" && backup.jobs.all(j, j.state == \"{wanted}\")");
        assert_eq!(Filter::compile(&source).unwrap().judge(&row(endpoint)), Verdict::Match, "{wanted}");
    };
    let set = |endpoint: &mut dogwatch_model::Endpoint, seconds: i64| {
        endpoint.facts.backup.as_mut().unwrap().jobs[0].last_success = Some(before(seconds));
    };
    state(&endpoint, "fresh");
    set(&mut endpoint, 26 * 3600);
    state(&endpoint, "fresh");
    set(&mut endpoint, 27 * 3600);
    state(&endpoint, "late");
    set(&mut endpoint, 37 * 3600);
    state(&endpoint, "overdue");
    let job = &mut endpoint.facts.backup.as_mut().unwrap().jobs[0];
    (job.every_seconds, job.rpo_seconds) = (None, None);
    state(&endpoint, "unknown");
    let job = &mut endpoint.facts.backup.as_mut().unwrap().jobs[0];
    (job.last_success, job.last_run) = (None, None);
    state(&endpoint, "never");
    let job = &mut endpoint.facts.backup.as_mut().unwrap().jobs[0];
    job.last_run = Some(crate::specimen::run(dogwatch_model::RunResult::Failed));
    state(&endpoint, "failed");
}

#[test]
fn a_job_with_a_schedule_is_judged_by_when_its_next_success_should_be_there() {
    let mut endpoint = full_server();
    let mut state = |expected_in: i64| {
        let job = &mut endpoint.facts.backup.as_mut().unwrap().jobs[0];
        // A job of working days, on a Sunday.
        job.last_success = Some(before(60 * 3600));
        job.expected_at = Some(before(-expected_in));
        let source = "backup.jobs.all(j, j.next_expected == timestamp(\"2026-11-22T12:00:00Z\"))";
        let states = ["fresh", "late", "overdue"].into_iter().filter(|state| {
            let source = format!("backup.worst == \"{state}\"");
            Filter::compile(&source).unwrap().judge(&row(&endpoint)) == Verdict::Match
        });
        let expected_now = Filter::compile(source).unwrap().judge(&row(&endpoint)) == Verdict::Match;
        (states.collect::<Vec<_>>().concat(), expected_now)
    };
    assert_eq!(state(12 * 3600), ("fresh".into(), false));
    assert_eq!(state(0), ("fresh".into(), true));
    assert_eq!(state(-2 * 3600), ("fresh".into(), false));
    assert_eq!(state(-3 * 3600), ("late".into(), false));
    assert_eq!(state(-13 * 3600), ("overdue".into(), false));
}

mod contract;
mod properties;
