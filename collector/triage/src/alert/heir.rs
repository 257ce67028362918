//! To whom an item goes when it leaves a team: by the row's backup, or over to the other side.
//!
//! Both are asked for without a person naming a team, so both must always have an answer, as far as the org has
//! another team at all.

use dogwatch_model::{Side, TeamId};

use super::Alert;
use crate::matrix::{Matrix, Party, Row, Team};

/// A team, and why this one.
pub(super) struct Heir<'m> {
    pub(super) team: &'m Team,
    pub(super) why: String,
}

/// The row that an alert was routed by, as the matrix has it now.
pub(super) fn row_of<'m>(alert: &Alert, matrix: &'m Matrix) -> Option<&'m Row> {
    alert.owner.row.as_ref().and_then(|row| matrix.row(row))
}

/// Who takes over what its team has not taken in time: the row's backup, else the other side, else the last resort. A
/// backup that has it already has not taken it either.
pub(super) fn backup<'m>(alert: &Alert, matrix: &'m Matrix) -> Option<Heir<'m>> {
    let named = row_of(alert, matrix).and_then(|row| Some((row, row.backup.as_ref()?)));
    let named = named.filter(|(_, team)| **team != alert.owner.team);
    if let Some((row, team)) = named {
        let team = matrix.directory().team(team)?;
        return Some(Heir { team, why: format!("`{}` is the backup of row `{}`", team.id, row.id) });
    }
    opposite(alert, matrix, alert.owner.side).or_else(|| {
        let team = matrix.directory().team(matrix.last_resort())?;
        Some(Heir { team, why: format!("nobody stands in for it; `{}` is the last resort", team.id) })
    })
}

/// The team of the other side than `side` that an item is for: its owner, else the first of its row's backup,
/// accountable, consulted and informed that is of that side, else the last resort. `None` when none of them is.
pub(super) fn opposite<'m>(alert: &Alert, matrix: &'m Matrix, side: Side) -> Option<Heir<'m>> {
    let of_other = |id: &TeamId| matrix.directory().team(id).filter(|team| team.side != side);
    if let Some(team) = of_other(&alert.owner.team) {
        return Some(Heir { team, why: format!("`{}` owns it", team.id) });
    }
    let from_row = row_of(alert, matrix).and_then(|row| {
        let team_of = |party: &Party| match party {
            Party::Team(team) => of_other(team),
            Party::Person(person) => matrix.directory().person(person).and_then(|p| of_other(&p.team)),
        };
        let backup = row.backup.as_ref().and_then(of_other).map(|team| (team, "the backup"));
        let roles = [
            (core::slice::from_ref(&row.accountable), "accountable"),
            (row.consulted.as_slice(), "consulted"),
            (row.informed.as_slice(), "informed"),
        ];
        let found = backup.or_else(|| {
            roles.into_iter().find_map(|(parties, role)| Some((parties.iter().find_map(team_of)?, role)))
        });
        found.map(|(team, role)| Heir { team, why: format!("`{}` is {role} in row `{}`", team.id, row.id) })
    });
    from_row.or_else(|| {
        let team = of_other(matrix.last_resort())?;
        Some(Heir { team, why: format!("`{}` is the last resort", team.id) })
    })
}
