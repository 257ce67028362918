//! The boundary report: the numbers that both sides see, counted anew from timelines each time.
//!
//! *What counts where.* An item counts, with everything that came of it, in the month (UTC) in which it came into the queue. So
//! every share is one of the same items, and no item is counted in two months; the numbers of a month settle when its last item
//! is closed. Nothing after [`Asked::as_of`] is looked at.
//!
//! *Drift* needs more than a month: it is counted over the quarter before the report's end, or over the report's time when that is longer.
//!
//! *Burden.* A page is a call of the escalation chain to a person or a message that reached one; what comes within
//! [`SAME_PAGE`] of a person's last page is the same disturbance. Night and weekend are judged in the person's own zone.
//! A message to a team's own channel disturbs nobody in particular and is not counted.
//!
//! *Times.* To acknowledge: from the beginning of each life to the first claim or "seen" by a person; to resolve: to the end by a person. Both
//! count for the side of that person. What ended by itself is nobody's achievement.
//!
//! Nobody's ranking: people appear under burden alone, because being woken is what has to be shared out fairly.

use std::collections::BTreeMap;

use dogwatch_model::{OrgId, PersonId, RowId, Side};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    alert::{Alert, Clock, TimelineEvent},
    finding::Category,
    matrix::Matrix,
};

mod burden;
mod counted;
mod item;
mod spread;
#[cfg(test)]
mod tests;

pub use burden::{NIGHT_BEGINS, NIGHT_ENDS, SAME_PAGE};
use counted::Counted;
use item::Read;
pub use spread::{Spread, share};

/// A quarter: what drift is judged by. Three long months.
pub const QUARTER: SignedDuration = SignedDuration::from_hours(92 * 24);

/// Drift is flagged above this share of the work.
pub const DRIFT_ABOVE: f64 = 0.2;

/// Drift is flagged from so many items on: of fewer, one favour would be a fifth.
pub const DRIFT_ITEMS: u64 = 5;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Asked<'m> {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
    /// Now: what is still open lasts until then.
    pub as_of: Timestamp,
    /// The matrices of the orgs, for promises and people. Items of other orgs are counted without those.
    pub matrices: BTreeMap<OrgId, &'m Matrix>,
}

impl Asked<'_> {
    /// Since when items count for drift: those that came in before are of no use to a report.
    pub fn since(&self) -> Timestamp {
        self.from.min(self.until.saturating_sub(QUARTER).unwrap_or(self.from))
    }
}

/// The numbers of the boundary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BoundaryReport {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
    /// When it was counted.
    pub as_of: Timestamp,
    /// Since when items count for drift.
    pub drift_since: Timestamp,
    /// Per org, category and month.
    pub groups: Vec<Group>,
    /// Per org and side.
    pub sides: Vec<SideTimes>,
    /// Per org and clock.
    pub sla: Vec<Kept>,
    /// Per org and row.
    pub drift: Vec<Drift>,
    /// Per org and person.
    pub burden: Vec<Burden>,
}

/// Items of one org, category and month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Group {
    /// The org.
    pub org: OrgId,
    /// The category.
    pub category: Category,
    /// The month in which they came in, `2026-11` (UTC).
    pub month: String,
    /// What was counted.
    #[serde(flatten)]
    pub numbers: Numbers,
}

/// What is counted of items.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Numbers {
    /// Items.
    pub items: u64,
    /// Items with any of the five below.
    pub incidents: u64,
    /// `incidents / items`; absent without items.
    pub incident_rate: Option<f64>,
    /// Gaps.
    pub gaps: u64,
    /// Collisions.
    pub collisions: u64,
    /// Bounces.
    pub bounces: u64,
    /// Double tickets.
    pub double_tickets: u64,
    /// Misroutes.
    pub misroutes: u64,
    /// From the offer of a hand-off to its acceptance.
    pub handoff: Spread,
    /// For how long the items were open, in seconds.
    pub open_seconds: i64,
    /// Time in hand-off of the time open; absent when nothing was open.
    pub transit_share: Option<f64>,
}

/// How long people of one side took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SideTimes {
    /// The org.
    pub org: OrgId,
    /// The side.
    pub side: Side,
    /// To acknowledge.
    pub acknowledge: Spread,
    /// To resolve.
    pub resolve: Spread,
}

/// How one clock was kept, in the latest life of each item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Kept {
    /// The org.
    pub org: OrgId,
    /// The clock.
    pub clock: Clock,
    /// Stopped in time.
    pub met: u64,
    /// Ran out.
    pub missed: u64,
    /// Neither yet.
    pub running: u64,
    /// `met / (met + missed)`; absent without either.
    pub met_share: Option<f64>,
}

/// Who works on a row's items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Drift {
    /// The org.
    pub org: OrgId,
    /// The row; absent for the last resort.
    pub row: Option<RowId>,
    /// The side that the row made responsible, by the latest item.
    pub responsible: Side,
    /// Items with work.
    pub items: u64,
    /// Works.
    pub work: u64,
    /// Those by the side that was not responsible.
    pub by_other: u64,
    /// `by_other / work`.
    pub share: Option<f64>,
    /// More than [`DRIFT_ABOVE`] of the work of [`DRIFT_ITEMS`] items or more: the matrix says one thing, people do another.
    pub flagged: bool,
}

/// How often a person was disturbed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Burden {
    /// The org.
    pub org: OrgId,
    /// Their side.
    pub side: Side,
    /// The person.
    pub person: PersonId,
    /// Pages.
    pub pages: u64,
    /// Those at night, weekends or not.
    pub night: u64,
    /// Those at weekends, by day or by night.
    pub weekend: u64,
}

/// Counts the items. Those that came in outside what is asked are passed over; their order does not matter.
pub fn report<'a>(
    items: impl IntoIterator<Item = (&'a Alert, &'a [TimelineEvent])>,
    asked: &Asked<'_>,
) -> BoundaryReport {
    let mut counted = Counted::default();
    let mut items: Vec<_> = items.into_iter().collect();
    items.sort_by_key(|(alert, _)| (alert.first_seen, alert.number));
    for (alert, timeline) in items {
        if alert.first_seen < asked.since()
            || alert.first_seen >= asked.until
            || alert.first_seen > asked.as_of
        {
            continue;
        }
        let read = Read::of(timeline, asked.as_of);
        counted.drift(alert, &read);
        if alert.first_seen >= asked.from {
            counted.group(alert, &read);
            counted.sides(alert, &read);
            counted.pages.read(alert, timeline, asked);
            counted.kept(alert, timeline, asked);
        }
    }
    counted.finish(asked)
}
