//! A chain in a file, and what is done to it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use clap::Parser as _;
use dogwatch_triage::audit::{Chain, Checkpoint, Deed, Head, Hex, PublicKey, Record, Statement};
use serde_json::json;

use super::{
    held::Held,
    offline,
    proof::{self, Found},
};
use crate::{
    args::{Args, Audit, Command},
    failure::Failure,
};

const RECORDS: usize = 10_000;

/// A collector's export, and what its owner remembers.
struct Desk {
    folder: tempfile::TempDir,
    lines: Vec<String>,
    held: Held,
    key: PublicKey,
}

fn pair() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[3; 32]).unwrap()
}

fn sign(head: Head, pair: &Ed25519KeyPair) -> Checkpoint {
    let key: PublicKey = Hex(pair.public_key().as_ref().try_into().unwrap());
    let chain: Chain = "acme".parse().unwrap();
    let at = "2026-11-22T12:00:00Z".parse().unwrap();
    let statement = Statement::of(chain, head, at, proof::key_id(&key));
    let signature = pair.sign(&statement.bytes());
    statement.signed(Hex(signature.as_ref().try_into().unwrap()))
}

impl Desk {
    fn new() -> Self {
        let org = "acme".parse().unwrap();
        let mut head = Head::START;
        let mut lines = Vec::with_capacity(RECORDS + 1);
        for n in 0..RECORDS {
            let deed = Deed::new("window.add", format_args!("w{n}"), Some(&org)).after(json!({ "n": n }));
            let at = jiff::Timestamp::from_second(1_790_000_000).unwrap();
            let record = Record::following(&head, deed, at, proof::sha256);
            head = record.head();
            lines.push(record.line());
        }
        let (checkpoint, key) = (sign(head, &pair()), Hex(pair().public_key().as_ref().try_into().unwrap()));
        lines.push(checkpoint.line());
        let mut held = Held::default();
        held.remember("root".to_owned(), key, checkpoint);
        Self { folder: tempfile::tempdir().unwrap(), lines, held, key }
    }

    /// What is said about a file of these lines.
    fn judge(&self, lines: &[String], held: &Held, more: &[&str]) -> Result<(u64, Option<u64>), Failure> {
        self.found(lines, held, more).map(|found| (found.head.seq, found.vouched.map(|(seq, _)| seq)))
    }

    /// What is found in a file of these lines, and whether its end is vouched for.
    fn ends(&self, lines: &[String], held: &Held, more: &[&str]) -> Result<(), String> {
        let found = self.found(lines, held, more);
        let ends = found.and_then(|found| found.ends_where_it_should(Path::new("export.jsonl")));
        ends.map_err(|failure| failure.to_string())
    }

    fn found(&self, lines: &[String], held: &Held, more: &[&str]) -> Result<Found, Failure> {
        let path: PathBuf = self.folder.path().join("export.jsonl");
        fs::write(&path, lines.join("\n") + "\n").unwrap();
        let line = ["dogwatch", "audit", "--verify", path.to_str().unwrap()];
        let asked = Args::try_parse_from(line.iter().chain(more)).unwrap();
        let Command::Audit(asked) = asked.command else { panic!("not an audit") };
        let asked: Audit = asked;
        offline::judge(&path, &asked, held)
    }
}

#[test]
fn an_export_holds_as_it_is_and_not_when_anything_is_done_to_it() {
    let desk = Desk::new();
    let key = desk.key.to_string();
    let keyed = ["--key", &key];
    let none = Held::default();
    let total = Some(RECORDS as u64);
    assert_eq!(desk.judge(&desk.lines, &none, &keyed), Ok((RECORDS as u64, total)));
    assert_eq!(
        desk.judge(&desk.lines, &desk.held, &[]),
        Ok((RECORDS as u64, total)),
        "the key is remembered"
    );
    assert_eq!(
        desk.judge(&desk.lines, &none, &[]),
        Ok((RECORDS as u64, None)),
        "nobody says whose key it is"
    );
    let said = |lines: &[String]| desk.judge(lines, &none, &keyed).unwrap_err().to_string();
    for place in [0, 1, 4_999, RECORDS - 1] {
        let mut changed = desk.lines.clone();
        changed[place] = changed[place].replace("window.add", "window.end");
        assert!(said(&changed).contains(&format!("record {} (line {}) was changed", place + 1, place + 1)));
        let mut removed = desk.lines.clone();
        removed.remove(place);
        let what = said(&removed);
        let expected = format!("record {} should stand there", place + 1);
        assert!(what.contains(&expected) || what.contains("cut off its end"), "{what}");
    }
    let mut moved = desk.lines.clone();
    moved.swap(7, 8);
    assert!(said(&moved).contains("line 8 is record 9, and record 8 should stand there"));
}

#[test]
fn an_end_that_was_cut_off_with_its_checkpoints_is_found_by_the_one_that_is_held() {
    let desk = Desk::new();
    let key = desk.key.to_string();
    let cut = &desk.lines[..RECORDS - 3];
    assert!(desk.judge(cut, &Held::default(), &["--key", &key]).is_ok(), "nothing else shows it");
    let said = desk.judge(cut, &desk.held, &["--key", &key]).unwrap_err().to_string();
    assert!(said.contains("ends with record 9997") && said.contains("3 records were cut off"), "{said}");
    let beside = desk.folder.path().join("ours.jsonl");
    fs::write(&beside, &desk.lines[RECORDS]).unwrap();
    let more = ["--key", &key, "--checkpoints", beside.to_str().unwrap()];
    let said = desk.judge(cut, &Held::default(), &more).unwrap_err().to_string();
    assert!(said.contains("3 records were cut off"), "{said}");
}

#[test]
fn a_file_whose_end_nothing_vouches_for_is_refused() {
    let desk = Desk::new();
    let key = desk.key.to_string();
    let (keyed, none) = (["--key", &key[..]], Held::default());
    assert_eq!(desk.ends(&desk.lines, &none, &keyed), Ok(()));
    assert_eq!(desk.ends(&desk.lines, &desk.held, &[]), Ok(()), "the key is remembered");
    let said = desk.ends(&desk.lines, &none, &[]).unwrap_err();
    assert!(said.contains("is not known here; give it with --key"), "{said}");
    let cut = &desk.lines[..20];
    let said = desk.ends(cut, &none, &keyed).unwrap_err();
    assert!(said.contains("has no checkpoint, so whatever came behind record 20 may be cut off"), "{said}");
    let mut early = desk.lines[..20].to_vec();
    let record: Record = serde_json::from_str(&early[9]).unwrap();
    early.push(sign(record.head(), &pair()).line());
    let said = desk.ends(&early, &none, &keyed).unwrap_err();
    assert!(said.contains("stands for record 10 and its last record is 20"), "{said}");
}

#[test]
fn a_checkpoint_that_is_held_finds_a_cut_though_nothing_in_the_file_says_whose_it_is() {
    let mut desk = Desk::new();
    let cut = &desk.lines[..20];
    let said = desk.ends(cut, &desk.held, &[]).unwrap_err();
    assert!(said.contains("9980 records were cut off its end"), "{said}");
    let other = Ed25519KeyPair::from_seed_unchecked(&[4; 32]).unwrap();
    let others = Hex(other.public_key().as_ref().try_into().unwrap());
    let elsewhere = sign(Head { seq: 60, hash: Hex([1; 32]) }, &other);
    desk.held.remember("another".to_owned(), others, elsewhere);
    assert_eq!(desk.ends(&desk.lines[..RECORDS], &desk.held, &[]), Ok(()), "one of two chains of that name");
    let said = desk.ends(&desk.lines[..20], &desk.held, &[]).unwrap_err();
    assert!(said.contains("has no checkpoint"), "{said}");
}

#[test]
fn a_checkpoint_that_somebody_else_signed_is_named() {
    let desk = Desk::new();
    let key = desk.key.to_string();
    let mut forged = desk.lines.clone();
    let other = Ed25519KeyPair::from_seed_unchecked(&[4; 32]).unwrap();
    forged[RECORDS] = sign(Head { seq: 9_000, hash: Hex([1; 32]) }, &other).line();
    let said = desk.judge(&forged, &Held::default(), &["--key", &key]).unwrap_err().to_string();
    assert!(said.contains("of record 9000 was not signed with the key"), "{said}");
}

#[test]
fn an_orgs_export_proves_its_audit_and_names_the_place_of_what_was_done_to_it() {
    let desk = Desk::new();
    let key = desk.key.to_string();
    let keyed = ["--key", &key];
    let mut rows: Vec<(&str, &str)> = vec![("endpoint", "{\"chain\":\"globex\"}"), ("grant", "{}")];
    rows.extend(desk.lines[..RECORDS].iter().map(|line| ("audit", line.as_str())));
    rows.push(("audit_checkpoint", &desk.lines[RECORDS]));
    let judged = |rows: &[(&str, &str)]| {
        let text = crate::org_export::tests::export_of(rows);
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        desk.judge(&lines, &Held::default(), &keyed)
    };
    assert_eq!(judged(&rows), Ok((RECORDS as u64, Some(RECORDS as u64))));
    for at in [0, 4_999, RECORDS - 1] {
        let other = desk.lines[at].replace("window.add", "window.end");
        let mut changed = rows.clone();
        changed[at + 2].1 = &other;
        let said = judged(&changed).unwrap_err().to_string();
        // The first line says what the file is, and two rows stand before the audit.
        assert!(said.contains(&format!("record {} (line {}) was changed", at + 1, at + 4)), "{said}");
        let mut removed = rows.clone();
        removed.remove(at + 2);
        assert!(judged(&removed).is_err(), "without record {}", at + 1);
    }
    let mut lines: Vec<String> =
        crate::org_export::tests::export_of(&rows).lines().map(str::to_owned).collect();
    lines[1] = lines[1].replace("globex", "initech");
    let said = desk.judge(&lines, &Held::default(), &keyed).unwrap_err().to_string();
    assert!(said.contains("is not the whole export that was made: its SHA-256 is another"), "{said}");
}

#[test]
fn the_table_says_who_was_given_what() {
    let grant = json!({
        "to": { "id": "kim" }, "verbs": ["claim", "export"], "scope": "acme", "approvals": { "acme": {} },
    });
    let record = json!({ "act": "person.invite", "after": [
        { "person": { "id": "kim", "side": "msp", "disabled_at": "2026-11-23T12:00:00Z" } },
        { "grant": grant },
        { "invitation": { "expires_at": "2026-11-26T12:00:00Z" } },
        { "token": { "person": "bot\u{1b}", "verbs": ["view"], "expires_at": "2026-12-01T00:00:00Z", "revoked_at": 1 } },
        { "seal": "5e41", "scope": "acme" },
    ] });
    assert_eq!(
        super::change(&record),
        "kim of the msp side, kept out; msp:kim: claim,export on acme, approved in acme; token of bot\u{fffd}: view until \
         2026-12-01T00:00:00Z, ended; sealed code 5e41 for acme"
    );
}

#[test]
fn what_was_done_by_another_s_token_says_whose() {
    let by = |by: serde_json::Value| super::by(&json!({ "by": by }));
    assert_eq!(by(json!({ "person": "omar", "side": "internal", "token": "0a1b2c3d4e" })), "omar (internal)");
    let maker = json!({ "person": "olga", "org": "acme" });
    let theirs = json!({ "person": "omar", "side": "internal", "token": "0a1b2c3d4e", "maker": maker });
    assert_eq!(by(theirs), "omar (internal, by olga's token)");
    assert_eq!(super::by(&json!({})), "Dogwatch");
}
