//! What an agent has said and the collector has not yet acknowledged.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use dogwatch_proto::v1::{Lane, LaneMarks, Report};
use jiff::Timestamp;
use tokio::sync::oneshot;

/// Reports in memory, in the order in which they were made, and the sequences given out so far.
#[derive(Default)]
pub(super) struct Outbox {
    given: LaneMarks,
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    report: Report,
    made: Instant,
    tell: Option<oneshot::Sender<Duration>>,
}

impl Outbox {
    /// Whether nothing was ever put into it.
    pub(super) fn is_fresh(&self) -> bool {
        self.given == LaneMarks::default()
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Gives a report its place in its lane and keeps it; `tell` hears how long its acknowledgement took.
    pub(super) fn keep(
        &mut self,
        lane: Lane,
        mut report: Report,
        tell: Option<oneshot::Sender<Duration>>,
    ) -> Report {
        let given = match lane {
            Lane::Kept => &mut self.given.kept,
            Lane::Latest => &mut self.given.latest,
            Lane::Samples | Lane::Unspecified => &mut self.given.samples,
        };
        *given += 1;
        report.sequence = *given;
        report.set_lane(lane);
        report.observed_at_us = Timestamp::now().as_microsecond();
        self.waiting.push_back(Waiting { report: report.clone(), made: Instant::now(), tell });
        report
    }

    /// What waits in one lane, or in all, older by the time that has passed.
    pub(super) fn again(&self, only: Option<Lane>) -> impl Iterator<Item = Report> {
        let wanted = move |waiting: &&Waiting| only.is_none_or(|lane| lane == waiting.report.lane());
        self.waiting.iter().filter(wanted).map(|Waiting { report, made, .. }| {
            let age_ms = u64::try_from(made.elapsed().as_millis()).unwrap_or(u64::MAX);
            Report { age_ms, ..report.clone() }
        })
    }

    /// Forgets the reports of a lane up to a sequence; `each` hears how long each took.
    pub(super) fn settle(&mut self, lane: Lane, up_to: u64, mut each: impl FnMut(Duration)) {
        let mut place = 0;
        while let Some(waiting) = self.waiting.get(place) {
            if waiting.report.lane() != lane {
                place += 1;
            } else if waiting.report.sequence > up_to {
                break;
            } else if let Some(Waiting { made, tell, .. }) = self.waiting.remove(place) {
                let latency = made.elapsed();
                each(latency);
                if let Some(tell) = tell {
                    // Nobody waits any more when the one who gave the order has given up.
                    let _ = tell.send(latency);
                }
            }
        }
    }

    /// Per lane, the first sequence that is still held.
    pub(super) fn first(&self) -> LaneMarks {
        let next = self.next();
        let first = |lane: Lane, next: u64| {
            let waiting = self.waiting.iter().find(|waiting| waiting.report.lane() == lane);
            waiting.map_or(next, |waiting| waiting.report.sequence)
        };
        LaneMarks {
            kept: first(Lane::Kept, next.kept),
            latest: first(Lane::Latest, next.latest),
            samples: first(Lane::Samples, next.samples),
        }
    }

    /// Per lane, the next sequence that will be given out.
    pub(super) const fn next(&self) -> LaneMarks {
        let LaneMarks { kept, latest, samples } = self.given;
        LaneMarks { kept: kept + 1, latest: latest + 1, samples: samples + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(lanes: &[Lane]) -> Outbox {
        let mut outbox = Outbox::default();
        for &lane in lanes {
            outbox.keep(lane, Report::default(), None);
        }
        outbox
    }

    #[test]
    fn an_acknowledgement_settles_its_own_lane_up_to_its_sequence() {
        let mut outbox = outbox(&[Lane::Samples, Lane::Kept, Lane::Samples, Lane::Samples]);
        let mut settled = 0;
        outbox.settle(Lane::Samples, 2, |_| settled += 1);
        assert_eq!(settled, 2);
        assert_eq!(outbox.first(), LaneMarks { kept: 1, latest: 1, samples: 3 });
        assert_eq!(outbox.next(), LaneMarks { kept: 2, latest: 1, samples: 4 });
    }

    #[test]
    fn what_is_sent_again_keeps_its_sequence() {
        let outbox = outbox(&[Lane::Samples, Lane::Kept, Lane::Samples]);
        let sequences: Vec<u64> = outbox.again(Some(Lane::Samples)).map(|report| report.sequence).collect();
        assert_eq!(sequences, [1, 2]);
        assert_eq!(outbox.again(None).count(), 3);
    }
}
