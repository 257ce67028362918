//! What commands with a filter have in common: the names that it may use, and what it is as an expression.

use dogwatch_triage::filter::{FilterError, Schema};

use crate::{args::Format, failure::Failure, output::Screen};

/// The names, as this version knows them: no login is needed to look one up.
pub(super) fn schema(schema: &Schema, screen: &Screen) -> Result<String, Failure> {
    Ok(match screen.format {
        Format::Json | Format::Yaml => screen.whole(&serde_json::to_value(schema).unwrap_or_default())?,
        Format::Name => schema.fields.iter().map(|field| format!("{}\n", field.name)).collect(),
        Format::Table | Format::Wide | Format::Csv => schema.to_string(),
    })
}

/// What is wrong with a filter, shown under its column.
pub(super) fn fault(typed: &str, error: &FilterError) -> Failure {
    let line = typed.lines().nth(error.line - 1).unwrap_or_default();
    let caret = " ".repeat((error.column - 1).min(line.chars().count()));
    Failure::usage(format!("filter: {error}\n  {line}\n  {caret}^"))
}
