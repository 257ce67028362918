//! On which side a team is: each org's matrix says so, and people work in teams of their own side alone. Somebody in a team
//! of the other side would have its items, its calls and its name in timelines.

use dogwatch_model::{OrgId, Side, TeamId};

use super::Policy;
use crate::refusal::{Code, Refusal};

/// Teams that a refusal names: one sentence bears no more.
const NAMED: usize = 5;

impl Policy {
    /// Refuses a team of another side for somebody of `side`, in the orgs that are meant. A team that none of them knows is
    /// nobody's.
    ///
    /// # Errors
    /// `Invalid`, with the teams that there are.
    pub(crate) fn team_is_of(
        &self,
        side: Side,
        team: &TeamId,
        meant: impl Fn(&OrgId) -> bool,
    ) -> Result<(), Refusal> {
        let matrices = || self.orgs.iter().filter(|(org, _)| meant(org));
        let known =
            || matrices().filter_map(|(org, matrix)| Some((org, matrix.directory().team(team)?.side)));
        let Some((org, other)) = known().next().filter(|_| known().all(|(_, of)| of != side)) else {
            return Ok(());
        };
        let own =
            matrices().flat_map(|(_, matrix)| matrix.directory().teams()).filter(|team| team.side == side);
        let own: std::collections::BTreeSet<&str> = own.map(|team| team.id.as_str()).collect();
        let mend = match own.is_empty() {
            true => "leave the team out".to_owned(),
            false => format!(
                "teams of the {side} side: {}",
                own.into_iter().take(NAMED).collect::<Vec<_>>().join(", ")
            ),
        };
        let what = format!(
            "team `{team}` is of the {other} side in the matrix of {org}, and people of the {side} side work in their own; {mend}"
        );
        Err(Refusal::new(Code::Invalid, what))
    }
}
