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

/// Longer than the collector takes to bring its view up to the journal (`storage.settle_every`, 30 s).
const SETTLE: Duration = Duration::from_secs(35);

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
    let mut restart = |when: &str| {
        let disk = collector.bytes_on_disk()?;
        let time = collector.kill_and_restart(|api| find_everybody(api, endpoints))?;
        say(&format!("restart {when}: {time:.0?} with {} MiB on disk", disk >> 20));
        anyhow::Ok(time.as_secs_f64() * 1e3)
    };
    let amid_a_storm = restart("amid a storm of reports")?;
    std::thread::sleep(SETTLE);
    let times = (0..rounds).map(|_| restart("settled")).collect::<Result<Vec<_>>>()?;
    Ok(vec![
        Figure::new(format!("queryable after kill -9, {endpoints} endpoints"), "ms", median(times))
            .at_most(TARGET_MS),
        Figure::new("  when a storm of reports was not settled yet", "ms", amid_a_storm),
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
