//! What is wrong with an expression, where, and how to mend it.

use core::fmt;

/// Why an expression does not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// How to mend it, where that can be said.
    pub mend: Option<String>,
}

impl FilterError {
    /// An error at a byte offset of the source.
    pub(crate) fn at(source: &str, offset: usize, what: impl Into<String>) -> Self {
        let before = source.get(..offset.min(source.len())).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            what: what.into(),
            mend: None,
        }
    }

    /// Adds how to mend it.
    #[must_use]
    pub(crate) fn mend(mut self, mend: impl Into<String>) -> Self {
        self.mend = Some(mend.into());
        self
    }

    /// The sentence without its place.
    pub fn sentence(&self) -> String {
        match &self.mend {
            Some(mend) => format!("{}; {mend}", self.what),
            None => self.what.clone(),
        }
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.sentence())
    }
}

impl core::error::Error for FilterError {}
