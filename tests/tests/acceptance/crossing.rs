//! From the sample that shows a threshold crossed to the shared queue: a second at most.

use std::time::{Duration, Instant};

use anyhow::Result;
use dogwatch_proto::v1::{Lane, LaneMarks, Report};
use dogwatch_tests::{
    harness::{
        Lab,
        peer::{Peer, identities},
    },
    load::facts::{Machine, RootVolume},
};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

/// Hold times aside; the rule used here has none.
const LIMIT: Duration = Duration::from_secs(1);
const FIRST: LaneMarks = LaneMarks { kept: 1, latest: 1, samples: 1 };

#[test]
fn a_crossing_is_in_the_queue_within_a_second_of_the_sample_that_shows_it() -> Result<()> {
    let lab = Lab::start();
    let runtime = tokio::runtime::Runtime::new()?;
    let identity = runtime.block_on(identities(&lab, "sim", 1))?.remove(0);
    let mut peer = runtime.block_on(Peer::attach(&identity, Uuid::new_v4(), FIRST))?;
    let mut machine = Machine::new(1);
    runtime.block_on(peer.report(sample(&mut machine, 1)))?;
    runtime.block_on(peer.acknowledged(Lane::Samples, 1))?;
    assert!(lab.alerts("disk-space").is_empty());

    machine.root_volume = RootVolume::Full;
    let sampled = Instant::now();
    runtime.block_on(peer.report(sample(&mut machine, 2)))?;
    let alert = lab.wait_for_alert("disk-space", LIMIT, |alert| alert["condition"] == json!("firing"));
    let elapsed = sampled.elapsed();
    println!("from the sample to the queue: {elapsed:?}");
    assert!(elapsed < LIMIT, "{elapsed:?}");
    assert_eq!(alert["subject"], json!("/"));
    assert_eq!(alert["severity"], json!("critical"));
    Ok(())
}

fn sample(machine: &mut Machine, sequence: u64) -> Report {
    let now = Timestamp::now();
    let mut report = Report {
        sequence,
        observed_at_us: now.as_microsecond(),
        health: Some(machine.health(now)),
        ..Report::default()
    };
    report.set_lane(Lane::Samples);
    report
}
