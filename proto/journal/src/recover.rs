//! Reads the last segment at open and decides what is a torn tail and what is damage.
//!
//! The rule (see the crate's essay): let W be the highest watermark in any header of the segment that
//! verifies. The first bad place at or above W is where the torn tail begins, and everything from there goes.
//! Bad places below W had been synced, so they are damage and stay as they are.

use std::{io, ops::Range};

use crate::{
    DiskFile, Position,
    frame::Header,
    scan::{Piece, Scan},
    segment,
};

/// A bad place in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) bytes: Range<u64>,
    pub(crate) positions: Range<Position>,
}

/// What the last segment holds.
#[derive(Debug)]
pub(crate) struct Survey {
    /// Where the good bytes end; what follows is the torn tail.
    pub(crate) end: u64,
    /// The position of the next record.
    pub(crate) next: Position,
    /// Bad places below the watermark.
    pub(crate) damage: Vec<Gap>,
}

/// Follows the positions from piece to piece, and gives each gap the positions that are lost in it.
#[derive(Debug)]
pub(crate) struct Tracker {
    next: Position,
    open: Option<Gap>,
}

impl Tracker {
    pub(crate) const fn new(first: Position) -> Self {
        Self { next: first, open: None }
    }

    /// The position that the next record should have.
    pub(crate) const fn next(&self) -> Position {
        self.next
    }

    /// Takes bytes that do not verify. When their header does, its position is known to be reached.
    pub(crate) fn gap(&mut self, bytes: Range<u64>, header: Option<&Header>) {
        let next = self.next;
        let gap = self.open.get_or_insert_with(|| Gap { bytes: bytes.clone(), positions: next..next });
        gap.bytes.end = bytes.end;
        if let Some(header) = header {
            self.next = self.next.max(header.position.next());
            gap.positions.end = self.next;
        }
    }

    /// Takes a place where the position is known, and gives the gap that ends there.
    pub(crate) fn arrive(&mut self, at: u64, position: Position) -> Option<Gap> {
        let expected = self.next;
        self.next = expected.max(position);
        let mut gap = self.open.take();
        if position != expected {
            gap = gap.or(Some(Gap { bytes: at..at, positions: expected..expected }));
        }
        if let Some(gap) = &mut gap {
            gap.positions.end = gap.positions.end.max(position);
        }
        gap
    }

    /// Counts a record that was read.
    pub(crate) fn took(&mut self, position: Position) {
        self.next = self.next.max(position.next());
    }
}

/// Reads the segment that begins at `first` to its end.
pub(crate) fn survey(file: Box<dyn DiskFile>, first: Position, length: u64) -> io::Result<Survey> {
    let mut scan = Scan::new(file, first, segment::HEADER_BYTES, length);
    let mut tracker = Tracker::new(first);
    let mut watermark = 0;
    let mut gaps = Vec::new();
    let mut at = segment::HEADER_BYTES;
    while let Some(piece) = scan.next()? {
        match &piece {
            Piece::Record { header, .. } => {
                gaps.extend(tracker.arrive(at, header.position));
                tracker.took(header.position);
                watermark = watermark.max(header.watermark);
            }
            Piece::Mark { header } => {
                gaps.extend(tracker.arrive(at, header.position));
                watermark = watermark.max(header.watermark);
            }
            Piece::Gap { from, to, header } => {
                tracker.gap(*from..*to, header.as_ref());
                watermark = header.map_or(watermark, |header| watermark.max(header.watermark));
            }
        }
        at = scan.at();
    }
    let end = tracker.next();
    gaps.extend(tracker.arrive(length, end));
    let torn = gaps.iter().position(|gap| gap.bytes.start >= watermark);
    let (end, next) = torn.map_or((length.max(segment::HEADER_BYTES), tracker.next()), |first_torn| {
        let gap = &gaps[first_torn];
        (gap.bytes.start, gap.positions.start)
    });
    gaps.truncate(torn.unwrap_or(gaps.len()));
    Ok(Survey { end, next, damage: gaps })
}
