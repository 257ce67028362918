//! Classes of service levels: what is promised for each priority. What a class leaves out is as shipped.

use std::collections::BTreeMap;

use dogwatch_model::SlaId;
use serde::Deserialize;

use super::{id, insert, moment, named};
use crate::{
    alert::Priority,
    matrix::{Directory, Promise, Runs, SlaClass, fault::Document, file::Text},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::matrix) struct SlaEntry {
    id: Text,
    accept: Option<Text>,
    p1: Option<PromiseEntry>,
    p2: Option<PromiseEntry>,
    p3: Option<PromiseEntry>,
    p4: Option<PromiseEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PromiseEntry {
    response: Option<Text>,
    resolve: Option<Text>,
    runs: Option<Text>,
}

pub(super) fn classes(
    doc: &mut Document<'_>,
    known: &Directory,
    entries: Vec<SlaEntry>,
) -> BTreeMap<SlaId, SlaClass> {
    let mut classes = BTreeMap::new();
    for entry in entries {
        let accept = entry.accept.as_ref();
        let accept = accept.and_then(|text| moment::wait(doc, text, "a time to accept within"));
        let promises = [
            promise(doc, known, Priority::P1, entry.p1),
            promise(doc, known, Priority::P2, entry.p2),
            promise(doc, known, Priority::P3, entry.p3),
            promise(doc, known, Priority::P4, entry.p4),
        ];
        let Some(id) = id::<SlaId>(doc, &entry.id) else {
            doc.broken(entry.id.get_ref());
            continue;
        };
        let class = SlaClass { id: id.clone(), promises, accept: accept.unwrap_or(SlaClass::ACCEPT) };
        insert(doc, &mut classes, ("SLA class", &entry.id), id, class);
    }
    classes
}

fn promise(
    doc: &mut Document<'_>,
    known: &Directory,
    priority: Priority,
    entry: Option<PromiseEntry>,
) -> Promise {
    let shipped = Promise::shipped(priority);
    let Some(entry) = entry else { return shipped };
    let mut within = |text: Option<&Text>, what| text.and_then(|text| moment::wait(doc, text, what));
    let response = within(entry.response.as_ref(), "a time to respond within").unwrap_or(shipped.response);
    let resolve = within(entry.resolve.as_ref(), "a time to resolve within").unwrap_or(shipped.resolve);
    if let Some(text) = entry.resolve.as_ref().or(entry.response.as_ref())
        && resolve < response
    {
        let what = format!("{priority} would have to be resolved before anybody need respond");
        doc.fault(&text.span(), what, "`resolve` is at least as long as `response`");
    }
    let runs = entry.runs.as_ref().map_or(Some(shipped.runs.clone()), |text| runs(doc, known, text));
    Promise { response, resolve, runs: runs.unwrap_or(shipped.runs) }
}

fn runs(doc: &mut Document<'_>, known: &Directory, text: &Text) -> Option<Runs> {
    match text.get_ref().as_str() {
        "always" => Some(Runs::Always),
        "with-row" => Some(Runs::WithRow),
        _ => named(doc, "calendar", "calendar", &known.calendars, text).map(Runs::During),
    }
}
