//! A part of an item's timeline: all of it, or a page, from its beginning on.

use dogwatch_triage::alert::TimelineEvent;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::{paging::page, problem::Problem};

/// Which part of the timeline; all of it when neither is given.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Query {
    /// How many entries.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A part of a timeline.
pub(super) struct Part<'a> {
    pub(super) entries: &'a [TimelineEvent],
    /// Where it goes on.
    pub(super) next: Option<String>,
}

impl<'a> Part<'a> {
    /// The page that was asked for. Nothing is ever taken out of a timeline: an entry's place is its key.
    pub(super) fn asked(timeline: &'a [TimelineEvent], query: &Query) -> Result<Self, Problem> {
        let places = (0..timeline.len()).collect();
        let (places, next) = page(places, |place| *place, (query.limit, query.cursor.as_deref()))?;
        let first = places.first().copied().unwrap_or(timeline.len());
        let entries = timeline.get(first..first + places.len()).unwrap_or_default();
        Ok(Self { entries, next })
    }
}
