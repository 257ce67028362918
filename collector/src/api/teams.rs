//! Teams by the names that people type: one that nobody knows is refused with those that there are.

use std::collections::BTreeSet;

use dogwatch_model::{OrgId, TeamId};
use dogwatch_triage::filter::nearest;

use super::problem::Problem;
use crate::{access::NewPerson, policy::Policy};

/// Refuses a name that no team has in the orgs that are meant: nothing would ever be for it.
pub(super) fn known(policy: &Policy, team: &TeamId, meant: impl Fn(&OrgId) -> bool) -> Result<(), Problem> {
    let matrices = || policy.orgs.iter().filter(|(org, _)| meant(org)).map(|(_, matrix)| matrix);
    if matrices().any(|matrix| matrix.directory().team(team).is_some()) {
        return Ok(());
    }
    let teams = matrices().flat_map(|matrix| matrix.directory().teams());
    let names: BTreeSet<&str> = teams.map(|team| team.id.as_str()).collect();
    let near = nearest(team.as_str(), names.iter().copied());
    let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    Err(Problem::not_found(format!("there is no team `{team}` that you may see; {near}teams: {names}")))
}

/// Whoever is let in for a team is let in for one of their side that works where they do.
pub(super) fn of_person(
    policy: &Policy,
    person: &NewPerson,
    seen: impl Fn(&OrgId) -> bool,
) -> Result<(), Problem> {
    let meant = |org: &OrgId| seen(org) && person.home.touches(org);
    let Some(team) = &person.team else { return Ok(()) };
    known(policy, team, meant)?;
    Ok(policy.team_is_of(person.side, team, meant)?)
}
