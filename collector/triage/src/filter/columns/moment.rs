//! Instants of a block.

use core::cmp::Ordering;

use jiff::Timestamp;

use super::BLOCK;
use crate::filter::program::Comparison;

/// An instant for each endpoint of a block.
#[derive(Debug)]
pub(super) enum Moment<'c> {
    Fixed(Timestamp),
    Cells { known: &'c [u64], cells: &'c [Timestamp] },
}

impl Moment<'_> {
    pub(super) fn known(&self, block: usize) -> u64 {
        match self {
            Self::Fixed(_) => u64::MAX,
            Self::Cells { known, .. } => known[block],
        }
    }

    pub(super) fn at(&self, block: usize, index: usize) -> Timestamp {
        match self {
            Self::Fixed(at) => *at,
            Self::Cells { cells, .. } => cells[block * BLOCK + index],
        }
    }
}

/// Which endpoints of a block a comparison holds for.
pub(super) fn holding(op: Comparison, left: &Moment<'_>, right: &Moment<'_>, block: usize) -> u64 {
    let order = |index| -> Ordering { left.at(block, index).cmp(&right.at(block, index)) };
    (0..BLOCK).fold(0, |bits, index| bits | u64::from(op.holds(Some(order(index)))) << index)
}
