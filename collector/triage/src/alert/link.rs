//! How items belong together.

use dogwatch_model::{BoundaryId, TeamId, text_enum};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Act, Actor, Alert, AlertNumber, Change, EventKind, TimelineEvent};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Link {
    /// How.
    pub relation: Relation,
    /// To which.
    pub to: AlertNumber,
}

/// A joint case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Joint {
    /// The boundary rule that made it one.
    pub rule: BoundaryId,
    /// Who leads it.
    pub lead: TeamId,
}

impl Relation {
    /// What the other item is to this one then.
    pub const fn turned(self) -> Self {
        match self {
            Self::DuplicateOf => Self::DuplicatedBy,
            Self::DuplicatedBy => Self::DuplicateOf,
            Self::Related => Self::Related,
            Self::Joint => Self::Joint,
        }
    }
}

impl Act {
    /// The other item that an act concerns, and what that one is told by [`Alert::tied`], in the same commit.
    pub const fn counterpart(&self, number: AlertNumber) -> Option<(AlertNumber, Link)> {
        match self {
            Self::Link { to, relation } => Some((*to, Link { relation: relation.turned(), to: number })),
            Self::Merge { into, .. } => Some((*into, Link { relation: Relation::DuplicatedBy, to: number })),
            _ => None,
        }
    }
}

impl Alert {
    /// Another item was tied to this one. `None` when it was already; of more than [`MAX_LINKED`] the oldest goes,
    /// since the timeline keeps all.
    pub fn tied(&self, link: Link, by: &Actor, at: Timestamp) -> Option<Change> {
        if self.links.contains(&link) || link.to == self.number {
            return None;
        }
        let mut next = self.next_version();
        next.links.push(link);
        next.links.drain(..next.links.len().saturating_sub(MAX_LINKED));
        Some((next, vec![TimelineEvent { at, by: by.clone(), kind: EventKind::Linked { link } }]))
    }

    /// It is part of a joint case with another item. `None` when the two were tied so already; a lead that was fixed before
    /// stays.
    pub fn joined(&self, joint: &Joint, with: AlertNumber, at: Timestamp) -> Option<Change> {
        let link = Link { relation: Relation::Joint, to: with };
        let (mut next, events) = self.tied(link, &Actor::DOGWATCH, at)?;
        next.joint.get_or_insert_with(|| joint.clone());
        Some((next, events))
    }
}
