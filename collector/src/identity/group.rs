//! What a group of the provider is given here.

use dogwatch_model::TeamId;

use crate::access::{Scope, Verbs};

/// The rights of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupGrant {
    /// The group, as the provider's claim has it.
    pub group: String,
    /// What its people may do.
    pub verbs: Verbs,
    /// Where.
    pub scope: Scope,
    /// The team they work in.
    pub team: Option<TeamId>,
}

/// Those of `known` that somebody in `groups` has, in the file's order, which decides about the team.
pub(super) fn given<'k>(known: &'k [GroupGrant], groups: &[String]) -> Vec<&'k GroupGrant> {
    known.iter().filter(|known| groups.contains(&known.group)).collect()
}
