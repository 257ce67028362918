//! How it is tied to other items: links, and duplicates that end for the sake of the other.

use super::{AlertNumber, Doing, EventKind, Refusal, Relation};
use crate::alert::{Link, link::MAX_LINKED};

impl Doing<'_> {
    pub(super) fn link(&mut self, to: AlertNumber, relation: Relation) -> Result<(), Refusal> {
        if relation != Relation::Related {
            return Err(Refusal::NotALink { relation });
        }
        self.tie(Link { relation, to })
    }

    pub(super) fn merge(&mut self, into: AlertNumber) -> Result<(), Refusal> {
        self.tie(Link { relation: Relation::DuplicateOf, to: into })?;
        self.close(format!("duplicate of {into}"));
        Ok(())
    }

    fn tie(&mut self, link: Link) -> Result<(), Refusal> {
        let number = self.alert.number;
        if link.to == number {
            return Err(Refusal::Itself { number });
        }
        if self.alert.links.contains(&link) {
            return Err(Refusal::NoChange { number, how: format!("is tied to {} so", link.to) });
        }
        if self.alert.links.len() >= MAX_LINKED {
            let count = self.alert.links.len() + 1;
            return Err(Refusal::TooMany { what: "links", count, limit: MAX_LINKED });
        }
        self.next.links.push(link);
        self.kinds.push(EventKind::Linked { link });
        Ok(())
    }
}
