//! How much people may say on one item.
//!
//! A timeline is kept, copied and shown whole, and nothing of it is ever removed. Who says something without an end (a
//! script in a loop, mostly) is stopped; what works on the item, ends it or is done by the machine still passes.

use super::{Act, AlertNumber, Refusal, TimelineEvent};

/// The most entries that people may have made on a timeline before no more is said on it: a story of some weeks with a
/// hundred entries is a long one, ten times that is a mistake, and still a few megabytes at most.
pub const MAX_PEOPLES_ENTRIES: usize = 1_000;

impl Act {
    /// Whether a timeline has room for it. Only what says something, a comment or feedback, needs any.
    ///
    /// # Errors
    /// [`Refusal::Crowded`], with what to do instead.
    pub fn finds_room(&self, number: AlertNumber, timeline: &[TimelineEvent]) -> Result<(), Refusal> {
        if !matches!(self, Self::Comment { .. } | Self::Feedback { .. }) {
            return Ok(());
        }
        let count = timeline.iter().filter(|entry| entry.by.person.is_some()).count();
        if count < MAX_PEOPLES_ENTRIES {
            return Ok(());
        }
        Err(Refusal::Crowded { number, count, limit: MAX_PEOPLES_ENTRIES })
    }
}
