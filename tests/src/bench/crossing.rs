//! From a sample that crosses a threshold to its alert: on disk, and in the queue that people read.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tokio::runtime::Handle;

use super::{api::Api, collector::Collector, figure::Figure};
use crate::load::{
    facts::RootVolume,
    fleet::{Fleet, Mode},
    latency::Latencies,
};

/// What the design allows from crossing to alert on disk.
const TARGET_MS: f64 = 50.0;
/// What people are promised from the sample to the queue.
const TARGET_VISIBLE_MS: f64 = 1_000.0;
/// The fleet's chatter meanwhile.
const BACKGROUND_PER_SECOND: f64 = 1_000.0;
/// Crossings whose alert is looked for in the queue one by one.
const LOOKED_FOR: usize = 50;
/// Past this an alert will not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Lets `crossings` endpoints of a talking fleet cross the disk threshold, one after the other.
///
/// The alert is committed with the report that caused it, so that the report's acknowledgement says that the alert is
/// on disk; that each is really there is checked afterwards.
pub fn run(runtime: &Handle, agents: usize, crossings: usize, say: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    say(&format!("crossing: attaching {agents} agents"));
    let collector = Collector::start(runtime)?;
    let fleet = runtime.block_on(Fleet::attach(collector.crew(runtime, agents)?))?;
    fleet.pace(BACKGROUND_PER_SECOND)?;
    let looked_for = LOOKED_FOR.min(agents / 2);
    let crossings = crossings.min(agents - looked_for);

    let mut on_disk = Latencies::default();
    for agent in 0..crossings {
        on_disk.record(runtime.block_on(fleet.sample_now(agent, RootVolume::Full))?);
    }
    wait_for(collector.api(), crossings)?;
    let mut visible = Latencies::default();
    for agent in crossings..crossings + looked_for {
        let start = Instant::now();
        runtime.block_on(fleet.sample_now(agent, RootVolume::Full))?;
        wait_for(collector.api(), agent + 1)?;
        visible.record(start.elapsed());
    }
    fleet.set(Mode::Quiet);
    runtime.block_on(fleet.leave());
    Ok(vec![
        Figure::new(
            format!("crossing to alert on disk, p99, {agents} endpoints"),
            "ms",
            on_disk.quantile_ms(0.99),
        )
        .at_most(TARGET_MS),
        Figure::new("  p50", "ms", on_disk.quantile_ms(0.5)),
        Figure::new("crossing to alert in the queue's JSON, p99", "ms", visible.quantile_ms(0.99))
            .at_most(TARGET_VISIBLE_MS),
        Figure::new("  p50", "ms", visible.quantile_ms(0.5)),
    ])
}

/// Waits until the queue holds this many alerts about disks.
fn wait_for(api: &Api, alerts: usize) -> Result<()> {
    let start = Instant::now();
    loop {
        let found = disk_alerts(&api.get("/api/v1/queue")?)?;
        if found >= alerts {
            return Ok(());
        }
        if start.elapsed() > PATIENCE {
            bail!(
                "{alerts} endpoints have a full disk, but the queue holds {found} alerts about disks after {PATIENCE:?}"
            );
        }
    }
}

fn disk_alerts(queue: &Value) -> Result<usize> {
    let items = queue["alerts"].as_array().context("the queue's answer has no alerts")?;
    Ok(items.iter().filter(|alert| alert["category"] == "capacity").count())
}
