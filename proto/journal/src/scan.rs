//! Walks the frames of one segment and gives every byte a verdict: a record, a mark, or a gap.
//!
//! Bounded: holds one window of the file, never more than the larger of [`WINDOW_BYTES`] and one frame.

use std::io;

use crate::{
    DiskFile, Position,
    frame::{self, Header, Kind, Place},
};

/// How much is read at once: large enough that system calls do not show, small enough for an agent.
const WINDOW_BYTES: usize = 64 * 1024;

/// The longest record any journal may hold, whatever its options: what a reader may be made to allocate.
pub(crate) const MAX_RECORD_BYTES: usize = 64 * 1024 * 1024;

/// What stands at a place of a segment.
#[derive(Debug)]
pub(crate) enum Piece {
    /// A record that verifies.
    Record { header: Header, record: Vec<u8> },
    /// A mark that verifies.
    Mark { header: Header },
    /// Bytes that do not verify; with the header when that part does.
    Gap { from: u64, to: u64, header: Option<Header> },
}

/// The walk.
#[derive(Debug)]
pub(crate) struct Scan {
    window: Window,
    segment: Position,
    at: u64,
}

impl Scan {
    /// Walks `file`, which begins at position `segment`, from `from` up to `end`.
    pub(crate) fn new(file: Box<dyn DiskFile>, segment: Position, from: u64, end: u64) -> Self {
        Self { window: Window { file, end, bytes: Vec::new(), start: 0 }, segment, at: from }
    }

    /// Where the next piece begins.
    pub(crate) const fn at(&self) -> u64 {
        self.at
    }

    /// The next piece, `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Piece>> {
        let from = self.at;
        if from >= self.window.end {
            return Ok(None);
        }
        let Some(header) = self.header_at(from)? else {
            self.at = self.next_header(from + 1)?;
            return Ok(Some(Piece::Gap { from, to: self.at, header: None }));
        };
        if header.kind == Kind::Mark {
            self.at = from + frame::HEADER_BYTES as u64;
            return Ok(Some(Piece::Mark { header }));
        }
        let start = from + frame::HEADER_BYTES as u64;
        let length = header.length as usize;
        if length > MAX_RECORD_BYTES || start + u64::from(header.length) > self.window.end {
            self.at = self.next_header(start)?;
            return Ok(Some(Piece::Gap { from, to: self.at, header: Some(header) }));
        }
        self.at = start + u64::from(header.length);
        let record = self.window.slice(start, length)?;
        Ok(Some(match record {
            Some(record) if crc32c::crc32c(record) == header.checksum => {
                Piece::Record { header, record: record.to_vec() }
            }
            _ => Piece::Gap { from, to: self.at, header: Some(header) },
        }))
    }

    fn header_at(&mut self, offset: u64) -> io::Result<Option<Header>> {
        let place = Place { segment: self.segment, offset };
        let bytes = self.window.slice(offset, frame::HEADER_BYTES)?;
        Ok(bytes.and_then(|bytes| bytes.first_chunk()).and_then(|bytes| Header::decode(bytes, place)))
    }

    /// The offset of the first valid header at or after `from`, the end when there is none.
    fn next_header(&mut self, mut from: u64) -> io::Result<u64> {
        while let Some(candidate) = self.window.find(frame::MAGIC, from)? {
            if self.header_at(candidate)?.is_some() {
                return Ok(candidate);
            }
            from = candidate + 1;
        }
        Ok(self.window.end)
    }
}

#[derive(Debug)]
struct Window {
    file: Box<dyn DiskFile>,
    end: u64,
    bytes: Vec<u8>,
    start: u64,
}

impl Window {
    /// The bytes at an offset; `None` when they reach past the end.
    fn slice(&mut self, offset: u64, length: usize) -> io::Result<Option<&[u8]>> {
        let stop = offset.saturating_add(length as u64);
        if stop > self.end {
            return Ok(None);
        }
        if offset < self.start || stop > self.start + self.bytes.len() as u64 {
            self.fill(offset, length)?;
        }
        let begin = (offset - self.start) as usize;
        Ok(self.bytes.get(begin..begin + length))
    }

    fn fill(&mut self, offset: u64, least: usize) -> io::Result<()> {
        let left = usize::try_from(self.end - offset).unwrap_or(usize::MAX);
        self.bytes.resize(least.max(WINDOW_BYTES).min(left), 0);
        let read = self.file.read_at(&mut self.bytes, offset)?;
        self.bytes.truncate(read);
        self.start = offset;
        Ok(())
    }

    /// The first place of `pattern` at or after `from`, searching what is already in the window first.
    fn find(&mut self, pattern: &[u8], mut from: u64) -> io::Result<Option<u64>> {
        while from + pattern.len() as u64 <= self.end {
            if from < self.start || from + pattern.len() as u64 > self.start + self.bytes.len() as u64 {
                self.fill(from, pattern.len())?;
            }
            let bytes = &self.bytes[(from - self.start) as usize..];
            if bytes.len() < pattern.len() {
                return Ok(None);
            }
            if let Some(found) = bytes.windows(pattern.len()).position(|window| window == pattern) {
                return Ok(Some(from + found as u64));
            }
            from += (bytes.len() - pattern.len() + 1) as u64;
        }
        Ok(None)
    }
}
