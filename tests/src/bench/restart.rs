//! From the start after a kill -9 to a fleet that can be queried.

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::runtime::Handle;

use super::{api::Api, collector::Collector, figure::Figure};
use crate::load::{
    fleet::{Fleet, Mode},
    latency::median,
};

/// What the design allows, milliseconds.
const TARGET_MS: f64 = 1_000.0;
/// Agents that are connected at once while the fleet is made.
const WAVE: usize = 1_000;
/// How long each wave talks, hot: it leaves a journal worth reading.
const TALK: Duration = Duration::from_secs(1);

/// Makes a fleet of this size, then kills and restarts its collector some times.
pub fn run(runtime: &Handle, endpoints: usize, rounds: usize, say: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    let mut collector = Collector::start(runtime)?;
    say(&format!("restart: enrolling {endpoints} endpoints"));
    let mut crew = collector.crew(runtime, endpoints)?;
    while !crew.is_empty() {
        let wave = crew.split_off(crew.len().saturating_sub(WAVE));
        let fleet = runtime.block_on(Fleet::attach(wave))?;
        fleet.set(Mode::Hot { under_way: 1 });
        std::thread::sleep(TALK);
        runtime.block_on(fleet.vanish());
        say(&format!("restart: {} endpoints still to be heard", crew.len()));
    }
    let mut times = Vec::new();
    for round in 1..=rounds {
        let disk = collector.bytes_on_disk()?;
        let time = collector.kill_and_restart(|api| find_everybody(api, endpoints))?;
        say(&format!("restart, round {round} of {rounds}: {time:.0?} with {} MiB on disk", disk >> 20));
        times.push(time.as_secs_f64() * 1e3);
    }
    Ok(vec![
        Figure::new(format!("queryable after kill -9, {endpoints} endpoints"), "ms", median(times))
            .at_most(TARGET_MS),
    ])
}

/// A query that looks at everybody's facts finds everybody.
fn find_everybody(api: &Api, endpoints: usize) -> Result<()> {
    let answer = api.get("/api/v1/fleet?limit=1&filter=os.family%20%3D%3D%20%22linux%22")?;
    ensure!(
        answer["matched"] == endpoints,
        "{endpoints} endpoints are known, but a query for all finds {answer}"
    );
    Ok(())
}
