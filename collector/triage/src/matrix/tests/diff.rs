//! What changed between two versions, told in words.

use super::*;

const FULL: &str = include_str!("full.toml");

fn read(text: &str) -> Matrix {
    Matrix::parse(text, "f", "0".repeat(12), None).unwrap_or_else(|error| panic!("{error}"))
}

fn told(before: &str, after: &str) -> Vec<String> {
    diff(&read(before), &read(after)).iter().map(ToString::to_string).collect()
}

/// What is written in the full document, what instead, and what is told of it.
const CHANGES: &[(&str, &str, &str)] = &[
    ("name = \"Acme Ltd\"", "name = \"Acme Inc\"", "org `acme` changed: name Acme Ltd → Acme Inc"),
    ("sla = \"gold\"\n\n[[side]]", "\n[[side]]", "org `acme` changed: sla gold → –"),
    (
        "signers = [\"mira\"]",
        "signers = [\"mira\", \"noor\"]",
        "side `msp` changed: signers mira → mira, noor",
    ),
    ("\"noc-chat\", \"pager\"", "\"pager\"", "team `msp-noc` changed: channels noc-chat, pager → pager"),
    ("verified = true", "verified = false", "person `mira` changed: verified yes → –"),
    (
        "until = \"2027-01-03\"",
        "until = \"2027-01-04\"",
        "person `mira` changed: deputies noor from 2026-12-20 to 2027-01-03 → noor from 2026-12-20 to 2027-01-04",
    ),
    (
        "mon-fri 08:00-18:00",
        "mon-thu 08:00-18:00\", \"fri 22:00-02:00",
        "calendar `office` changed: hours mon-fri 08:00-18:00 → mon-thu 08:00-18:00, fri 22:00-02:00",
    ),
    ("turn = \"1w\"", "turn = \"1d\"", "rota `noc-nights` changed: turn 7d → 1d"),
    (
        "until = 2026-11-02, reason = \"swap\"",
        "until = \"2026-11-02 12:00\", reason = \"swap\"",
        "noor from 2026-11-01 01:30 to 2026-11-02 12:00 (swap), mira from 2026-12-24 09:00 to 2026-12-25 09:00",
    ),
    (
        "contract = \"SI-4711\"",
        "contract = \"SI-1\"",
        "vendor `storage-inc` changed: contract SI-4711 → SI-1",
    ),
    (
        "response = \"10m\", resolve = \"2h\"",
        "response = \"10m\", resolve = \"90m\"",
        "sla `gold` changed: P1 response 10m, resolve 2h, always → response 10m, resolve 1h 30m, always",
    ),
    ("scope = \"servers\"", "scope = \"all\"", "tool `backup` changed: scope servers → all"),
    ("tier = \"L4\"\n", "", "row `backup` changed: tier L4 → –"),
    ("accountable = \"mira\"", "accountable = \"it\"", "row `backup` changed: accountable mira → it"),
    (
        "{ after = \"15m\", to = \"it\" }",
        "{ after = \"20m\", to = \"it\" }",
        "escalation noc-nights after 0s, it after 15m, ivan after 30m, storage-inc after 1h → noc-nights after 0s, it after 20m",
    ),
    (
        "granted = true, until = 2027-03-31",
        "granted = true",
        "row `backup` changed: access backup console (granted until 2027-03-31), vault (not granted) → backup console (granted), \
         vault (not granted)",
    ),
    (
        "{ after = \"10m\", to = \"it\" }",
        "{ after = \"10m\", to = \"ivan\" }",
        "row `catch-all` changed: escalation it after 10m → ivan after 10m",
    ),
    (
        "categories = [\"backup\"]",
        "categories = [\"patch\"]",
        "boundary `storage-then-backup` changed: then categories backup → patch",
    ),
    ("within = \"4h\"", "within = \"8h\"", "boundary `storage-then-backup` changed: within 4h → 8h"),
];

#[test]
fn each_change_is_told_once_and_in_the_words_of_the_file() {
    for (good, other, words) in CHANGES {
        let text = FULL.replacen(good, other, 1);
        assert_ne!(text, FULL, "{good}");
        let told = told(FULL, &text);
        let [one] = &told[..] else { panic!("{other}: {told:#?}") };
        assert!(one.contains(words), "{other}: {one}");
    }
}

#[test]
fn nothing_is_told_of_what_only_stands_elsewhere_in_the_file() {
    assert_eq!(told(FULL, FULL), [""; 0]);
    let spread = FULL.replace("\n[[", "\n\n# Another comment.\n[[");
    assert_eq!(told(FULL, &spread), [""; 0]);
}

/// A matrix with rows of these ids, in this order.
fn rows(ids: &str) -> String {
    let row = |id: &str| format!("[[row]]\nid = \"{id}\"\nresponsible = \"it\"\naccountable = \"it\"\n");
    let team = "[org]\nid = \"acme\"\nlast_resort = \"it\"\n[[team]]\nid = \"it\"\nside = \"internal\"\n";
    format!("{team}{}", ids.split(' ').map(row).collect::<String>())
}

#[test]
fn rows_are_added_removed_and_moved_and_no_more_of_them_than_were() {
    let told = |before: &str, after: &str| -> Vec<String> {
        let words = |one: &Difference| format!("{} {} {}", one.id, one.change, one.words.last().unwrap());
        diff(&read(&rows(before)), &read(&rows(after))).iter().map(words).collect()
    };
    assert_eq!(told("a b c d e", "e a b c d"), ["e moved now above all others"]);
    assert_eq!(told("a b c d e", "b c d a e"), ["a moved now below `d`"]);
    assert_eq!(told("a b c d e", "a d c b e").len(), 2);
    assert_eq!(told("a b c", "a x b c"), ["x added first_responder 10m"]);
    assert_eq!(told("a b c", "a c"), ["b removed first_responder 10m"]);
    assert_eq!(
        told("a b c", "c x a"),
        ["c moved now above all others", "x added first_responder 10m", "b removed first_responder 10m"]
    );
}

#[test]
fn what_is_new_or_gone_is_told_with_what_it_says() {
    let with = format!(
        "{FULL}\n[[row]]\nid = \"new\"\ntools = [\"storage\"]\nresponsible = \"it\"\naccountable = \"ivan\"\n"
    );
    let row = "row `new` added: tools storage; responsible it; accountable ivan; first_responder 10m";
    assert_eq!(told(FULL, &with), [row]);
    assert_eq!(told(&with, FULL), [row.replace("added", "removed")]);
}

#[test]
fn a_difference_survives_json() {
    let all = diff(&read(FULL), &read(&FULL.replace("tier = \"L4\"", "tier = \"L3\"")));
    let json = serde_json::to_string(&all).unwrap();
    assert_eq!(json, r#"[{"part":"row","id":"backup","change":"changed","words":["tier L4 → L3"]}]"#);
    assert_eq!(serde_json::from_str::<Vec<Difference>>(&json).unwrap(), all);
}
