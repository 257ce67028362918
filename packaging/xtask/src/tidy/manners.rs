//! How tests and code behave: no test is switched off, none guesses at time, nothing is left for later.

use crate::finding::Finding;
use crate::source::Source;

struct Manner {
    pattern: &'static str,
    what: &'static str,
    mend: &'static str,
}

/// Wrong wherever it stands.
const ANYWHERE: [Manner; 4] = [
    Manner { pattern: "#[ignore", what: "a test that does not run", mend: "make it run, or delete it" },
    Manner {
        pattern: "#[should_panic",
        what: "a test that any panic satisfies",
        mend: "return an error and assert on it",
    },
    Manner { pattern: "todo!(", what: "a hole", mend: "build it, or leave the function out" },
    Manner { pattern: "unimplemented!(", what: "a hole", mend: "build it, or leave the function out" },
];

/// Wrong in a test: it makes the test slow when right and flaky when wrong.
const IN_TESTS: [Manner; 2] = [
    Manner { pattern: "thread::sleep", what: SLEEP, mend: WAIT },
    Manner { pattern: "time::sleep", what: SLEEP, mend: WAIT },
];

const SLEEP: &str = "a test that sleeps";
const WAIT: &str = "wait for the condition itself with a time-out, or pass the time in";

pub(super) fn check(source: &Source<'_>) -> Vec<Finding> {
    let everywhere = source.code().flat_map(|line| ANYWHERE.iter().map(move |manner| (line, manner)));
    let in_tests = source.tests().flat_map(|line| IN_TESTS.iter().map(move |manner| (line, manner)));
    everywhere
        .chain(in_tests)
        .filter(|((_, code), manner)| code.contains(manner.pattern))
        .map(|((number, _), manner)| Finding::new(&source.file.path, number, manner.what, manner.mend))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::seeded_source;

    #[test]
    fn switched_off_tests_and_holes_are_found() {
        for text in ["#[ignore]", "#[ignore = \"slow\"]", "#[should_panic]", "todo!()", "unimplemented!()"] {
            assert_eq!(seeded_source("agent/src/a.rs", text, check).len(), 1, "{text}");
        }
        assert_eq!(
            seeded_source("agent/src/a.rs", "// no todo!() here\nlet a = \"#[ignore\";", check),
            [""; 0]
        );
    }

    #[test]
    fn only_tests_may_not_sleep() {
        let text = "async fn a() { tokio::time::sleep(b).await }\n";
        assert_eq!(seeded_source("agent/src/a.rs", text, check), [""; 0]);
        assert_eq!(
            seeded_source("agent/tests/a.rs", text, check),
            [format!("agent/tests/a.rs:1: {SLEEP}; {WAIT}")]
        );
    }
}
