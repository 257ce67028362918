//! Adds up running time, and finds the instants at which shares of the promised time are used up.

use jiff::{SignedDuration, Timestamp};

use super::{Mark, Running};
use crate::calendar::Span;

/// The shares of the promised time that are told, in percent; the last is the breach.
pub const MARKS: [u8; 4] = [50, 75, 90, 100];

/// How far ahead a deadline is looked for: a clock that does not run out within two years has none.
const LOOKAHEAD: SignedDuration = SignedDuration::from_hours(2 * 366 * 24);

pub(super) struct Tally {
    pub(super) used: SignedDuration,
    pub(super) marks: Vec<Mark>,
}

/// Adds up what of `counted` runs. Where it `goes_on`, from that instant without an end, the marks to come are found.
pub(super) fn tally(
    promised: SignedDuration,
    running: Running<'_>,
    counted: &[Span],
    goes_on: Option<Timestamp>,
) -> Tally {
    let mut tally = Tally { used: SignedDuration::ZERO, marks: Vec::with_capacity(MARKS.len()) };
    for part in counted.iter().flat_map(|span| running.parts(*span)) {
        tally.add(promised, part);
    }
    let used = tally.used;
    if let Some(from) = goes_on {
        let end = from.checked_add(LOOKAHEAD).unwrap_or(Timestamp::MAX);
        for part in running.parts(Span { start: from, end }) {
            if tally.marks.len() == MARKS.len() {
                break;
            }
            tally.add(promised, part);
        }
    }
    Tally { used, ..tally }
}

impl Tally {
    fn add(&mut self, promised: SignedDuration, part: Span) {
        let before = self.used;
        self.used += part.end.duration_since(part.start);
        while let Some(percent) = MARKS.get(self.marks.len()).copied() {
            let share = promised * i32::from(percent) / 100;
            // A share that is used up exactly at the end of a part was reached there, not when the clock runs again.
            if share > self.used {
                break;
            }
            self.marks.push(Mark { percent, at: part.start + (share - before) });
        }
    }
}
