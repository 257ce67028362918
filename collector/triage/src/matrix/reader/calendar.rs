//! Calendars: weekly hours in a zone, holidays, and dates with hours of their own.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use super::{id, insert, moment};
use crate::{
    calendar::{Calendar, Hours, LocalSpan, Special},
    matrix::{Directory, fault::Document, file::Text},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::matrix) struct CalendarEntry {
    id: Text,
    zone: Text,
    #[serde(default)]
    hours: Vec<Text>,
    #[serde(default)]
    holidays: Vec<HolidayEntry>,
    #[serde(default)]
    exceptions: Vec<ExceptionEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidayEntry {
    date: Spanned<toml::Value>,
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExceptionEntry {
    date: Spanned<toml::Value>,
    name: Option<String>,
    hours: Option<Vec<Text>>,
    closed: Option<bool>,
}

pub(super) fn add(doc: &mut Document<'_>, known: &mut Directory, entry: CalendarEntry) {
    let place = entry.id.clone();
    match calendar(doc, entry) {
        Some(made) => insert(doc, &mut known.calendars, ("calendar", &place), made.id.clone(), made),
        None => doc.broken(place.get_ref()),
    }
}

fn calendar(doc: &mut Document<'_>, entry: CalendarEntry) -> Option<Calendar> {
    let mut hours = Hours::default();
    for line in &entry.hours {
        if let Err(error) = hours.add(line.get_ref()) {
            doc.fault(&line.span(), error.to_string(), "");
        }
    }
    // A date may be a holiday twice over: `lint` tells of it, and the first name stands.
    let mut special = BTreeMap::new();
    for HolidayEntry { date, name } in entry.holidays {
        let Some(day) = moment::date(doc, &date) else { continue };
        special.entry(day).or_insert(Special { name, spans: Vec::new() });
    }
    let mut excepted = BTreeMap::new();
    for exception in entry.exceptions {
        let span = exception.date.span();
        let Some((day, special)) = exceptional(doc, exception) else { continue };
        if excepted.insert(day, special).is_some() {
            doc.fault(&span, format!("{day} is an exception twice"), "put its hours into one list");
        }
    }
    special.extend(excepted);
    let id = id(doc, &entry.id)?;
    moment::zone(doc, &entry.zone)?;
    Calendar::new(id, entry.zone.get_ref(), hours, special).ok()
}

fn exceptional(doc: &mut Document<'_>, entry: ExceptionEntry) -> Option<(Date, Special)> {
    let place = entry.date.span();
    let day = moment::date(doc, &entry.date)?;
    let lines = match (entry.hours, entry.closed) {
        (Some(lines), None | Some(false)) => lines,
        (None, Some(true)) => Vec::new(),
        (Some(_), Some(true)) | (None, None | Some(false)) => {
            let mend = "write either `hours = [\"08:00-12:00\"]` or `closed = true`";
            doc.fault(&place, "an exception has hours or is closed", mend);
            return None;
        }
    };
    let mut spans = Vec::new();
    for line in &lines {
        match LocalSpan::parse(line.get_ref()) {
            Ok(span) => spans.push(span),
            Err(error) => doc.fault(&line.span(), error.to_string(), ""),
        }
    }
    spans.sort_unstable();
    Some((day, Special { name: entry.name.unwrap_or_else(|| "exception".to_owned()), spans }))
}
