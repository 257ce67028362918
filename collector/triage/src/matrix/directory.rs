//! Who there is and when they work: teams, people and calendars, and the tools they own.

use std::collections::BTreeMap;

use dogwatch_model::{CalendarId, ChannelId, PersonId, RotaId, Side, TeamId, ToolId, VendorId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{MatrixError, Rota, Vendor, reader};
use crate::{calendar::Calendar, finding::Category};

/// Teams, people and calendars that several matrices refer to: the MSP's own.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    pub(super) teams: BTreeMap<TeamId, Team>,
    pub(super) people: BTreeMap<PersonId, Person>,
    pub(super) calendars: BTreeMap<CalendarId, Calendar>,
    pub(super) rotas: BTreeMap<RotaId, Rota>,
    pub(super) vendors: BTreeMap<VendorId, Vendor>,
}

/// A group of people that can own work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Where Dogwatch tells it; each is defined in the collector's `notify.toml`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<ChannelId>,
    /// Its mailbox; told by e-mail besides the channels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Who of it is on call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rota: Option<RotaId>,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Where Dogwatch tells them; each is defined in the collector's `notify.toml`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<ChannelId>,
    /// Their mailbox; told by e-mail besides the channels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Somebody has tried the contact and it works.
    #[serde(default)]
    pub verified: bool,
    /// They have left, or are not to be called: kept for the history's sake.
    #[serde(default)]
    pub disabled: bool,
    /// Their time zone, an IANA name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Languages they speak, as people write them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// What they know: compared with what rows need.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<String>,
    /// Who stands in for them, and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deputies: Vec<Deputy>,
}

/// Somebody who stands in for another person for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Deputy {
    /// Who.
    pub person: PersonId,
    /// The first day of it, in the zone of the person they stand in for (UTC when that is not known).
    pub from: Date,
    /// The last day of it.
    pub until: Date,
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
    /// Which part of the estate it is for, in words or as a filter; everything when absent.
    pub scope: Option<String>,
    /// Tools it works hand in hand with: a boundary rule should say who leads what concerns both.
    pub neighbours: Vec<ToolId>,
    /// The line it begins on in its file.
    pub line: usize,
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

    /// A rota by its id.
    pub fn rota(&self, id: &RotaId) -> Option<&Rota> {
        self.rotas.get(id)
    }

    /// The rotas, by id.
    pub fn rotas(&self) -> impl Iterator<Item = &Rota> {
        self.rotas.values()
    }

    /// A vendor by its id.
    pub fn vendor(&self, id: &VendorId) -> Option<&Vendor> {
        self.vendors.get(id)
    }

    /// The vendors, by id.
    pub fn vendors(&self) -> impl Iterator<Item = &Vendor> {
        self.vendors.values()
    }

    /// The calendars, by id.
    pub fn calendars(&self) -> impl Iterator<Item = &Calendar> {
        self.calendars.values()
    }
}
