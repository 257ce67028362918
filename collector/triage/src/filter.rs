//! The filter language: one typed expression for fleet queries, rule conditions and scopes.
//!
//! The source is CEL (the Common Expression Language), parsed by a crate that only `parse` knows and lowered
//! once to our own typed program: names are resolved against [`schema`], types checked, constants folded. What
//! runs per endpoint is a walk over that program which builds no map, no string and no list.
//!
//! Logic has three values. A fact that is missing makes its comparison *unknown*; `unknown || true` is true,
//! `unknown && false` is false, everything else stays unknown. An unknown filter does not match and is counted.
//!
//! The same table of fields names an endpoint's JSON ([`EndpointJson`]), so that the two cannot drift.
//!
//! Deliberately missing: regular expressions, maps, lists built at run time, and any function that could take
//! longer than the data it looks at is long.

mod chosen;
mod columns;
mod error;
mod json;
mod lower;
mod mention;
mod names;
mod parse;
mod program;
mod queued;
mod reads;
mod row;
mod scan;
mod schema;
mod short;
mod sort;
mod value;

use serde::Serialize;

pub use chosen::{ChosenJson, Fields};
pub use columns::{Columns, Found, Group, Grouping, Order, Page, Place, Rows, Slots, Wanted};
pub use error::FilterError;
pub use json::{EndpointJson, Glance};
pub use mention::Vocabulary;
pub use names::nearest;
pub use queued::{ItemFilter, Queued};
pub use reads::Reads;
pub use row::{AlertCounts, Owners, Row};
pub(crate) use schema::oldest_missing_security;
pub use schema::{Schema, SchemaField, item_schema, schema};
pub use short::Typed;

pub(crate) use lower::{Bindings, Walk, parse_seconds, walk};
pub(crate) use program::Scope;
pub(crate) use schema::{About, Type};
pub(crate) use sort::SortKey;
pub(crate) use value::Value;

/// The longest source, in bytes: a screenful is readable, and the parser's work stays in microseconds.
pub const MAX_SOURCE_BYTES: usize = 2048;

/// How deep `exists` and `all` may nest: work grows with the product of the lists' lengths.
pub const MAX_COMPREHENSION_DEPTH: usize = 2;

/// What a filter says about one endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It matches.
    Match,
    /// It does not.
    NoMatch,
    /// A fact that decides is missing.
    Unknown,
}

/// A compiled filter.
#[derive(Debug, Clone)]
pub struct Filter {
    source: Box<str>,
    program: program::Expr,
    reads: Reads,
    mentions: Box<[mention::Mention]>,
}

impl Filter {
    /// Compiles CEL source against the schema.
    ///
    /// # Errors
    /// [`FilterError`] with line, column and, where there is one, a suggestion.
    pub fn compile(source: &str) -> Result<Self, FilterError> {
        Self::compile_with(source, &Bindings::default())
    }

    /// The same for a row of a matrix. It says who owns what, and cannot ask itself: `owner(…)` is refused.
    pub(crate) fn compile_in_matrix(source: &str) -> Result<Self, FilterError> {
        Self::compile_with(source, &Bindings::in_matrix())
    }

    /// The same about something else than an endpoint.
    fn compile_about(about: About, source: &str) -> Result<Self, FilterError> {
        Self::compile_with(source, &Bindings::of(about))
    }

    /// Compiles a condition in which `bindings` name elements of lists.
    pub(crate) fn compile_with(source: &str, bindings: &Bindings) -> Result<Self, FilterError> {
        let lowered = lower::condition(source, bindings)?;
        Ok(Self {
            source: source.into(),
            program: lowered.expr,
            reads: lowered.reads,
            mentions: lowered.mentions.into(),
        })
    }

    /// Judges one endpoint.
    pub fn judge(&self, row: &Row<'_>) -> Verdict {
        self.judge_in(&mut Scope::new(row))
    }

    /// Judges with elements already bound.
    pub(crate) fn judge_in(&self, scope: &mut Scope<'_, '_>) -> Verdict {
        match program::holds(&self.program, scope) {
            Some(true) => Verdict::Match,
            Some(false) => Verdict::NoMatch,
            None => Verdict::Unknown,
        }
    }

    /// The source, as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Which parts of an endpoint decide, and whether time does.
    pub fn reads(&self) -> Reads {
        self.reads
    }

    /// The facts that it compares with numbers, by their full names; `each` is the list whose elements are bound.
    pub(crate) fn constants(&self, each: Option<&Walk>, give: &mut impl FnMut(String, f64)) {
        let each = each.map(|walk| (walk.binding.slot, walk.listing.name.to_string()));
        program::constants(&self.program, &mut each.into_iter().collect(), give);
    }

    /// The fields whose absence can make it unknown, for explanations.
    pub(crate) fn missing_in(&self, scope: &mut Scope<'_, '_>) -> Vec<String> {
        program::missing(&self.program, scope)
    }
}

/// A compiled expression of any scalar type: a subject, or a part of a title.
#[derive(Debug, Clone)]
pub(crate) struct Formula {
    program: program::Expr,
    ty: Type,
    reads: Reads,
}

impl Formula {
    pub(crate) fn compile(source: &str, bindings: &Bindings) -> Result<Self, FilterError> {
        let lowered = lower::formula(source, bindings)?;
        Ok(Self { program: lowered.expr, ty: lowered.ty, reads: lowered.reads })
    }

    pub(crate) fn value<'v, 'a: 'v>(&'v self, scope: &mut Scope<'_, 'a>) -> Value<'v> {
        program::eval(&self.program, scope)
    }

    pub(crate) const fn ty(&self) -> Type {
        self.ty
    }

    /// Which parts of an endpoint it shows, those of bound elements' lists aside.
    pub(crate) const fn reads(&self) -> Reads {
        self.reads
    }
}

#[cfg(test)]
mod tests;
