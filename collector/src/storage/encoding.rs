//! A change set as the bytes of one journal record. All numbers little-endian.
//!
//! A version byte (1), then entries to the end, each a tag byte and its fields; *bytes* are a u32 length and that
//! many bytes:
//!
//! | tag | entry | fields |
//! |---|---|---|
//! | 1 | row | table (bytes), key (bytes), value (bytes) |
//! | 2 | row deleted | table (bytes), key (bytes) |
//! | 3 | report | endpoint (16), epoch (16), received at (i64 s, i32 ns), wire (bytes) |
//!
//! The journal's checksum vouches for the bytes, so what does not decode was written by another version of the
//! collector and is refused. Decoding allocates no more than the record is long.

use dogwatch_model::{EndpointId, Epoch};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    StorageError,
    row::{ChangeSet, Entry, ReportEntry, Row, Table},
};

const VERSION: u8 = 1;
const PUT: u8 = 1;
const DELETE: u8 = 2;
const REPORT: u8 = 3;

/// The longest key: keys are ids and hashes, and snapshots hold one in memory for each row.
pub(super) const MAX_KEY_BYTES: usize = 1024;

/// Why bytes are not a change set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Another version wrote it.
    #[error("it has version {0}; this collector understands 1: use the collector that wrote it")]
    Version(u8),
    /// It ends in the middle.
    #[error("it ends in the middle of an entry")]
    Short,
    /// An entry of an unknown kind.
    #[error("it has an entry of the unknown kind {0}")]
    Tag(u8),
    /// A row of an unknown table.
    #[error("it has a row of the unknown table `{0}`")]
    Table(String),
    /// A field out of its range.
    #[error("it has {0} out of range")]
    Range(&'static str),
}

/// Refuses a row whose key could not be read back, before it is on the disk.
pub(super) fn check_keys<'a>(mut rows: impl Iterator<Item = &'a Row>) -> Result<(), StorageError> {
    rows.find(|row| row.key.len() > MAX_KEY_BYTES)
        .map_or(Ok(()), |row| Err(StorageError::KeyTooLong { table: row.table, bytes: row.key.len() }))
}

/// The bytes of a change set.
pub(super) fn encode(changes: &ChangeSet) -> Vec<u8> {
    let mut out = Vec::with_capacity(1 + changes.entries.iter().map(length).sum::<usize>());
    out.push(VERSION);
    for entry in &changes.entries {
        match entry {
            Entry::Row(row) => {
                out.push(if row.value.is_some() { PUT } else { DELETE });
                put_bytes(&mut out, row.table.as_str().as_bytes());
                put_bytes(&mut out, row.key.as_bytes());
                if let Some(value) = &row.value {
                    put_bytes(&mut out, value);
                }
            }
            Entry::Report(report) => {
                out.push(REPORT);
                out.extend_from_slice(report.endpoint.0.as_bytes());
                out.extend_from_slice(report.epoch.0.as_bytes());
                out.extend_from_slice(&report.received_at.as_second().to_le_bytes());
                out.extend_from_slice(&report.received_at.subsec_nanosecond().to_le_bytes());
                put_bytes(&mut out, &report.wire);
            }
        }
    }
    out
}

fn length(entry: &Entry) -> usize {
    match entry {
        Entry::Row(row) => 1 + 12 + 16 + row.key.len() + row.value.as_ref().map_or(0, Vec::len),
        Entry::Report(report) => 1 + 32 + 12 + 4 + report.wire.len(),
    }
}

/// Lengths fit: the journal refuses a record of 64 MiB before one field could reach 4 GiB.
fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// The change set of these bytes.
pub(super) fn decode(bytes: &[u8]) -> Result<ChangeSet, DecodeError> {
    let mut input = Input(bytes);
    match input.byte()? {
        VERSION => {}
        other => return Err(DecodeError::Version(other)),
    }
    let mut entries = Vec::new();
    while !input.0.is_empty() {
        entries.push(match input.byte()? {
            PUT => Entry::Row(Row {
                table: input.table()?,
                key: input.key()?,
                value: Some(input.bytes()?.to_vec()),
            }),
            DELETE => Entry::Row(Row { table: input.table()?, key: input.key()?, value: None }),
            REPORT => Entry::Report(ReportEntry {
                endpoint: EndpointId(Uuid::from_bytes(input.array()?)),
                epoch: Epoch(Uuid::from_bytes(input.array()?)),
                received_at: input.timestamp()?,
                wire: input.bytes()?.to_vec(),
            }),
            other => return Err(DecodeError::Tag(other)),
        });
    }
    Ok(ChangeSet { entries })
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(DecodeError::Short)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = u32::from_le_bytes(self.array()?) as usize;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(DecodeError::Short)?;
        self.0 = rest;
        Ok(taken)
    }

    fn text(&mut self, what: &'static str) -> Result<&'a str, DecodeError> {
        core::str::from_utf8(self.bytes()?).map_err(|_| DecodeError::Range(what))
    }

    fn table(&mut self) -> Result<Table, DecodeError> {
        let name = self.text("a table's name")?;
        name.parse().map_err(|_| DecodeError::Table(name.chars().take(64).collect()))
    }

    fn key(&mut self) -> Result<String, DecodeError> {
        let key = self.text("a key")?;
        if key.len() > MAX_KEY_BYTES { Err(DecodeError::Range("a key")) } else { Ok(key.to_owned()) }
    }

    fn timestamp(&mut self) -> Result<Timestamp, DecodeError> {
        let seconds = i64::from_le_bytes(self.array()?);
        let nanoseconds = i32::from_le_bytes(self.array()?);
        Timestamp::new(seconds, nanoseconds).map_err(|_| DecodeError::Range("an instant"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*, sample::select};

    use super::*;

    fn entry() -> impl Strategy<Value = Entry> {
        let row = (select(Table::ALL), ".{0,20}", option::of(vec(any::<u8>(), 0..50)))
            .prop_map(|(table, key, value)| Entry::Row(Row { table, key, value }));
        let report = (any::<u128>(), any::<u128>(), any::<i32>(), 0..1_000_000_000, vec(any::<u8>(), 0..50))
            .prop_map(|(endpoint, epoch, seconds, nanoseconds, wire)| {
                Entry::Report(ReportEntry {
                    endpoint: EndpointId(Uuid::from_u128(endpoint)),
                    epoch: Epoch(Uuid::from_u128(epoch)),
                    received_at: Timestamp::new(seconds.into(), nanoseconds).unwrap(),
                    wire,
                })
            });
        prop_oneof![row, report]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_was_encoded_is_decoded(entries in vec(entry(), 0..8)) {
            let changes = ChangeSet { entries };
            prop_assert_eq!(decode(&encode(&changes)), Ok(changes));
        }

        #[test]
        fn a_part_of_a_change_set_is_never_taken_for_the_whole(entries in vec(entry(), 1..5), cut in 0.0..1.0) {
            let bytes = encode(&ChangeSet { entries: entries.clone() });
            let part = &bytes[..(bytes.len() as f64 * cut) as usize];
            if let Ok(decoded) = decode(part) {
                prop_assert!(decoded.entries.len() < entries.len());
                prop_assert_eq!(&decoded.entries[..], &entries[..decoded.entries.len()]);
            }
        }

        #[test]
        fn garbage_is_refused_without_a_panic(bytes in vec(any::<u8>(), 0..200)) {
            let decoded = decode(&[&[VERSION], &bytes[..]].concat());
            if let Ok(changes) = decoded {
                prop_assert_eq!(encode(&changes)[1..].to_vec(), bytes);
            }
        }
    }

    #[test]
    fn another_version_and_an_unknown_table_say_so() {
        assert_eq!(decode(&[2]), Err(DecodeError::Version(2)));
        assert_eq!(decode(&[1, 2, 1, 0, 0, 0, b'x', 0, 0, 0, 0]), Err(DecodeError::Table("x".into())));
        assert_eq!(decode(&[1, 9]), Err(DecodeError::Tag(9)));
        assert_eq!(decode(&[]), Err(DecodeError::Short));
    }
}
