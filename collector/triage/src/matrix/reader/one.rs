//! Names of which there must be exactly one: who answers for a row, who owns a tool.

use core::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use crate::matrix::{FaultKind, fault::Document, file::Text};

/// One name, or what somebody wrote who wanted several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Written {
    One(String),
    Several(Vec<String>),
}

/// A name that may be missing, or be a list: then it is refused with the reason.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct One(Spanned<Written>);

/// The name; or a fault at the list, or at the `table` that has none.
pub(super) fn name(
    doc: &mut Document<'_>,
    written: Option<One>,
    (key, table): (&str, &Range<usize>),
    (kind, why): (FaultKind, &str),
) -> Option<Text> {
    let Some(One(written)) = written else {
        let mend = format!("write `{key}`");
        doc.fault_of(kind, table, format!("missing field `{key}`: {why}"), mend);
        return None;
    };
    let span = written.span();
    match written.into_inner() {
        Written::One(name) => Some(Spanned::new(span, name)),
        Written::Several(mut names) if names.len() == 1 => names.pop().map(|name| Spanned::new(span, name)),
        Written::Several(names) => {
            let what = format!("`{key}` names {}: {why}", names.len());
            doc.fault_of(
                kind,
                &span,
                what,
                "keep one of them, and put the others into `consulted` or `deputy`",
            );
            None
        }
    }
}
