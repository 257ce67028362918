//! Which characters a peer may put on a screen.
//!
//! A control character moves a terminal's cursor or forges a line of a log; a direction-changing one lets a text be
//! read as another. Names must not hold any, because they are compared and looked for: a changed name would be another
//! one. Free texts are only read, so that such a character is replaced in them and the rest is kept.

/// Whether a character steers instead of being read: C0, C1, DEL, the separators of lines and paragraphs, and all that
/// changes direction (Unicode's `Bidi_Control`).
pub(super) fn steers(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// Whether a character of a message stays: messages have lines.
fn stays_in_message(c: char) -> bool {
    matches!(c, '\n' | '\t') || !steers(c)
}

/// A text of one line, with what steers replaced.
pub(super) fn tame_line(text: &str) -> String {
    text.replace(steers, "\u{fffd}")
}

/// A message of several lines, with what steers replaced.
pub(super) fn tame_message(text: &str) -> String {
    text.replace(|c| !stays_in_message(c), "\u{fffd}")
}
