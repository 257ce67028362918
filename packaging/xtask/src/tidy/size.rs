//! A production file that no longer fits in one head is split.

use crate::finding::Finding;
use crate::source::Source;

/// About ten screens. The aim is 120; at this size a file holds more than one concept.
const LINES_MAX: usize = 500;

pub(super) fn check(source: &Source<'_>) -> Vec<Finding> {
    let lines = source.production().count();
    if lines <= LINES_MAX {
        return Vec::new();
    }
    let what = format!("{lines} production lines, more than {LINES_MAX}");
    vec![Finding::whole(&source.file.path, what, "split it by concept into `name.rs` and `name/`")]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::seeded_source;

    #[test]
    fn only_production_lines_count() {
        let long = "fn a() {}\n".repeat(LINES_MAX + 1);
        assert_eq!(seeded_source("agent/src/a.rs", &long, check).len(), 1);
        assert_eq!(seeded_source("agent/src/a/tests.rs", &long, check), [""; 0]);
        let tested = format!("fn a() {{}}\n#[cfg(test)]\nmod tests {{\n{long}}}\n");
        assert_eq!(seeded_source("agent/src/a.rs", &tested, check), [""; 0]);
    }
}
