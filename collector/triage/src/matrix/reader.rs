//! Makes the typed matrix of a document, and collects every fault on the way.
//!
//! Order matters: teams before people, people and calendars before rotas and tools, all of them before rows. What
//! could not be read is left out and its faults stand; what refers to it is not reported on top. Each concept has its
//! own file, with the shape that it is written in beside what is made of it.

use core::str::FromStr;
use std::collections::{BTreeMap, btree_map::Entry};

use dogwatch_model::{IdError, OrgId, PersonId, TeamId};
use serde::de::DeserializeOwned;

use super::{
    Directory, MAX_DOCUMENT_BYTES, Matrix, MatrixError, Party, Standing,
    fault::Document,
    file::{DirectoryFile, MatrixFile, Text},
};

mod boundary;
mod calendar;
mod deputy;
mod escalation;
mod moment;
mod one;
mod people;
mod rota;
mod row;
mod selector;
mod side;
mod sla;
mod tool;
mod vendor;

pub(super) use self::{
    boundary::BoundaryEntry,
    calendar::CalendarEntry,
    people::{PersonEntry, TeamEntry},
    rota::RotaEntry,
    row::{CatchAllEntry, RowEntry},
    side::SideEntry,
    sla::SlaEntry,
    tool::ToolEntry,
    vendor::VendorEntry,
};

pub(super) fn directory(text: &str, file: &str) -> Result<Directory, MatrixError> {
    let mut document = Document::new(text, file);
    let Some(read) = shape::<DirectoryFile>(text, &mut document) else { return document.finish(None) };
    let mut known = Directory::default();
    let crew = Crew {
        team: read.team,
        person: read.person,
        calendar: read.calendar,
        rota: read.rota,
        vendor: read.vendor,
    };
    known.add(&mut document, crew);
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
    let crew = Crew {
        team: read.team,
        person: read.person,
        calendar: read.calendar,
        rota: read.rota,
        vendor: read.vendor,
    };
    known.add(doc, crew);
    let (side_names, signers) = side::sides(doc, &known, read.side);
    let sla = sla::classes(doc, &known, read.sla);
    let tools = tool::tools(doc, &known, read.tool);
    let names = row::Names { known: &known, tools: &tools, sla: &sla };
    let rows = row::rows(doc, names, read.row);
    let catch_all = read.catch_all.and_then(|entry| row::catch_all(doc, names, entry));
    let boundaries = boundary::rules(doc, names, read.boundary);
    let last_resort = known.team_named(doc, &read.org.last_resort);
    let default_sla = read.org.sla.as_ref().and_then(|text| named(doc, "SLA class", "sla", &sla, text));
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
        boundaries,
        sla,
        default_sla,
        side_names,
        signers,
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
fn id<T: FromStr<Err = IdError>>(doc: &mut Document<'_>, text: &Text) -> Option<T> {
    text.get_ref().parse().inspect_err(|error: &IdError| doc.fault(&text.span(), error.to_string(), "")).ok()
}

/// Finds what a text names among what there is of a `kind`, which is written as a `[[table]]`.
fn named<K: Ord + Clone + AsRef<str> + FromStr, V>(
    doc: &mut Document<'_>,
    kind: &str,
    table: &str,
    among: &BTreeMap<K, V>,
    text: &Text,
) -> Option<K> {
    let found = text.get_ref().parse::<K>().ok().filter(|key| among.contains_key(key));
    if found.is_none() {
        doc.unknown(&text.span(), (kind, table), text.get_ref(), among.keys().map(K::as_ref));
    }
    found
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

/// Who there is and when they work, as both documents write it.
struct Crew {
    team: Vec<TeamEntry>,
    person: Vec<PersonEntry>,
    calendar: Vec<CalendarEntry>,
    rota: Vec<toml::Spanned<RotaEntry>>,
    vendor: Vec<VendorEntry>,
}

impl Directory {
    fn add(&mut self, doc: &mut Document<'_>, crew: Crew) {
        let rotas_of = people::add_teams(doc, self, crew.team);
        people::add_people(doc, self, crew.person);
        for entry in crew.calendar {
            calendar::add(doc, self, entry);
        }
        for entry in crew.rota {
            rota::add(doc, self, entry);
        }
        rota::give_to_teams(doc, self, rotas_of);
        for entry in crew.vendor {
            vendor::add(doc, self, entry);
        }
    }

    fn team_named(&self, doc: &mut Document<'_>, text: &Text) -> Option<TeamId> {
        named(doc, "team", "team", &self.teams, text)
    }

    fn person_named(&self, doc: &mut Document<'_>, text: &Text) -> Option<PersonId> {
        named(doc, "person", "person", &self.people, text)
    }

    fn party_named(&self, doc: &mut Document<'_>, text: &Text) -> Option<Party> {
        let found = self.party(text.get_ref());
        if found.is_none() {
            let teams = self.teams.keys().map(TeamId::as_str);
            let all = teams.chain(self.people.keys().map(PersonId::as_str));
            doc.unknown(&text.span(), ("team or person", "team"), text.get_ref(), all);
        }
        found
    }

    fn party(&self, name: &str) -> Option<Party> {
        let team = TeamId::new(name).ok().filter(|team| self.teams.contains_key(team)).map(Party::Team);
        let person = || PersonId::new(name).ok().filter(|person| self.people.contains_key(person));
        team.or_else(|| person().map(Party::Person))
    }

    /// What else is called so that a step of a chain may call; one name must mean one of them.
    fn taken_by(&self, name: &str, mine: &str) -> Option<&'static str> {
        let kinds = [
            ("team", self.teams.keys().any(|id| id.as_str() == name)),
            ("person", self.people.keys().any(|id| id.as_str() == name)),
            ("rota", self.rotas.keys().any(|id| id.as_str() == name)),
            ("vendor", self.vendors.keys().any(|id| id.as_str() == name)),
        ];
        kinds.into_iter().find(|(kind, taken)| *taken && *kind != mine).map(|(kind, _)| kind)
    }

    /// Reports an id that something else has which a step of a chain may call.
    fn refuse_taken(&self, doc: &mut Document<'_>, text: &Text, mine: &str) {
        if let Some(kind) = self.taken_by(text.get_ref(), mine) {
            let mend = format!("give the {mine} another id: roles and steps name both");
            doc.fault(&text.span(), format!("a {kind} has this id already"), mend);
        }
    }
}
