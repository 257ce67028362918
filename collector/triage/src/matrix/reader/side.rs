//! The two sides: what they call themselves, and who may sign for them.

use std::collections::BTreeMap;

use dogwatch_model::{PersonId, Side};
use serde::Deserialize;

use super::id;
use crate::matrix::{Directory, fault::Document, file::Text};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::matrix) struct SideEntry {
    id: Text,
    name: Option<String>,
    #[serde(default)]
    signers: Vec<Text>,
}

type Sides = (BTreeMap<Side, String>, BTreeMap<Side, Vec<PersonId>>);

/// Their names and their signers.
pub(super) fn sides(doc: &mut Document<'_>, known: &Directory, entries: Vec<SideEntry>) -> Sides {
    let (mut names, mut signers) = Sides::default();
    for entry in entries {
        let Some(side) = id::<Side>(doc, &entry.id) else { continue };
        if side == Side::Vendor {
            let what = "the matrix is between `msp` and `internal`; a vendor does not sign it";
            doc.fault(&entry.id.span(), what, "take the [[side]] out");
        }
        let may_sign = entry.signers.iter().filter_map(|text| signer(doc, known, side, text)).collect();
        if signers.insert(side, may_sign).is_some() {
            doc.fault(&entry.id.span(), format!("side `{side}` stands here twice"), "make one of them");
        }
        if let Some(name) = entry.name {
            names.insert(side, name);
        }
    }
    (names, signers)
}

fn signer(doc: &mut Document<'_>, known: &Directory, side: Side, text: &Text) -> Option<PersonId> {
    let person = known.person_named(doc, text)?;
    let of = known.people[&person].side;
    if of != side {
        let what = format!("`{person}` is on side `{of}` and cannot sign for side `{side}`");
        doc.fault(&text.span(), what, "name a person of this side");
    }
    Some(person)
}
