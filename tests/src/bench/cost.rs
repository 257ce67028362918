//! What a peer used for its reports: processor time by the kernel's account, and the reports' own latencies.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::load::{
    fleet::{Fleet, Mode},
    process::Meter,
};

/// A new pace needs a moment before it is what it will be.
const SETTLE: Duration = Duration::from_secs(1);
/// After the last sample everything under way is acknowledged well within this.
const RUN_OUT: Duration = Duration::from_millis(500);

/// What a peer used for its reports.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Processor time of the peer for each report it acknowledged, microseconds.
    pub cpu_us_per_report: f64,
    /// Reports acknowledged each second.
    pub reports_per_second: f64,
    /// From a report's sending to its acknowledgement, half of all, milliseconds.
    pub p50_ms: f64,
    /// The same, 99 of 100.
    pub p99_ms: f64,
}

/// Lets a fleet report in this mode for a while, and reads what that cost the peer.
pub fn cost(fleet: &Fleet, meter: &Meter, mode: Mode, time: Duration) -> Result<Cost> {
    fleet.set(mode);
    sleep(SETTLE);
    fleet.tally().take_latencies();
    let (start, counts, cpu) = (Instant::now(), fleet.tally().counts(), meter.cpu()?);
    sleep(time);
    let (elapsed, counts_after, cpu_after) = (start.elapsed(), fleet.tally().counts(), meter.cpu()?);
    let mut latencies = fleet.tally().take_latencies();
    fleet.set(Mode::Quiet);
    sleep(RUN_OUT);
    #[expect(clippy::cast_precision_loss, reason = "a count of reports in a benchmark")]
    let reports = (counts_after.acknowledged - counts.acknowledged) as f64;
    Ok(Cost {
        cpu_us_per_report: (cpu_after - cpu).as_secs_f64() * 1e6 / reports,
        reports_per_second: reports / elapsed.as_secs_f64(),
        p50_ms: latencies.quantile_ms(0.5),
        p99_ms: latencies.quantile_ms(0.99),
    })
}
