//! The fleet as columns: what a query looks at, kept beside the endpoints in long rows of like things.
//!
//! A walk over a hundred thousand endpoints waits for memory at each of them. A column of one fact is read in order,
//! sixty-four endpoints at a time, and most filters need two or three of them. A column is made when a query first
//! asks for its fact and brought up to date, before each query, for those endpoints that changed since.
//!
//! Invariants:
//! * A column holds only what does not move with time; ages are computed from their instants, everything else that
//!   reads the clock, and everything that looks into lists of records, is judged by the row, and only where the
//!   columns left it open.
//! * The answer is the row's answer: same matches, same unknowns ([`super::Filter::judge`] is the definition).
//! * Judging allocates per query, never per endpoint.

mod cells;
mod dictionary;
mod group;
mod moment;
mod number;
mod order;
mod plan;
mod source;
mod test;
mod tri;

use std::collections::BTreeMap;

pub use group::{Group, Grouping};
pub use order::{Order, Page, Place};

use super::{Filter, Row};
use cells::Column;
use source::{Source, names_in};

/// How many columns are kept; the one that was not asked for longest makes room. At a hundred thousand endpoints a
/// column takes one to three megabytes.
const MAX_COLUMNS: usize = 48;

/// Endpoints that are judged together: the bits of a word.
pub(crate) const BLOCK: usize = u64::BITS as usize;

/// Where columns take their cells from: endpoints in slots, and which of them changed.
pub trait Rows {
    /// How many slots there are.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The endpoint of a slot below [`Rows::len`].
    fn row(&self, slot: usize) -> Row<'_>;

    /// The count of all changes so far.
    fn stamp(&self) -> u64;

    /// Gives every slot that changed after the count was `stamp`.
    fn changed_since(&self, stamp: u64, give: &mut dyn FnMut(usize));
}

/// A set of slots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slots(Vec<u64>);

impl Slots {
    /// The slots of `len` that a test lets in.
    pub fn of(len: usize, mut lets_in: impl FnMut(usize) -> bool) -> Self {
        let mut words = vec![0; len.div_ceil(BLOCK)];
        for slot in (0..len).filter(|slot| lets_in(*slot)) {
            words[slot / BLOCK] |= 1 << (slot % BLOCK);
        }
        Self(words)
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Each, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(block, word)| {
            let mut bits = *word;
            core::iter::from_fn(move || {
                let slot = (bits != 0).then(|| block * BLOCK + bits.trailing_zeros() as usize);
                bits &= bits.wrapping_sub(1);
                slot
            })
        })
    }
}

/// What a filter found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Those that match.
    pub matched: Slots,
    /// How many could not be judged for want of a fact.
    pub unjudged: usize,
}

/// The facts that a query wants columns for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    names: Vec<Box<str>>,
    ranked: Vec<Box<str>>,
}

impl Wanted {
    /// Those that a filter reads.
    #[must_use]
    pub fn by(mut self, filter: Option<&Filter>) -> Self {
        if let Some(filter) = filter {
            names_in(&filter.program, &mut self.names);
        }
        self
    }

    /// Those that an order goes by.
    #[must_use]
    pub fn in_order(mut self, order: &Order) -> Self {
        let before = self.names.len();
        order.expressions().for_each(|expr| names_in(expr, &mut self.names));
        self.ranked.extend_from_slice(&self.names[before..]);
        self
    }

    /// Those that counts go by.
    #[must_use]
    pub fn counted(mut self, by: &[Grouping]) -> Self {
        self.names.extend(by.iter().map(Grouping::key));
        self
    }
}

/// Every column that is kept.
#[derive(Debug, Default)]
pub struct Columns {
    columns: BTreeMap<Box<str>, Column>,
    /// Counts queries, to know which column was not asked for longest.
    queries: u64,
}

impl Columns {
    /// Makes the wanted columns and brings them up to date.
    pub fn refresh(&mut self, wanted: &Wanted, rows: &dyn Rows) {
        self.queries += 1;
        for name in &wanted.names {
            if !self.columns.contains_key(name) {
                let Some(source) = Source::named(name) else { continue };
                self.make_room();
                self.columns.insert(name.clone(), Column::new(source));
            }
            if let Some(column) = self.columns.get_mut(name) {
                column.used = self.queries;
                column.refresh(rows);
                if wanted.ranked.contains(name) {
                    column.rank();
                }
            }
        }
    }

    /// Whether the wanted columns show what the rows hold now.
    pub fn are_fresh(&self, wanted: &Wanted, rows: &dyn Rows) -> bool {
        let ranked = |name: &str| wanted.ranked.iter().any(|one| **one == *name);
        let fresh = |name: &str| match self.columns.get(name) {
            Some(column) => column.is_fresh(rows) && (column.is_ranked() || !ranked(name)),
            None => Source::named(name).is_none(),
        };
        wanted.names.iter().all(|name| fresh(name))
    }

    /// Judges the slots `among`. What columns do not decide is asked of the row.
    pub fn judge(&self, filter: Option<&Filter>, among: &Slots, rows: &dyn Rows) -> Found {
        let Some(filter) = filter else { return Found { matched: among.clone(), unjudged: 0 } };
        let as_of = (!rows.is_empty()).then(|| rows.row(0).as_of);
        let Some(as_of) = as_of else { return Found::default() };
        let mut test = plan::Planner { columns: &self.columns, as_of }.test(&filter.program);
        let mut found = Found { matched: Slots(vec![0; among.0.len()]), unjudged: 0 };
        for (block, (asked, matched)) in among.0.iter().zip(&mut found.matched.0).enumerate() {
            if *asked == 0 {
                continue;
            }
            let tri = test.judge(block, *asked, rows);
            *matched = tri.yes & asked;
            found.unjudged += (asked & !tri.yes & !tri.no).count_ones() as usize;
        }
        found
    }

    fn make_room(&mut self) {
        // Those of this very query are the youngest, so a query with more columns than there may be keeps the first
        // ones that it made and judges the rest by rows.
        while self.columns.len() >= MAX_COLUMNS {
            let oldest =
                self.columns.iter().min_by_key(|(_, column)| column.used).map(|(name, _)| name.clone());
            let Some(oldest) = oldest else { return };
            self.columns.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests;
