//! Rows and the catch-all.

use core::ops::Range;
use std::collections::{BTreeMap, BTreeSet};

use dogwatch_model::{RowId, SlaId, ToolId};
use jiff::SignedDuration;
use serde::Deserialize;
use toml::Spanned;

use super::{
    escalation::{AccessEntry, StepEntry, access, chain},
    id, moment, named, one,
    one::One,
    selector::{SelectorEntry, selector},
};
use crate::matrix::{
    CATCH_ALL, Directory, Duty, FIRST_RESPONDER, FaultKind, MAX_ROWS, Row, Selector, SlaClass, Tool,
    fault::Document, file::Text,
};

/// The longest first-responder window: what nobody has claimed for a day has no first responder.
const MAX_FIRST_RESPONDER: SignedDuration = SignedDuration::from_hours(24);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::matrix) struct RowEntry {
    id: Text,
    #[serde(default)]
    tools: Vec<Text>,
    #[serde(default)]
    categories: Vec<Text>,
    #[serde(default)]
    severity: Vec<Text>,
    endpoint: Option<Text>,
    during: Option<Text>,
    outside: Option<Text>,
    responsible: Text,
    accountable: Option<One>,
    #[serde(default)]
    consulted: Vec<Text>,
    #[serde(default)]
    informed: Vec<Text>,
    backup: Option<Text>,
    first_responder: Option<Text>,
    tier: Option<Text>,
    tag: Option<Text>,
    #[serde(default)]
    escalation: Vec<Spanned<StepEntry>>,
    sla: Option<Text>,
    vendor: Option<Text>,
    #[serde(default)]
    access: Vec<Spanned<AccessEntry>>,
    #[serde(default)]
    skills: Vec<String>,
    boundary_with: Option<Text>,
    lead: Option<Text>,
    reviewed_at: Option<Spanned<toml::Value>>,
    note: Option<String>,
    runbook: Option<String>,
}

/// The row that takes what no other takes: it selects nothing and applies always.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::matrix) struct CatchAllEntry {
    responsible: Text,
    accountable: Option<One>,
    #[serde(default)]
    consulted: Vec<Text>,
    #[serde(default)]
    informed: Vec<Text>,
    backup: Option<Text>,
    first_responder: Option<Text>,
    #[serde(default)]
    escalation: Vec<Spanned<StepEntry>>,
    sla: Option<Text>,
    reviewed_at: Option<Spanned<toml::Value>>,
    note: Option<String>,
    runbook: Option<String>,
}

/// What rows may name.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) known: &'a Directory,
    pub(super) tools: &'a BTreeMap<ToolId, Tool>,
    pub(super) sla: &'a BTreeMap<SlaId, SlaClass>,
}

pub(super) fn rows(doc: &mut Document<'_>, names: Names<'_>, entries: Vec<Spanned<RowEntry>>) -> Vec<Row> {
    if let Some(first) = entries.get(MAX_ROWS) {
        let what = format!("there are {} rows and the limit is {MAX_ROWS}", entries.len());
        doc.fault(&first.span(), what, "join rows that differ only in what they select");
    }
    let mut seen = BTreeSet::new();
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        let span = entry.span();
        let entry = entry.into_inner();
        let place = entry.id.clone();
        let Some(row) = row(doc, names, entry, &span) else { continue };
        if row.id.as_str() == CATCH_ALL || !seen.insert(row.id.clone()) {
            let what = format!("there is another row `{}` already", row.id);
            doc.fault(&place.span(), what, "give one of them another id");
        }
        rows.push(row);
    }
    rows
}

fn row(doc: &mut Document<'_>, names: Names<'_>, entry: RowEntry, span: &Range<usize>) -> Option<Row> {
    let known = names.known;
    let selects = SelectorEntry {
        tools: entry.tools,
        categories: entry.categories,
        severity: entry.severity,
        endpoint: entry.endpoint,
    };
    let selects = selector(doc, names, &selects);
    let duty = duty(doc, known, entry.during.as_ref(), entry.outside.as_ref());
    let id = id::<RowId>(doc, &entry.id);
    let tier = entry.tier.as_ref().and_then(|text| self::id(doc, text));
    let tag = entry.tag.as_ref().and_then(|text| self::id(doc, text));
    let vendor = entry.vendor.as_ref();
    let vendor = vendor.and_then(|text| named(doc, "vendor", "vendor", &known.vendors, text));
    let border = entry.boundary_with.as_ref();
    let boundary_with = border.and_then(|text| named(doc, "tool", "tool", names.tools, text));
    let lead = entry.lead.as_ref().and_then(|text| known.team_named(doc, text));
    let access = access(doc, entry.access);
    let roles = CatchAllEntry {
        responsible: entry.responsible,
        accountable: entry.accountable,
        consulted: entry.consulted,
        informed: entry.informed,
        backup: entry.backup,
        first_responder: entry.first_responder,
        escalation: entry.escalation,
        sla: entry.sla,
        reviewed_at: entry.reviewed_at,
        note: entry.note,
        runbook: entry.runbook,
    };
    let row = with_roles(doc, names, (id?, span), selects, duty?, roles)?;
    Some(Row { tier, tag, vendor, access, skills: entry.skills, boundary_with, lead, ..row })
}

pub(super) fn catch_all(
    doc: &mut Document<'_>,
    names: Names<'_>,
    entry: Spanned<CatchAllEntry>,
) -> Option<Row> {
    let span = entry.span();
    let id = RowId::new(CATCH_ALL).ok()?;
    with_roles(doc, names, (id, &span), Selector::default(), Duty::Always, entry.into_inner())
}

fn with_roles(
    doc: &mut Document<'_>,
    names: Names<'_>,
    (id, span): (RowId, &Range<usize>),
    selects: Selector,
    duty: Duty,
    roles: CatchAllEntry,
) -> Option<Row> {
    let known = names.known;
    let responsible = known.team_named(doc, &roles.responsible);
    let why = (FaultKind::Accountable, "exactly one answers for the outcome");
    let accountable = one::name(doc, roles.accountable, ("accountable", span), why);
    let accountable = accountable.and_then(|text| known.party_named(doc, &text));
    let consulted = roles.consulted.iter().filter_map(|text| known.party_named(doc, text)).collect();
    let informed = roles.informed.iter().filter_map(|text| known.party_named(doc, text)).collect();
    let backup = roles.backup.as_ref().and_then(|text| known.team_named(doc, text));
    let first_responder = roles.first_responder.as_ref().and_then(|text| window(doc, text));
    let sla = roles.sla.as_ref().and_then(|text| named(doc, "SLA class", "sla", names.sla, text));
    let reviewed_at = roles.reviewed_at.as_ref().and_then(|value| moment::date(doc, value));
    let escalation = chain(doc, known, roles.escalation);
    Some(Row {
        id,
        line: doc.place(span.start).0,
        selects,
        duty,
        responsible: responsible?,
        accountable: accountable?,
        consulted,
        informed,
        backup,
        first_responder: first_responder.unwrap_or(FIRST_RESPONDER),
        tier: None,
        tag: None,
        escalation,
        sla,
        vendor: None,
        access: Vec::new(),
        skills: Vec::new(),
        boundary_with: None,
        lead: None,
        reviewed_at,
        note: roles.note,
        runbook: roles.runbook,
    })
}

fn duty(
    doc: &mut Document<'_>,
    known: &Directory,
    during: Option<&Text>,
    outside: Option<&Text>,
) -> Option<Duty> {
    let mut calendar = |text: &Text| named(doc, "calendar", "calendar", &known.calendars, text);
    match (during, outside) {
        (None, None) => Some(Duty::Always),
        (Some(text), None) => calendar(text).map(Duty::During),
        (None, Some(text)) => calendar(text).map(Duty::Outside),
        (Some(_), Some(text)) => {
            doc.fault(&text.span(), "a row goes by one calendar", "keep `during` or `outside`, not both");
            None
        }
    }
}

fn window(doc: &mut Document<'_>, text: &Text) -> Option<SignedDuration> {
    let is_not = ("a first-responder window", "write a duration from \"0s\" to \"24h\", such as \"10m\"");
    moment::duration(doc, text, &(SignedDuration::ZERO..=MAX_FIRST_RESPONDER), is_not)
}
