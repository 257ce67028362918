//! Versions, what is in force and what changes, in words.

use jiff::tz::TimeZone;

use super::*;
use crate::args::Format;

fn screen() -> Screen {
    Screen { format: Format::Table, colour: false, terminal: false, zone: TimeZone::UTC }
}

#[test]
fn history_says_who_signed_and_who_has_not() {
    let answer = json!({ "versions": [
        { "hash": "77ab01c2d3e4", "state": "waiting", "missing": ["internal"], "proposed_by": "pat",
          "proposed_at": "2026-11-20T09:00:00Z", "signatures": [{ "side": "msp", "person": "pat" }], "note": "nights" },
        { "hash": "4f1c09a2b7de", "state": "in_force", "proposed_by": "pat", "proposed_at": "2026-11-01T09:00:00Z",
          "in_force_from": "2026-11-02T09:00:00Z",
          "signatures": [{ "side": "msp", "person": "pat" }, { "side": "internal", "person": "omar" }] },
    ]});
    assert_eq!(
        VERSIONS.render(&answer, Timestamp::UNIX_EPOCH, &screen()).unwrap(),
        "\
VERSION       STATE                 FROM              PROPOSED          BY   SIGNED                         NOTE
77ab01c2d3e4  waiting for internal  –                 2026-11-20 09:00  pat  pat (msp)                      nights
4f1c09a2b7de  in force              2026-11-02 09:00  2026-11-01 09:00  pat  pat (msp), omar (internal)  –
"
        .replace("(msp)                      nights", "(msp)                   nights")
        .replace("SIGNED                         NOTE", "SIGNED                      NOTE")
    );
}

#[test]
fn what_is_in_force_says_whether_both_sides_signed_it() {
    let file = json!({
        "org": "acme", "standing": "provisional", "matrix_version": "0123456789ab", "file": "policy/orgs/acme.toml", "file_differs": false,
    });
    let said = in_words(&file, &OfOrg { org: None }, &screen());
    assert!(
        said.starts_with(
            "acme: provisional (matrix 0123456789ab)\npolicy/orgs/acme.toml decides until both sides"
        ),
        "{said}"
    );
    let signed = json!({
        "org": "acme", "standing": "signed", "matrix_version": "0123456789ab", "file": "policy/orgs/acme.toml", "file_differs": true,
        "in_force": { "hash": "4f1c09a2b7de", "in_force_from": "2026-11-02T09:00:00Z",
                      "signatures": [{ "side": "msp", "person": "pat" }, { "side": "internal", "person": "omar" }] },
    });
    assert_eq!(
        in_words(&signed, &OfOrg { org: Some("acme".parse().unwrap()) }, &screen()),
        "\
acme: signed (matrix 0123456789ab)
version 4f1c09a2b7de since 2026-11-02 09:00, signed by pat (msp), omar (internal)
policy/orgs/acme.toml says something else, which nobody has proposed
the document: dogwatch ownership show --text --org acme
"
    );
}

#[test]
fn a_difference_is_told_with_what_exactly_differs() {
    let answer = json!({ "differences": [
        { "part": "team", "id": "nights", "change": "added", "words": ["name Night shift"] },
        { "part": "row", "id": "disks", "change": "changed", "words": ["responsible noc → it", "backup – → noc"] },
    ]});
    assert_eq!(
        change::in_words(&answer),
        "\
+ team nights added
    name Night shift
~ row disks changed
    responsible noc → it
    backup – → noc
"
    );
}

#[test]
fn a_document_is_a_file_that_there_is_or_a_version() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acme.toml");
    std::fs::write(&file, "x").unwrap();
    let named: Draft = file.display().to_string().parse().unwrap();
    assert_eq!(document(&named).unwrap(), ("text", "x".to_owned()));
    let version: Draft = "4f1c09a2b7de".parse().unwrap();
    assert_eq!(document(&version).unwrap(), ("version", "4f1c09a2b7de".to_owned()));
    assert!("nowhere.toml".parse::<Draft>().unwrap_err().contains("no such file"));
}

#[test]
fn faults_of_a_proposal_are_in_its_file() {
    let told = Failure::usage("draft:3:15: there is no team `nic`");
    let said = named(told, Some(Path::new("mine/acme.toml"))).to_string();
    assert_eq!(said, "mine/acme.toml:3:15: there is no team `nic`");
}
