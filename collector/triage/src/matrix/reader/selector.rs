//! What rows and boundary rules are about.

use core::str::FromStr;

use dogwatch_model::IdError;
use serde::Deserialize;

use super::{id, named, row::Names};
use crate::{
    filter::Filter,
    matrix::{Selector, fault::Document, file::Text},
};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SelectorEntry {
    #[serde(default)]
    pub(super) tools: Vec<Text>,
    #[serde(default)]
    pub(super) categories: Vec<Text>,
    #[serde(default)]
    pub(super) severity: Vec<Text>,
    pub(super) endpoint: Option<Text>,
}

pub(super) fn selector(doc: &mut Document<'_>, names: Names<'_>, entry: &SelectorEntry) -> Selector {
    Selector {
        tools: entry.tools.iter().filter_map(|text| named(doc, "tool", "tool", names.tools, text)).collect(),
        categories: closed_list(doc, &entry.categories),
        severity: closed_list(doc, &entry.severity),
        endpoint: entry.endpoint.as_ref().and_then(|text| filter(doc, text)),
    }
}

fn closed_list<T: FromStr<Err = IdError>>(doc: &mut Document<'_>, texts: &[Text]) -> Vec<T> {
    texts.iter().filter_map(|text| id(doc, text)).collect()
}

/// Compiles a filter; a fault in it is reported at the place of the filter, with its own line and column.
fn filter(doc: &mut Document<'_>, text: &Text) -> Option<Filter> {
    Filter::compile_in_matrix(text.get_ref())
        .inspect_err(|error| {
            let what = format!("the endpoint filter does not compile: {error}");
            doc.fault(&text.span(), what, "");
        })
        .ok()
}
