//! One frame: 32 bytes of header, then the record's bytes. All numbers little-endian.
//!
//! | bytes | what |
//! |---|---|
//! | 0..4 | `DWJr` a record, `DWJm` a mark (a header alone) |
//! | 4..8 | length of the record |
//! | 8..16 | record: its position; mark: the position of the next record |
//! | 16..24 | watermark: bytes of this segment that were synced when this was written |
//! | 24..28 | CRC32C of the record |
//! | 28..32 | CRC32C of the frame's place (segment's first position, offset) and bytes 0..28 |
//!
//! Because the header's checksum covers the place, a frame that was copied or moved, whole and intact, does
//! not verify anywhere else; and a record that holds the bytes of a frame is not mistaken for one. Because the
//! header has a checksum of its own, its length can be trusted when only the record's bytes are bad, and
//! looking for the next frame behind bad bytes costs no more than 32 bytes a candidate.

use crate::Position;

/// Length of a frame's header.
pub(crate) const HEADER_BYTES: usize = 32;

/// How every header begins, whatever its kind.
pub(crate) const MAGIC: &[u8; 3] = b"DWJ";

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Record,
    Mark,
}

/// Where a frame stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) segment: Position,
    pub(crate) offset: u64,
}

/// A frame's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    pub(crate) length: u32,
    pub(crate) position: Position,
    pub(crate) watermark: u64,
    pub(crate) checksum: u32,
}

impl Header {
    /// The header of a record.
    pub(crate) fn record(position: Position, watermark: u64, record: &[u8], length: u32) -> Self {
        Self { kind: Kind::Record, length, position, watermark, checksum: crc32c::crc32c(record) }
    }

    /// The mark that a commit leaves behind.
    pub(crate) const fn mark(next: Position, watermark: u64) -> Self {
        Self { kind: Kind::Mark, length: 0, position: next, watermark, checksum: 0 }
    }

    pub(crate) fn encode(&self, place: Place) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..3].copy_from_slice(MAGIC);
        bytes[3] = match self.kind {
            Kind::Record => b'r',
            Kind::Mark => b'm',
        };
        bytes[4..8].copy_from_slice(&self.length.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.position.get().to_le_bytes());
        bytes[16..24].copy_from_slice(&self.watermark.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.checksum.to_le_bytes());
        let checksum = placed_checksum(place, &bytes[..28]);
        bytes[28..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// The header, when these bytes are one and were written for this place.
    pub(crate) fn decode(bytes: &[u8; HEADER_BYTES], place: Place) -> Option<Self> {
        let kind = match (&bytes[..3] == MAGIC, bytes[3]) {
            (true, b'r') => Kind::Record,
            (true, b'm') => Kind::Mark,
            _ => return None,
        };
        if u32_at(bytes, 28) != placed_checksum(place, &bytes[..28]) {
            return None;
        }
        Some(Self {
            kind,
            length: u32_at(bytes, 4),
            position: Position::new(u64_at(bytes, 8))?,
            watermark: u64_at(bytes, 16),
            checksum: u32_at(bytes, 24),
        })
    }
}

fn placed_checksum(place: Place, bytes: &[u8]) -> u32 {
    let seed = crc32c::crc32c(&place.segment.get().to_le_bytes());
    let seed = crc32c::crc32c_append(seed, &place.offset.to_le_bytes());
    crc32c::crc32c_append(seed, bytes)
}

/// The number at `at`; the caller's array is long enough.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(number)
}

/// The number at `at`; the caller's array is long enough.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { segment: Position::FIRST, offset: 24 };

    #[test]
    fn a_header_is_read_back_at_its_place_and_nowhere_else() {
        let header = Header::record(Position::FIRST, 24, b"truth", 5);
        let bytes = header.encode(PLACE);
        assert_eq!(Header::decode(&bytes, PLACE), Some(header));
        assert_eq!(Header::decode(&bytes, Place { offset: 56, ..PLACE }), None);
        assert_eq!(Header::decode(&bytes, Place { segment: Position::FIRST.next(), ..PLACE }), None);
    }

    #[test]
    fn every_single_flipped_bit_of_a_header_is_found() {
        let bytes = Header::mark(Position::FIRST, 24).encode(PLACE);
        for bit in 0..HEADER_BYTES * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::decode(&flipped, PLACE), None, "bit {bit}");
        }
    }
}
