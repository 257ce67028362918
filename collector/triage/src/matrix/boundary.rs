//! Rules of the boundary: what follows what within a time is one joint case, with a lead fixed beforehand.

use dogwatch_model::{BoundaryId, TeamId};
use jiff::SignedDuration;

use super::Selector;

/// "A patch on a host followed within four hours by a service alert there is one case, led by these."
#[derive(Debug, Clone)]
pub struct BoundaryRule {
    /// Its id.
    pub id: BoundaryId,
    /// What comes first: an alert, or the end of one, on an endpoint.
    pub first: Selector,
    /// What follows on the same endpoint.
    pub then: Selector,
    /// Within what.
    pub within: SignedDuration,
    /// Who leads the joint case.
    pub lead: TeamId,
    /// For people.
    pub note: Option<String>,
    /// The line it begins on in its file.
    pub line: usize,
}
