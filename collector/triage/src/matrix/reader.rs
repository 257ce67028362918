//! Makes typed teams, people, calendars and tools of a document, and collects every fault on the way.
//!
//! Order matters: teams before people, people before tools, all of them before rows. What could not be read is left
//! out and its faults stand; what refers to it is not reported on top.

use core::str::FromStr;
use std::collections::{BTreeMap, btree_map::Entry};

use dogwatch_model::{IdError, OrgId, PersonId, Side, TeamId, ToolId};
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use toml::Spanned;

use super::{
    Directory, MAX_DOCUMENT_BYTES, Matrix, MatrixError, Person, Standing, Team, Tool,
    fault::Document,
    file::{
        CalendarEntry, DirectoryFile, ExceptionEntry, HolidayEntry, MatrixFile, PersonEntry, TeamEntry, Text,
        ToolEntry,
    },
    rows,
};
use crate::calendar::{Calendar, Hours, LocalSpan, Special};

pub(super) fn directory(text: &str, file: &str) -> Result<Directory, MatrixError> {
    let mut document = Document::new(text, file);
    let Some(read) = shape::<DirectoryFile>(text, &mut document) else { return document.finish(None) };
    let mut known = Directory::default();
    known.add(&mut document, read.team, read.person, read.calendar);
    document.finish(Some(known))
}

pub(super) fn matrix(
    text: &str,
    file: &str,
    version: String,
    directory: Option<&Directory>,
) -> Result<Matrix, MatrixError> {
    let mut document = Document::new(text, file);
    let Some(read) = shape::<MatrixFile>(text, &mut document) else { return document.finish(None) };
    let doc = &mut document;
    let mut known = directory.cloned().unwrap_or_default();
    known.add(doc, read.team, read.person, read.calendar);
    let tools = tools(doc, &known, read.tool);
    let rows = rows::rows(doc, &known, &tools, read.row);
    let catch_all = read.catch_all.and_then(|entry| rows::catch_all(doc, &known, entry));
    let last_resort = known.team_named(doc, &read.org.last_resort);
    let org: Option<OrgId> = id(doc, &read.org.id);
    let matrix = org.zip(last_resort).map(|(org, last_resort)| Matrix {
        org_name: read.org.name.unwrap_or_else(|| org.to_string()),
        org,
        version,
        standing: Standing::Provisional,
        known,
        tools,
        rows,
        catch_all,
        last_resort,
        boundaries: Vec::new(),
        sla: BTreeMap::new(),
        default_sla: None,
        signers: BTreeMap::new(),
    });
    document.finish(matrix)
}

fn shape<T: DeserializeOwned>(text: &str, doc: &mut Document<'_>) -> Option<T> {
    if text.len() > MAX_DOCUMENT_BYTES {
        let what = format!("the document has {} bytes and the limit is {MAX_DOCUMENT_BYTES}", text.len());
        doc.fault(&(0..0), what, "split the org or shorten the notes");
        return None;
    }
    toml::from_str(text).inspect_err(|error| doc.toml(error)).ok()
}

/// Reads an id or one of a closed list.
pub(super) fn id<T: FromStr<Err = IdError>>(doc: &mut Document<'_>, text: &Text) -> Option<T> {
    text.get_ref().parse().inspect_err(|error: &IdError| doc.fault(&text.span(), error.to_string(), "")).ok()
}

/// Adds to a map, or reports that the id is taken.
fn insert<K: Ord + AsRef<str>, V>(
    doc: &mut Document<'_>,
    into: &mut BTreeMap<K, V>,
    (kind, place): (&str, &Text),
    key: K,
    value: V,
) {
    match into.entry(key) {
        Entry::Vacant(free) => {
            free.insert(value);
        }
        Entry::Occupied(taken) => {
            let name = taken.key().as_ref();
            let what = format!("there is another {kind} `{name}` already, here or in the directory");
            doc.fault(&place.span(), what, "give one of them another id");
        }
    }
}

impl Directory {
    fn add(
        &mut self,
        doc: &mut Document<'_>,
        teams: Vec<TeamEntry>,
        people: Vec<PersonEntry>,
        calendars: Vec<CalendarEntry>,
    ) {
        for entry in teams {
            let (Some(id), Some(side)) = (id::<TeamId>(doc, &entry.id), id::<Side>(doc, &entry.side)) else {
                doc.broken(entry.id.get_ref());
                continue;
            };
            let name = entry.name.unwrap_or_else(|| id.to_string());
            let team = Team {
                id: id.clone(),
                name,
                side,
                contact: entry.contact,
                channels: Vec::new(),
                email: None,
                rota: None,
            };
            insert(doc, &mut self.teams, ("team", &entry.id), id, team);
        }
        for entry in people {
            self.add_person(doc, entry);
        }
        for entry in calendars {
            let place = entry.id.clone();
            match calendar(doc, entry) {
                Some(made) => insert(doc, &mut self.calendars, ("calendar", &place), made.id.clone(), made),
                None => doc.broken(place.get_ref()),
            }
        }
    }

    fn add_person(&mut self, doc: &mut Document<'_>, entry: PersonEntry) {
        let (Some(id), Some(team)) = (id::<PersonId>(doc, &entry.id), self.team_named(doc, &entry.team))
        else {
            doc.broken(entry.id.get_ref());
            return;
        };
        let Some(side) = self.teams.get(&team).map(|team| team.side) else { return };
        if let Some(text) = &entry.side {
            let said: Option<Side> = self::id(doc, text);
            if said.is_some_and(|said| said != side) {
                let what =
                    format!("team `{team}` is on side `{side}`, and a person is on the side of the team");
                doc.fault(&text.span(), what, format!("write \"{side}\", or leave the line out"));
            }
        }
        if self.teams.keys().any(|team| team.as_str() == entry.id.get_ref()) {
            doc.fault(&entry.id.span(), "a team has this id already", "give the person another id");
        }
        let name = entry.name.unwrap_or_else(|| id.to_string());
        let person = Person {
            id: id.clone(),
            name,
            side,
            team,
            contact: entry.contact,
            channels: Vec::new(),
            email: None,
            verified: false,
            disabled: false,
            zone: None,
            languages: Vec::new(),
            skills: Vec::new(),
            deputies: Vec::new(),
        };
        insert(doc, &mut self.people, ("person", &entry.id), id, person);
    }

    pub(super) fn team_named(&self, doc: &mut Document<'_>, text: &Text) -> Option<TeamId> {
        let found = self.teams.keys().find(|team| team.as_str() == text.get_ref()).cloned();
        if found.is_none() {
            doc.unknown(&text.span(), "team", text.get_ref(), self.teams.keys().map(TeamId::as_str));
        }
        found
    }
}

fn tools(doc: &mut Document<'_>, known: &Directory, entries: Vec<ToolEntry>) -> BTreeMap<ToolId, Tool> {
    let mut tools = BTreeMap::new();
    for entry in entries {
        let person = entry.person.as_ref().and_then(|text| rows::person(doc, known, text));
        let deputy = entry.deputy.as_ref().and_then(|text| rows::person(doc, known, text));
        let owner = known.team_named(doc, &entry.owner);
        let (Some(id), Some(owner)) = (id::<ToolId>(doc, &entry.id), owner) else {
            doc.broken(entry.id.get_ref());
            continue;
        };
        let tool = Tool {
            id: id.clone(),
            function: entry.function,
            owner,
            person,
            deputy,
            scope: None,
            neighbours: Vec::new(),
            line: 0,
        };
        insert(doc, &mut tools, ("tool", &entry.id), id, tool);
    }
    tools
}

fn calendar(doc: &mut Document<'_>, entry: CalendarEntry) -> Option<Calendar> {
    let mut hours = Hours::default();
    for line in &entry.hours {
        if let Err(error) = hours.add(line.get_ref()) {
            doc.fault(&line.span(), error.to_string(), "");
        }
    }
    let mut special = BTreeMap::new();
    for HolidayEntry { date, name } in entry.holidays {
        let Some(day) = date_of(doc, &date) else { continue };
        if special.insert(day, Special { name, spans: Vec::new() }).is_some() {
            doc.fault(&date.span(), format!("{day} is a holiday twice"), "take one of them out");
        }
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
    let made = Calendar::new(id, entry.zone.get_ref(), hours, special);
    if made.is_err() {
        let zones: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
        let near = crate::filter::nearest(entry.zone.get_ref(), zones.iter().map(String::as_str));
        let mend = near.map_or_else(
            || "use an IANA name such as America/Toronto".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        doc.fault(&entry.zone.span(), format!("there is no time zone `{}`", entry.zone.get_ref()), mend);
    }
    made.ok()
}

fn exceptional(doc: &mut Document<'_>, entry: ExceptionEntry) -> Option<(Date, Special)> {
    let place = entry.date.span();
    let day = date_of(doc, &entry.date)?;
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

fn date_of(doc: &mut Document<'_>, value: &Spanned<toml::Value>) -> Option<Date> {
    let text = match value.get_ref() {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let date = text.parse::<Date>().ok().filter(|_| text.len() == "2026-12-25".len());
    if date.is_none() {
        doc.fault(&value.span(), format!("`{text}` is not a date"), "write it as 2026-12-25");
    }
    date
}
