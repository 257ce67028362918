//! Ten thousand records, and everything that somebody could do to them.

mod canonical;

use aws_lc_rs::{
    digest,
    signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey},
};
use dogwatch_model::Side;
use serde_json::json;

use super::{
    By, Chain, Checkpoint, Deed, Digest, Fault, Head, Hex, Record, Source, Statement, Verifier, Witness,
};

/// As many as the promise is about.
const RECORDS: u64 = 10_000;

fn sha256(bytes: &[u8]) -> Digest {
    Hex(digest::digest(&digest::SHA256, bytes).as_ref().try_into().unwrap())
}

fn acme() -> Chain {
    "acme".parse().unwrap()
}

fn deed(n: u64) -> Deed {
    let by = By::new("kim".parse().unwrap(), Side::Internal, Some("acme".parse().unwrap()));
    let deed = Deed::new("token.create", format_args!("t{n}"), Some(&"acme".parse().unwrap()));
    deed.by(by).after(json!({ "role": "member", "expires_in": n, "note": "é \"quoted\"" }))
}

fn record(head: &Head, n: u64) -> Record {
    let at = jiff::Timestamp::from_second(1_790_000_000 + i64::try_from(n).unwrap()).unwrap();
    Record::following(head, deed(n), at, sha256)
}

fn chain(records: u64) -> Vec<Record> {
    let mut head = Head::START;
    let next = |n| {
        let record = record(&head, n);
        head = record.head();
        record
    };
    (1..=records).map(next).collect()
}

fn checkpoint(head: Head) -> Checkpoint {
    let statement = Statement::of(acme(), head, "2026-11-22T12:00:00Z".parse().unwrap(), "k".into());
    let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let signature = key.sign(&statement.bytes());
    statement.signed(Hex(signature.as_ref().try_into().unwrap()))
}

fn held(head: Head) -> Vec<Witness> {
    vec![Witness { checkpoint: checkpoint(head), source: Source::Held }]
}

/// What a verifier says about the rest of a chain.
fn rest<'l>(verifier: &Verifier, lines: impl IntoIterator<Item = &'l str>) -> Result<Head, Fault> {
    let mut verifier = verifier.clone();
    for line in lines {
        verifier.take_line(line)?;
    }
    verifier.finish()
}

/// A record with other content, hashed as if it had always been so.
fn replaced(record: &Record, prev: Digest) -> Record {
    let mut other = Record { on: "something else".into(), prev, ..record.clone() };
    other.hash = other.computed_hash(sha256);
    other
}

/// One letter of the line is another one; the line is JSON or not.
fn with_another_letter(line: &str, seq: u64) -> String {
    let mut bytes = line.as_bytes().to_vec();
    let place = usize::try_from(seq).unwrap() * 31 % bytes.len();
    bytes[place] = if bytes[place] == b'7' { b'8' } else { b'7' };
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One record of the ten thousand, and what stands around it.
struct Place<'l> {
    /// A verifier that has taken everything before it.
    before: &'l Verifier,
    record: &'l Record,
    this: &'l str,
    /// A fault shows with the record itself or the next ones; the rest need not be read to find it.
    after: Vec<&'l str>,
}

impl Place<'_> {
    /// What is found when these lines stand in place of the record.
    fn fault_of(&self, lines: &[&str]) -> Result<Head, Fault> {
        rest(self.before, lines.iter().chain(&self.after).copied())
    }

    fn is_last(&self) -> bool {
        self.after.is_empty()
    }

    /// The record is changed, with and without its hash.
    fn change(&self) {
        let (line, seq) = (self.record.seq, self.record.seq);
        let fault = self.fault_of(&[&with_another_letter(self.this, seq)]).unwrap_err();
        let here = match fault {
            Fault::Unreadable { line: at, .. }
            | Fault::Changed { line: at, .. }
            | Fault::Rewritten { line: at, .. } => at == line,
            _ => false,
        };
        assert!(here, "a letter of {seq}: {fault}");
        let spaced = format!("{} ", self.this);
        assert_eq!(self.fault_of(&[&spaced]), Err(Fault::Rewritten { line, seq }));
        let replaced = replaced(self.record, self.record.prev).line();
        match self.fault_of(&[&replaced]).unwrap_err() {
            Fault::OtherHistory { seq: at, .. } => assert!(self.is_last() && at == seq),
            fault => assert_eq!(fault, Fault::Unlinked { line: line + 1, seq: seq + 1 }),
        }
    }

    /// The record is taken out, alone or with all behind it.
    fn remove(&self) {
        let (line, seq) = (self.record.seq, self.record.seq);
        match self.fault_of(&[]).unwrap_err() {
            Fault::Cut { last, .. } => assert!(self.is_last() && last == seq - 1),
            fault => assert_eq!(fault, Fault::Missing { line, wanted: seq, found: seq + 1 }),
        }
        let fault = self.before.clone().finish().unwrap_err();
        assert!(matches!(fault, Fault::Cut { last, seq: RECORDS, .. } if last == seq - 1), "{fault}");
    }

    /// The record stands there twice, or behind the next one, or another one behind it.
    fn put_in(&self) {
        let (line, seq) = (self.record.seq, self.record.seq);
        let twice = self.fault_of(&[self.this, self.this]);
        assert_eq!(twice, Err(Fault::OutOfPlace { line: line + 1, wanted: seq + 1, found: seq }));
        // Nothing stands behind the last one: what is added there is a new record, and the next checkpoint's business.
        let Some(next) = self.after.first() else { return };
        let swapped = rest(self.before, [next, self.this]);
        assert_eq!(swapped, Err(Fault::Missing { line, wanted: seq, found: seq + 1 }));
        let forged = put_behind(self.record).line();
        match self.fault_of(&[self.this, &forged]).unwrap_err() {
            Fault::OtherHistory { seq: at, .. } => assert!(at == RECORDS && seq + 1 == RECORDS),
            fault => {
                let found = Fault::OutOfPlace { line: line + 2, wanted: seq + 2, found: seq + 1 };
                assert_eq!(fault, found);
            }
        }
    }
}

#[test]
fn whatever_is_done_to_any_of_ten_thousand_records_is_found_at_its_place() {
    let records = chain(RECORDS);
    let lines: Vec<String> = records.iter().map(Record::line).collect();
    let last = records.last().unwrap().head();
    let mut before = Verifier::new(acme(), sha256, held(last));
    for (index, (record, this)) in records.iter().zip(&lines).enumerate() {
        let after = lines.iter().skip(index + 1).take(2).map(String::as_str).collect();
        let place = Place { before: &before, record, this, after };
        place.change();
        place.remove();
        place.put_in();
        before.take_line(this).unwrap();
    }
    assert_eq!(before.finish(), Ok(last));
}

/// A forged record behind one, with the right number and link.
fn put_behind(before: &Record) -> Record {
    let mut other = Record { seq: before.seq + 1, prev: before.hash, act: "forged".into(), ..before.clone() };
    other.hash = other.computed_hash(sha256);
    other
}

#[test]
fn a_history_that_was_written_anew_from_any_record_on_is_found_by_the_checkpoint_alone() {
    let records = chain(60);
    let last = records.last().unwrap().head();
    for from in 0..records.len() {
        let mut forged: Vec<Record> = records[..from].to_vec();
        for record in &records[from..] {
            let prev = forged.last().map_or(Digest::ZEROS, |before| before.hash);
            forged.push(replaced(record, prev));
        }
        let lines: Vec<String> = forged.iter().map(Record::line).collect();
        let all = || lines.iter().map(String::as_str);
        let trusting = rest(&Verifier::new(acme(), sha256, Vec::new()), all());
        assert!(trusting.is_ok(), "the links alone do not show it");
        let fault = rest(&Verifier::new(acme(), sha256, held(last)), all()).unwrap_err();
        assert!(matches!(fault, Fault::OtherHistory { seq: 60, whose: Source::Held, .. }), "{fault}");
    }
}

#[test]
fn a_tail_that_was_cut_off_is_found_by_the_checkpoint_alone() {
    let records = chain(20);
    let lines: Vec<String> = records.iter().map(Record::line).collect();
    let cut = || lines[..17].iter().map(String::as_str);
    assert!(rest(&Verifier::new(acme(), sha256, Vec::new()), cut()).is_ok());
    let fault = rest(&Verifier::new(acme(), sha256, held(records[19].head())), cut()).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "the chain ends with record 17, and the checkpoint that you hold of 2026-11-22T12:00:00Z stands for record 20: 3 records were cut off its end"
    );
}

#[test]
fn a_record_of_another_chain_has_no_place_even_where_its_number_and_link_fit() {
    let mut other = record(&Head::START, 1);
    other.chain = Chain::Collector;
    other.hash = other.computed_hash(sha256);
    let fault = Verifier::new(acme(), sha256, Vec::new()).take_line(&other.line()).unwrap_err();
    assert_eq!(fault, Fault::Foreign { line: 1, found: Chain::Collector, wanted: acme() });
}

#[test]
fn what_a_checkpoint_says_is_what_its_signature_covers() {
    let checkpoint = checkpoint(record(&Head::START, 1).head());
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let key = UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref().to_vec());
    let holds = |checkpoint: &Checkpoint| {
        key.verify(&checkpoint.statement().bytes(), &checkpoint.signature.0).is_ok()
    };
    assert!(holds(&checkpoint));
    assert!(!holds(&Checkpoint { seq: 2, ..checkpoint.clone() }));
    assert!(!holds(&Checkpoint { chain: Chain::Collector, ..checkpoint }));
}

#[test]
fn a_deed_keeps_no_more_than_a_chain_can_bear() {
    let deed = Deed::new("window.add", "x".repeat(10_000), None)
        .before(json!({ "share": 0.5, "none": null }))
        .after(json!({ "long": "y".repeat(5_000) }));
    assert_eq!(deed.on.len(), 512);
    assert_eq!(deed.before, Some(json!({ "share": "0.5" })), "no fractions, and nothing that is absent");
    assert_eq!(deed.after, Some(json!({ "left_out_bytes": 5011 })));
    let record = Record::following(&Head::START, deed, jiff::Timestamp::UNIX_EPOCH, sha256);
    Verifier::new(Chain::Collector, sha256, Vec::new()).take_line(&record.line()).unwrap();
}
