//! From teams and people to the ways in which they are reached.

use dogwatch_model::{PersonId, TeamId};
use jiff::Timestamp;

use super::{Missed, Via};
use crate::{
    duty,
    matrix::{Call, Matrix, Party, Person, Team},
};

/// Somebody who should hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Listener {
    /// A team's own ways alone: for those who are told, not called.
    Team(TeamId),
    /// A team, and whoever of it is on call.
    OnCall(TeamId),
    /// A person.
    Person(PersonId),
    /// A rota's person on call, and the rota's team.
    Rota(dogwatch_model::RotaId),
}

impl Listener {
    /// Who is told.
    pub(super) fn informed(party: &Party) -> Self {
        match party {
            Party::Team(team) => Self::Team(team.clone()),
            Party::Person(person) => Self::Person(person.clone()),
        }
    }

    /// Whom a step calls; `None` for a vendor, whom people call.
    pub(super) fn called(call: &Call) -> Option<Self> {
        match call {
            Call::Party(Party::Team(team)) => Some(Self::OnCall(team.clone())),
            Call::Party(Party::Person(person)) => Some(Self::Person(person.clone())),
            Call::Rota(rota) => Some(Self::Rota(rota.clone())),
            Call::Vendor(_) => None,
        }
    }

    /// The ways to reach them, with who it is in words.
    pub(super) fn reach(&self, matrix: &Matrix, at: Timestamp) -> Result<Vec<(String, Via)>, Missed> {
        let known = matrix.directory();
        match self {
            Self::Team(id) => {
                let team = known.team(id).ok_or_else(|| unknown("team", id.as_str()))?;
                reachable(of_team(team), || format!("team {id}"))
            }
            Self::OnCall(id) => {
                let team = known.team(id).ok_or_else(|| unknown("team", id.as_str()))?;
                let on_call = duty::on_duty(known, id, at).person;
                reachable(joined(team, on_call), || team_and(id, on_call))
            }
            Self::Rota(id) => {
                let rota = known.rota(id).ok_or_else(|| unknown("rota", id.as_str()))?;
                let on_call = duty::on_rota(known, rota, at).person;
                let team = known.team(&rota.team).ok_or_else(|| unknown("team", rota.team.as_str()))?;
                reachable(joined(team, on_call), || team_and(&rota.team, on_call))
            }
            Self::Person(id) => {
                if known.person(id).is_none() {
                    return Err(unknown("person", id.as_str()));
                }
                let named = duty::in_person(known, id, at);
                let person =
                    named.person.ok_or_else(|| Missed { who: id.to_string(), why: named.why.clone() })?;
                reachable(of_person(person), || person.id.to_string())
            }
        }
    }
}

fn unknown(what: &str, id: &str) -> Missed {
    Missed { who: id.to_owned(), why: format!("the matrix has no {what} `{id}` any more") }
}

fn team_and(team: &TeamId, on_call: Option<&Person>) -> String {
    on_call.map_or_else(|| format!("team {team}"), |person| format!("team {team} ({})", person.id))
}

fn reachable(ways: Vec<(String, Via)>, who: impl Fn() -> String) -> Result<Vec<(String, Via)>, Missed> {
    if ways.is_empty() {
        let why = "the matrix gives neither `channels` nor `email` for them".to_owned();
        return Err(Missed { who: who(), why });
    }
    Ok(ways)
}

fn joined(team: &Team, on_call: Option<&Person>) -> Vec<(String, Via)> {
    let mut ways: Vec<(String, Via)> = on_call.map(of_person).unwrap_or_default();
    ways.extend(of_team(team));
    ways
}

fn of_team(team: &Team) -> Vec<(String, Via)> {
    let channels = team.channels.iter().cloned().map(Via::Channel);
    channels.chain(team.email.clone().map(Via::Mail)).map(|via| (format!("team {}", team.id), via)).collect()
}

fn of_person(person: &Person) -> Vec<(String, Via)> {
    let channels = person.channels.iter().cloned().map(Via::Channel);
    channels.chain(person.email.clone().map(Via::Mail)).map(|via| (person.id.to_string(), via)).collect()
}
