//! Escalation chains, and the access that a row's work needs.

use dogwatch_model::{PersonId, RotaId, TeamId, VendorId};
use jiff::SignedDuration;
use serde::Deserialize;
use toml::Spanned;

use super::moment;
use crate::matrix::{Access, Call, Directory, MAX_STEPS, Step, fault::Document, file::Text};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepEntry {
    after: Text,
    to: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccessEntry {
    to: String,
    #[serde(default)]
    granted: bool,
    until: Option<Spanned<toml::Value>>,
}

pub(super) fn chain(
    doc: &mut Document<'_>,
    known: &Directory,
    entries: Vec<Spanned<StepEntry>>,
) -> Vec<Step> {
    if let Some(first) = entries.get(MAX_STEPS) {
        let what = format!("there are {} steps and the limit is {MAX_STEPS}", entries.len());
        doc.fault(&first.span(), what, "call several at once by a team, or leave steps out");
    }
    let mut steps: Vec<Step> = Vec::new();
    for entry in entries {
        let line = doc.place(entry.span().start).0;
        let entry = entry.into_inner();
        let mend = "write how long after the routing, such as \"15m\", from \"0s\" to \"2160h\"";
        let bounds = SignedDuration::ZERO..=moment::LONGEST;
        let after = moment::duration(doc, &entry.after, &bounds, ("a time to wait", mend));
        let to = call(doc, known, &entry.to);
        let (Some(after), Some(to)) = (after, to) else { continue };
        if steps.last().is_some_and(|before| after < before.after) {
            let what = "this step comes before the one above it";
            doc.fault(&entry.after.span(), what, "put the steps into the order of time");
        }
        steps.push(Step { after, to, line });
    }
    steps
}

fn call(doc: &mut Document<'_>, known: &Directory, text: &Text) -> Option<Call> {
    let name = text.get_ref();
    let rota = || RotaId::new(name).ok().filter(|rota| known.rotas.contains_key(rota)).map(Call::Rota);
    let vendor = || VendorId::new(name).ok().filter(|id| known.vendors.contains_key(id)).map(Call::Vendor);
    let found = known.party(name).map(Call::Party).or_else(rota).or_else(vendor);
    if found.is_none() {
        let people = known.people.keys().map(PersonId::as_str);
        let all = known.teams.keys().map(TeamId::as_str).chain(people);
        let all = all.chain(known.rotas.keys().map(RotaId::as_str));
        let all = all.chain(known.vendors.keys().map(VendorId::as_str));
        doc.unknown(&text.span(), ("team, person, rota or vendor", "team"), name, all);
    }
    found
}

pub(super) fn access(doc: &mut Document<'_>, entries: Vec<Spanned<AccessEntry>>) -> Vec<Access> {
    let mut needed = Vec::new();
    for entry in entries {
        let line = doc.place(entry.span().start).0;
        let entry = entry.into_inner();
        let until = entry.until.as_ref().and_then(|value| moment::date(doc, value));
        needed.push(Access { to: entry.to, granted: entry.granted, until, line });
    }
    needed
}
