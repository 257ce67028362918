//! Conversions between wire and model, a file per concept.
//!
//! Inward they are fallible (a peer may send anything): lists and texts have the limits of [`limits`], numbers are
//! finite, shares lie between 0 and 100, instants between the years 0 and 9999, words come from their closed lists, and
//! neither names nor texts hold characters that steer a screen.
//! The error names the field and what was wrong with it, and no input makes them panic. Outward they are total: what
//! the model can say, the wire can carry, with instants cut to microseconds. Whoever fills a model value for sending
//! keeps within [`limits`]; the conversion does not silently shorten what it was given.
//!
//! What they deliberately do not do: judge. Whether 4096 updates are many is for the rules.

mod agent;
mod backup;
mod characters;
mod drive;
mod field;
mod health;
mod identity;
mod incident;
mod inventory;
mod lane;
pub mod limits;
mod patch;
mod report;
mod services;
mod software;

#[cfg(test)]
pub(crate) mod tests;

pub use identity::{endpoint_id, epoch};
pub use report::{DecodeError, decode_report, encode_report};

/// A message held something that no peer of good will sends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {what}")]
pub struct ConversionError {
    /// The field, as `message.field`.
    pub field: &'static str,
    /// What is wrong with it.
    pub what: Fault,
}

/// What can be wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A list is too long.
    #[error("{count} entries, at most {limit} are taken")]
    TooMany {
        /// Its length.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// A text is too long.
    #[error("{bytes} bytes of text, at most {limit} are taken")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A name holds a character that steers a screen instead of being read.
    #[error("holds a control character, or one that changes the direction of reading")]
    Steering,
    /// A number is infinite or none at all.
    #[error("not a finite number")]
    NotFinite,
    /// A number lies outside of what it can mean.
    #[error("out of range, expected {expected}")]
    OutOfRange {
        /// What it can mean.
        expected: &'static str,
    },
    /// A word is not in its closed list.
    #[error("not one of {choices}")]
    NotOneOf {
        /// The closed list.
        choices: String,
    },
    /// A part that is always there is not.
    #[error("missing")]
    Missing,
}
