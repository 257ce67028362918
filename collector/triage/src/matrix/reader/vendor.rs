//! Vendors: tier L4.

use dogwatch_model::VendorId;
use serde::Deserialize;

use super::{id, insert, moment, named};
use crate::matrix::{Directory, Vendor, fault::Document, file::Text};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::matrix) struct VendorEntry {
    id: Text,
    name: Option<String>,
    contact: Option<String>,
    contract: Option<String>,
    calendar: Option<Text>,
    response: Option<Text>,
}

pub(super) fn add(doc: &mut Document<'_>, known: &mut Directory, entry: VendorEntry) {
    let calendar = entry.calendar.as_ref();
    let calendar = calendar.and_then(|text| named(doc, "calendar", "calendar", &known.calendars, text));
    let response =
        entry.response.as_ref().and_then(|text| moment::wait(doc, text, "a time to answer within"));
    let Some(id) = id::<VendorId>(doc, &entry.id) else {
        doc.broken(entry.id.get_ref());
        return;
    };
    known.refuse_taken(doc, &entry.id, "vendor");
    let vendor = Vendor {
        id: id.clone(),
        name: entry.name.unwrap_or_else(|| id.to_string()),
        contact: entry.contact,
        contract: entry.contract,
        calendar,
        response,
    };
    insert(doc, &mut known.vendors, ("vendor", &entry.id), id, vendor);
}
