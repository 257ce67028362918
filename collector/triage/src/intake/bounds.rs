//! How much of somebody else's text is taken, and the count of what is not.

use dogwatch_model::text::is_unfit;

use crate::finding::Evidence;

/// The longest title, in characters: two lines of the queue.
pub const MAX_TITLE_CHARS: usize = 200;

/// The lines of evidence of one item; the last may be the word that more were left off.
pub const MAX_LINES: usize = 50;

/// The longest name of a line, in characters.
pub const MAX_NAME_CHARS: usize = 100;

/// The longest value of a line, in characters: a paragraph, or a long address.
pub const MAX_VALUE_CHARS: usize = 1_000;

/// What the line is called that says what was left off.
pub const LEFT_OFF: &str = "left off";

/// What limits took away from one alert.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOff {
    /// Lines.
    pub lines: usize,
    /// Texts that were cut short.
    pub texts: usize,
}

/// Lines of evidence in the making.
#[derive(Debug, Default)]
pub(super) struct Lines {
    lines: Vec<Evidence>,
    left_off: LeftOff,
}

impl Lines {
    /// Adds a line, as far as the limits allow. Empty values say nothing.
    pub(super) fn push(&mut self, name: &str, value: &str) {
        if value.trim().is_empty() {
            return;
        }
        if self.lines.len() >= MAX_LINES - 1 {
            self.left_off.lines += 1;
            return;
        }
        let name = self.cut(name, MAX_NAME_CHARS);
        let value = self.cut(value, MAX_VALUE_CHARS);
        self.lines.push(Evidence { name, value });
    }

    /// A text for people within a limit.
    pub(super) fn cut(&mut self, text: &str, chars: usize) -> String {
        let (text, cut) = cut(text, chars);
        self.left_off.texts += usize::from(cut);
        text
    }

    /// The lines, the last of which says what was left off.
    pub(super) fn finish(mut self) -> Vec<Evidence> {
        let LeftOff { lines, texts } = self.left_off;
        let said = [(lines, "lines"), (texts, "texts cut short")];
        let said: Vec<_> = said
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if !said.is_empty() {
            self.lines.push(Evidence { name: LEFT_OFF.to_owned(), value: said.join(", ") });
        }
        self.lines
    }
}

/// A text on one line without what could act on a terminal, turn the direction of reading, or not be seen.
pub(super) fn plain(text: &str) -> String {
    text.replace(is_unfit, " ").trim().to_owned()
}

/// The beginning of a text, for a sentence about it.
pub(super) fn short(text: &str) -> String {
    cut(text, MAX_NAME_CHARS).0
}

fn cut(text: &str, chars: usize) -> (String, bool) {
    // Only as much is looked at as could be kept: the rest may be a megabyte.
    match text.char_indices().nth(chars) {
        Some((end, _)) => {
            let mut kept = plain(text.get(..end).unwrap_or_default());
            kept.push('…');
            (kept, true)
        }
        None => (plain(text), false),
    }
}
