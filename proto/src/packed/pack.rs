//! The sending end of a stream.

use super::{
    PackedError,
    numbers::{self, Number},
};
use crate::{conversions::limits, v1};

/// What was sent on one stream.
#[derive(Debug, Default)]
pub struct Packer {
    subjects: Vec<v1::PackedSubject>,
    /// Keys, and the numbers last sent.
    columns: Vec<Number>,
}

impl Packer {
    /// A report as it travels next on this stream. Must be called in the order of sending, once for each report that
    /// is sent. What has more columns than the wire takes stays plain.
    pub fn pack(&mut self, report: v1::Report) -> v1::Report {
        let Some(health) = &report.health else { return report };
        let subjects = numbers::subjects(health);
        if check_subjects(&subjects).is_err() || report.observed_at_us == 0 {
            return report;
        }
        let numbers = numbers::of(health);
        let restart = subjects != self.subjects;
        let (mut columns, base) =
            if restart { (Vec::new(), 0) } else { (self.columns.clone(), self.columns.len()) };
        columns.iter_mut().for_each(|(_, number)| *number = 0);
        place(&mut columns, &numbers);
        if columns.len() > limits::PACKED_COLUMNS {
            return report;
        }
        let before = if restart { &[][..] } else { &self.columns[..] };
        let (changed, deltas) = differences(before, &columns);
        let packed = v1::PackedHealth {
            restart: restart && !self.columns.is_empty(),
            subjects: if restart { subjects.clone() } else { Vec::new() },
            columns: columns[base..].iter().map(|(key, _)| *key).collect(),
            changed: changed.into(),
            deltas,
            top: health.top.clone(),
        };
        let sampled_at_us = health.sampled_at_us;
        (self.subjects, self.columns) = (subjects, columns);
        // The same instant need not travel twice.
        let observed_at_us = if report.observed_at_us.div_euclid(1000) == sampled_at_us.div_euclid(1000) {
            0
        } else {
            report.observed_at_us
        };
        v1::Report { health: None, packed_health: Some(packed), observed_at_us, ..report }
    }
}

/// Puts numbers into their columns; those that have none get one at the end.
fn place(columns: &mut Vec<Number>, numbers: &[Number]) {
    // Samples of one machine have their numbers in one order, so the next is nearly always the one behind.
    let mut at = 0;
    for &(key, number) in numbers {
        let ahead = columns[at..].iter().position(|(known, _)| *known == key).map(|ahead| at + ahead);
        let found = ahead.or_else(|| columns[..at].iter().position(|(known, _)| *known == key));
        match found {
            Some(found) => {
                columns[found].1 = number;
                at = found + 1;
            }
            None => columns.push((key, number)),
        }
    }
}

/// The bitmap of what changed, and by how much. Columns that are new began at 0.
fn differences(before: &[Number], now: &[Number]) -> (Vec<u8>, Vec<i64>) {
    let mut changed = vec![0_u8; now.len().div_ceil(8)];
    let mut deltas = Vec::new();
    for (at, (_, number)) in now.iter().enumerate() {
        let delta = number.cast_signed() - before.get(at).map_or(0, |(_, number)| number.cast_signed());
        if delta != 0 {
            changed[at / 8] |= 1 << (at % 8);
            deltas.push(delta);
        }
    }
    changed.truncate(changed.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
    (changed, deltas)
}

/// Whether a stream may have these subjects.
pub(super) fn check_subjects(subjects: &[v1::PackedSubject]) -> Result<(), PackedError> {
    let bytes: usize =
        subjects.iter().map(|subject| subject.name.len() + subject.device.len() + subject.fs.len()).sum();
    let fits = subjects.len() <= limits::PACKED_SUBJECTS && bytes <= limits::PACKED_SUBJECT_BYTES;
    fits.then_some(()).ok_or(PackedError::Subjects)
}
