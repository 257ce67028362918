//! Which characters a peer may put on a screen.
//!
//! Names must not hold any that steers, because they are compared and looked for: a changed name would be another one. Free
//! texts are only read, so that what must not be shown is replaced in them and the rest is kept.

use dogwatch_model::text::{REPLACED, is_unfit};

pub(super) use dogwatch_model::text::steers;

/// Whether a character of a message stays: messages have lines.
fn stays_in_message(c: char) -> bool {
    matches!(c, '\n' | '\t') || !is_unfit(c)
}

/// A text of one line, with what must not be shown replaced.
pub(super) fn tame_line(text: &str) -> String {
    text.replace(is_unfit, REPLACED.encode_utf8(&mut [0; 4]))
}

/// A message of several lines, with what must not be shown replaced.
pub(super) fn tame_message(text: &str) -> String {
    text.replace(|c| !stays_in_message(c), REPLACED.encode_utf8(&mut [0; 4]))
}
