//! Health in a few bytes: integers, and of those only what changed since the frame before.
//!
//! Both ends of a stream keep one number per column: a [`Packer`] where reports leave, an [`Unpacker`] where they
//! arrive. The sender names a column once and from then on sends differences; a frame is a bitmap of the columns that
//! moved and one zigzag varint for each. A minute's summary of an ordinary server is some 60 bytes so, against 500 as
//! doubles.
//!
//! * The base is the last frame of this very stream, whatever became of it: a frame that is refused or sent again
//!   counts like any other. A new stream begins with nothing.
//! * What comes out of an unpacker is a whole, plain report. Nothing behind it (journal, replay, spool) ever needs a
//!   frame that came before.
//! * Numbers are rounded on the way in: shares and degrees to a tenth, loads to a hundredth, sizes to a KiB, instants to a
//!   millisecond. Rounding twice changes nothing, and [`rounded`] does it beforehand, so that a sender judges what the
//!   receiver will see.
//! * A frame that does not fit its stream is an error that ends the stream: whatever followed would be nonsense. Whether
//!   the numbers can be is not judged here; that is for the conversion of the plain report.
//!
//! What it deliberately does not do: predict. Differences of differences would save two or three bytes of a hundred that
//! the packet around them takes.

mod numbers;
mod pack;
#[cfg(test)]
mod tests;
mod unpack;

use dogwatch_model::Health;
pub use pack::Packer;
pub use unpack::Unpacker;

use crate::{conversions::limits, v1};

/// What a collector that understands packed health says in its Welcome.
pub const CAPABILITY: &str = "packed_health";

/// A frame that does not fit the stream that it came on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackedError {
    /// Health came in both forms.
    #[error("packed health beside plain health")]
    Both,
    /// Too many columns are declared.
    #[error("packed health declares more than {} columns", limits::PACKED_COLUMNS)]
    Columns,
    /// Too many or too long subjects are declared.
    #[error(
        "packed health declares more than {} subjects or {} bytes of their names",
        limits::PACKED_SUBJECTS,
        limits::PACKED_SUBJECT_BYTES
    )]
    Subjects,
    /// A column is about a subject that was not declared.
    #[error("packed health has a column about subject {0}, which was not declared")]
    UnknownSubject(u32),
    /// A change is to a column that was not declared.
    #[error("packed health changes column {0}, which was not declared")]
    UnknownColumn(usize),
    /// As many differences as bits are expected.
    #[error("packed health has {deltas} differences for {bits} changed columns")]
    Uneven {
        /// Bits that are set.
        bits: usize,
        /// Differences.
        deltas: usize,
    },
    /// A difference leads below zero or past what a number can be.
    #[error("packed health leads column {0} out of its range")]
    Overflow(usize),
}

/// A sample as it is after the wire. What no wire takes stays as it is, and is refused by whoever receives it.
#[must_use]
pub fn rounded(health: Health) -> Health {
    let wire = v1::Health::from(&health);
    let columns = numbers::of(&wire);
    let subjects = numbers::subjects(&wire);
    numbers::expand(&subjects, columns, wire.top).try_into().unwrap_or(health)
}
