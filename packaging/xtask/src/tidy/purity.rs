//! Pure packages decide and describe; they touch no file, clock, thread, socket or environment.
//!
//! clippy's `disallowed_methods` (see the `clippy.toml` of each) finds calls by type; this finds the modules
//! by name, so that nothing is missed for want of a line in a list. Tests may read what they like.

use crate::finding::Finding;
use crate::source::Source;

const PURE: [&str; 2] = ["proto/model/src/", "collector/triage/src/"];

const OUTSIDE_WORLD: [&str; 10] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::io",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
];

pub(super) fn check(source: &Source<'_>) -> Vec<Finding> {
    if !PURE.iter().any(|folder| source.file.path.starts_with(folder)) {
        return Vec::new();
    }
    let touches = |(number, code): (usize, &str)| {
        let name = OUTSIDE_WORLD.iter().find(|name| code.contains(*name))?;
        let what = format!("a pure package that uses `{name}`");
        Some(Finding::new(&source.file.path, number, what, "pass the value in from the program's edge"))
    };
    source.production().filter_map(touches).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::seeded_source;

    #[test]
    fn the_outside_world_is_found_in_pure_packages_only() {
        for text in ["use std::fs;", "let now = jiff::Timestamp::now();"] {
            assert_eq!(seeded_source("collector/triage/src/a.rs", text, check).len(), 1, "{text}");
            assert_eq!(seeded_source("collector/src/a.rs", text, check), [""; 0]);
            assert_eq!(seeded_source("collector/triage/src/a/tests.rs", text, check), [""; 0]);
        }
    }
}
