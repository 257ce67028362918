//! The only module that knows the CEL parser. Source in, its syntax tree and the places of its nodes out.
//!
//! Macros (`exists`, `has` …) are not expanded: the lowering sees the calls as they were written.

use cel::{Env, IdedExpr, ParseError, common::ast::SourceInfo};

use super::{error::FilterError, scan};

/// How many times the parser may try to go on after an error; only the first one is shown.
const MAX_RECOVERIES: u32 = 4;

/// A parsed expression.
pub(super) struct Parsed<'s> {
    pub(super) source: &'s str,
    pub(super) root: IdedExpr,
    places: SourceInfo,
}

impl Parsed<'_> {
    /// Where a node stands, as a byte offset.
    pub(super) fn offset(&self, node: &IdedExpr) -> usize {
        self.places.offset_for(node.id).map_or(0, |(start, _)| start as usize)
    }
}

/// Parses CEL.
pub(super) fn parse(source: &str) -> Result<Parsed<'_>, FilterError> {
    scan::check(source)?;
    let parser = Env::default().parser().enable_optional_syntax(false).error_recovery_limit(MAX_RECOVERIES);
    match parser.parse_with_source_info(source) {
        Ok((root, places)) => Ok(Parsed { source, root, places }),
        Err(errors) => Err(readable(source, errors.errors.first())),
    }
}

/// Says a parser's message in one line: what stands there and is not understood.
fn readable(source: &str, error: Option<&ParseError>) -> FilterError {
    let Some(error) = error else { return FilterError::at(source, 0, "this is not an expression") };
    let line = usize::try_from(error.pos.0).unwrap_or(1).max(1);
    let column = usize::try_from(error.pos.1).unwrap_or(1).max(1);
    let place = |what: String| FilterError { line, column, what, mend: None };
    let quoted = error.msg.split('\'').nth(1).unwrap_or_default();
    if quoted == "<EOF>" || quoted.ends_with("<EOF>") {
        let end = source.trim_end().len();
        return FilterError::at(source, end, "the expression ends too early");
    }
    if error.msg.starts_with("Syntax error") && !quoted.is_empty() {
        return place(format!("did not expect `{quoted}` here"));
    }
    place(error.msg.lines().next().unwrap_or("this is not an expression").to_owned())
}
