//! A TOML document whose every value knows its place, and the laying of one over another: for rules and watch lists.
//!
//! Serde would stop at the first error and forget where a merged value came from; rule files are edited by hand,
//! and their errors should come all at once.

use std::collections::BTreeMap;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{MAX_FILE_BYTES, RuleError};
use crate::filter::FilterError;

/// Where something stands: which layer, and the byte range there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) layer: usize,
    pub(crate) start: usize,
}

/// A value and its place.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

/// The values that rule files are made of.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(String),
    Whole(i64),
    Flag(bool),
    List(Vec<Node>),
    Table(Table),
    /// A float or a date: nothing in a rule file is one.
    Other(&'static str),
}

/// A table: each key with its place.
pub(crate) type Table = BTreeMap<String, (Place, Node)>;

impl Value {
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "a text",
            Value::Whole(_) => "a whole number",
            Value::Flag(_) => "true or false",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
            Value::Other(kind) => kind,
        }
    }
}

/// The files as they were given, and the errors found in them so far.
#[derive(Debug)]
pub(crate) struct Layers<'t> {
    layers: &'t [(&'t str, &'t str)],
    errors: Vec<(Place, RuleError)>,
}

impl<'t> Layers<'t> {
    pub(crate) const fn new(layers: &'t [(&'t str, &'t str)]) -> Self {
        Self { layers, errors: Vec::new() }
    }

    /// The layers laid over each other.
    pub(crate) fn merged(&mut self) -> Table {
        let mut merged = Table::new();
        for (layer, (text, _)) in self.layers.iter().enumerate() {
            if text.len() > MAX_FILE_BYTES {
                let place = Place { layer, start: 0 };
                self.error(
                    place,
                    format!("the file has {} bytes; {MAX_FILE_BYTES} are allowed", text.len()),
                    None,
                );
                continue;
            }
            match DeTable::parse(text) {
                Ok(table) => lay_over(&mut merged, convert_table(layer, table.into_inner())),
                Err(error) => {
                    let place = Place { layer, start: error.span().map_or(0, |span| span.start) };
                    self.error(place, error.message().replace('\n', "; "), None);
                }
            }
        }
        merged
    }

    /// The line of a place, from 1.
    pub(crate) fn line(&self, place: Place) -> usize {
        FilterError::at(self.layers[place.layer].0, place.start, "").line
    }

    /// The name of a place's file.
    pub(crate) fn file(&self, place: Place) -> &'t str {
        self.layers[place.layer].1
    }

    /// Notes an error.
    pub(crate) fn error(&mut self, place: Place, what: impl Into<String>, mend: Option<String>) {
        let (text, file) = self.layers[place.layer];
        let at = FilterError::at(text, place.start, what);
        let error =
            RuleError { file: file.to_owned(), line: at.line, column: at.column, what: at.what, mend };
        self.errors.push((place, error));
    }

    /// Notes an error inside an expression that stands `offset` bytes into a text.
    pub(crate) fn expression_error(&mut self, place: Place, before: &str, error: FilterError) {
        let (text, _) = self.layers[place.layer];
        let raw = text.get(place.start..).unwrap_or_default();
        // A text begins after its quotes, and a block text after the line that opens it.
        let quotes = if raw.starts_with("'''") || raw.starts_with("\"\"\"") { 3 } else { 1 };
        let newline = raw.get(quotes..).map_or(0, |rest| usize::from(rest.starts_with('\n')));
        let opened = format!("{}{before}", raw.get(..quotes + newline).unwrap_or_default());
        let start = FilterError::at(text, place.start, "");
        let inner_lines = opened.matches('\n').count() + error.line - 1;
        let inner_column = match (error.line, opened.rsplit_once('\n')) {
            (1, None) => start.column + opened.chars().count() + error.column - 1,
            (1, Some((_, last))) => last.chars().count() + error.column,
            _ => error.column,
        };
        let (_, file) = self.layers[place.layer];
        let error = RuleError {
            file: file.to_owned(),
            line: start.line + inner_lines,
            column: inner_column,
            what: error.what,
            mend: error.mend,
        };
        self.errors.push((place, error));
    }

    /// The errors, in the order of the files; none when all is well.
    pub(crate) fn finish(mut self) -> Vec<RuleError> {
        self.errors.sort_by_key(|(place, error)| (place.layer, error.line, error.column));
        self.errors.into_iter().map(|(_, error)| error).collect()
    }
}

/// Tables merge key by key; anything else is replaced.
fn lay_over(lower: &mut Table, upper: Table) {
    for (key, (place, node)) in upper {
        match (lower.get_mut(&key), node) {
            (Some((_, Node { value: Value::Table(below), .. })), Node { value: Value::Table(above), .. }) => {
                lay_over(below, above);
            }
            (_, node) => {
                lower.insert(key, (place, node));
            }
        }
    }
}

fn convert_table(layer: usize, table: DeTable<'_>) -> Table {
    table
        .into_iter()
        .map(|(key, value)| {
            let place = Place { layer, start: key.span().start };
            (key.into_inner().into_owned(), (place, convert(layer, value)))
        })
        .collect()
}

fn convert(layer: usize, value: Spanned<DeValue<'_>>) -> Node {
    let place = Place { layer, start: value.span().start };
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Boolean(flag) => Value::Flag(flag),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Whole(number),
            Err(_) => Value::Other("a number out of range"),
        },
        DeValue::Array(list) => Value::List(list.into_iter().map(|item| convert(layer, item)).collect()),
        DeValue::Table(table) => Value::Table(convert_table(layer, table)),
        DeValue::Float(_) => Value::Other("a fraction"),
        DeValue::Datetime(_) => Value::Other("a date"),
    };
    Node { place, value }
}
