//! The place of a record: a count from 1 that never goes back and is never given twice to what was committed.

use std::fmt;

/// The place of a record in a journal, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u64);

impl Position {
    /// The place of a new journal's first record.
    pub const FIRST: Self = Self(1);

    /// The position with this number; `None` for 0, which is no position.
    pub const fn new(number: u64) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The position after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        // 2^64 records cannot be written in the life of any disk.
        Self(self.0.saturating_add(1))
    }

    /// The position before this one; `None` before the first.
    #[must_use]
    pub const fn previous(self) -> Option<Self> {
        Self::new(self.0 - 1)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
