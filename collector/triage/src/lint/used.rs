//! What of the directory a matrix makes use of: an org's lint is silent on everybody else's people.

use std::collections::{BTreeMap, BTreeSet};

use dogwatch_model::{CalendarId, PersonId, RotaId, TeamId, VendorId};

use crate::matrix::{Call, Matrix, Party, Row, Runs};

/// Where a person is named first, and how.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) path: Vec<Key>,
    /// They are the one to be called, or to answer for it.
    pub(super) is_called: bool,
}

/// A step into a table that outlives the text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key {
    Key(&'static str),
    Item(usize),
}

#[derive(Debug, Default)]
pub(super) struct Used<'m> {
    pub(super) teams: BTreeSet<&'m TeamId>,
    pub(super) rotas: BTreeSet<&'m RotaId>,
    pub(super) calendars: BTreeSet<&'m CalendarId>,
    pub(super) vendors: BTreeSet<&'m VendorId>,
    /// Every naming of each person, in the order of the rows.
    pub(super) people: BTreeMap<&'m PersonId, Vec<Named>>,
}

impl<'m> Used<'m> {
    pub(super) fn by(matrix: &'m Matrix) -> Self {
        let mut used = Self::default();
        used.teams.insert(matrix.last_resort());
        for row in matrix.rows().iter().chain(matrix.catch_all()) {
            used.row(matrix, row);
        }
        for tool in matrix.tools() {
            used.teams.insert(&tool.owner);
            for (key, person) in [("person", &tool.person), ("deputy", &tool.deputy)] {
                if let Some(person) = person {
                    used.name(person, "tool", tool.id.as_str(), &[Key::Key(key)], false);
                }
            }
        }
        used.teams.extend(matrix.boundaries().iter().map(|rule| &rule.lead));
        let classes = matrix.sla_classes().flat_map(|class| &class.promises);
        used.calendars.extend(classes.filter_map(|promise| match &promise.runs {
            Runs::During(calendar) => Some(calendar),
            Runs::Always | Runs::WithRow => None,
        }));
        let teams = used.teams.iter().filter_map(|team| matrix.directory().team(team));
        used.rotas.extend(teams.filter_map(|team| team.rota.as_ref()));
        used.rotas(matrix);
        used
    }

    fn row(&mut self, matrix: &Matrix, row: &'m Row) {
        let (kind, id) = super::table_of(matrix, row);
        self.teams.insert(&row.responsible);
        self.teams.extend(&row.backup);
        self.calendars.extend(row.duty.calendar());
        self.vendors.extend(&row.vendor);
        self.party(&row.accountable, kind, id, &[Key::Key("accountable")], true);
        for (index, party) in row.consulted.iter().enumerate() {
            self.party(party, kind, id, &[Key::Key("consulted"), Key::Item(index)], false);
        }
        for (index, party) in row.informed.iter().enumerate() {
            self.party(party, kind, id, &[Key::Key("informed"), Key::Item(index)], false);
        }
        for (index, step) in row.escalation.iter().enumerate() {
            let path = [Key::Key("escalation"), Key::Item(index), Key::Key("to")];
            match &step.to {
                Call::Party(party) => self.party(party, kind, id, &path, true),
                Call::Rota(rota) => {
                    self.rotas.insert(rota);
                }
                Call::Vendor(vendor) => {
                    self.vendors.insert(vendor);
                }
            }
        }
    }

    fn party(&mut self, party: &'m Party, kind: &'static str, id: &str, path: &[Key], is_called: bool) {
        match party {
            Party::Team(team) => {
                self.teams.insert(team);
            }
            Party::Person(person) => self.name(person, kind, id, path, is_called),
        }
    }

    fn rotas(&mut self, matrix: &'m Matrix) {
        for rota in self.rotas.clone().into_iter().filter_map(|id| matrix.directory().rota(id)) {
            self.calendars.extend(&rota.during);
            for (index, person) in rota.people.iter().enumerate() {
                self.name(person, "rota", rota.id.as_str(), &[Key::Key("people"), Key::Item(index)], true);
            }
        }
    }

    fn name(&mut self, person: &'m PersonId, kind: &'static str, id: &str, path: &[Key], is_called: bool) {
        let named = Named { kind, id: id.to_owned(), path: path.to_vec(), is_called };
        self.people.entry(person).or_default().push(named);
    }
}
