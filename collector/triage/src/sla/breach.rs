//! Which of an item's clocks runs out first: what a queue is sorted by.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ClockState, Clocks};
use crate::alert::Clock;

/// The clock that runs out next, or ran out first of those that still count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NextBreach {
    /// Which.
    pub clock: Clock,
    /// When, as things stand; in the past when it has.
    pub at: Timestamp,
}

impl Clocks {
    /// Every clock that there is, by name.
    pub fn each(&self) -> impl Iterator<Item = (Clock, &ClockState)> {
        let sure = [(Clock::Response, Some(&self.response)), (Clock::Resolve, Some(&self.resolve))];
        let maybe = [(Clock::Accept, self.accept.as_ref()), (Clock::Vendor, self.vendor.as_ref())];
        sure.into_iter().chain(maybe).filter_map(|(clock, state)| Some((clock, state?)))
    }

    /// The earliest deadline of a clock that has not stopped. `None` when all have, and while those that have not wait for
    /// an event.
    pub fn next_breach(&self) -> Option<NextBreach> {
        let live = self.each().filter(|(_, state)| state.stopped_at.is_none());
        let ahead = live.filter_map(|(clock, state)| Some(NextBreach { clock, at: state.deadline? }));
        ahead.min_by_key(|next| next.at)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn clock(deadline: Option<i64>, stopped: bool) -> ClockState {
        let at = |second| Timestamp::from_second(second).unwrap();
        ClockState {
            began: at(0),
            promised: SignedDuration::from_secs(60),
            used: SignedDuration::ZERO,
            calendar: None,
            running: !stopped,
            paused_by: None,
            stopped_at: stopped.then(|| at(10)),
            deadline: deadline.map(at),
            breached_at: None,
            marks: Vec::new(),
        }
    }

    #[test]
    fn the_earliest_deadline_counts_of_clocks_that_have_not_stopped() {
        let mut clocks = Clocks {
            response: clock(Some(60), true),
            resolve: clock(Some(600), false),
            vendor: None,
            accept: Some(clock(Some(300), false)),
        };
        let next = |clocks: &Clocks| clocks.next_breach().map(|next| (next.clock, next.at.as_second()));
        assert_eq!(next(&clocks), Some((Clock::Accept, 300)));
        clocks.accept = Some(clock(None, false));
        assert_eq!(next(&clocks), Some((Clock::Resolve, 600)));
        clocks.resolve = clock(Some(600), true);
        assert_eq!(next(&clocks), None);
    }
}
