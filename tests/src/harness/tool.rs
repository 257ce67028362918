//! Tools of the machine that some tests use and not every machine has.

use std::{env, path::PathBuf};

/// A tool, or nothing after a line that says what is left out.
///
/// `tests/run.sh` names what it could not install in `DOGWATCH_TESTS_WITHOUT`.
#[expect(clippy::print_stdout, reason = "who runs the tests wants to know what was left out")]
pub fn find(name: &str, test: &str) -> Option<PathBuf> {
    let without = env::var("DOGWATCH_TESTS_WITHOUT").unwrap_or_default();
    let left_out = without.split_ascii_whitespace().any(|tool| tool == name);
    let paths = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&paths).map(|folder| folder.join(name)).find(|path| path.is_file());
    match found {
        Some(path) if !left_out => Some(path),
        _ => {
            println!("SKIP {test}: there is no {name} on this machine");
            None
        }
    }
}
