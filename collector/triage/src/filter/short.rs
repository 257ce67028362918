//! The short form for hands: `os:windows patch.missing.critical:>0 site:toronto -tag:lab srv`.
//!
//! Parts stand apart by spaces and must all hold. `field:value` asks about a field, a word alone is searched for, a `-`
//! before either turns it round. The form is only a way to type: it is translated to the filter language, which then
//! says everything that can be said about it. What is not the short form is the filter language itself.
//!
//! An `@name` asks for a saved view. Views are the collector's to know, so whoever takes typed text puts them in the place of
//! their names first ([`Typed`]); one that is left is refused, never searched for.
//!
//! Deliberately missing: brackets and `or`. Whoever needs them writes the expression.

mod field;
mod typed;
mod value;

use super::{
    About, Filter, FilterError, names,
    schema::{Kind, Type},
};

pub use typed::Typed;

impl Filter {
    /// Compiles what a person typed: the short form, or an expression. [`Filter::source`] is the expression.
    ///
    /// # Errors
    /// [`FilterError`], with line and column in what was typed.
    pub fn typed(text: &str) -> Result<Self, FilterError> {
        typed(About::Endpoint, text)
    }
}

/// The same about anything.
pub(super) fn typed(about: About, text: &str) -> Result<Filter, FilterError> {
    match parts(about, text) {
        Some(parts) => Filter::compile_about(about, &translated(about, text, &parts)?),
        None => Filter::compile_about(about, text).map_err(|error| half_short(about, text, error)),
    }
}

/// One part of the short form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part<'t> {
    /// Where it begins, as a byte offset.
    at: usize,
    /// It must not hold.
    negated: bool,
    what: What<'t>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What<'t> {
    Word(&'t str),
    /// A field, and what is asked of it with where that begins.
    Field(&'t str, &'t str, usize),
}

/// The parts, if the text is the short form.
fn parts(about: About, text: &str) -> Option<Vec<Part<'_>>> {
    let parts: Vec<Part<'_>> =
        pieces(text)?.into_iter().map(|(at, piece)| part(about, at, piece)).collect::<Option<_>>()?;
    match parts.as_slice() {
        [] => None,
        // A word that is a condition by itself, or was meant to be a field, is an expression.
        [Part { what: What::Word(word), negated: false, .. }] if is_expression(about, word) => None,
        _ => Some(parts),
    }
}

/// Cuts at blanks that stand in no quotes.
fn pieces(text: &str) -> Option<Vec<(usize, &str)>> {
    let (mut pieces, mut from, mut is_quoted) = (Vec::new(), None, false);
    for (at, sign) in text.char_indices() {
        match (sign, from) {
            ('"', _) => {
                is_quoted = !is_quoted;
                from = from.or(Some(at));
            }
            (sign, Some(begin)) if sign.is_whitespace() && !is_quoted => {
                pieces.push((begin, &text[begin..at]));
                from = None;
            }
            (sign, None) if !sign.is_whitespace() => from = Some(at),
            _ => {}
        }
    }
    pieces.extend(from.map(|begin| (begin, &text[begin..])));
    (!is_quoted).then_some(pieces)
}

fn part(about: About, at: usize, piece: &str) -> Option<Part<'_>> {
    let (negated, rest) = match piece.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, piece),
    };
    let place = at + usize::from(negated);
    if let Some((name, asked)) = rest.split_once(':').filter(|(name, _)| is_name(name))
        && (field::known(about, name) || asked.matches(':').count() == 0 || asked.contains('"'))
    {
        let what = What::Field(name, asked, place + name.len() + 1);
        return Some(Part { at: place, negated, what });
    }
    let word = rest.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|_| rest.len() > 1);
    let word = word.unwrap_or(rest);
    let is_word = !word.is_empty() && (word.len() < rest.len() || word.chars().all(is_of_word));
    (is_word && rest != "in" && !word.contains('"')).then_some(Part {
        at: place,
        negated,
        what: What::Word(word),
    })
}

/// A field's name, with lists marked or not: `health.disks[].mount`.
fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|sign| sign.is_ascii_alphanumeric() || "_.-[]".contains(sign))
}

/// What a word may have: nothing that an expression joins things with.
fn is_of_word(sign: char) -> bool {
    sign.is_alphanumeric() || "._-@:%".contains(sign)
}

/// A literal, or what begins as a field does: then the language says what is wrong with it.
fn is_expression(about: About, word: &str) -> bool {
    let begins_as_field =
        word.split_once('.').is_some_and(|(first, _)| names::find(about.fields(), first).is_some());
    matches!(word, "true" | "false") || begins_as_field && !is_condition(about, word)
}

fn is_condition(about: About, name: &str) -> bool {
    names::lookup_of(about, name).is_some_and(|(field, _)| matches!(field.kind, Kind::Value(Type::Bool, _)))
}

/// The whole as an expression.
fn translated(about: About, text: &str, parts: &[Part<'_>]) -> Result<String, FilterError> {
    let terms = parts.iter().map(|part| {
        let term = match part.what {
            What::Word(word) if text[part.at..].starts_with('@') => {
                return Err(typed::misplaced(text, part.at, word));
            }
            What::Word(word) => word_term(about, word),
            What::Field(name, asked, at) => field::term(about, text, (part.at, name), (at, asked))?,
        };
        Ok(if part.negated { negated(&term) } else { term })
    });
    Ok(terms.collect::<Result<Vec<_>, FilterError>>()?.join(" && "))
}

/// A word is a condition's name, or searched for.
fn word_term(about: About, word: &str) -> String {
    if is_condition(about, word) { word.to_owned() } else { format!("search({})", value::quoted(word)) }
}

fn negated(term: &str) -> String {
    let is_one = is_name(term) || (term.starts_with("search(") && !term.contains(" && "));
    if is_one { format!("!{term}") } else { format!("!({term})") }
}

/// Says what is wrong with an expression into which a part of the short form was mixed.
fn half_short(about: About, text: &str, error: FilterError) -> FilterError {
    let mixed = pieces(text).into_iter().flatten().find_map(|(at, piece)| {
        let (name, asked) = piece.trim_start_matches(['-', '!', '(']).split_once(':')?;
        (is_name(name) && field::known(about, name) && !asked.is_empty()).then_some((at, name))
    });
    match mixed {
        Some((at, name)) if !text.contains('?') => {
            FilterError::at(text, at, format!("`{name}:` is of the short form")).mend(
                "there parts are joined by spaces alone; in an expression compare the field with ==, > …",
            )
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests;
