//! Who there is and when they work: teams, people and calendars, and the tools they own.

use std::collections::BTreeMap;

use dogwatch_model::{CalendarId, PersonId, Side, TeamId, ToolId};
use serde::{Deserialize, Serialize};

use super::{MatrixError, reader};
use crate::{calendar::Calendar, finding::Category};

/// Teams, people and calendars that several matrices refer to: the MSP's own.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    pub(super) teams: BTreeMap<TeamId, Team>,
    pub(super) people: BTreeMap<PersonId, Person>,
    pub(super) calendars: BTreeMap<CalendarId, Calendar>,
}

/// A group of people that can own work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// What people call it.
    pub name: String,
    /// Whose it is.
    pub side: Side,
    /// How to reach it: a number, an address, a channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// What people call them.
    pub name: String,
    /// Whose they are.
    pub side: Side,
    /// The team they work in.
    pub team: TeamId,
    /// How to reach them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

/// A team or a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Party {
    /// A team.
    Team(TeamId),
    /// A person.
    Person(PersonId),
}

/// A tool and its one owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Its id.
    pub id: ToolId,
    /// What it is for: the categories that it is the tool for, with commas between them, or free words.
    pub function: String,
    /// The team that owns it.
    pub owner: TeamId,
    /// The person of that team who knows it best.
    pub person: Option<PersonId>,
    /// Who stands in for that person.
    pub deputy: Option<PersonId>,
}

impl Tool {
    /// The categories that it is the tool for.
    pub fn categories(&self) -> impl Iterator<Item = Category> {
        self.function.split(',').filter_map(|word| word.trim().parse().ok())
    }

    /// The category that it is the tool for, if it is for one alone.
    pub fn category(&self) -> Option<Category> {
        let mut categories = self.categories();
        categories.next().filter(|_| categories.next().is_none())
    }
}

impl Directory {
    /// Parses the collector's directory; `file` is how faults call it.
    ///
    /// # Errors
    /// [`MatrixError`] with every fault.
    pub fn parse(text: &str, file: &str) -> Result<Self, MatrixError> {
        reader::directory(text, file)
    }

    /// A team by its id.
    pub fn team(&self, id: &TeamId) -> Option<&Team> {
        self.teams.get(id)
    }

    /// The teams, by id.
    pub fn teams(&self) -> impl Iterator<Item = &Team> {
        self.teams.values()
    }

    /// A person by their id.
    pub fn person(&self, id: &PersonId) -> Option<&Person> {
        self.people.get(id)
    }

    /// The people, by id.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }

    /// A calendar by its id.
    pub fn calendar(&self, id: &CalendarId) -> Option<&Calendar> {
        self.calendars.get(id)
    }

    /// The calendars, by id.
    pub fn calendars(&self) -> impl Iterator<Item = &Calendar> {
        self.calendars.values()
    }
}
