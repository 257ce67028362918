//! The whole fleet as JSON.

use std::time::Instant;

use anyhow::{Result, ensure};
use tokio::runtime::Handle;

use super::{collector::Collector, figure::Figure};
use crate::load::{fleet::Fleet, latency::median};

/// Asks for a fleet of this size some times.
pub fn run(runtime: &Handle, endpoints: usize, rounds: usize, say: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    say(&format!("fleet: attaching {endpoints} endpoints"));
    let collector = Collector::start(runtime)?;
    let fleet = runtime.block_on(Fleet::attach(collector.crew(runtime, endpoints)?))?;
    let mut by_api = Vec::new();
    for _ in 0..rounds {
        let start = Instant::now();
        let answer = collector.api().get("/api/v1/fleet")?;
        by_api.push(start.elapsed().as_secs_f64() * 1e3);
        ensure!(answer["matched"] == endpoints, "the fleet's answer lacks endpoints");
    }
    runtime.block_on(fleet.leave());
    Ok(vec![Figure::new(
        format!("fleet as JSON by the API, parsed, {endpoints} endpoints"),
        "ms",
        median(by_api),
    )])
}
