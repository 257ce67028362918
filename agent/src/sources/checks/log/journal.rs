//! The new lines of a unit in systemd's journal, from `journalctl`. The unit's name is the machine's owner's word; the
//! text that counts never leaves this process.

use std::time::Duration;

use tokio::time::Instant;

use crate::sources::process;

/// Starting the tool costs some ten milliseconds: not more often than this.
const AT_MOST_EVERY: Duration = Duration::from_secs(300);
/// How long it may take.
const LIMIT: Duration = Duration::from_secs(10);
/// Lines that one look takes; more are passed over.
const LINES: &str = "--lines=20000";

/// Where the last look ended, and when that was.
#[derive(Debug, Clone)]
pub(in crate::sources::checks) struct Cursor {
    at: Instant,
    /// Absent when the journal had nothing of the unit.
    cursor: Option<String>,
}

/// Counts the new lines that hold the pattern.
pub(super) async fn count(unit: &str, pattern: &str, cursor: &mut Option<Cursor>) -> Result<u64, String> {
    if cursor.as_ref().is_some_and(|cursor| cursor.at.elapsed() < AT_MOST_EVERY) {
        return Ok(0);
    }
    let unit = format!("--unit={unit}");
    let mut arguments = vec!["--quiet", "--no-pager", "--output=cat", "--show-cursor", unit.as_str()];
    let after = cursor.as_ref().and_then(|cursor| cursor.cursor.as_ref());
    let after = after.map(|after| format!("--after-cursor={after}"));
    match &after {
        Some(after) => arguments.extend([LINES, after.as_str()]),
        None if cursor.is_some() => arguments.push(LINES),
        None => arguments.push("--lines=0"),
    }
    let is_first = cursor.is_none();
    let output = process::run("journalctl", &arguments, LIMIT).await.map_err(|error| error.to_string())?;
    if !output.success {
        return Err("journalctl failed".to_owned());
    }
    if output.stderr.contains("not seeing messages") || output.stderr.contains("No journal files") {
        return Err("permission denied: the agent may not read the journal".to_owned());
    }
    let Parsed { lines, cursor: found } = parse(&output.stdout, pattern);
    let known = cursor.take().and_then(|cursor| cursor.cursor);
    *cursor = Some(Cursor { at: Instant::now(), cursor: found.or(known) });
    Ok(if is_first { 0 } else { lines })
}

/// What a run of the tool says.
#[derive(Debug, PartialEq, Eq)]
struct Parsed {
    lines: u64,
    cursor: Option<String>,
}

/// Lines of messages, and at their end `-- cursor: s=…`. A message can hold such a line too: the last one counts, and
/// it must look like a cursor.
fn parse(text: &str, pattern: &str) -> Parsed {
    const MARK: &str = "-- cursor: ";
    let (body, cursor) = match text.trim_end().rsplit_once('\n') {
        Some((body, last)) if last.starts_with(MARK) => (body, Some(last)),
        None if text.starts_with(MARK) => ("", Some(text.trim_end())),
        _ => (text, None),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "=;-_.:".contains(c);
    let cursor = cursor.and_then(|last| last.strip_prefix(MARK));
    let cursor = cursor.filter(|cursor| cursor.len() < 512 && cursor.chars().all(plain));
    let lines = body.lines().filter(|line| line.contains(pattern)).count();
    Parsed { lines: lines as u64, cursor: cursor.map(str::to_owned) }
}

/// For the test that feeds garbage.
pub(in crate::sources) fn survives(text: &str) {
    parse(text, "error");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As systemd 252 prints it (journalctl(1), `--show-cursor`).
    const CURSOR: &str = "s=0639b5a9a6ab4d3b8f9e6a2c0f1d3e57;i=1f4;b=7a1c;m=2b3;t=5f1;x=9d";

    #[test]
    fn lines_are_counted_and_the_cursor_is_found() {
        let text = format!("error: one\nfine\nan error again\n-- cursor: {CURSOR}\n");
        assert_eq!(parse(&text, "error"), Parsed { lines: 2, cursor: Some(CURSOR.into()) });
        let text = format!("-- cursor: {CURSOR}\n");
        assert_eq!(parse(&text, "error"), Parsed { lines: 0, cursor: Some(CURSOR.into()) });
        assert_eq!(parse("", "error"), Parsed { lines: 0, cursor: None });
    }

    #[test]
    fn a_message_that_plays_cursor_is_a_message() {
        let text = format!("-- cursor: error\n-- cursor: {CURSOR}\n");
        assert_eq!(parse(&text, "error"), Parsed { lines: 1, cursor: Some(CURSOR.into()) });
        assert_eq!(parse("x\n-- cursor: $(reboot) --help\n", "error").cursor, None);
    }
}
