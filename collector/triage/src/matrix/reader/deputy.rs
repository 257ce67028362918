//! Who stands in for a person, and on which days.

use dogwatch_model::PersonId;
use serde::Deserialize;
use toml::Spanned;

use super::moment;
use crate::matrix::{Deputy, Directory, fault::Document, file::Text};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeputyEntry {
    person: Text,
    from: Spanned<toml::Value>,
    until: Spanned<toml::Value>,
}

pub(super) fn deputies(
    doc: &mut Document<'_>,
    known: &Directory,
    of: &PersonId,
    entries: &[DeputyEntry],
) -> Vec<Deputy> {
    entries.iter().filter_map(|entry| deputy(doc, known, of, entry)).collect()
}

fn deputy(doc: &mut Document<'_>, known: &Directory, of: &PersonId, entry: &DeputyEntry) -> Option<Deputy> {
    let person = known.person_named(doc, &entry.person);
    let (from, until) = (moment::date(doc, &entry.from), moment::date(doc, &entry.until));
    let (person, from, until) = (person?, from?, until?);
    if person == *of {
        let what = format!("`{of}` cannot stand in for themselves");
        doc.fault(&entry.person.span(), what, "name somebody else");
    }
    if until < from {
        let what = format!("it ends on {until}, before it begins on {from}");
        doc.fault(&entry.until.span(), what, "`until` is the last day of it");
    }
    Some(Deputy { person, from, until })
}
