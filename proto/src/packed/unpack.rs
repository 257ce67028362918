//! The receiving end of a stream.

use super::{
    PackedError,
    numbers::{self, MOST, Number},
    pack::check_subjects,
};
use crate::{conversions::limits, v1};

/// What came on one stream.
#[derive(Debug, Default)]
pub struct Unpacker {
    subjects: Vec<v1::PackedSubject>,
    /// Keys, and the numbers last received.
    columns: Vec<Number>,
}

impl Unpacker {
    /// A report with its health in the plain form. Must be called for every report of the stream, in order.
    ///
    /// # Errors
    /// [`PackedError`]: the stream must end, nothing that follows can be understood.
    pub fn unpack(&mut self, mut report: v1::Report) -> Result<v1::Report, PackedError> {
        let Some(packed) = report.packed_health.take() else { return Ok(report) };
        if report.health.is_some() {
            return Err(PackedError::Both);
        }
        let v1::PackedHealth { restart, subjects, columns, changed, deltas, top } = packed;
        if restart {
            *self = Self::default();
        }
        self.declare(subjects, &columns)?;
        self.change(&changed, &deltas)?;
        let health = numbers::expand(&self.subjects, self.columns.iter().copied(), top);
        if report.observed_at_us == 0 {
            report.observed_at_us = health.sampled_at_us;
        }
        report.health = Some(health);
        Ok(report)
    }

    fn declare(&mut self, subjects: Vec<v1::PackedSubject>, columns: &[u32]) -> Result<(), PackedError> {
        if !subjects.is_empty() {
            self.subjects.extend(subjects);
            check_subjects(&self.subjects)?;
        }
        if self.columns.len() + columns.len() > limits::PACKED_COLUMNS {
            return Err(PackedError::Columns);
        }
        let unknown = columns.iter().map(|key| numbers::subject_of(*key));
        if let Some(unknown) = unknown.into_iter().find(|place| *place as usize > self.subjects.len()) {
            return Err(PackedError::UnknownSubject(unknown));
        }
        self.columns.extend(columns.iter().map(|key| (*key, 0)));
        Ok(())
    }

    fn change(&mut self, changed: &[u8], deltas: &[i64]) -> Result<(), PackedError> {
        let bits: usize = changed.iter().map(|byte| byte.count_ones() as usize).sum();
        if bits != deltas.len() {
            return Err(PackedError::Uneven { bits, deltas: deltas.len() });
        }
        let set = (0..changed.len() * 8).filter(|at| changed[at / 8] & 1 << (at % 8) != 0);
        for (at, delta) in set.zip(deltas) {
            let (_, number) = self.columns.get_mut(at).ok_or(PackedError::UnknownColumn(at))?;
            let moved = number.checked_add_signed(*delta).filter(|moved| *moved <= MOST);
            *number = moved.ok_or(PackedError::Overflow(at))?;
        }
        Ok(())
    }
}
