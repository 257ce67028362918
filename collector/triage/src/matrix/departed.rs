//! A side has left the org: what was its work goes to the other side, and nobody of it is called or told any more.
//!
//! The document stays as it was signed, for whoever reads it later; this is how it is to be understood from that day on.
//! Nothing becomes ownerless: what the departed owned is the last resort's of those who stay.

use dogwatch_model::{Side, TeamId};

use super::{Call, Matrix, Party, Row, Team};

/// The team that stands in where those who stay have none.
const LAST_RESORT: &str = "last-resort";

impl Matrix {
    /// The same matrix after a side has left.
    #[must_use]
    pub fn without(mut self, side: Side) -> Self {
        let Some(heir) = self.heir(side) else { return self };
        let gone =
            |matrix: &Self, team: &TeamId| matrix.known.teams.get(team).is_some_and(|team| team.side == side);
        let mut rows = core::mem::take(&mut self.rows);
        let mut catch_all = self.catch_all.take();
        rows.iter_mut().chain(&mut catch_all).for_each(|row| self.hand_over(row, side, &heir));
        (self.rows, self.catch_all) = (rows, catch_all);
        let mut tools = core::mem::take(&mut self.tools);
        for tool in tools.values_mut().filter(|tool| gone(&self, &tool.owner)) {
            tool.owner = heir.clone();
            (tool.person, tool.deputy) = (None, None);
        }
        self.tools = tools;
        let mut boundaries = core::mem::take(&mut self.boundaries);
        boundaries
            .iter_mut()
            .filter(|rule| gone(&self, &rule.lead))
            .for_each(|rule| rule.lead = heir.clone());
        self.boundaries = boundaries;
        self.last_resort = heir;
        self.signers.remove(&side);
        for team in self.known.teams.values_mut().filter(|team| team.side == side) {
            (team.channels, team.email, team.contact) = (Vec::new(), None, None);
        }
        for person in self.known.people.values_mut().filter(|person| person.side == side) {
            (person.channels, person.email, person.contact) = (Vec::new(), None, None);
            person.disabled = true;
        }
        self
    }

    /// Who takes it all: the last resort where it stays, else a team of those who do, else one that is made up.
    fn heir(&mut self, side: Side) -> Option<TeamId> {
        let stays = |team: &&Team| team.side != side && team.side != Side::Vendor;
        let last = self.known.teams.get(&self.last_resort).filter(stays);
        if let Some(team) = last.or_else(|| self.known.teams.values().find(stays)) {
            return Some(team.id.clone());
        }
        let id = TeamId::new(LAST_RESORT).ok()?;
        let team = Team {
            id: id.clone(),
            name: "Last resort: the other side has left".into(),
            side: Side::Internal,
            contact: None,
            channels: Vec::new(),
            email: None,
            rota: None,
        };
        self.known.teams.insert(id.clone(), team);
        Some(id)
    }

    fn hand_over(&self, row: &mut Row, side: Side, heir: &TeamId) {
        let gone_team = |team: &TeamId| self.known.teams.get(team).is_some_and(|team| team.side == side);
        let gone = |party: &Party| match party {
            Party::Team(team) => gone_team(team),
            Party::Person(person) => self.known.people.get(person).is_some_and(|person| person.side == side),
        };
        if gone_team(&row.responsible) {
            row.responsible = heir.clone();
        }
        if gone(&row.accountable) {
            row.accountable = Party::Team(heir.clone());
        }
        row.consulted.retain(|party| !gone(party));
        row.informed.retain(|party| !gone(party));
        // Whoever stood in for the departed has it now, and nobody takes over from themself.
        row.backup = row.backup.take().filter(|team| !gone_team(team) && *team != row.responsible);
        row.lead = row.lead.take().filter(|team| !gone_team(team));
        row.escalation.retain(|step| match &step.to {
            Call::Party(party) => !gone(party),
            Call::Rota(rota) => !self.known.rotas.get(rota).is_some_and(|rota| gone_team(&rota.team)),
            Call::Vendor(_) => true,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::starter;

    #[test]
    fn nothing_is_the_departed_sides_and_nothing_is_nobodys() {
        let org = "acme".parse().unwrap();
        let matrix = Matrix::parse(&starter(&org), "acme.toml", "v".into(), None).unwrap();
        let side_of = |matrix: &Matrix, team: &TeamId| matrix.team(team).side;
        assert!(matrix.rows().iter().any(|row| side_of(&matrix, &row.responsible) == Side::Msp));
        let stands_in =
            |row: &Row| row.backup.as_ref().is_some_and(|team| side_of(&matrix, team) == Side::Internal);
        assert!(matrix.rows().iter().any(stands_in), "those who stay stand in for the departed somewhere");
        let left = matrix.without(Side::Msp);
        assert_eq!(side_of(&left, left.last_resort()), Side::Internal);
        for row in left.rows().iter().chain(left.catch_all()) {
            assert_eq!(side_of(&left, &row.responsible), Side::Internal, "{}", row.id);
            assert!(row.backup.as_ref().is_none_or(|team| side_of(&left, team) == Side::Internal));
            assert_ne!(
                row.backup.as_ref(),
                Some(&row.responsible),
                "{}: nobody takes over from themself",
                row.id
            );
        }
        assert!(left.tools().all(|tool| side_of(&left, &tool.owner) == Side::Internal));
    }
}
