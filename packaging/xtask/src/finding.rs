//! One thing to mend: where it is, what it is, and how to mend it.

use std::fmt;

/// A finding prints as `path:line: what; how to mend`, the shape that editors jump to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: String,
    /// Counted from 1. A finding about a whole file stands at line 1.
    line: usize,
    what: String,
    mend: String,
}

impl Finding {
    pub(crate) fn new(path: &str, line: usize, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into(), mend: mend.into() }
    }

    /// A finding about the file as a whole.
    pub(crate) fn whole(path: &str, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::new(path, 1, what, mend)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}; {}", self.path, self.line, self.what, self.mend)
    }
}
