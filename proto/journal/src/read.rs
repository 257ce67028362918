//! Reading committed records in order, across segments, with one record in memory at a time.

use std::{collections::VecDeque, ops::Range, path::PathBuf, sync::Arc};

use crate::{
    Disk, Error, Position,
    journal::Sealed,
    recover::{Gap, Tracker},
    scan::{Piece, Scan},
    segment,
};

/// The records from a position on. After [`Error::Damaged`] it goes on behind the damage; after any other error
/// it ends.
#[derive(Debug)]
pub struct Records {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    segments: VecDeque<Sealed>,
    current: Option<Current>,
    tracker: Tracker,
    wanted: Range<Position>,
    ready: Option<(Position, Vec<u8>)>,
}

#[derive(Debug)]
struct Current {
    first: Position,
    bytes: u64,
    scan: Scan,
}

pub(crate) fn records(
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    mut segments: VecDeque<Sealed>,
    from: Position,
    end: Position,
) -> Records {
    while segments.get(1).is_some_and(|second| second.first <= from) {
        segments.pop_front();
    }
    let first = segments.front().map_or(from, |segment| segment.first);
    let tracker = Tracker::new(first);
    Records { disk, dir, segments, current: None, tracker, wanted: from..end, ready: None }
}

impl Iterator for Records {
    type Item = Result<(Position, Vec<u8>), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.step().transpose();
        if matches!(item, Some(Err(ref error)) if !matches!(error, Error::Damaged(_))) {
            self.segments.clear();
            self.current = None;
        }
        item
    }
}

impl Records {
    fn step(&mut self) -> Result<Option<(Position, Vec<u8>)>, Error> {
        if let Some((position, record)) = self.ready.take() {
            return Ok(Some((position, record)));
        }
        loop {
            let Some(current) = &mut self.current else {
                if !self.open_next()? {
                    return Ok(None);
                }
                continue;
            };
            let at = current.scan.at();
            let first = current.first;
            let piece =
                current.scan.next().map_err(|e| Error::io("read", segment::path(&self.dir, first), e))?;
            let (gap, found) = match piece {
                Some(Piece::Record { header, record }) => {
                    let gap = self.tracker.arrive(at, header.position);
                    self.tracker.took(header.position);
                    (gap, Some((header.position, record)))
                }
                Some(Piece::Mark { header }) => (self.tracker.arrive(at, header.position), None),
                Some(Piece::Gap { from, to, header }) => {
                    self.tracker.gap(from..to, header.as_ref());
                    (None, None)
                }
                None => (self.leave_segment(), None),
            };
            let found = found.filter(|(position, _)| self.wanted.contains(position));
            match gap {
                Some(gap) if concerns(&gap, &self.wanted) => {
                    self.ready = found;
                    return Err(Error::Damaged(crate::journal::report(&self.dir, first, gap)));
                }
                _ if found.is_some() => return Ok(found),
                _ => {}
            }
        }
    }

    fn open_next(&mut self) -> Result<bool, Error> {
        let Some(Sealed { first, bytes }) = self.segments.pop_front() else { return Ok(false) };
        let path = segment::path(&self.dir, first);
        let file = self.disk.open(&path).map_err(|e| Error::io("open", path, e))?;
        let scan = Scan::new(file, first, segment::HEADER_BYTES, bytes);
        self.current = Some(Current { first, bytes, scan });
        Ok(true)
    }

    /// Ends a segment; what is missing between it and the next one is a gap too.
    fn leave_segment(&mut self) -> Option<Gap> {
        let left = self.current.take()?;
        let following = self.segments.front().map_or(self.wanted.end, |next| next.first);
        self.tracker.arrive(left.bytes, following)
    }
}

/// Whether damage is anything to somebody who reads these positions.
fn concerns(gap: &Gap, wanted: &Range<Position>) -> bool {
    gap.positions.is_empty() || gap.positions.start < wanted.end && gap.positions.end > wanted.start
}
