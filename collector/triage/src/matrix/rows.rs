//! Makes typed rows of a document.

use std::collections::{BTreeMap, BTreeSet};

use dogwatch_model::{CalendarId, IdError, PersonId, RowId, TeamId, ToolId};
use jiff::SignedDuration;
use toml::Spanned;

use super::{
    Directory, Duty, FIRST_RESPONDER, MAX_ROWS, Party, Row, Selector, Tool,
    fault::Document,
    file::{CatchAllEntry, RowEntry, Text},
    reader::id,
};
use crate::filter::Filter;

/// The id of the row that takes what no other takes.
pub(super) const CATCH_ALL: &str = "catch-all";

/// The longest first-responder window: what nobody has claimed for a day has no first responder.
const MAX_FIRST_RESPONDER: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn rows(
    doc: &mut Document<'_>,
    known: &Directory,
    tools: &BTreeMap<ToolId, Tool>,
    entries: Vec<Spanned<RowEntry>>,
) -> Vec<Row> {
    if let Some(first) = entries.get(MAX_ROWS) {
        let what = format!("there are {} rows and the limit is {MAX_ROWS}", entries.len());
        doc.fault(&first.span(), what, "join rows that differ only in what they select");
    }
    let mut seen = BTreeSet::new();
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        let line = doc.place(entry.span().start).0;
        let entry = entry.into_inner();
        let place = entry.id.clone();
        let Some(row) = row(doc, known, tools, entry, line) else { continue };
        if row.id.as_str() == CATCH_ALL || !seen.insert(row.id.clone()) {
            let what = format!("there is another row `{}` already", row.id);
            doc.fault(&place.span(), what, "give one of them another id");
        }
        rows.push(row);
    }
    rows
}

fn row(
    doc: &mut Document<'_>,
    known: &Directory,
    tools: &BTreeMap<ToolId, Tool>,
    entry: RowEntry,
    line: usize,
) -> Option<Row> {
    let selects = Selector {
        tools: entry.tools.iter().filter_map(|text| tool(doc, tools, text)).collect(),
        categories: closed_list(doc, &entry.categories),
        severity: closed_list(doc, &entry.severity),
        endpoint: entry.endpoint.as_ref().and_then(|text| filter(doc, text)),
    };
    let duty = duty(doc, known, entry.during.as_ref(), entry.outside.as_ref());
    let id = id::<RowId>(doc, &entry.id);
    let roles = CatchAllEntry {
        responsible: entry.responsible,
        accountable: entry.accountable,
        consulted: entry.consulted,
        informed: entry.informed,
        backup: entry.backup,
        first_responder: entry.first_responder,
        note: entry.note,
        runbook: entry.runbook,
    };
    with_roles(doc, known, (id?, line), selects, duty?, roles)
}

pub(super) fn catch_all(
    doc: &mut Document<'_>,
    known: &Directory,
    entry: Spanned<CatchAllEntry>,
) -> Option<Row> {
    let line = doc.place(entry.span().start).0;
    let id = RowId::new(CATCH_ALL).ok()?;
    with_roles(doc, known, (id, line), Selector::default(), Duty::Always, entry.into_inner())
}

fn with_roles(
    doc: &mut Document<'_>,
    known: &Directory,
    (id, line): (RowId, usize),
    selects: Selector,
    duty: Duty,
    roles: CatchAllEntry,
) -> Option<Row> {
    let responsible = known.team_named(doc, &roles.responsible);
    let accountable = party(doc, known, &roles.accountable);
    let consulted = roles.consulted.iter().filter_map(|text| party(doc, known, text)).collect();
    let informed = roles.informed.iter().filter_map(|text| party(doc, known, text)).collect();
    let backup = roles.backup.as_ref().and_then(|text| known.team_named(doc, text));
    let first_responder = match &roles.first_responder {
        Some(text) => window(doc, text),
        None => FIRST_RESPONDER,
    };
    Some(Row {
        id,
        line,
        selects,
        duty,
        responsible: responsible?,
        accountable: accountable?,
        consulted,
        informed,
        backup,
        first_responder,
        tier: None,
        tag: None,
        escalation: Vec::new(),
        sla: None,
        vendor: None,
        access: Vec::new(),
        skills: Vec::new(),
        boundary_with: None,
        lead: None,
        reviewed_at: None,
        note: roles.note,
        runbook: roles.runbook,
    })
}

fn closed_list<T: core::str::FromStr<Err = IdError>>(doc: &mut Document<'_>, texts: &[Text]) -> Vec<T> {
    texts.iter().filter_map(|text| id(doc, text)).collect()
}

fn tool(doc: &mut Document<'_>, tools: &BTreeMap<ToolId, Tool>, text: &Text) -> Option<ToolId> {
    let found = tools.keys().find(|tool| tool.as_str() == text.get_ref()).cloned();
    if found.is_none() {
        doc.unknown(&text.span(), "tool", text.get_ref(), tools.keys().map(ToolId::as_str));
    }
    found
}

fn party(doc: &mut Document<'_>, known: &Directory, text: &Text) -> Option<Party> {
    let name = text.get_ref();
    let team = known.teams.keys().find(|team| team.as_str() == name).cloned().map(Party::Team);
    let found = team
        .or_else(|| known.people.keys().find(|person| person.as_str() == name).cloned().map(Party::Person));
    if found.is_none() {
        let all = known.teams.keys().map(TeamId::as_str).chain(known.people.keys().map(PersonId::as_str));
        doc.unknown(&text.span(), "team or person", name, all);
    }
    found
}

pub(super) fn person(doc: &mut Document<'_>, known: &Directory, text: &Text) -> Option<PersonId> {
    let found = known.people.keys().find(|person| person.as_str() == text.get_ref()).cloned();
    if found.is_none() {
        doc.unknown(&text.span(), "person", text.get_ref(), known.people.keys().map(PersonId::as_str));
    }
    found
}

fn duty(
    doc: &mut Document<'_>,
    known: &Directory,
    during: Option<&Text>,
    outside: Option<&Text>,
) -> Option<Duty> {
    let mut calendar = |text: &Text| {
        let found = known.calendars.keys().find(|calendar| calendar.as_str() == text.get_ref()).cloned();
        if found.is_none() {
            let all = known.calendars.keys().map(CalendarId::as_str);
            doc.unknown(&text.span(), "calendar", text.get_ref(), all);
        }
        found
    };
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

/// Compiles a filter; a fault in it is reported at the place of the filter, with its own line and column.
fn filter(doc: &mut Document<'_>, text: &Text) -> Option<Filter> {
    Filter::compile(text.get_ref())
        .inspect_err(|error| {
            let what = format!("the endpoint filter does not compile: {error}");
            doc.fault(&text.span(), what, "");
        })
        .ok()
}

fn window(doc: &mut Document<'_>, text: &Text) -> SignedDuration {
    let read = text.get_ref().parse::<SignedDuration>().ok();
    let fits = read.filter(|window| (SignedDuration::ZERO..=MAX_FIRST_RESPONDER).contains(window));
    fits.unwrap_or_else(|| {
        let what = format!("`{}` is not a first-responder window", text.get_ref());
        doc.fault(&text.span(), what, "write a duration from \"0s\" to \"24h\", such as \"10m\"");
        FIRST_RESPONDER
    })
}
