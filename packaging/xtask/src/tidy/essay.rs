//! A module opens with what it is for, what always holds, and what it deliberately does not do.

use crate::finding::Finding;
use crate::source::Source;

/// Below this a file is read faster than an essay about it.
const LINES_WITHOUT_ESSAY_MAX: usize = 30;

pub(super) fn check(source: &Source<'_>) -> Vec<Finding> {
    let lines = source.production().count();
    if lines <= LINES_WITHOUT_ESSAY_MAX || source.file.text.starts_with("//!") {
        return Vec::new();
    }
    let what = format!("{lines} lines of code without an opening essay");
    let mend = "begin with `//!`: purpose, invariants, what it deliberately does not do";
    vec![Finding::whole(&source.file.path, what, mend)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::seeded_source;

    #[test]
    fn a_file_of_some_length_opens_with_an_essay() {
        let code = "fn a() {}\n".repeat(LINES_WITHOUT_ESSAY_MAX + 1);
        assert_eq!(seeded_source("agent/src/a.rs", &code, check).len(), 1);
        assert_eq!(seeded_source("agent/src/a.rs", &format!("//! Why.\n{code}"), check), [""; 0]);
        assert_eq!(seeded_source("agent/src/a.rs", "fn a() {}\n", check), [""; 0]);
        assert_eq!(seeded_source("agent/tests/a.rs", &code, check), [""; 0]);
    }
}
