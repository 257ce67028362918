//! How many rows a view holds, and a sum over them that each change adjusts: a view that opens and has lost or kept
//! a row that it should not is found when it is read.

use crate::storage::{Position, Table};

const BYTES: usize = 24;

/// Up to where a view goes, and what it should then hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) position: Position,
    rows: u64,
    sum: u64,
}

impl Tally {
    pub(super) const fn at(position: Position) -> Self {
        Self { position, rows: 0, sum: 0 }
    }

    pub(super) fn add(&mut self, table: Table, key: &[u8], value: &[u8]) {
        self.rows = self.rows.wrapping_add(1);
        self.sum = self.sum.wrapping_add(digest(table, key, value));
    }

    pub(super) fn take(&mut self, table: Table, key: &[u8], value: &[u8]) {
        self.rows = self.rows.wrapping_sub(1);
        self.sum = self.sum.wrapping_sub(digest(table, key, value));
    }

    pub(super) fn to_bytes(self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        let numbers = [self.position.0, self.rows, self.sum];
        for (chunk, number) in bytes.chunks_exact_mut(8).zip(numbers) {
            chunk.copy_from_slice(&number.to_be_bytes());
        }
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; BYTES] = bytes.try_into().ok()?;
        let mut numbers =
            bytes.chunks_exact(8).filter_map(|chunk| Some(u64::from_be_bytes(*chunk.first_chunk()?)));
        Some(Self { position: Position(numbers.next()?), rows: numbers.next()?, sum: numbers.next()? })
    }
}

/// Not against an enemy, only against a medium and a store that forget.
fn digest(table: Table, key: &[u8], value: &[u8]) -> u64 {
    let name = crc32c::crc32c_append(crc32c::crc32c(table.as_str().as_bytes()), key);
    let held = crc32c::crc32c_append(name, value);
    (u64::from(name) << 32 | u64::from(held)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29)
        ^ u64::from(held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_depends_on_what_is_held_and_not_on_the_way_there() {
        let mut one = Tally::at(Position(3));
        one.add(Table::Alerts, b"a", b"1");
        one.add(Table::Keys, b"a", b"1");
        let mut other = Tally::at(Position(3));
        other.add(Table::Keys, b"a", b"1");
        other.add(Table::Alerts, b"a", b"2");
        assert_ne!(one, other);
        other.take(Table::Alerts, b"a", b"2");
        other.add(Table::Alerts, b"a", b"1");
        assert_eq!(one, other);
        assert_eq!(Tally::from_bytes(&one.to_bytes()), Some(one));
    }
}
