//! Text with expressions in braces: `Disk {d.mount} is {d.used_percent} full`. Braces that mean braces are doubled.

use core::fmt;

use super::wording;
use crate::filter::{Bindings, FilterError, Formula, Reads, Scope, Value};

/// A compiled template.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    source: Box<str>,
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    Words(Box<str>),
    Value(Formula),
}

/// An error in a template, and what stands before the expression that has it.
pub(super) struct TemplateError<'s> {
    pub(super) before: &'s str,
    pub(super) error: FilterError,
}

impl Template {
    pub(super) fn compile<'s>(source: &'s str, bindings: &Bindings) -> Result<Self, TemplateError<'s>> {
        let mut parts = Vec::new();
        let mut words = String::new();
        let mut rest = source;
        while let Some(at) = rest.find(['{', '}']) {
            words.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            let after = &rest[at + 1..];
            let before = &source[..source.len() - after.len()];
            if after.starts_with(brace) {
                words.push_str(brace);
                rest = &after[1..];
                continue;
            }
            let refuse = |what: &str, mend: &str| TemplateError {
                before: &source[..before.len() - 1],
                error: FilterError::at("", 0, what).mend(mend),
            };
            if brace == "}" {
                return Err(refuse("`}` closes nothing", "a brace that means a brace is written `}}`"));
            }
            let Some(end) = closing_brace(after) else {
                return Err(refuse("`{` is never closed", "a brace that means a brace is written `{{`"));
            };
            let formula =
                Formula::compile(&after[..end], bindings).map_err(|error| TemplateError { before, error })?;
            if !words.is_empty() {
                parts.push(Part::Words(core::mem::take(&mut words).into()));
            }
            parts.push(Part::Value(formula));
            rest = &after[end + 1..];
        }
        words.push_str(rest);
        if !words.is_empty() {
            parts.push(Part::Words(words.into()));
        }
        Ok(Self { source: source.into(), parts })
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    fn formulas(&self) -> impl Iterator<Item = &Formula> {
        self.parts.iter().filter_map(|part| match part {
            Part::Value(formula) => Some(formula),
            Part::Words(_) => None,
        })
    }

    /// Which parts of an endpoint it shows, those of bound elements' lists aside.
    pub(super) fn reads(&self) -> Reads {
        self.formulas().map(Formula::reads).fold(Reads::NONE, Reads::union)
    }

    /// Whether every fact in it is known.
    pub(crate) fn is_known(&self, scope: &mut Scope<'_, '_>) -> bool {
        self.formulas().all(|formula| !matches!(formula.value(scope), Value::Missing))
    }

    /// The text.
    pub(crate) fn render(&self, scope: &mut Scope<'_, '_>) -> String {
        let mut text = String::new();
        self.write(scope, &mut text);
        text
    }

    /// Writes the text into something that cannot fail: a string or a digest.
    pub(super) fn write(&self, scope: &mut Scope<'_, '_>, out: &mut impl fmt::Write) {
        for part in &self.parts {
            let _ = match part {
                Part::Words(words) => out.write_str(words),
                Part::Value(formula) => wording::write(out, formula.value(scope), formula.ty()),
            };
        }
    }
}

/// Where the brace is that ends an expression; quotes inside it may hold braces.
fn closing_brace(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (byte, quote) {
            (b'}', None) => return Some(at),
            (b'"' | b'\'', None) => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            _ => {}
        }
    }
    None
}
