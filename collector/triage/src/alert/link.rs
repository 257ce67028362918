//! How items belong together.

use dogwatch_model::{BoundaryId, TeamId, text_enum};
use serde::{Deserialize, Serialize};

use super::AlertNumber;

/// The most links of one item.
pub const MAX_LINKED: usize = 64;

text_enum! {
    /// How one item stands to another.
    pub enum Relation {
        /// The same thing told twice: this one is done, the other goes on.
        DuplicateOf = "duplicate_of",
        /// The other one is a duplicate of this.
        DuplicatedBy = "duplicated_by",
        /// To be seen together.
        Related = "related",
        /// One joint case by a boundary rule.
        Joint = "joint",
    }
}

/// A tie to another item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// How.
    pub relation: Relation,
    /// To which.
    pub to: AlertNumber,
}

/// A joint case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joint {
    /// The boundary rule that made it one.
    pub rule: BoundaryId,
    /// Who leads it.
    pub lead: TeamId,
}
