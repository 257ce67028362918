use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn moment(ms: u64) -> Moment {
    Moment::after_start(Duration::from_millis(ms))
}

fn outbox() -> Outbox {
    Outbox::new(Epoch(Uuid::nil()))
}

/// A report that can be told from others by its instant.
fn draft(lane: Lane, mark: i64) -> Draft {
    let report = Report::empty(lane, 0, Timestamp::from_microsecond(mark).unwrap());
    Draft { report, topic: (lane == Lane::Latest).then_some(Topic::Inventory) }
}

fn sent(outbox: &mut Outbox) -> Vec<(Lane, u64, i64)> {
    std::iter::from_fn(|| outbox.next(moment(0)))
        .map(|report| (report.lane, report.sequence, report.observed_at.as_microsecond()))
        .collect()
}

#[test]
fn live_state_goes_first_then_kept_then_samples() {
    let mut outbox = outbox();
    for (mark, lane) in [(1, Lane::Samples), (2, Lane::Kept), (3, Lane::Latest)] {
        outbox.push(draft(lane, mark), moment(0));
    }
    assert_eq!(sent(&mut outbox), [(Lane::Latest, 1, 3), (Lane::Kept, 1, 2), (Lane::Samples, 1, 1)]);
    assert!(!outbox.has_next());
}

#[test]
fn a_newer_report_takes_the_place_of_one_that_waits() {
    let mut outbox = outbox();
    outbox.push(draft(Lane::Latest, 1), moment(0));
    outbox.push(draft(Lane::Latest, 2), moment(0));
    assert_eq!(sent(&mut outbox), [(Lane::Latest, 1, 2)]);
    outbox.push(draft(Lane::Latest, 3), moment(0));
    assert_eq!(sent(&mut outbox), [(Lane::Latest, 2, 3)], "what is under way keeps its number");
}

#[test]
fn the_age_grows_while_a_report_waits() {
    let mut outbox = outbox();
    outbox.push(draft(Lane::Kept, 1), moment(1_000));
    assert_eq!(outbox.next(moment(4_500)).unwrap().age_ms, 3_500);
}

#[test]
fn the_window_holds_back_until_something_is_acknowledged() {
    let mut outbox = outbox();
    outbox.set_window(2);
    for mark in 1..=3 {
        outbox.push(draft(Lane::Kept, mark), moment(0));
    }
    assert_eq!(sent(&mut outbox).len(), 2);
    outbox.acknowledge(Lane::Kept, 1).unwrap();
    assert_eq!(sent(&mut outbox), [(Lane::Kept, 3, 3)]);
}

#[test]
fn what_is_not_acknowledged_is_sent_again_with_its_number() {
    let mut outbox = outbox();
    for mark in 1..=3 {
        outbox.push(draft(Lane::Kept, mark), moment(0));
    }
    sent(&mut outbox);
    outbox.reconnected(LaneMarks { kept: 1, ..LaneMarks::default() }).unwrap();
    assert_eq!(outbox.first().kept, 2);
    assert_eq!(sent(&mut outbox), [(Lane::Kept, 2, 2), (Lane::Kept, 3, 3)]);
    outbox.rewind(Lane::Kept, 3).unwrap();
    assert_eq!(sent(&mut outbox), [(Lane::Kept, 3, 3)]);
}

#[test]
fn a_full_kept_lane_drops_the_oldest_and_says_so_first() {
    let mut outbox = outbox();
    let pushed = i64::try_from(KEPT_REPORTS).unwrap() + 3;
    for mark in 1..=pushed {
        outbox.push(draft(Lane::Kept, mark), moment(0));
    }
    let told = outbox.next(moment(0)).unwrap();
    assert_eq!(told.sequence, 1);
    assert_eq!(told.events[0].kind, "outbox_overflow");
    assert!(
        told.events[0].detail.starts_with("3 reports were dropped, from 1970-01-01T00:00:00.000001Z to"),
        "{told:?}"
    );
    assert_eq!(outbox.next(moment(0)).unwrap().observed_at.as_microsecond(), 4);
}

#[test]
fn a_collector_that_knows_too_much_or_too_little_is_noticed() {
    let mut outbox = outbox();
    outbox.push(draft(Lane::Kept, 1), moment(0));
    sent(&mut outbox);
    let ahead = OutboxError::NeverSent { lane: Lane::Kept, said: 7, sent: 1 };
    assert_eq!(outbox.acknowledge(Lane::Kept, 7), Err(ahead));
    outbox.acknowledge(Lane::Kept, 1).unwrap();
    let behind = OutboxError::Gone { lane: Lane::Kept, expected: 1, first: 2 };
    assert_eq!(outbox.rewind(Lane::Kept, 1), Err(behind));
}

#[test]
fn a_new_epoch_begins_at_one_with_everything_unacknowledged() {
    let mut outbox = outbox();
    for mark in 1..=4 {
        outbox.push(draft(Lane::Kept, mark), moment(0));
    }
    outbox.set_window(3);
    sent(&mut outbox);
    outbox.acknowledge(Lane::Kept, 1).unwrap();
    outbox.begin_epoch(Epoch(Uuid::max()));
    assert_eq!(sent(&mut outbox), [(Lane::Kept, 1, 2), (Lane::Kept, 2, 3), (Lane::Kept, 3, 4)]);
}

#[test]
fn a_poisoned_report_is_not_sent_again() {
    let mut outbox = outbox();
    for mark in 1..=3 {
        outbox.push(draft(Lane::Kept, mark), moment(0));
    }
    sent(&mut outbox);
    assert!(outbox.forget(Lane::Kept, 2).is_some());
    outbox.reconnected(LaneMarks { kept: 1, ..LaneMarks::default() }).unwrap();
    assert_eq!(sent(&mut outbox), [(Lane::Kept, 3, 3)]);
    outbox.acknowledge(Lane::Kept, 3).unwrap();
    assert!(outbox.kept_is_settled());
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Push(Lane),
    Send,
    Acknowledge(Lane),
    Reconnect,
    Rewind(Lane),
    Window(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let lane = || (0..3_usize).prop_map(|lane| Lane::ALL[lane]);
    prop_oneof![
        4 => lane().prop_map(Step::Push),
        4 => Just(Step::Send),
        2 => lane().prop_map(Step::Acknowledge),
        1 => Just(Step::Reconnect),
        1 => lane().prop_map(Step::Rewind),
        1 => (1..8_usize).prop_map(Step::Window),
    ]
}

/// A collector that takes a lane in order, stores what comes next, and ignores what it has.
#[derive(Default)]
struct Collector {
    stored: LaneMarks,
    kept: Vec<i64>,
}

impl Collector {
    fn take(&mut self, report: &Report) -> Result<(), TestCaseError> {
        let stored = self.stored.get_mut(report.lane);
        prop_assert!(report.sequence <= *stored + 1, "gap: {} after {stored}", report.sequence);
        if report.sequence == *stored + 1 {
            *stored += 1;
            if report.lane == Lane::Kept {
                self.kept.push(report.observed_at.as_microsecond());
            }
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn every_kept_report_arrives_once_in_order_and_no_lane_has_a_gap(steps in prop::collection::vec(step(), 1..200)) {
        let (mut outbox, mut collector, mut pushed) = (outbox(), Collector::default(), Vec::new());
        for (mark, step) in (1_i64..).zip(steps) {
            match step {
                Step::Push(lane) => {
                    outbox.push(draft(lane, mark), moment(0));
                    if lane == Lane::Kept {
                        pushed.push(mark);
                    }
                }
                Step::Send => {
                    prop_assert_eq!(outbox.has_next(), {
                        let next = outbox.next(moment(0));
                        if let Some(report) = &next {
                            collector.take(report)?;
                        }
                        next.is_some()
                    });
                }
                Step::Acknowledge(lane) => outbox.acknowledge(lane, collector.stored.get(lane)).unwrap(),
                Step::Reconnect => outbox.reconnected(collector.stored).unwrap(),
                Step::Rewind(lane) => outbox.rewind(lane, collector.stored.get(lane) + 1).unwrap(),
                Step::Window(frames) => outbox.set_window(frames),
            }
        }
        outbox.reconnected(collector.stored).unwrap();
        while let Some(report) = outbox.next(moment(0)) {
            collector.take(&report)?;
            outbox.acknowledge(report.lane, report.sequence).unwrap();
        }
        prop_assert_eq!(collector.kept, pushed);
        prop_assert!(outbox.kept_is_settled());
    }
}
