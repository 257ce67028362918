//! What is wrong with a document, where, and how to mend it.

use core::{fmt, ops::Range};
use std::collections::BTreeSet;

use dogwatch_model::text_enum;
use serde::{Deserialize, Serialize};

use crate::filter::nearest;

text_enum! {
    /// What sort of fault it is.
    pub enum FaultKind {
        /// A text that does not say what it should.
        Invalid = "invalid",
        /// Nobody answers for a row, or several do.
        Accountable = "accountable",
        /// A tool has no owner, or several.
        Owner = "owner",
    }
}

/// One fault of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Fault {
    /// What sort it is.
    pub kind: FaultKind,
    /// The file, as the caller calls it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.what)?;
        if self.mend.is_empty() { Ok(()) } else { write!(f, "; {}", self.mend) }
    }
}

/// Why a document is not a matrix: every fault, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatrixError {
    /// At least one.
    pub faults: Vec<Fault>,
}

impl fmt::Display for MatrixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.faults.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            fmt::Display::fmt(fault, f)?;
        }
        Ok(())
    }
}

impl core::error::Error for MatrixError {}

/// A document being read, and the faults found in it so far.
pub(super) struct Document<'t> {
    file: &'t str,
    text: &'t str,
    /// Where each line begins: every row asks for its own.
    lines: Vec<usize>,
    faults: Vec<(usize, Fault)>,
    broken: BTreeSet<String>,
}

impl<'t> Document<'t> {
    pub(super) fn new(text: &'t str, file: &'t str) -> Self {
        let lines = core::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { file, text, lines, faults: Vec::new(), broken: BTreeSet::new() }
    }

    /// Records a fault at a byte range.
    pub(super) fn fault(&mut self, span: &Range<usize>, what: impl Into<String>, mend: impl Into<String>) {
        self.fault_of(FaultKind::Invalid, span, what, mend);
    }

    /// Records a fault of a sort at a byte range.
    pub(super) fn fault_of(
        &mut self,
        kind: FaultKind,
        span: &Range<usize>,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) {
        let (line, column) = self.place(span.start);
        let file = self.file.to_owned();
        let fault = Fault { kind, file, line, column, what: what.into(), mend: mend.into() };
        self.faults.push((span.start, fault));
    }

    /// Remembers a name that is defined, but not well: its own faults are enough.
    pub(super) fn broken(&mut self, name: &str) {
        self.broken.insert(name.to_owned());
    }

    /// Records that `text` names none of `known`, which are of a `kind` and written as a `[[table]]`.
    pub(super) fn unknown<'k>(
        &mut self,
        span: &Range<usize>,
        (kind, table): (&str, &str),
        text: &str,
        known: impl Iterator<Item = &'k str> + Clone,
    ) {
        if !self.broken.contains(text) {
            self.fault(
                span,
                format!("there is no {kind} `{text}`"),
                did_you_mean((kind, table), text, known),
            );
        }
    }

    /// Line and column, from 1, of a byte offset.
    pub(super) fn place(&self, offset: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let before = self.text.get(self.lines[line - 1]..offset).unwrap_or_default();
        (line, before.chars().count() + 1)
    }

    /// Records what the TOML parser or the shape of the document says.
    pub(super) fn toml(&mut self, error: &toml::de::Error) {
        let message = error.message().trim();
        let mend = unknown_field(message)
            .and_then(|(field, known)| nearest(field, known.into_iter()))
            .map(|near| format!("did you mean `{near}`?"));
        let what = message.replace('\n', ", ");
        self.fault(&error.span().unwrap_or(0..0), what, mend.unwrap_or_default());
    }

    /// The value, if nothing was found wrong.
    pub(super) fn finish<T>(mut self, value: Option<T>) -> Result<T, MatrixError> {
        self.faults.sort_by_key(|(offset, _)| *offset);
        let faults: Vec<_> = self.faults.into_iter().map(|(_, fault)| fault).collect();
        match value {
            Some(value) if faults.is_empty() => Ok(value),
            _ => Err(MatrixError { faults }),
        }
    }
}

/// What to write instead of a name that is not known.
fn did_you_mean<'k>(
    (kind, table): (&str, &str),
    text: &str,
    known: impl Iterator<Item = &'k str> + Clone,
) -> String {
    match nearest(text, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => match known.collect::<Vec<_>>() {
            none if none.is_empty() => format!("no {kind} is defined; add a [[{table}]]"),
            all => format!("known: {}", all.join(", ")),
        },
    }
}

/// The unknown field and the known ones, out of serde's message: "unknown field `a`, expected one of `b`, `c`".
fn unknown_field(message: &str) -> Option<(&str, Vec<&str>)> {
    let mut quoted = message.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
    Some((quoted.next()?, quoted.collect()))
}
