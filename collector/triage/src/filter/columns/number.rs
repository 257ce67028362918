//! Numbers of a block, and what is computed from them.

use jiff::Timestamp;

use super::{BLOCK, moment::Moment};
use crate::filter::{
    program::{Arithmetic, Comparison, arithmetic},
    value::{Value, seconds_between},
};

/// The numbers of a block.
pub(super) type Numbers = [f64; BLOCK];

/// A number for each endpoint of a block.
#[derive(Debug)]
pub(super) enum Number<'c> {
    Fixed(f64),
    Cells {
        known: &'c [u64],
        cells: &'c [f64],
    },
    /// Seconds since an instant.
    Age(Moment<'c>, Timestamp),
    /// Seconds from the second to the first.
    Between(Moment<'c>, Moment<'c>),
    Abs(Box<Number<'c>>),
    Computed(Arithmetic, Box<[Number<'c>; 2]>),
}

impl Number<'_> {
    /// Writes a block's numbers and gives which of them are known.
    pub(super) fn fill(&self, block: usize, into: &mut Numbers) -> u64 {
        match self {
            Self::Fixed(number) => {
                *into = [*number; BLOCK];
                u64::MAX
            }
            Self::Cells { known, cells } => {
                into.copy_from_slice(&cells[block * BLOCK..][..BLOCK]);
                known[block]
            }
            Self::Age(moment, as_of) => {
                each(into, moment.known(block), |index| seconds_between(moment.at(block, index), *as_of))
            }
            Self::Between(later, earlier) => {
                let known = later.known(block) & earlier.known(block);
                each(into, known, |index| seconds_between(earlier.at(block, index), later.at(block, index)))
            }
            Self::Abs(inner) => {
                let known = inner.fill(block, into);
                into.iter_mut().for_each(|number| *number = number.abs());
                known
            }
            Self::Computed(op, sides) => {
                let mut right = [0.0; BLOCK];
                let known = sides[0].fill(block, into) & sides[1].fill(block, &mut right);
                let mut finite = 0;
                for (index, (left, right)) in into.iter_mut().zip(right).enumerate() {
                    if let Value::Num(result) = arithmetic(*op, Value::Num(*left), Value::Num(right)) {
                        *left = result;
                        finite |= 1 << index;
                    }
                }
                known & finite
            }
        }
    }
}

/// Writes the known ones.
fn each(into: &mut Numbers, known: u64, number: impl Fn(usize) -> f64) -> u64 {
    let mut bits = known;
    while bits != 0 {
        let index = bits.trailing_zeros() as usize;
        into[index] = number(index);
        bits &= bits - 1;
    }
    known
}

/// Which endpoints of a block a comparison holds for.
pub(super) fn holding(op: Comparison, left: &Numbers, right: &Numbers) -> u64 {
    // One loop for each operator: the processor compares several at a time.
    let bits = |holds: fn(f64, f64) -> bool| {
        let pairs = left.iter().zip(right).enumerate();
        pairs.fold(0, |bits, (index, (left, right))| bits | u64::from(holds(*left, *right)) << index)
    };
    #[expect(clippy::float_cmp, reason = "whoever writes == means it")]
    match op {
        Comparison::Equal => bits(|left, right| left == right),
        Comparison::NotEqual => bits(|left, right| left != right),
        Comparison::Less => bits(|left, right| left < right),
        Comparison::LessOrEqual => bits(|left, right| left <= right),
        Comparison::Greater => bits(|left, right| left > right),
        Comparison::GreaterOrEqual => bits(|left, right| left >= right),
    }
}
