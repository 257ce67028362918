//! Waiting for a condition, never for a time.

use std::{
    fmt::Debug,
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

/// Between two looks: short against everything that is waited for, long against the cost of a look.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The end of a log that a failure shows.
const LOG_LINES: usize = 40;

/// Looks until what is seen is as it should be, and returns it.
///
/// # Panics
/// After `limit`, with what was seen last.
#[track_caller]
pub fn wait_for<T: Debug>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> T,
    is: impl Fn(&T) -> bool,
) -> T {
    let start = Instant::now();
    loop {
        let seen = look();
        if is(&seen) {
            return seen;
        }
        assert!(start.elapsed() < limit, "waited {limit:?} for {what}; seen last: {seen:#?}");
        thread::park_timeout(LOOK_EVERY);
    }
}

/// Looks for a time that nothing happens: each look must find things as they should be.
///
/// This is for what must *not* happen, which no condition announces; `span` is the time in which it would have.
///
/// # Panics
/// At the first look that finds otherwise.
#[track_caller]
pub fn holds_for<T: Debug>(what: &str, span: Duration, mut look: impl FnMut() -> T, is: impl Fn(&T) -> bool) {
    let start = Instant::now();
    while start.elapsed() < span {
        let seen = look();
        assert!(is(&seen), "{what} held for only {:?}; seen: {seen:#?}", start.elapsed());
        thread::park_timeout(LOOK_EVERY);
    }
}

/// Prints the end of every log below a folder: what a failed test leaves to read.
#[expect(clippy::print_stderr, reason = "a failing test's report")]
pub(super) fn show_logs(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            show_logs(&path);
        } else if path.extension().is_some_and(|extension| extension == "log") {
            eprintln!("--- the end of {}", path.display());
            eprintln!("{}", tail(&path));
        }
    }
}

/// The last lines of a file.
pub fn tail(path: &Path) -> String {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}
