//! What changed between two versions of a matrix, in words that people can agree to.
//!
//! Things are the same thing when they have the same id; their fields are then compared as they would be written. The
//! order of rows decides who wins, so a row that stands elsewhere among those that both versions have is told as moved:
//! as few of them as could have been moved to come from the one order to the other. Where something stands in its file,
//! and in which file, changes nothing and is not compared.

use std::collections::BTreeMap;

use dogwatch_model::{Side, text_enum};
use serde::{Deserialize, Serialize};

use super::Matrix;

mod fields;
mod order;

use fields::Field;

text_enum! {
    /// What sort of thing differs.
    pub enum Part {
        /// The org itself.
        Org = "org",
        /// A side.
        Side = "side",
        /// A team.
        Team = "team",
        /// A person.
        Person = "person",
        /// A calendar.
        Calendar = "calendar",
        /// A rota.
        Rota = "rota",
        /// A vendor.
        Vendor = "vendor",
        /// A class of service levels.
        Sla = "sla",
        /// A tool.
        Tool = "tool",
        /// A row; the catch-all among them.
        Row = "row",
        /// A rule of the boundary.
        Boundary = "boundary",
    }
}

text_enum! {
    /// How it differs.
    pub enum Change {
        /// It is new.
        Added = "added",
        /// It is gone.
        Removed = "removed",
        /// It stands elsewhere among the rows.
        Moved = "moved",
        /// It says something else.
        Changed = "changed",
    }
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Difference {
    /// What sort of thing.
    pub part: Part,
    /// Its id.
    pub id: String,
    /// How it differs.
    pub change: Change,
    /// What exactly, a field each: `responsible noc → it`. Of what is new or gone, the fields that say something.
    pub words: Vec<String>,
}

impl core::fmt::Display for Difference {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} `{}` {}", self.part, self.id, self.change)?;
        if self.words.is_empty() { Ok(()) } else { write!(f, ": {}", self.words.join("; ")) }
    }
}

/// Everything of some sort, by id, as it would be written.
type Things = BTreeMap<String, Vec<Field>>;

/// What changed from one version to the other: the org, its people and tools, then rows in the order of the new one.
pub fn diff(before: &Matrix, after: &Matrix) -> Vec<Difference> {
    let mut found = Vec::new();
    for (part, things) in PARTS {
        compare(*part, &things(before), &things(after), &mut found);
    }
    let moved = order::moved(before, after);
    found.extend(moved.into_iter().map(|(row, words)| Difference {
        part: Part::Row,
        id: row.to_string(),
        change: Change::Moved,
        words: vec![words],
    }));
    let place =
        |row: &str| after.rows().iter().position(|known| known.id.as_str() == row).unwrap_or(usize::MAX);
    found.sort_by_cached_key(|one| match one.part {
        Part::Row => (one.part, place(&one.id), one.id.clone(), one.change),
        _ => (one.part, 0, one.id.clone(), one.change),
    });
    found
}

fn compare(part: Part, before: &Things, after: &Things, found: &mut Vec<Difference>) {
    let mut tell = |id: &String, change, words: Vec<String>| {
        found.push(Difference { part, id: id.clone(), change, words });
    };
    for (id, fields) in before.iter().filter(|(id, _)| !after.contains_key(*id)) {
        tell(id, Change::Removed, said(fields));
    }
    for (id, new) in after {
        let Some(old) = before.get(id) else {
            tell(id, Change::Added, said(new));
            continue;
        };
        let words: Vec<_> = old.iter().zip(new).filter(|(old, new)| old != new).map(changed).collect();
        if !words.is_empty() {
            tell(id, Change::Changed, words);
        }
    }
}

fn said(fields: &[Field]) -> Vec<String> {
    fields
        .iter()
        .filter(|field| !field.text.is_empty())
        .map(|field| format!("{} {}", field.name, field.text))
        .collect()
}

fn changed((old, new): (&Field, &Field)) -> String {
    let text = |field: &Field| if field.text.is_empty() { "–".to_owned() } else { field.text.clone() };
    format!("{} {} → {}", new.name, text(old), text(new))
}

/// Reads all of one sort off a matrix.
type Reading = fn(&Matrix) -> Things;

/// Each sort of thing, and how to read it off a matrix.
const PARTS: &[(Part, Reading)] = &[
    (Part::Org, |matrix| BTreeMap::from([(matrix.org().to_string(), fields::org(matrix))])),
    (Part::Side, |matrix| {
        Side::ALL.iter().map(|side| (side.to_string(), fields::side(matrix, *side))).collect()
    }),
    (Part::Team, |matrix| by_id(matrix.directory().teams(), |team| team.id.as_str(), fields::team)),
    (Part::Person, |matrix| by_id(matrix.directory().people(), |person| person.id.as_str(), fields::person)),
    (Part::Calendar, |matrix| {
        by_id(matrix.directory().calendars(), |calendar| calendar.id.as_str(), fields::calendar)
    }),
    (Part::Rota, |matrix| by_id(matrix.directory().rotas(), |rota| rota.id.as_str(), fields::rota)),
    (Part::Vendor, |matrix| by_id(matrix.directory().vendors(), |vendor| vendor.id.as_str(), fields::vendor)),
    (Part::Sla, |matrix| by_id(matrix.sla_classes(), |class| class.id.as_str(), fields::sla)),
    (Part::Tool, |matrix| by_id(matrix.tools(), |tool| tool.id.as_str(), fields::tool)),
    (Part::Row, |matrix| {
        by_id(matrix.rows().iter().chain(matrix.catch_all()), |row| row.id.as_str(), fields::row)
    }),
    (Part::Boundary, |matrix| by_id(matrix.boundaries().iter(), |rule| rule.id.as_str(), fields::boundary)),
];

fn by_id<'m, T: 'm>(
    all: impl Iterator<Item = &'m T>,
    id: fn(&T) -> &str,
    fields: fn(&T) -> Vec<Field>,
) -> Things {
    all.map(|one| (id(one).to_owned(), fields(one))).collect()
}
