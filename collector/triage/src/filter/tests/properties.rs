//! Whatever is typed, compiling answers; whatever is told, an endpoint's JSON stays inside the schema.

use proptest::prelude::*;

use super::*;
use crate::specimen::{full_server, row, silent_server};

/// Pieces that make nearly valid expressions much more often than random letters do.
const PIECES: [&str; 42] = [
    "online",
    "health",
    ".",
    "disks",
    "exists",
    "(",
    ")",
    "d",
    ",",
    "used_percent",
    ">",
    "90",
    "&&",
    "||",
    "!",
    "==",
    "\"x\"",
    "'",
    "\"",
    "tags",
    "in",
    "[",
    "]",
    "duration",
    "\"26h\"",
    "age",
    "last_seen",
    "-",
    "+",
    "/",
    "?",
    ":",
    "has",
    "size",
    "labels",
    "class",
    " ",
    "\n",
    "//",
    "{",
    "é",
    "0x1F",
];

proptest! {
    #[test]
    fn compiling_any_text_answers(source in "\\PC{0,120}") {
        let answer = Filter::compile(&source);
        prop_assert!(answer.is_ok() || answer.is_err_and(|error| error.line >= 1 && error.column >= 1));
    }

    #[test]
    fn compiling_any_pieces_answers_and_what_compiles_judges(
        picks in proptest::collection::vec(0..PIECES.len(), 0..40)
    ) {
        let source: String = picks.into_iter().map(|pick| PIECES[pick]).collect();
        if let Ok(filter) = Filter::compile(&source) {
            let (full, silent) = (full_server(), silent_server());
            let verdicts = [filter.judge(&row(&full)), filter.judge(&row(&silent))];
            prop_assert_eq!(verdicts, [filter.judge(&row(&full)), filter.judge(&row(&silent))]);
        }
    }

    #[test]
    fn a_comparison_and_its_negation_never_both_hold(limit in 0_u32..100, disks in 0_usize..4) {
        let mut endpoint = full_server();
        let health = endpoint.facts.health.as_mut().unwrap();
        health.disks = (0..disks).map(|n| crate::specimen::disk("/", 100, 25 * n as u64)).collect();
        let some = format!("health.disks.exists(d, d.used_percent > {limit})");
        let none = format!("health.disks.all(d, d.used_percent <= {limit})");
        let judge = |source: &str| Filter::compile(source).unwrap().judge(&row(&endpoint));
        prop_assert_ne!(judge(&some), judge(&none));
    }
}
