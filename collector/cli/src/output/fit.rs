//! The last look at finished text before a terminal gets it, whoever made it: a command that forgets to tame a value does no
//! harm.
//!
//! Lines, tabs and the colours of our own tables pass; whatever else steers a terminal is shown as a sign. Programs get texts
//! whole: what steers is escaped in their formats already.

use std::borrow::Cow;

use super::cell::steers;

/// The orders that our tables give: bold, the four colours that words have, and the ends of these. Nothing in them moves,
/// hides or renames anything.
const COLOURS: [&str; 8] = [
    "\u{1b}[1m",
    "\u{1b}[0m",
    "\u{1b}[38;5;8m",
    "\u{1b}[38;5;9m",
    "\u{1b}[38;5;10m",
    "\u{1b}[38;5;11m",
    "\u{1b}[39m",
    "\u{1b}[22m",
];

/// Text that may be written to a terminal, to one that shows colours or not.
pub(super) fn fit(text: &str, colours: bool) -> Cow<'_, str> {
    if !text.contains(unfit) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let kept = whole(rest, colours);
        if kept == 0 && unfit(c) {
            out.push('\u{fffd}');
        } else {
            out.push_str(&rest[..kept.max(c.len_utf8())]);
        }
        rest = &rest[kept.max(c.len_utf8())..];
    }
    Cow::Owned(out)
}

/// How many bytes at the beginning pass as one: an order of ours, or the end of a line of a spreadsheet.
fn whole(text: &str, colours: bool) -> usize {
    if text.starts_with("\r\n") {
        return 2;
    }
    let ours = COLOURS.iter().filter(|_| colours).find(|order| text.starts_with(**order));
    ours.map_or(0, |order| order.len())
}

fn unfit(c: char) -> bool {
    steers(c) && !matches!(c, '\n' | '\t')
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, tz::TimeZone};
    use serde_json::json;

    use super::*;
    use crate::{
        args::Format,
        output::{Screen, Show, column, table},
    };

    #[test]
    fn what_no_command_tamed_steers_no_terminal() {
        let hostile = "a\u{1b}]0;x\u{7}\u{1b}[31m\u{202e}b\u{9b}c\rd\u{200b}\r\ne\tf\n";
        for colours in [true, false] {
            let seen = fit(hostile, colours);
            assert_eq!(
                seen,
                "a\u{fffd}]0;x\u{fffd}\u{fffd}[31m\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}\r\ne\tf\n"
            );
        }
        assert_eq!(fit("\u{1b}[1mx", false), "\u{fffd}[1mx", "where no colours are, nothing begins one");
    }

    #[test]
    fn every_colour_of_our_tables_passes() {
        let words = ["critical", "warning", "online", "done", "plain"];
        let rows: Vec<_> = words.iter().map(|word| json!({ "word": word })).collect();
        let screen = Screen { format: Format::Table, colour: true, terminal: true, zone: TimeZone::UTC };
        let shown = table(&rows, &[column("WORD", "word", Show::Text)], Timestamp::UNIX_EPOCH, &screen);
        assert_eq!(fit(&shown, true), shown, "{shown:?}");
    }
}
