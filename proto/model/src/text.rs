//! Which signs a text may have that others read.
//!
//! A control character moves a terminal's cursor or forges a line of a log; a sign that turns the direction of reading lets a
//! text be read as another; one that nobody sees lets two texts look the same. What people write is refused with such a sign in
//! it, for they can mend it. What machines and other tools tell is kept, with the sign replaced: nobody sits there to write it
//! anew. The joiners (U+200C, U+200D) and the signs that choose a letter's shape (U+FE0F and its like) stay: Persian, Hindi,
//! Japanese names and half of all emoji are not written without them. The tags (U+E0000 and on) go, and with them the flags of
//! England, Scotland and Wales: a whole text can be written in them that nobody sees.

use core::fmt;

/// Stands where a sign was that must not be shown.
pub const REPLACED: char = '\u{fffd}';

/// Whether a sign steers instead of being read: C0, C1, DEL, the separators of lines and paragraphs, and all that turns the
/// direction of reading (Unicode's `Bidi_Control`).
pub fn steers(sign: char) -> bool {
    sign.is_control()
        || matches!(
            sign,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// Whether nobody sees a sign, and no language's writing needs it: spaces and joiners of nothing, invisible operators, the
/// mark of byte order, soft hyphens, the fillers of Hangul, tags.
pub fn hides(sign: char) -> bool {
    matches!(
        sign,
        '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}' |
        '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// Whether a text of one line must not have a sign.
pub fn is_unfit(sign: char) -> bool {
    steers(sign) || hides(sign)
}

/// Whether a name that things are looked up by must not have a sign: two names must not look the same, so that joiners are
/// none of it either.
pub fn blurs(sign: char) -> bool {
    is_unfit(sign) || matches!(sign, '\u{200c}' | '\u{200d}')
}

/// A sign that a text must not have, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfit {
    /// The sign.
    pub sign: char,
    /// In which line of the text, from 1.
    pub line: usize,
    /// As which sign of that line, from 1.
    pub column: usize,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sign, line, column } = *self;
        let what = match sign {
            _ if sign.is_control() => "a control character",
            '\u{2028}' | '\u{2029}' => "a separator of lines",
            _ if hides(sign) => "a sign that nobody sees",
            _ => "a sign that turns the direction of reading",
        };
        write!(f, "U+{:04X}, {what}, in its line {line} as sign {column}; take it out", u32::from(sign))
    }
}

impl core::error::Error for Unfit {}

/// Checks a text of several lines that somebody wrote. Lines may end as on any system, and have tabs.
///
/// # Errors
/// [`Unfit`]: the first sign that it must not have.
pub fn check(text: &str) -> Result<(), Unfit> {
    let (mut line, mut column) = (1, 0);
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        column += 1;
        match sign {
            '\n' => (line, column) = (line + 1, 0),
            '\t' => {}
            '\r' if signs.peek() == Some(&'\n') => {}
            _ if is_unfit(sign) => return Err(Unfit { sign, line, column }),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_in_any_language_is_taken() {
        for text in [
            "",
            "line one\nline two\r\n\tand a third",
            "می‌خواهم",  // U+200C: Persian
            "क्‍ष",       // U+200D: Hindi
            "👩‍💻 ❤️ 葛󠄀", // U+200D, U+FE0F, U+E0100
            "שלום, Ünïcödé, 漢字, 한글, no\u{a0}break",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        assert!(blurs('\u{200d}') && blurs('\u{200b}') && !blurs('é'), "names are stricter");
    }

    #[test]
    fn a_sign_that_steers_or_hides_is_refused_with_its_place() {
        for sign in [
            '\0',
            '\u{7}',
            '\u{1b}',
            '\u{7f}',
            '\u{9b}',
            '\r',
            '\u{b}',
            '\u{61c}',
            '\u{200b}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{ad}',
            '\u{115f}',
            '\u{1160}',
            '\u{3164}',
            '\u{ffa0}',
            '\u{e0041}',
            '\u{e007f}',
        ] {
            let refused = check(&format!("one\ntwo{sign}"));
            assert_eq!(refused, Err(Unfit { sign, line: 2, column: 4 }), "{sign:?}");
            assert!(is_unfit(sign));
        }
    }

    #[test]
    fn the_refusal_says_what_where_and_how_to_mend_it_and_shows_nothing_of_the_sign() {
        for (text, said) in [
            ("a\u{1b}[2J", "U+001B, a control character, in its line 1 as sign 2; take it out"),
            (
                "a\n\u{202e}",
                "U+202E, a sign that turns the direction of reading, in its line 2 as sign 1; take it out",
            ),
            ("\u{200b}", "U+200B, a sign that nobody sees, in its line 1 as sign 1; take it out"),
            ("\u{2029}", "U+2029, a separator of lines, in its line 1 as sign 1; take it out"),
        ] {
            assert_eq!(check(text).unwrap_err().to_string(), said);
        }
    }
}
