//! The short form as people type it, and what it means.

use proptest::prelude::*;

use super::*;
use crate::{
    filter::Verdict,
    specimen::{full_server, row, silent_server},
};

fn translation(text: &str) -> String {
    Filter::typed(text).unwrap_or_else(|error| panic!("{text}: {error}")).source().to_owned()
}

#[test]
fn what_hands_type_means_an_expression() {
    let table = [
        (
            "os:windows patch.missing.critical:>0 site:toronto -tag:lab srv",
            "os.family == \"windows\" && patch.missing.critical > 0 && site == \"toronto\" && \
             !(\"lab\" in tags) && search(\"srv\")",
        ),
        ("srv-01", "search(\"srv-01\")"),
        ("-srv", "!search(\"srv\")"),
        ("\"two words\" 10.0.0.7", "search(\"two words\") && search(\"10.0.0.7\")"),
        ("fd00::7:1", "search(\"fd00::7:1\")"),
        ("online -health.reboot_pending", "online && !health.reboot_pending"),
        ("online:no", "!online"),
        ("class:server,virtual", "class in [\"server\", \"virtual\"]"),
        ("class:!=server,virtual", "(class != \"server\" && class != \"virtual\")"),
        ("name:srv-* site:*west*", "name.startsWith(\"srv-\") && site.contains(\"west\")"),
        ("tag:prod,web*", "(\"prod\" in tags || tags.exists(t, t.startsWith(\"web\")))"),
        (
            "labels.env:prod labels.cost-centre:7",
            "labels.env == \"prod\" && labels[\"cost-centre\"] == \"7\"",
        ),
        ("disk:>90%", "health.disks.exists(x, x.used_percent > 90)"),
        ("health.disks[].free_bytes:<5gib", "health.disks.exists(x, x.free_bytes < gib(5))"),
        (
            "health.memory.total_bytes:8gb..16gb",
            "(health.memory.total_bytes >= gib(8) && health.memory.total_bytes <= gib(16))",
        ),
        (
            "last_seen:>1h offline_for:>2d",
            "age(last_seen) > duration(\"1h\") && offline_for > duration(\"2d\")",
        ),
        (
            "enrolled_at:2026-11-01",
            "(enrolled_at >= timestamp(\"2026-11-01T00:00:00Z\") && enrolled_at < timestamp(\"2026-11-02T00:00:00Z\"))",
        ),
        ("enrolled_at:>2026-11-01", "enrolled_at >= timestamp(\"2026-11-02T00:00:00Z\")"),
        ("-patch.error:* os.name:\"Windows Server\"", "!(has(patch.error)) && os.name == \"Windows Server\""),
        ("backup.jobs.state:late,failed", "backup.jobs.exists(x, x.state in [\"late\", \"failed\"])"),
    ];
    for (typed, meant) in table {
        assert_eq!(translation(typed), meant, "{typed}");
    }
}

#[test]
fn what_is_not_the_short_form_is_an_expression() {
    for expression in
        ["online", "!online", "\"prod\" in tags", "true", "online && class == \"server\"", "has(patch)"]
    {
        assert_eq!(translation(expression), expression);
    }
}

#[test]
fn refusals_point_at_what_was_typed() {
    let table = [
        (
            "srv os:window",
            "line 1, column 8: `window` is not one of linux, windows, macos; did you mean `windows`?",
        ),
        ("site:toronto\n clas:server", "line 2, column 2: no field `clas`; did you mean `class`?"),
        (
            "patch.missing.critcal:>0",
            "line 1, column 1: no field `patch.missing.critcal`; did you mean `patch.missing.critical`?",
        ),
        (
            "srv patch.missing.total:>many",
            "line 1, column 26: `many` is not a number; write digits: 5, >0, 1..9",
        ),
        ("health.uptime:>3600", "line 1, column 16: `3600` is not a duration; write it as 26h, 7d or 1h30m"),
        (
            "é last_seen:1h",
            "line 1, column 13: an age is never met to the second; write >1h for longer ago, <1h for later",
        ),
        ("site:", "line 1, column 6: there is no value; write it right behind the colon: os:windows"),
        (
            "patch:x",
            "line 1, column 1: `patch` is a group; name one of its fields, or write has(patch) as an expression",
        ),
        (
            "name:>5",
            "line 1, column 7: this field has no order; leave the sign out, or write != for its contrary",
        ),
        ("online:maybe", "line 1, column 8: `maybe` is neither yes nor no"),
        (
            "os:windows && online",
            "line 1, column 1: `os:` is of the short form; there parts are joined by spaces alone; in an expression \
             compare the field with ==, > …",
        ),
        ("health.disk", "line 1, column 1: no field `health.disk`; did you mean `health.disks`?"),
        ("os.family", "line 1, column 1: this is text, not a condition; compare it with something"),
    ];
    for (typed, expected) in table {
        assert_eq!(Filter::typed(typed).expect_err(typed).to_string(), expected, "{typed}");
    }
}

#[test]
fn a_word_is_searched_where_people_look_and_never_unknown() {
    let (full, silent) = (full_server(), silent_server());
    let judge = |text: &str, endpoint| Filter::typed(text).unwrap().judge(&row(endpoint));
    for word in ["SRV", "toronto", "Debian", "linux", "lab", "prod"] {
        assert_eq!(judge(word, &full), Verdict::Match, "{word}");
    }
    assert_eq!(judge("debian", &silent), Verdict::NoMatch);
    assert_eq!(judge("-debian", &silent), Verdict::Match);
}

proptest! {
    #[test]
    fn whatever_is_typed_is_answered(text in "[a-z:.\"*<>=0-9 é-]{0,40}") {
        let answer = Filter::typed(&text);
        prop_assert!(answer.is_ok() || answer.is_err_and(|error| error.line >= 1 && error.column >= 1));
    }

    #[test]
    fn a_translation_is_an_expression_and_means_the_same(
        field in proptest::sample::select(vec!["os", "site", "tag", "name", "labels.x"]),
        value in "[a-z0-9*\\\\\"-]{1,8}",
        negated in any::<bool>(),
    ) {
        let text = format!("{}{field}:{value}", if negated { "-" } else { "" });
        if let Ok(filter) = Filter::typed(&text) {
            prop_assert!(Filter::compile(filter.source()).is_ok(), "{}", filter.source());
        }
    }
}

#[test]
fn a_view_stands_at_the_beginning_and_the_rest_must_hold_too() {
    for (text, view, rest) in [
        ("@srv", Some("srv"), ""),
        ("  @srv  os:linux -tag:lab ", Some("srv"), "os:linux -tag:lab"),
        ("@srv online && name != \"a\"", Some("srv"), "online && name != \"a\""),
        ("os:linux", None, "os:linux"),
        ("", None, ""),
    ] {
        assert_eq!(Typed::of(text), Typed { view, rest }, "{text}");
    }
    let over = |text: &str, view: &str| Typed::of(text).over(view).unwrap();
    assert_eq!(over("@v", "os:windows"), "os:windows");
    assert_eq!(over("@v online", ""), "online");
    assert_eq!(
        over("@v os:linux", "online || name == \"x\""),
        "(online || name == \"x\") && (os.family == \"linux\")"
    );
    assert!(Typed::of("@v os:window").over("online").is_err());
    let items = Typed::of("@v category:patch").over_items("work:unclaimed").unwrap();
    assert_eq!(items, "(work == \"unclaimed\") && (category == \"patch\")");
}

#[test]
fn a_view_that_nobody_put_in_is_refused_and_its_text_is_found_in_quotes() {
    for (text, column) in [("@srv", 1), ("os:linux @srv", 10), ("-@srv", 2)] {
        let error = Filter::typed(text).unwrap_err();
        assert_eq!((error.line, error.column), (1, column), "{text}");
        assert!(error.what.contains("`@srv` names a saved view"), "{error}");
    }
    assert_eq!(translation("\"@srv\""), "search(\"@srv\")");
    assert_eq!(translation("it@acme.example"), "search(\"it@acme.example\")");
}
