//! Boundary rules: what follows what, within which time, and who leads.

use std::collections::BTreeSet;

use dogwatch_model::BoundaryId;
use serde::Deserialize;
use toml::Spanned;

use super::{
    id, moment,
    row::Names,
    selector::{SelectorEntry, selector},
};
use crate::matrix::{BoundaryRule, fault::Document, file::Text};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::matrix) struct BoundaryEntry {
    id: Text,
    first: SelectorEntry,
    then: SelectorEntry,
    within: Text,
    lead: Text,
    note: Option<String>,
}

pub(super) fn rules(
    doc: &mut Document<'_>,
    names: Names<'_>,
    entries: Vec<Spanned<BoundaryEntry>>,
) -> Vec<BoundaryRule> {
    let mut seen = BTreeSet::new();
    let mut rules = Vec::new();
    for entry in entries {
        let line = doc.place(entry.span().start).0;
        let entry = entry.into_inner();
        let first = selector(doc, names, &entry.first);
        let then = selector(doc, names, &entry.then);
        let within = moment::wait(doc, &entry.within, "a time for the second to follow within");
        let lead = names.known.team_named(doc, &entry.lead);
        let id = id::<BoundaryId>(doc, &entry.id);
        let (Some(id), Some(within), Some(lead)) = (id, within, lead) else { continue };
        if !seen.insert(id.clone()) {
            let what = format!("there is another boundary rule `{id}` already");
            doc.fault(&entry.id.span(), what, "give one of them another id");
        }
        rules.push(BoundaryRule { id, first, then, within, lead, note: entry.note, line });
    }
    rules
}
