//! What a parser says about somebody's input, without what it was given.
//!
//! A password in the wrong place is still one, and a parser quotes what it does not understand. Names are repeated, because
//! whoever mistyped one looks for it; whatever may be more than a name is left out, and the place and what was expected
//! say enough.

use dogwatch_model::password::MIN_CHARS;

/// The longest name of a field.
const MAX_FIELD_CHARS: usize = 32;

/// A parser's message without values.
pub(crate) fn discreet(message: &str) -> String {
    // What follows this in serde's own messages is a list of ours.
    let by_serde = ["unknown ", "invalid "].iter().any(|start| message.starts_with(start));
    let (said, expected) = match message.rfind(", expected ").filter(|_| by_serde) {
        Some(at) => message.split_at(at),
        None => (message, ""),
    };
    let said = without_text(said);
    let shown = match (said.find('`'), said.rfind('`')) {
        // A value may hold backticks itself: only where all that they enclose are names it is surely none.
        (Some(from), Some(to)) if !said.split('`').skip(1).step_by(2).all(is_name) || from == to => {
            format!("{}…{}", &said[..from], &said[to + 1..])
        }
        _ => said,
    };
    shown + expected
}

/// `invalid type: string "…"` without the text.
fn without_text(said: &str) -> String {
    match (said.find("string \""), said.rfind('"')) {
        (Some(from), Some(to)) => format!("{}a string{}", &said[..from], &said[to + 1..]),
        _ => said.to_owned(),
    }
}

/// Whether a text is what people call things by: a field of ours, or shorter than every password.
pub(crate) fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
    let field = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    let is_short = text.len() < MIN_CHARS && text.bytes().all(plain);
    is_short || text.len() <= MAX_FIELD_CHARS && text.contains('_') && text.bytes().all(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_repeated_and_values_are_not() {
        for (said, shown) in [
            (
                "unknown field `expires_in_secnds`, expected `person` or `expires_in_seconds` at line 1 column 9",
                "unknown field `expires_in_secnds`, expected `person` or `expires_in_seconds` at line 1 column 9",
            ),
            (
                "unknown variant `amber otter 7193`, expected one of `msp`, `internal`",
                "unknown variant …, expected one of `msp`, `internal`",
            ),
            (
                "invalid type: string \"amber \\\"otter\", expected a boolean at line 2 column 3",
                "invalid type: a string, expected a boolean at line 2 column 3",
            ),
            ("`amber otter, expected `7193` is not a valid person", "… is not a valid person"),
            ("`a` and `amber `otter` 7193` are no `people`", "…"),
            ("`sam smith` is not a valid person", "… is not a valid person"),
            ("unknown variant `vewer`, expected `viewer`", "unknown variant `vewer`, expected `viewer`"),
            ("missing field `password`", "missing field `password`"),
            ("a ` that ends nowhere", "a … that ends nowhere"),
        ] {
            assert_eq!(discreet(said), shown, "{said}");
        }
    }
}
